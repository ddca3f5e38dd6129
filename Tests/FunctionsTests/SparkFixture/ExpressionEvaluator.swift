import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Evaluates fixture expressions the way a binder and an evaluator would.
struct ExpressionEvaluator {
  /// How arguments reach the kernels.
  enum Form: CaseIterable {
    /// As constants.
    case constant
    /// As flat vectors of three rows, the second of which is NULL.
    case flat
  }

  let form: Form
  var context = EvaluationContext(isANSI: true)
  static let rowCount = 3

  /// Type and text of an expression; nil text for NULL.
  func text(of source: String) throws -> (type: String, text: String?) {
    let value = try evaluate(try ExpressionReader.read(source))
    let kernel = try CastFunction.kernel(from: value.type, to: .string, mode: .ansi)
    let text = try kernel(KernelCall(arguments: [value], count: value.count, context: context))
    guard case .string(let string) = text.literal(at: 0) else { return (value.type.description, nil) }
    return (value.type.description, string)
  }

  func evaluate(_ expression: FixtureExpression) throws -> Vector {
    switch expression {
    case .literal(let value, let type): return Vector.constant(value, type, count: Self.rowCount)
    case .cast(let operand, let type, let isTry):
      let value = try evaluate(operand)
      if value.type == type { return value }
      return try cast(shaped(value), to: type, isTry ? .try : .ansi)
    case .call("array", let arguments): return try array(arguments)
    case .call("map", let arguments): return try map(arguments)
    case .call("named_struct", let arguments): return try structure(arguments)
    case .call(let name, let arguments): return try call(name, arguments)
    }
  }

  private func cast(_ value: Vector, to type: LogicalType, _ mode: CastMode) throws -> Vector {
    if value.type == type { return value }
    let kernel = try CastFunction.kernel(from: value.type, to: type, mode: mode)
    return try kernel(KernelCall(arguments: [value], count: value.count, context: context))
  }

  /// The value in the form that this evaluation uses; rows 0 and 2 are the value itself.
  private func shaped(_ value: Vector) -> Vector {
    guard form == .flat else { return value }
    let one = value.sliced(from: 0, count: 1).flattened()
    let rows: [UInt32] = [0, .max, 0]
    return rows.withUnsafeBufferPointer { one.gatheredOrNull($0.baseAddress!, count: rows.count).flattened() }
  }

  private func call(_ name: String, _ arguments: [FixtureExpression]) throws -> Vector {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name) }
    let values = try arguments.map { try evaluate($0) }
    let described = values.map { FunctionArgument($0.type, constant: $0.literal(at: 0)) }
    let overload = try function.resolve(described)
    var converted: [Vector] = []
    for (value, type) in zip(values, overload.argumentTypes) {
      converted.append(try cast(shaped(value), to: type, .ansi))
    }
    let mask = function.nulls == .strict ? Self.mask(of: converted) : nil
    if function.nulls == .strict, converted.contains(where: \.isConstantNull) {
      return .allNull(overload.returnType, count: Self.rowCount)
    }
    let result = try overload.kernel(
      KernelCall(arguments: converted, count: Self.rowCount, validity: mask, context: context))
    guard result.type.physical == overload.returnType.physical, result.count == Self.rowCount else {
      throw QueryError.internal("\(name) returned \(result.type) of \(result.count) rows")
    }
    let typed = result.type == overload.returnType ? result : result.retyped(overload.returnType)
    guard let mask else { return typed }
    let flat = typed.flattened()
    return flat.masked(ValidityMask.and(flat.validity, mask, count: Self.rowCount))
  }

  private static func mask(of vectors: [Vector]) -> ValidityMask? {
    guard vectors.contains(where: { $0.validity != nil }) else { return nil }
    let mask = ValidityMask(count: rowCount, allValid: true)
    for row in 0..<rowCount where vectors.contains(where: { !$0.isValid(row) }) { mask.setNull(row) }
    return mask
  }

  // MARK: Constructors of nested values

  private func literals(_ arguments: [FixtureExpression]) throws -> (LogicalType, [Literal]) {
    let values = try arguments.map { try evaluate($0) }
    let type = TypeCoercion.commonType(values.map(\.type)) ?? .void
    return (type, try values.map { try cast($0, to: type, .ansi).literal(at: 0) })
  }

  private func array(_ arguments: [FixtureExpression]) throws -> Vector {
    let (type, elements) = try literals(arguments)
    let isNullable = elements.contains { $0.isNull }
    return Vector.constant(.array(elements), .array(element: type, containsNull: isNullable), count: Self.rowCount)
  }

  private func map(_ arguments: [FixtureExpression]) throws -> Vector {
    let (key, keys) = try literals(stride(from: 0, to: arguments.count, by: 2).map { arguments[$0] })
    let (value, values) = try literals(stride(from: 1, to: arguments.count, by: 2).map { arguments[$0] })
    return Vector.constant(.map(keys: keys, values: values), .map(key, value), count: Self.rowCount)
  }

  private func structure(_ arguments: [FixtureExpression]) throws -> Vector {
    var fields: [Field] = []
    var values: [Literal] = []
    for index in stride(from: 0, to: arguments.count, by: 2) {
      guard case .literal(.string(let name), _) = arguments[index] else { continue }
      let value = try evaluate(arguments[index + 1])
      fields.append(Field(name, value.type))
      values.append(value.literal(at: 0))
    }
    return Vector.constant(.struct(values), .struct(fields), count: Self.rowCount)
  }
}
