import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Compares two vectors of one type into booleans; rows with a NULL get an unspecified value.
enum ComparisonKernel {
  static func kernel(_ comparison: ComparisonOperator, _ type: LogicalType) -> ScalarKernel {
    { (call) throws(QueryError) in compare(comparison, call) }
  }

  static func compare(_ comparison: ComparisonOperator, _ call: KernelCall) -> Vector {
    switch comparison {
    case .equal: dispatch(EqualTest.self, comparison, call)
    case .notEqual: dispatch(NotEqualTest.self, comparison, call)
    case .less: dispatch(LessTest.self, comparison, call)
    case .lessOrEqual: dispatch(LessOrEqualTest.self, comparison, call)
    case .greater: dispatch(LessTest.self, .less, swapped(call))
    case .greaterOrEqual: dispatch(LessOrEqualTest.self, .lessOrEqual, swapped(call))
    }
  }

  private static func swapped(_ call: KernelCall) -> KernelCall {
    var call = call
    call.arguments = [call.arguments[1], call.arguments[0]]
    return call
  }

  @inline(__always)
  private static func dispatch<Test: ComparisonTest>(
    _ test: Test.Type, _ comparison: ComparisonOperator, _ call: KernelCall
  ) -> Vector {
    switch call.arguments[0].physical {
    case .bool: slots(test, UInt8.self, call)
    case .int8: slots(test, Int8.self, call)
    case .int16: slots(test, Int16.self, call)
    case .int32: slots(test, Int32.self, call)
    case .int64: slots(test, Int64.self, call)
    case .int128: slots(test, Int128.self, call)
    case .float32: slots(test, OrderedFloat.self, call)
    case .float64: slots(test, OrderedDouble.self, call)
    case .view: views(test, comparison, call)
    case .list, .structure: nested(comparison, call)
    }
  }

  @inline(never)
  private static func slots<Test: ComparisonTest, T: Comparable & BitwiseCopyable>(
    _ test: Test.Type, _ slot: T.Type, _ call: KernelCall
  ) -> Vector {
    Elementwise.map(call, .boolean, T.self, T.self, UInt8.self) {
      UInt8(truncatingIfNeeded: bit(Test.holds($0, $1)))
    }
  }

  /// Equality with a short constant needs no look behind the views.
  private static func views<Test: ComparisonTest>(
    _ test: Test.Type, _ comparison: ComparisonOperator, _ call: KernelCall
  ) -> Vector {
    guard comparison == .equal || comparison == .notEqual,
      let constant = call.arguments.firstIndex(where: { $0.isConstant }), !call.isAllConstant
    else { return slots(test, StringView.self, call) }
    let wanted = call.arguments[constant].slots(StringView.self)[0]
    guard wanted.isInline else { return slots(test, StringView.self, call) }
    let source = call.arguments[1 - constant].slots(StringView.self)
    let result = Vector.flat(.boolean, count: call.count)
    let target = result.slots(UInt8.self)
    let flip = UInt8(comparison == .equal ? 0 : 1)
    for row in 0..<call.count {
      let isSame = bit(source[row].head == wanted.head) & bit(source[row].tail == wanted.tail)
      target[row] = UInt8(truncatingIfNeeded: isSame) ^ flip
    }
    return result
  }

  private static func nested(_ comparison: ComparisonOperator, _ call: KernelCall) -> Vector {
    let result = Vector.flat(.boolean, count: call.count)
    let target = result.slots(UInt8.self)
    let (a, b) = (call.arguments[0], call.arguments[1])
    for row in 0..<call.count {
      let isBothThere = a.isValid(row) && b.isValid(row)
      target[row] = isBothThere && comparison.holds(RowComparison.compare(a, row, b, row)) ? 1 : 0
    }
    return result
  }
}
