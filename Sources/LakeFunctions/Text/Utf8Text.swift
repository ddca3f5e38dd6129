import Glibc
import LakeColumnar

/// Characters (Unicode scalars) in UTF-8 bytes; malformed bytes count as characters and never fail.
enum Utf8Text {
  /// How many characters.
  @inline(__always)
  static func length(_ bytes: TextBytes) -> Int {
    var count = 0
    for byte in bytes { count &+= bit(byte & 0xC0 != 0x80) }
    return count
  }

  /// How many characters, eight bytes at a time.
  @inline(__always)
  static func length(_ view: StringView) -> Int {
    let count = view.count
    if view.isInline { return count &- continuations(view.head &>> 32) &- continuations(view.tail) }
    guard let start = UnsafeRawPointer(bitPattern: UInt(view.tail)) else { return 0 }
    var continued = 0
    var done = 0
    while done &+ 8 <= count {
      continued &+= continuations(start.loadUnaligned(fromByteOffset: done, as: UInt64.self))
      done &+= 8
    }
    // Of the last eight bytes, those that were not looked at yet; a view that is not inline has eight.
    let unread = UInt64(truncatingIfNeeded: (count &- done) &* 8)
    let last = start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    continued &+= unread == 0 ? 0 : continuations(last &>> (64 &- unread))
    return count &- continued
  }

  /// Bytes of a word that go on with a character: those whose two highest bits are 10.
  @inline(__always)
  private static func continuations(_ word: UInt64) -> Int {
    ((word &>> 7) & ~(word &>> 6) & 0x0101_0101_0101_0101).nonzeroBitCount
  }

  @inline(__always)
  static func isASCII(_ bytes: TextBytes) -> Bool {
    var all: UInt8 = 0
    for byte in bytes { all |= byte }
    return all < 0x80
  }

  /// Bytes of the character that starts with this byte.
  @inline(__always)
  static func width(_ lead: UInt8) -> Int {
    if lead < 0xC0 { return 1 }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  }

  /// The byte offset of character `index`, at most the byte count.
  @inline(__always)
  static func offset(_ bytes: TextBytes, ofCharacter index: Int, from start: Int = 0) -> Int {
    var offset = start
    var left = index
    while left > 0, offset < bytes.count {
      offset &+= width(bytes[offset])
      left &-= 1
    }
    return min(offset, bytes.count)
  }

  /// The bytes in a range of offsets.
  @inline(__always)
  static func part(_ bytes: TextBytes, _ start: Int, _ end: Int) -> TextBytes {
    guard end > start else { return TextBytes(start: nil, count: 0) }
    return TextBytes(rebasing: bytes[start..<end])
  }

  /// Characters `start ..< end` (both may lie outside).
  static func slice(_ bytes: TextBytes, _ start: Int, _ end: Int) -> TextBytes {
    if end <= start || end <= 0 || start >= bytes.count { return TextBytes(start: nil, count: 0) }
    let first = offset(bytes, ofCharacter: max(0, start))
    let last = end >= bytes.count ? bytes.count : offset(bytes, ofCharacter: end - max(0, start), from: first)
    return part(bytes, first, last)
  }

  /// The scalar at an offset, and its width; a malformed byte is taken as it is.
  static func scalar(_ bytes: TextBytes, at offset: Int) -> (value: UInt32, width: Int) {
    let lead = bytes[offset]
    let width = width(lead)
    guard width > 1, offset + width <= bytes.count else { return (UInt32(lead), 1) }
    var value = UInt32(lead) & (width == 2 ? 0x1F : width == 3 ? 0x0F : 0x07)
    for index in 1..<width { value = value << 6 | UInt32(bytes[offset + index] & 0x3F) }
    return (value, width)
  }

  /// All scalars.
  static func scalars(_ bytes: TextBytes) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(bytes.count)
    var offset = 0
    while offset < bytes.count {
      let (value, width) = scalar(bytes, at: offset)
      result.append(value)
      offset += width
    }
    return result
  }

  static func append(_ scalar: UInt32, to target: inout [UInt8]) {
    guard let valid = Unicode.Scalar(scalar) else { return target.append(0x3F) }
    target.append(contentsOf: UTF8.encode(valid) ?? UTF8.encodedReplacementCharacter)
  }

  static func equal(_ a: TextBytes, _ b: TextBytes) -> Bool {
    guard a.count == b.count else { return false }
    guard let x = a.baseAddress, let y = b.baseAddress else { return true }
    return memcmp(x, y, a.count) == 0
  }

  /// Whether `a` holds `b` at an offset; the caller knows that it fits.
  @inline(__always)
  static func matches(_ a: TextBytes, at offset: Int, _ b: TextBytes) -> Bool {
    guard let x = a.baseAddress, let y = b.baseAddress else { return true }
    return memcmp(x + offset, y, b.count) == 0
  }

  static func hasPrefix(_ a: TextBytes, _ b: TextBytes) -> Bool { a.count >= b.count && matches(a, at: 0, b) }
  static func hasSuffix(_ a: TextBytes, _ b: TextBytes) -> Bool {
    a.count >= b.count && matches(a, at: a.count - b.count, b)
  }
}

/// Finds byte sequences: sixteen places at a time are tested for the first and the last byte.
enum ByteSearch {
  /// The first offset from `start` on at which the needle stands.
  static func find(_ needle: TextBytes, in text: TextBytes, from start: Int = 0) -> Int? {
    guard needle.count <= text.count - start else { return nil }
    guard let pattern = needle.baseAddress, needle.count > 0, let base = text.baseAddress else { return start }
    let raw = UnsafeRawPointer(base)
    let first = needle[0]
    let lastOffset = needle.count - 1
    let last = needle[lastOffset]
    let end = text.count - needle.count
    let (firsts, lasts) = (SIMD16<UInt8>(repeating: first), SIMD16<UInt8>(repeating: last))
    var offset = start
    while offset &+ 15 <= end {
      let heads = raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
      let tails = raw.loadUnaligned(fromByteOffset: offset &+ lastOffset, as: SIMD16<UInt8>.self)
      let candidates = (heads .== firsts) .& (tails .== lasts)
      if any(candidates) {
        for lane in 0..<16 where candidates[lane] {
          if memcmp(base + offset + lane, pattern, needle.count) == 0 { return offset &+ lane }
        }
      }
      offset &+= 16
    }
    while offset <= end {
      if base[offset] == first, base[offset &+ lastOffset] == last, memcmp(base + offset, pattern, needle.count) == 0 {
        return offset
      }
      offset &+= 1
    }
    return nil
  }

  /// The last offset at which the needle starts before `end`.
  static func findLast(_ needle: TextBytes, in text: TextBytes, before end: Int) -> Int? {
    var offset = min(end - 1, text.count - needle.count)
    while offset >= 0 {
      if Utf8Text.matches(text, at: offset, needle) { return offset }
      offset -= 1
    }
    return nil
  }
}
