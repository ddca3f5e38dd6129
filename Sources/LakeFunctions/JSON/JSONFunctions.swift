enum JSONFunctions { static let all: [ScalarFunction] = [] }
