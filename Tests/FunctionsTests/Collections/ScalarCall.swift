import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// An argument of a call under test: a typed value or a lambda.
struct Argument {
  var type: LogicalType
  var literal: Literal = .null
  var name: String?
  var lambda: LambdaBody?

  init(_ type: LogicalType, _ literal: Literal, name: String? = nil) {
    self.type = type
    self.literal = literal
    self.name = name
  }

  /// A lambda with a result type and a body over its parameters.
  static func lambda(
    _ type: LogicalType, _ body: @escaping ([Vector], Int) throws(QueryError) -> Vector
  ) -> Argument {
    var argument = Argument(type, .null)
    argument.lambda = LambdaBody { (parameters, _, count) throws(QueryError) in try body(parameters, count) }
    return argument
  }
}

func int(_ value: Int) -> Argument { Argument(.int, .integer(Int64(value))) }
func big(_ value: Int) -> Argument { Argument(.bigint, .integer(Int64(value))) }
func real(_ value: Double) -> Argument { Argument(.double, .double(value)) }
func flag(_ value: Bool) -> Argument { Argument(.boolean, .boolean(value)) }
func text(_ value: String) -> Argument { Argument(.string, .string(value)) }
func null(_ type: LogicalType = .void) -> Argument { Argument(type, .null) }

/// `123.45` as decimal(5,2).
func decimal(_ value: String) -> Argument {
  let digits = value.filter(\.isNumber)
  let scale = value.split(separator: ".").dropFirst().first?.count ?? 0
  let unscaled = Int128(digits) ?? 0
  let type = LogicalType.decimal(precision: max(digits.count, scale + 1), scale: scale)
  return Argument(type, .decimal(value.hasPrefix("-") ? -unscaled : unscaled))
}

func date(_ value: String) -> Argument {
  var value = value
  return Argument(.date, .date(value.withUTF8 { DateTimeText.parseDate($0) } ?? .min))
}

/// A timestamp; text without a zone is read in the tests' session zone.
func timestamp(_ value: String) -> Argument {
  var value = value
  guard let parsed = value.withUTF8({ DateTimeText.parseTimestamp($0) }) else { return null(.timestamp) }
  if case .offset(let seconds) = parsed.zone {
    return Argument(.timestamp, .timestamp(parsed.localMicros - Int64(seconds) * 1_000_000))
  }
  return Argument(.timestamp, .timestamp(Session.zone.utc(fromLocal: parsed.localMicros)))
}

func clock(_ value: String) -> Argument {
  var value = value
  return Argument(.timestampNTZ, .timestamp(value.withUTF8 { DateTimeText.parseTimestamp($0)?.localMicros } ?? .min))
}

func array(_ elements: Argument...) -> Argument {
  let type = TypeCoercion.commonType(elements.map(\.type)) ?? .void
  return Argument(.array(type), .array(elements.map(\.literal)))
}

/// A map of keys and values in turn.
func map(_ parts: Argument...) -> Argument {
  let keys = stride(from: 0, to: parts.count, by: 2).map { parts[$0] }
  let values = stride(from: 1, to: parts.count, by: 2).map { parts[$0] }
  let key = TypeCoercion.commonType(keys.map(\.type)) ?? .void
  let value = TypeCoercion.commonType(values.map(\.type)) ?? .void
  return Argument(.map(key, value), .map(keys: keys.map(\.literal), values: values.map(\.literal)))
}

func structure(_ fields: (String, Argument)...) -> Argument {
  Argument(.struct(fields.map { Field($0.0, $0.1.type) }), .struct(fields.map(\.1.literal)))
}

func months(_ value: Int) -> Argument { Argument(.intervalYearMonth, .integer(Int64(value))) }
func days(_ value: Double) -> Argument { Argument(.intervalDayTime, .integer(Int64(value * 86_400e6))) }

/// The session that calls under test run in.
enum Session {
  static let zone: TimeZoneRules = (try? TimeZoneRules.named("Europe/Lisbon")) ?? .utc
  static let context = EvaluationContext(timeZone: zone, statementTime: 1_782_907_200_000_000, user: "ada")
}

