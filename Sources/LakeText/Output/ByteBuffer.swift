import Glibc

/// Bytes that are written to the end, in memory that is kept for reuse.
final class ByteBuffer {
  private(set) var count = 0
  private var capacity: Int
  private var base: UnsafeMutablePointer<UInt8>

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// What was written so far; valid until the next write.
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

  /// Forgets all from a position on.
  func truncate(to count: Int) { self.count = min(count, self.count) }

  /// Room for more bytes at the end, which count as written.
  @inline(__always)
  func extend(by more: Int) -> UnsafeMutablePointer<UInt8> {
    if count &+ more > capacity { grow(more) }
    let end = base + count
    count &+= more
    return end
  }

  private func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memory.update(from: base, count: count)
    base.deallocate()
    base = memory
    capacity = larger
  }

  @inline(__always)
  func append(_ byte: UInt8) { extend(by: 1).pointee = byte }

  @inline(__always)
  func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    memcpy(extend(by: bytes.count), source, bytes.count)
  }

  func append(_ text: StaticString) {
    memcpy(extend(by: text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
  }

  func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

  func append(string: String) {
    var string = string
    string.withUTF8 { append($0) }
  }

  /// Appends a number's digits.
  @inline(__always)
  func append(integer value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    let magnitude = value.magnitude
    var width = 1
    var limit: UInt64 = 10
    while width < 20, magnitude >= limit {
      width &+= 1
      if width == 20 { break }
      limit &*= 10
    }
    append(magnitude, width: width)
  }

  /// Appends exactly `width` digits, with zeros in front.
  @inline(__always)
  func append(_ value: UInt64, width: Int) {
    let target = extend(by: width)
    var rest = value
    var index = width &- 1
    while index >= 0 {
      let quotient = rest / 10
      target[index] = UInt8(truncatingIfNeeded: 0x30 &+ rest &- quotient &* 10)
      rest = quotient
      index &-= 1
    }
  }
}
