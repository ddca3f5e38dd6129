import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Loops that apply one operation to every row; specialised where they are called.
enum Elementwise {
  /// One argument, every row computed, NULL or not.
  @inline(__always)
  static func map<A: BitwiseCopyable, R: BitwiseCopyable>(
    _ call: KernelCall, _ type: LogicalType, _ a: A.Type, _ r: R.Type, _ body: (A) -> R
  ) -> Vector {
    let count = call.arguments[0].isConstant ? 1 : call.count
    let result = Vector.flat(type, count: count)
    let source = call.arguments[0].slots(A.self)
    let target = result.slots(R.self)
    for row in 0..<count { target[row] = body(source[row]) }
    return call.arguments[0].isConstant ? result.spread(over: call.count) : result
  }

  /// Two arguments, every row computed, NULL or not; constants have loops of their own.
  @inline(__always)
  static func map<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
    _ call: KernelCall, _ type: LogicalType, _ a: A.Type, _ b: B.Type, _ r: R.Type, _ body: (A, B) -> R
  ) -> Vector {
    if call.isAllConstant {
      let one = Vector.flat(type, count: 1)
      one.slots(R.self)[0] = body(call.arguments[0].slots(A.self)[0], call.arguments[1].slots(B.self)[0])
      return one.spread(over: call.count)
    }
    let result = Vector.flat(type, count: call.count)
    let target = result.slots(R.self)
    let left = call.arguments[0].slots(A.self)
    let right = call.arguments[1].slots(B.self)
    let count = call.count
    if call.arguments[0].isConstant {
      let value = left[0]
      for row in 0..<count { target[row] = body(value, right[row]) }
    } else if call.arguments[1].isConstant {
      let value = right[0]
      for row in 0..<count { target[row] = body(left[row], value) }
    } else {
      for row in 0..<count { target[row] = body(left[row], right[row]) }
    }
    return result
  }

  /// Live rows one by one, with a body that may throw or yield NULL.
  @inline(__always)
  static func fill<R: BitwiseCopyable>(
    _ call: KernelCall, _ type: LogicalType, _ zero: R, _ body: (Int) throws(QueryError) -> R?
  ) throws(QueryError) -> Vector {
    let result = Vector.flat(type, count: call.count)
    let target = result.slots(R.self)
    let live = call.liveRows
    var nulls: ValidityMask?
    for row in 0..<call.count {
      target[row] = zero
      guard live.isValid(row) else { continue }
      if let value = try body(row) {
        target[row] = value
      } else {
        if nulls == nil { nulls = ValidityMask(count: call.count, allValid: true) }
        nulls?.setNull(row)
      }
    }
    return nulls == nil ? result : result.masked(nulls)
  }

  /// Booleans for live rows, one by one.
  @inline(__always)
  static func fillBoolean(
    _ call: KernelCall, _ body: (Int) throws(QueryError) -> Bool?
  ) throws(QueryError) -> Vector {
    try fill(call, .boolean, UInt8(0)) { (row) throws(QueryError) -> UInt8? in
      try body(row).map { $0 ? 1 : 0 }
    }
  }

  /// Texts for live rows, one by one; the body writes the row or leaves it NULL.
  @inline(__always)
  static func fillText(
    _ call: KernelCall, _ type: LogicalType = .string,
    _ body: (Int, inout TextOutput) throws(QueryError) -> Void
  ) throws(QueryError) -> Vector {
    var output = TextOutput(count: call.count)
    let live = call.liveRows
    let (context, limit) = (call.context, call.context.resultLimit)
    for row in 0..<call.count {
      if live.isValid(row) {
        try body(row, &output)
        try output.check(limit, context)
      } else {
        output.setEmpty(row)
      }
    }
    return output.finish(type)
  }
}
