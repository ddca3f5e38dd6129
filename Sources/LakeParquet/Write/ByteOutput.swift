import Glibc
import LakeColumnar

/// Bytes that grow at the end.
struct ByteOutput {
  private var buffer = Buffer(byteCount: 1024)
  private(set) var count = 0

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.base, count: count) }

  /// The place of an offset; valid until the next growth.
  func pointer(at offset: Int) -> UnsafeMutableRawPointer { buffer.base + offset }

  mutating func removeAll() { count = 0 }

  /// Room for more bytes, which count as written; valid until the next growth.
  mutating func reserve(_ more: Int) -> UnsafeMutableRawPointer {
    if count + more > buffer.byteCount {
      let larger = Buffer(byteCount: max(count + more, buffer.byteCount * 2))
      memcpy(larger.base, buffer.base, count)
      buffer = larger
    }
    defer { count += more }
    return buffer.base + count
  }

  /// Gives back the end of what was reserved last.
  mutating func shrink(by unused: Int) { count -= unused }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    guard let start = more.baseAddress, more.count > 0 else { return }
    memcpy(reserve(more.count), start, more.count)
  }

  mutating func append(_ more: [UInt8]) { more.withUnsafeBytes { append($0) } }

  mutating func append(byte: UInt8) { reserve(1).storeBytes(of: byte, as: UInt8.self) }

  mutating func append(uint32 value: Int) {
    reserve(4).storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
  }

  mutating func append(varint value: Int) {
    var rest = UInt(bitPattern: value)
    while rest >= 0x80 {
      append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(byte: UInt8(rest))
  }

  mutating func append(zigzag value: Int) { append(varint: value << 1 ^ value >> 63) }
}
