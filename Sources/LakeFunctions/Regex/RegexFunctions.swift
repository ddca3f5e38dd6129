enum RegexFunctions { static let all: [ScalarFunction] = [] }
