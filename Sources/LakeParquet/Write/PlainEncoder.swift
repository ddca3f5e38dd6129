import Glibc
import LakeColumnar

/// Writes values in PLAIN form.
enum PlainEncoder {
  /// Bytes of one value; booleans, which take a bit, count one.
  static func size<Value: StoredValue>(_ value: Value, _ storage: LeafStorage) -> Int {
    switch storage {
    case .boolean: 1
    case .int32, .float: 4
    case .int64, .double: 8
    case .fixed(let length): length
    case .bytes: 4 + ((value as? StringView)?.count ?? 0)
    }
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
    var total = 0
    for index in 0..<count { total &+= 4 &+ values[index].count }
    // A short value is written with its padding, which the next one covers.
    var target = output.reserve(total + StringView.inlineCapacity)
    for index in 0..<count {
      let view = values[index]
      if view.isInline {
        target.storeBytes(of: view.head, as: UInt64.self)
        target.storeBytes(of: view.tail, toByteOffset: 8, as: UInt64.self)
      } else if let start = UnsafeRawPointer(bitPattern: UInt(view.tail)) {
        target.storeBytes(of: UInt32(truncatingIfNeeded: view.count), as: UInt32.self)
        memcpy(target + 4, start, view.count)
      }
      target += 4 &+ view.count
    }
    output.shrink(by: StringView.inlineCapacity)
  }

  /// Turns booleans of a byte each into bits, lowest first.
  static func bits(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: (bytes.count + 7) / 8)
    for index in 0..<bytes.count { result[index >> 3] |= bytes[index] << UInt8(index & 7) }
    return result
  }
}
