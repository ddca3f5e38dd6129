enum HashFunctions { static let all: [ScalarFunction] = [] }
