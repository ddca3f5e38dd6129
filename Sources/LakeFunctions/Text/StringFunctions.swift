enum StringFunctions { static let all: [ScalarFunction] = [] }
