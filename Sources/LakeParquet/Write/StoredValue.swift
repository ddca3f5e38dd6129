import LakeColumnar

/// A value in the form in which columns are buffered before they are encoded.
protocol StoredValue: BitwiseCopyable {
  /// A hash of the bits, for dictionaries.
  var dictionaryHash: UInt64 { get }
  /// Whether the bits are the same.
  static func isSame(_ a: Self, _ b: Self) -> Bool
  func isLess(than other: Self) -> Bool
  /// NaN, which statistics leave aside.
  var isUnordered: Bool { get }
  /// Whether there are such values.
  static var hasUnordered: Bool { get }
}

extension StoredValue {
  /// The value for keeping: of a view, the bytes are copied into the heap.
  @inline(__always)
  func kept(in heap: inout StringHeap) -> Self {
    guard let view = self as? StringView, let copy = heap.copy(view) as? Self else { return self }
    return copy
  }

  /// The value for keeping, with a heap of its own.
  func kept(in heap: inout StringHeap?) -> Self {
    var fresh = StringHeap()
    let copy = kept(in: &fresh)
    heap = fresh
    return copy
  }
}

extension StoredValue where Self: FixedWidthInteger {
  @inline(__always) var dictionaryHash: UInt64 { HashMix.hash(UInt64(truncatingIfNeeded: self)) }
  @inline(__always) static func isSame(_ a: Self, _ b: Self) -> Bool { a == b }
  @inline(__always) func isLess(than other: Self) -> Bool { self < other }
  @inline(__always) var isUnordered: Bool { false }
  @inline(__always) static var hasUnordered: Bool { false }
}

extension UInt8: StoredValue {}
extension Int32: StoredValue {}
extension Int64: StoredValue {}

extension Int128: StoredValue {
  @inline(__always) var dictionaryHash: UInt64 {
    HashMix.combine(HashMix.hash(UInt64(truncatingIfNeeded: self)), UInt64(truncatingIfNeeded: self >> 64))
  }
}

extension Float: StoredValue {
  @inline(__always) var dictionaryHash: UInt64 { HashMix.hash(UInt64(bitPattern)) }
  @inline(__always) static func isSame(_ a: Float, _ b: Float) -> Bool { a.bitPattern == b.bitPattern }
  @inline(__always) func isLess(than other: Float) -> Bool { self < other }
  @inline(__always) var isUnordered: Bool { self != self }
  @inline(__always) static var hasUnordered: Bool { true }
}

extension Double: StoredValue {
  @inline(__always) var dictionaryHash: UInt64 { HashMix.hash(bitPattern) }
  @inline(__always) static func isSame(_ a: Double, _ b: Double) -> Bool { a.bitPattern == b.bitPattern }
  @inline(__always) func isLess(than other: Double) -> Bool { self < other }
  @inline(__always) var isUnordered: Bool { self != self }
  @inline(__always) static var hasUnordered: Bool { true }
}

extension StringView: StoredValue {
  @inline(__always) var dictionaryHash: UInt64 { contentHash }
  @inline(__always) static func isSame(_ a: StringView, _ b: StringView) -> Bool { a == b }
  @inline(__always) func isLess(than other: StringView) -> Bool { self < other }
  @inline(__always) var isUnordered: Bool { false }
  @inline(__always) static var hasUnordered: Bool { false }
}
