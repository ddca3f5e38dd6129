/// Writes Thrift's compact protocol into a growing array of bytes.
struct ThriftWriter {
  private(set) var bytes: [UInt8] = []
  private var lastIDs: [Int] = [0]

  mutating func integer(_ id: Int, _ value: Int, _ type: ThriftType = .int32) {
    header(id, type)
    zigzag(value)
  }

  mutating func int64(_ id: Int, _ value: Int) { integer(id, value, .int64) }

  mutating func bool(_ id: Int, _ value: Bool) { header(id, value ? .boolTrue : .boolFalse) }

  mutating func byte(_ id: Int, _ value: UInt8) {
    header(id, .byte)
    bytes.append(value)
  }

  mutating func binary(_ id: Int, _ value: [UInt8]) {
    header(id, .binary)
    binaryElement(value)
  }

  mutating func string(_ id: Int, _ value: String) { binary(id, Array(value.utf8)) }

  mutating func stringElement(_ value: String) { binaryElement(Array(value.utf8)) }

  mutating func binaryElement(_ value: [UInt8]) {
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func integerElement(_ value: Int) { zigzag(value) }

  mutating func boolElement(_ value: Bool) { bytes.append(value ? 1 : 2) }

  mutating func list(_ id: Int, of element: ThriftType, count: Int) {
    header(id, .list)
    if count < 15 {
      bytes.append(UInt8(count) << 4 | element.rawValue)
    } else {
      bytes.append(0xF0 | element.rawValue)
      varint(UInt64(count))
    }
  }

  /// Writes a struct as a field.
  mutating func structure(_ id: Int, _ body: (inout ThriftWriter) -> Void) {
    header(id, .structure)
    element(body)
  }

  /// Writes a struct as a list element or as the whole message.
  mutating func element(_ body: (inout ThriftWriter) -> Void) {
    lastIDs.append(0)
    body(&self)
    lastIDs.removeLast()
    bytes.append(0)
  }

  private mutating func header(_ id: Int, _ type: ThriftType) {
    let delta = id - lastIDs[lastIDs.count - 1]
    if delta > 0, delta <= 15 {
      bytes.append(UInt8(delta) << 4 | type.rawValue)
    } else {
      bytes.append(type.rawValue)
      zigzag(id)
    }
    lastIDs[lastIDs.count - 1] = id
  }

  private mutating func zigzag(_ value: Int) { varint(UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
