/// One bit a row, 1 = valid, 0 = NULL, in 64-bit words; bits behind the last row are unspecified.
///
/// A vector without NULLs has no mask at all.
public struct ValidityMask: Sendable {
  public let buffer: Buffer

  /// A mask over existing words.
  package init(buffer: Buffer) { self.buffer = buffer }

  /// A mask in which every row is valid, or every row is NULL.
  package init(count: Int, allValid: Bool) {
    buffer = Buffer(byteCount: Self.wordCount(count) * 8)
    words.initialize(repeating: allValid ? ~0 : 0, count: Self.wordCount(count))
  }

  /// Words needed for that many rows; at least one.
  @inlinable
  public static func wordCount(_ rows: Int) -> Int { max(1, (rows &+ 63) >> 6) }

  @inlinable @inline(__always)
  public var words: UnsafeMutablePointer<UInt64> { buffer.base.assumingMemoryBound(to: UInt64.self) }

  @inlinable @inline(__always)
  public func isValid(_ row: Int) -> Bool { words.isValid(row) }
  @inlinable @inline(__always)
  public func setValid(_ row: Int) { words.setValid(row) }
  @inlinable @inline(__always)
  public func setNull(_ row: Int) { words.setNull(row) }

  /// How many of the first `count` rows are valid.
  package func validCount(_ count: Int) -> Int {
    var total = 0
    for index in 0..<(count >> 6) { total &+= words[index].nonzeroBitCount }
    let rest = count & 63
    if rest != 0 { total &+= (words[count >> 6] & ((1 << UInt64(rest)) &- 1)).nonzeroBitCount }
    return total
  }

  /// The rows valid in both; nil stands for "all valid".
  package static func and(_ a: ValidityMask?, _ b: ValidityMask?, count: Int) -> ValidityMask? {
    guard let a else { return b }
    guard let b else { return a }
    let result = ValidityMask(count: count, allValid: true)
    for index in 0..<wordCount(count) { result.words[index] = a.words[index] & b.words[index] }
    return result
  }

  /// The bits from row `start` on, moved to row 0.
  package func sliced(from start: Int, count: Int) -> ValidityMask {
    let result = ValidityMask(count: count, allValid: true)
    let shift = UInt64(start & 63)
    let source = words + (start >> 6)
    let available = Self.wordCount(start + count) - (start >> 6)
    for index in 0..<Self.wordCount(count) {
      var word = source[index] >> shift
      if shift != 0, index + 1 < available { word |= source[index + 1] << (64 - shift) }
      result.words[index] = word
    }
    return result
  }
}

extension UnsafeMutablePointer where Pointee == UInt64 {
  /// Whether the bit of a row is 1.
  @inlinable @inline(__always)
  public func isValid(_ row: Int) -> Bool { self[row >> 6] >> UInt64(row & 63) & 1 != 0 }
  @inlinable @inline(__always)
  public func setValid(_ row: Int) { self[row >> 6] |= 1 << UInt64(row & 63) }
  @inlinable @inline(__always)
  public func setNull(_ row: Int) { self[row >> 6] &= ~(1 << UInt64(row & 63)) }
}

/// A Bool as 0 or 1 without a branch.
@inlinable @inline(__always)
public func bit(_ condition: Bool) -> Int { Int(unsafeBitCast(condition, to: UInt8.self)) }
