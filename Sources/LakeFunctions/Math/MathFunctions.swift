enum MathFunctions { static let all: [ScalarFunction] = [] }
