import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Calls functions by name on columns of literals, for tests.
enum FunctionCall {
  /// A flat vector of literals.
  static func column(_ values: [Literal], _ type: LogicalType) -> Vector {
    let builder = VectorBuilder(type, capacity: max(1, values.count))
    for value in values { builder.append(value) }
    return builder.finish()
  }

  static func integers(_ values: [Int64?], _ type: LogicalType = .bigint) -> Vector {
    column(values.map { $0.map { .integer($0) } ?? .null }, type)
  }

  static func strings(_ values: [String?]) -> Vector {
    column(values.map { $0.map { .string($0) } ?? .null }, .string)
  }

  static func doubles(_ values: [Double?]) -> Vector {
    column(values.map { $0.map { .double($0) } ?? .null }, .double)
  }

  /// The same rows behind a dictionary.
  static func dictionary(_ vector: Vector) -> Vector {
    var entries: [Literal] = []
    let codes = Buffer(byteCount: vector.count * 4)
    let target = codes.base.assumingMemoryBound(to: UInt32.self)
    let mask = ValidityMask(count: vector.count, allValid: true)
    for row in 0..<vector.count {
      let value = vector.literal(at: row)
      if value.isNull { mask.setNull(row) }
      let index = value.isNull ? 0 : entries.firstIndex(of: value) ?? entries.count
      if index == entries.count, !value.isNull { entries.append(value) }
      target[row] = UInt32(index)
    }
    if entries.isEmpty { return vector }
    let hasNulls = vector.validity != nil
    return .dictionary(
      column(entries, vector.type), codes: codes, count: vector.count, validity: hasNulls ? mask : nil)
  }

  /// Binds and runs a function; arguments are cast as a binder would, strict results masked as an evaluator would.
  static func call(
    _ name: String, _ arguments: [Vector], context: EvaluationContext = EvaluationContext()
  ) throws(QueryError) -> [Literal] {
    guard let function = FunctionRegistry.scalar(name) else { throw FunctionRegistry.unknown(name) }
    let count = arguments.first?.count ?? 1
    let overload = try function.resolve(
      arguments.map { FunctionArgument($0.type, constant: $0.isConstant ? $0.literal(at: 0) : nil) })
    var converted: [Vector] = []
    for (argument, type) in zip(arguments, overload.argumentTypes) {
      if argument.type == type {
        converted.append(argument)
      } else {
        let cast = try CastFunction.kernel(from: argument.type, to: type, mode: .ansi)
        converted.append(try cast(KernelCall(arguments: [argument], count: count, context: context)))
      }
    }
    var mask: ValidityMask?
    if function.nulls == .strict {
      let valid = ValidityMask(count: count, allValid: true)
      for row in 0..<count where converted.contains(where: { !$0.isValid(row) }) {
        valid.setNull(row)
        mask = valid
      }
    }
    let result = try overload.kernel(
      KernelCall(arguments: converted, count: count, validity: mask, context: context))
    return (0..<count).map { row in (mask?.isValid(row) ?? true) ? result.literal(at: row) : .null }
  }

  /// The code of the error that a closure throws; nil if it throws none.
  static func code(_ body: () throws -> Void) -> ErrorCode? {
    do {
      try body()
      return nil
    } catch {
      return (error as? QueryError)?.code
    }
  }
}
