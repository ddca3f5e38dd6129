import LakeDiagnostics
import LakeTypes

/// What resolving a call has to check, and the errors for it.
enum ArgumentCheck {
  /// Throws unless the number of arguments is within the range.
  static func count(_ name: String, _ arguments: [FunctionArgument], _ range: ClosedRange<Int>) throws(QueryError) {
    if range.contains(arguments.count) { return }
    let expected =
      range.lowerBound == range.upperBound
      ? "\(range.lowerBound)"
      : range.upperBound == .max
        ? "at least \(range.lowerBound)"
        : "\(range.lowerBound) to \(range.upperBound)"
    let noun = range == 1...1 ? "argument" : "arguments"
    throw QueryError(.wrongArgumentCount, .bind, "\(name) takes \(expected) \(noun), not \(arguments.count)")
  }

  /// The error for an argument of the wrong type; positions start at 0.
  static func mismatch(
    _ name: String, _ position: Int, expected: String, _ type: LogicalType
  ) -> QueryError {
    QueryError(
      .datatypeMismatch, .bind, "argument \(position + 1) of \(name) must be \(expected), not \(type)")
  }

  /// Whether an argument becomes a parameter's type without a cast being written.
  static func accepts(_ type: LogicalType, as wanted: LogicalType) -> Bool {
    if type == wanted || type == .void { return true }
    switch wanted {
    case .string: return !type.isNested && type != .binary
    case .binary: return type == .string
    case .tinyint, .smallint, .int, .bigint: return type.isInteger || type == .string
    case .float, .double: return type.isNumeric || type == .string
    case .boolean: return type == .string
    default: return type == .string && !wanted.isNested || TypeCoercion.canStore(type, as: wanted)
    }
  }

  /// Checks arguments against parameters of which the last may be left out.
  static func match(
    _ name: String, _ arguments: [FunctionArgument], _ parameters: [LogicalType], optional: Int = 0
  ) throws(QueryError) -> [LogicalType] {
    try count(name, arguments, (parameters.count - optional)...parameters.count)
    for (position, argument) in arguments.enumerated()
    where !accepts(argument.type, as: parameters[position]) {
      throw mismatch(name, position, expected: parameters[position].description, argument.type)
    }
    return Array(parameters.prefix(arguments.count))
  }

  /// The common type of all arguments, or an error naming the first that does not fit.
  static func common(
    _ name: String, _ arguments: [FunctionArgument], from start: Int = 0
  ) throws(QueryError) -> LogicalType {
    var result = LogicalType.void
    for position in start..<arguments.count {
      guard let next = TypeCoercion.commonType(result, arguments[position].type) else {
        throw mismatch(name, position, expected: "compatible with \(result)", arguments[position].type)
      }
      result = next
    }
    return result
  }

  /// The constant integer of an argument; nil where it is NULL; throws where it is not constant.
  static func constantInteger(
    _ name: String, _ arguments: [FunctionArgument], _ position: Int
  ) throws(QueryError) -> Int64? {
    switch arguments[position].constant {
    case .integer(let value)?: return value
    case .null?: return nil
    default:
      throw mismatch(name, position, expected: "a constant integer", arguments[position].type)
    }
  }

  /// The constant text of an argument; nil where it is not a constant string.
  static func constantText(_ argument: FunctionArgument) -> String? {
    if case .string(let text)? = argument.constant { return text }
    return nil
  }
}

extension ScalarFunction {
  /// A function of one signature; arguments are cast to the parameters.
  static func fixed(
    _ name: String, aliases: [String] = [], _ signature: String, _ summary: String, _ example: String,
    nulls: NullHandling = .strict, isDeterministic: Bool = true, _ parameters: [LogicalType], optional: Int = 0,
    returns: LogicalType, kernel: @escaping ScalarKernel
  ) -> ScalarFunction {
    let folded = isDeterministic ? foldingConstants(kernel) : kernel
    return ScalarFunction(
      name: name, aliases: aliases, signature: signature, summary: summary, example: example, nulls: nulls,
      isDeterministic: isDeterministic
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match(name, arguments, parameters, optional: optional)
      return ScalarOverload(types, returns, kernel: folded)
    }
  }
}
