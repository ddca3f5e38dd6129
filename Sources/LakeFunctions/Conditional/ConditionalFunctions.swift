enum ConditionalFunctions { static let all: [ScalarFunction] = [] }