/// Calls a function as the binder and the evaluator do, and renders the result as CAST to string does.
///
/// Each call runs on constants and on flat columns in which other rows are NULL; both must agree.
func call(
  _ name: String, _ arguments: Argument..., context: EvaluationContext = Session.context
) throws(QueryError) -> String {
  let constants = try rendered(name, arguments, context, asColumns: false)
  let columns = try rendered(name, arguments, context, asColumns: true)
  return constants == columns ? constants : "constants give \(constants), columns \(columns)"
}

private func rendered(
  _ name: String, _ arguments: [Argument], _ context: EvaluationContext, asColumns: Bool
) throws(QueryError) -> String {
  var values: [Vector] = []
  for argument in arguments where argument.lambda == nil {
    let column = column(argument, isAlone: name != "map")
    values.append(asColumns ? column : .constant(argument.literal, argument.type, count: 3))
  }
  let result = try apply(name, arguments, values, count: 3, context)
  guard case .string(let text) = try cast(result, to: .string, context).literal(at: 1) else { return "NULL" }
  return text
}

/// Three rows: NULL, the value, NULL; or three times the value where a NULL would be an error.
private func column(_ argument: Argument, isAlone: Bool) -> Vector {
  let builder = VectorBuilder(argument.type, capacity: 3)
  let other = isAlone ? Literal.null : argument.literal
  for literal in [other, argument.literal, other] { builder.append(literal) }
  return builder.finish()
}

/// Resolves and runs a function on vectors.
func apply(
  _ name: String, _ arguments: [Argument], _ values: [Vector], count: Int,
  _ context: EvaluationContext = Session.context
) throws(QueryError) -> Vector {
  guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name) }
  let resolved = arguments.map { argument in
    FunctionArgument(
      argument.type, constant: argument.lambda == nil ? argument.literal : nil, isLambda: argument.lambda != nil,
      name: argument.name)
  }
  let overload = try function.resolve(resolved)
  var vectors: [Vector] = []
  for (index, value) in values.enumerated() {
    vectors.append(try cast(value, to: overload.argumentTypes[index], context))
  }
  var lambdas: [LambdaBody] = []
  for (index, argument) in arguments.enumerated() {
    guard let body = argument.lambda else { continue }
    let type = overload.argumentTypes[index]
    lambdas.append(
      LambdaBody { (parameters, rows, count) throws(QueryError) in
        try cast(body.evaluate(parameters, rows, count), to: type, context)
      })
  }
  guard function.nulls == .strict else {
    let call = KernelCall(arguments: vectors, count: count, context: context, lambdas: lambdas)
    return try overload.kernel(call)
  }
  if vectors.contains(where: \.isConstantNull) { return .allNull(overload.returnType, count: count) }
  var validity: ValidityMask?
  for vector in vectors where !vector.isConstant {
    validity = ValidityMask.and(validity, vector.validity, count: count)
  }
  let call = KernelCall(
    arguments: vectors, count: count, validity: validity, context: context, lambdas: lambdas)
  let result = try overload.kernel(call)
  let flat = result.isConstant ? result.repeated(count: count).flattened() : result
  return flat.masked(ValidityMask.and(flat.validity, validity, count: count))
}

/// Runs a function on vectors, with no constants among them.
func apply(_ name: String, _ values: [Vector], count: Int) throws(QueryError) -> Vector {
  try apply(name, values.map { Argument($0.type, .null) }, values, count: count)
}

func cast(_ vector: Vector, to type: LogicalType, _ context: EvaluationContext) throws(QueryError) -> Vector {
  if vector.type == type { return vector }
  if vector.isConstantNull { return .allNull(type, count: vector.count) }
  let kernel = try CastFunction.kernel(from: vector.type, to: type, mode: .ansi)
  return try kernel(KernelCall(arguments: [vector], count: vector.count, context: context))
}

/// The code of the error that a call ends with; nil if it succeeds.
func fault(_ body: () throws(QueryError) -> String) -> ErrorCode? {
  do {
    _ = try body()
    return nil
  } catch {
    return error.code
  }
}
