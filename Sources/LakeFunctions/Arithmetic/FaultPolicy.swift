import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// What happens in a row whose result does not exist.
enum FaultPolicy: Sendable {
  /// An error (ANSI mode).
  case fail
  /// NULL (the `try_` functions).
  case null
  /// Overflow wraps around and division by zero is NULL (not ANSI).
  case wrap
}

/// Why a row's result does not exist; bits that a kernel collects over a batch.
enum Fault {
  static let none: UInt8 = 0
  static let overflow: UInt8 = 1
  static let zeroDivisor: UInt8 = 2

  static func overflow(_ type: LogicalType, tryName: String?, _ text: String) -> QueryError {
    let message = type.isDecimal ? "the result does not fit \(type)" : "\(type) overflow"
    let code: ErrorCode = type.isDecimal ? .numericOutOfRange : type.isDateTime ? .dateTimeOverflow : .numericOverflow
    return QueryError(
      code, .execute, "\(message): \(text)",
      hint: tryName.map { "use \($0) to get NULL instead" } ?? "cast to a larger type before")
  }

  static func zeroDivisor(_ tryName: String?, _ text: String) -> QueryError {
    QueryError(
      .divideByZero, .execute, "division by zero: \(text)",
      hint: tryName.map { "use \($0) to get NULL instead" } ?? "guard the divisor with nullif(divisor, 0)")
  }
}

/// A binary operation on numbers: its symbol, how it fails, and what that is called.
struct ArithmeticCall: Sendable {
  var symbol: String
  /// The `try_` function to name in a hint.
  var tryName: String?
  /// Whether the function itself is the `try_` one.
  var isTry = false

  func policy(_ call: KernelCall) -> FaultPolicy { isTry ? .null : call.context.isANSI ? .fail : .wrap }
}

/// Loops that collect faults in a flag, and look for the row only where there was one.
enum CheckedKernel {
  /// Applies `body` to every row; it ors faults into the flag and returns the wrapped result.
  @inline(__always)
  static func map<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ type: LogicalType, _ a: A.Type, _ b: B.Type, _ r: R.Type,
    _ body: (A, B, inout UInt8) -> R
  ) throws(QueryError) -> Vector {
    let result = Vector.flat(type, count: call.count)
    let target = result.slots(R.self)
    let left = call.arguments[0].slots(A.self)
    let right = call.arguments[1].slots(B.self)
    var faults = Fault.none
    if call.arguments[1].isConstant, !call.arguments[0].isConstant {
      let value = right[0]
      for row in 0..<call.count { target[row] = body(left[row], value, &faults) }
    } else if call.arguments[0].isConstant, !call.arguments[1].isConstant {
      let value = left[0]
      for row in 0..<call.count { target[row] = body(value, right[row], &faults) }
    } else {
      // Both are constant only in calls of a single row.
      for row in 0..<call.count { target[row] = body(left[row], right[row], &faults) }
    }
    if faults == Fault.none { return result }
    return try settle(call, operation, result) { row in
      var fault = Fault.none
      _ = body(call.column(0, A.self)[row], call.column(1, B.self)[row], &fault)
      return fault
    }
  }

  /// Applies `body` to every row of one argument.
  @inline(__always)
  static func map<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ call: KernelCall, _ operation: ArithmeticCall, _ type: LogicalType, _ a: A.Type, _ r: R.Type,
    _ body: (A, inout UInt8) -> R
  ) throws(QueryError) -> Vector {
    let result = Vector.flat(type, count: call.count)
    let target = result.slots(R.self)
    let source = call.arguments[0].slots(A.self)
    var faults = Fault.none
    for row in 0..<call.count { target[row] = body(source[row], &faults) }
    if faults == Fault.none { return result }
    return try settle(call, operation, result) { row in
      var fault = Fault.none
      _ = body(source[row], &fault)
      return fault
    }
  }

  /// Finds the faulty rows again and treats them as the policy says; rows with a NULL argument are forgiven.
  @inline(never)
  static func settle(
    _ call: KernelCall, _ operation: ArithmeticCall, _ result: Vector, _ fault: (Int) -> UInt8
  ) throws(QueryError) -> Vector {
    let policy = operation.policy(call)
    let live = call.liveRows
    var mask: ValidityMask?
    for row in 0..<call.count where live.isValid(row) {
      let found = fault(row)
      if found == Fault.none { continue }
      if policy == .fail { throw error(call, operation, result.type, row, found) }
      let keepsWrapped = policy == .wrap && found == Fault.overflow && !result.type.isDecimal
      if keepsWrapped { continue }
      if mask == nil { mask = ValidityMask(count: call.count, allValid: true) }
      mask?.setNull(row)
    }
    return mask == nil ? result : result.masked(mask)
  }

  static func error(
    _ call: KernelCall, _ operation: ArithmeticCall, _ type: LogicalType, _ row: Int, _ fault: UInt8
  ) -> QueryError {
    let values = call.arguments.map { ValueText.of($0, row) }
    let text =
      values.count == 1 ? "\(operation.symbol)\(values[0])" : values.joined(separator: " \(operation.symbol) ")
    return fault & Fault.zeroDivisor != 0
      ? Fault.zeroDivisor(operation.tryName, text)
      : Fault.overflow(type, tryName: operation.tryName, text)
  }
}

/// Values as error messages show them.
enum ValueText {
  static func of(_ vector: Vector, _ row: Int) -> String {
    switch (vector.literal(at: row), vector.type) {
    case (.null, _): "NULL"
    case (.decimal(let value), .decimal(_, let scale)): DecimalText.string(value, scale: scale)
    case (.integer(let value), _): "\(value)"
    case (.float(let value), _): FloatText.string(value)
    case (.double(let value), _): FloatText.string(value)
    case (.date(let value), _): DateTimeText.dateString(value)
    case (.timestamp(let value), _): DateTimeText.timestampString(value)
    case (.string(let value), _): "'\(value)'"
    case (.boolean(let value), _): "\(value)"
    case (let other, _): "\(other)"
    }
  }
}
