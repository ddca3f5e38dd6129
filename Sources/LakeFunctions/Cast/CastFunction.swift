import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// What a cast does with a value that the target type can't hold.
package enum CastMode: Sendable {
  /// Throws `.castInvalidInput`, `.castOverflow` or `.numericOutOfRange`: Spark's ANSI mode, and store assignment.
  case ansi
  /// Yields NULL (`try_cast`).
  case `try`
  /// Yields NULL for bad text, and wraps integers around: Hive, and Spark without ANSI mode.
  case legacy
}

/// CAST between all types that `TypeCoercion.canCast` allows.
package enum CastFunction {
  /// A kernel of one argument of type `from`; NULL stays NULL. Throws `.datatypeMismatch` where no cast exists.
  ///
  /// The result carries its complete mask, so the kernel serves with or without `KernelCall.validity`; the argument
  /// may be dictionary-encoded.
  package static func kernel(
    from: LogicalType, to: LogicalType, mode: CastMode
  ) throws(QueryError) -> ScalarKernel {
    guard TypeCoercion.canCast(from, to: to) else {
      throw QueryError(.datatypeMismatch, .bind, "a value of type \(from) can't be cast to \(to)")
    }
    let cast = ColumnCast(from, to, mode)
    return { (call) throws(QueryError) in
      try cast.apply(call.arguments[0], live: call.validity, call.context)
    }
  }
}

/// Casts flat vectors: the result has the same rows and a mask of only the NULLs that the cast itself made.
typealias SlotCast =
  @Sendable (_ source: Vector, _ live: RowMask, _ context: EvaluationContext) throws(QueryError)
  -> Vector

/// A cast between two types, applied to vectors of any encoding.
struct ColumnCast: Sendable {
  let from: LogicalType
  let to: LogicalType
  private let body: SlotCast

  init(_ from: LogicalType, _ to: LogicalType, _ mode: CastMode) {
    self.from = from
    self.to = to
    body = CastStep(from: from, to: to, mode: mode).body()
  }

  /// `live` marks the rows whose faults count; nil = all that are not NULL.
  func apply(
    _ source: Vector, live: ValidityMask?, _ context: EvaluationContext
  ) throws(QueryError) -> Vector {
    if from == to { return source }
    if source.isConstantNull || from == .void { return .allNull(to, count: source.count) }
    if source.isConstant {
      if let live, source.count > 0, live.validCount(source.count) == 0 { return .allNull(to, count: source.count) }
      let one = source.asFlatRow()
      return try body(one, RowMask(nil), context).spread(over: source.count)
    }
    let flat = source.flattened()
    let mask = ValidityMask.and(live, flat.validity, count: flat.count)
    let result = try body(flat, RowMask(mask), context)
    guard let validity = flat.validity else { return result }
    return result.masked(ValidityMask.and(result.validity, validity, count: flat.count))
  }
}

extension Vector {
  /// The only value of a constant as a flat vector of one row.
  func asFlatRow() -> Vector {
    Vector(
      type: type, encoding: .flat, count: 1, owner: owner, values: values, validity: validity, children: children,
      heaps: heaps)
  }
}

/// One pair of types; makes the loop that casts it.
struct CastStep: Sendable {
  let from: LogicalType
  let to: LogicalType
  let mode: CastMode

  func body() -> SlotCast {
    switch (from, to) {
    case (_, .string): toText()
    case (.string, _): fromText()
    case (.array, .array), (.map, .map), (.struct, .struct): nested()
    case (_, .timestamp), (_, .timestampNTZ), (_, .date), (.timestamp, _), (.timestampNTZ, _): temporal()
    case (_, .binary): toBinary()
    default: from.isInterval || to.isInterval ? interval() : numeric()
    }
  }

  // MARK: Failures

  /// Text that does not have the target's form.
  func invalid(_ source: Vector, _ row: Int) -> QueryError {
    failure(.castInvalidInput, "cannot cast \(from) to \(to) because the value is malformed", source, row)
  }

  /// A value out of the target's range.
  func overflow(_ source: Vector, _ row: Int) -> QueryError {
    if to.isDecimal {
      return failure(.numericOutOfRange, "cannot cast \(from) to \(to) because the value does not fit", source, row)
    }
    return failure(.castOverflow, "cannot cast \(from) to \(to) because the value overflows", source, row)
  }

  private func failure(_ code: ErrorCode, _ message: String, _ source: Vector, _ row: Int) -> QueryError {
    QueryError(
      code, .execute, "\(message): \(ValueText.of(source, row))", hint: "use try_cast to get NULL instead")
  }

  // MARK: Loops

  /// Applies `body` to the live rows; nil is an overflow, or a malformed value where `isText`.
  @inline(__always)
  func map<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ a: A.Type, _ zero: R, isText: Bool = false, _ body: (A) -> R?
  ) throws(QueryError) -> Vector {
    let slots = source.slots(A.self)
    return try mapRows(source, live, zero, isText: isText) { body(slots[$0]) }
  }

  /// The same with row numbers.
  @inline(__always)
  func mapRows<R: BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ zero: R, isText: Bool = false, _ body: (Int) -> R?
  ) throws(QueryError) -> Vector {
    let result = Vector.flat(to, count: source.count)
    let target = result.slots(R.self)
    var nulls: ValidityMask?
    for row in 0..<source.count {
      target[row] = zero
      guard live.isValid(row) else { continue }
      if let value = body(row) {
        target[row] = value
        continue
      }
      if mode == .ansi { throw isText ? invalid(source, row) : overflow(source, row) }
      if nulls == nil { nulls = ValidityMask(count: source.count, allValid: true) }
      nulls?.setNull(row)
    }
    return nulls == nil ? result : result.masked(nulls)
  }

  /// Applies a body that always has a result to all rows, NULL or not.
  @inline(__always)
  func total<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ source: Vector, _ a: A.Type, _ r: R.Type, _ body: (A) -> R
  ) -> Vector {
    let result = Vector.flat(to, count: source.count)
    let slots = source.slots(A.self)
    let target = result.slots(R.self)
    for row in 0..<source.count { target[row] = body(slots[row]) }
    return result
  }
}
