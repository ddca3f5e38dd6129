import Glibc
import LakeColumnar

/// Writes values in PLAIN form.
enum PlainEncoder {
  /// Bytes of one value; booleans, which take a bit, count one.
  @inline(__always)
  static func size<Value: StoredValue>(_ value: Value, _ storage: LeafStorage) -> Int {
    if let view = value as? StringView { return 4 + view.count }
    return storage.plainWidth
  }

  /// Bytes of several values.
  static func size<Value: StoredValue>(_ values: UnsafePointer<Value>, count: Int, _ storage: LeafStorage) -> Int {
    guard storage == .bytes else { return count * storage.plainWidth }
    return PlainSize.bytes(UnsafeRawPointer(values).assumingMemoryBound(to: StringView.self), count: count)
  }

  /// Bytes of the values of codes.
  static func size<Value: StoredValue>(
    _ values: UnsafePointer<Value>, codes: UnsafePointer<UInt32>, _ count: Int, _ storage: LeafStorage
  ) -> Int {
    guard storage == .bytes else { return count * storage.plainWidth }
    let views = UnsafeRawPointer(values).assumingMemoryBound(to: StringView.self)
    return PlainSize.bytes(views, codes: codes, count: count)
  }

  static func append<Value: StoredValue>(
    _ values: UnsafePointer<Value>, count: Int, _ storage: LeafStorage, to output: inout ByteOutput
  ) {
    let raw = UnsafeRawPointer(values)
    switch storage {
    case .boolean, .int32, .int64, .float, .double:
      output.append(UnsafeRawBufferPointer(start: raw, count: count * MemoryLayout<Value>.stride))
    case .fixed(let length): appendFixed(raw.assumingMemoryBound(to: Int128.self), count, length, &output)
    case .bytes: appendBytes(raw.assumingMemoryBound(to: StringView.self), count, &output)
    }
  }

  private static func appendFixed(
    _ values: UnsafePointer<Int128>, _ count: Int, _ length: Int, _ output: inout ByteOutput
  ) {
    let target = output.reserve(count * length)
    for index in 0..<count {
      withUnsafeBytes(of: values[index].bigEndian) { bytes in
        guard let start = bytes.baseAddress else { return }
        memcpy(target + index * length, start + (16 - length), length)
      }
    }
  }

  private static func appendBytes(_ values: UnsafePointer<StringView>, _ count: Int, _ output: inout ByteOutput) {
    let total = PlainSize.bytes(values, count: count)
    // A short value is written with its padding, which the next one covers.
    var target = output.reserve(total + StringView.inlineCapacity)
    for index in 0..<count {
      let view = values[index]
      let length = Int(truncatingIfNeeded: view.head & 0xFFFF_FFFF)
      if length <= StringView.inlineCapacity {
        target.storeBytes(of: view.head, as: UInt64.self)
        target.storeBytes(of: view.tail, toByteOffset: 8, as: UInt64.self)
      } else if let start = UnsafeRawPointer(bitPattern: UInt(view.tail)) {
        target.storeBytes(of: UInt32(truncatingIfNeeded: length), as: UInt32.self)
        memcpy(target + 4, start, length)
      }
      target += 4 &+ length
    }
    output.shrink(by: StringView.inlineCapacity)
  }

  /// Turns booleans of a byte each into bits, lowest first.
  static func bits(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: (bytes.count + 7) / 8)
    for group in 0..<bytes.count / 8 {
      let eight = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: group * 8, as: UInt64.self))
      // Moves bit 8i to bit 56 + i.
      result[group] = UInt8(truncatingIfNeeded: (eight &* 0x0102_0408_1020_4080) &>> 56)
    }
    for index in bytes.count & ~7..<bytes.count { result[index >> 3] |= bytes[index] << UInt8(index & 7) }
    return result
  }
}
