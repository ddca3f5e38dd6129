import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension Vector {
  /// A flat vector computed slot by slot; nil is NULL.
  @inline(__always)
  static func filled<T: BitwiseCopyable>(
    _ type: LogicalType, _ slot: T.Type, count: Int, _ value: (_ row: Int) throws(QueryError) -> T?
  ) throws(QueryError) -> Vector {
    let owner = Buffer(byteCount: count * MemoryLayout<T>.stride)
    let target = owner.base.assumingMemoryBound(to: T.self)
    var mask: ValidityMask?
    for row in 0..<count {
      if let result = try value(row) {
        target[row] = result
      } else {
        memset(target + row, 0, MemoryLayout<T>.stride)
        if mask == nil { mask = ValidityMask(count: count, allValid: true) }
        mask?.setNull(row)
      }
    }
    return Vector(type: type, encoding: .flat, count: count, owner: owner, validity: mask)
  }

  /// Calls `body` with row and slot of every row that is not NULL, in order.
  @inline(__always)
  func forEachValid(_ count: Int, _ body: (_ row: Int, _ slot: Int) -> Void) {
    switch encoding {
    case .constant:
      if isConstantNull { return }
      for row in 0..<count { body(row, 0) }
    case .dictionary:
      let codes = codes
      guard let words = validity?.words else {
        for row in 0..<count { body(row, Int(codes[row])) }
        return
      }
      words.forEachSet(count) { body($0, Int(codes[$0])) }
    case .flat:
      guard let words = validity?.words else {
        for row in 0..<count { body(row, row) }
        return
      }
      words.forEachSet(count) { body($0, $0) }
    }
  }

  /// Calls `body` with row and element number of every element of flat lists without NULLs, in order.
  @inline(__always)
  func forEachElement(_ body: (_ row: Int, _ element: Int) -> Void) {
    let entries = slots(ListEntry.self)
    for row in 0..<count {
      for element in 0..<Int(entries[row].count) { body(row, Int(entries[row].offset) &+ element) }
    }
  }

  /// How many of the first `count` rows are not NULL.
  func validCount(_ count: Int) -> Int {
    guard let validity else { return count }
    return isConstant ? 0 : validity.validCount(count)
  }
}

extension UnsafeMutablePointer where Pointee == UInt64 {
  /// Calls `body` with the positions of the bits that are 1, in order.
  @inline(__always)
  func forEachSet(_ count: Int, _ body: (_ row: Int) -> Void) {
    var start = 0
    while start < count {
      var word = self[start >> 6]
      let end = Swift.min(start &+ 64, count)
      if word == ~0 {
        for row in start..<end { body(row) }
      } else {
        if end &- start < 64 { word &= (1 << UInt64(end &- start)) &- 1 }
        while word != 0 {
          body(start &+ word.trailingZeroBitCount)
          word &= word &- 1
        }
      }
      start &+= 64
    }
  }
}
