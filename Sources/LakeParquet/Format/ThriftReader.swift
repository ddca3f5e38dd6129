/// The wire types of Thrift's compact protocol ("Thrift Compact Protocol", Apache Thrift documentation).
enum ThriftType: UInt8 {
  case stop = 0
  case boolTrue, boolFalse, byte, int16, int32, int64, double, binary, list, set, map, structure
}

/// Reads Thrift's compact protocol; every access is checked against the end of the bytes.
struct ThriftReader {
  struct Field {
    let id: Int
    let type: ThriftType
  }

  private let bytes: UnsafeRawBufferPointer
  /// Bytes consumed.
  private(set) var offset = 0
  private var depth = 0
  private static let maxDepth = 32

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var end: Int { bytes.count }

  private static let truncated = FormatFault.corrupt("the metadata ends in the middle of a value")

  mutating func byte() throws(FormatFault) -> UInt8 {
    guard offset < end else { throw Self.truncated }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func varint() throws(FormatFault) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      if shift < 64 { result |= UInt64(next & 0x7F) << shift }
      if next & 0x80 == 0 { return result }
      shift += 7
      if shift > 63 { throw .corrupt("an integer in the metadata is too long") }
    }
  }

  mutating func zigzag() throws(FormatFault) -> Int {
    let raw = try varint()
    return Int(bitPattern: UInt(raw >> 1)) ^ -Int(raw & 1)
  }

  /// The next field of a struct, or nil at its end; `last` is the id of the field before (0 at the start).
  mutating func nextField(_ last: inout Int) throws(FormatFault) -> Field? {
    let head = try byte()
    if head == 0 { return nil }
    guard let type = ThriftType(rawValue: head & 15), type != .stop else { throw Self.unknownType }
    let delta = Int(head >> 4)
    last = delta == 0 ? try zigzag() : last + delta
    return Field(id: last, type: type)
  }

  private static let unknownType = FormatFault.corrupt("the metadata holds an unknown type")

  /// An integer field of any width.
  mutating func integer(_ field: Field) throws(FormatFault) -> Int {
    switch field.type {
    case .int16, .int32, .int64: return try zigzag()
    case .byte: return Int(Int8(bitPattern: try byte()))
    default: throw wrongType(field)
    }
  }

  /// An integer that must be a size, count or offset: not negative.
  mutating func natural(_ field: Field) throws(FormatFault) -> Int {
    let value = try integer(field)
    guard value >= 0 else { throw .corrupt("a size or count in the metadata is negative: \(value)") }
    return value
  }

  func bool(_ field: Field) throws(FormatFault) -> Bool {
    switch field.type {
    case .boolTrue: return true
    case .boolFalse: return false
    default: throw wrongType(field)
    }
  }

  mutating func binary(_ field: Field) throws(FormatFault) -> [UInt8] {
    guard field.type == .binary else { throw wrongType(field) }
    return try binaryElement()
  }

  mutating func string(_ field: Field) throws(FormatFault) -> String {
    String(decoding: try binary(field), as: UTF8.self)
  }

  mutating func binaryElement() throws(FormatFault) -> [UInt8] {
    let count = try boundedCount()
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  private mutating func boundedCount() throws(FormatFault) -> Int {
    let count = try varint()
    guard count <= UInt64(end - offset) else { throw Self.truncated }
    return Int(count)
  }

  /// Opens a list; every element takes at least one byte, which bounds the count.
  mutating func list(_ field: Field, of element: ThriftType) throws(FormatFault) -> Int {
    guard field.type == .list || field.type == .set else { throw wrongType(field) }
    let (type, count) = try listHeader()
    guard count == 0 || type == element else { throw wrongType(field) }
    return count
  }

  private mutating func listHeader() throws(FormatFault) -> (type: ThriftType, count: Int) {
    let head = try byte()
    guard let type = ThriftType(rawValue: head & 15) else { throw Self.unknownType }
    let short = Int(head >> 4)
    let count = short == 15 ? try boundedCount() : short
    guard count <= end - offset else { throw Self.truncated }
    return (type, count)
  }

  mutating func bools(_ field: Field) throws(FormatFault) -> [Bool] {
    // Some writers say "true" and some "false" for the element type of a list of booleans.
    guard field.type == .list else { throw wrongType(field) }
    let (type, count) = try listHeader()
    guard count == 0 || type == .boolTrue || type == .boolFalse else { throw wrongType(field) }
    var result: [Bool] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(try byte() == 1) }
    return result
  }

  mutating func integers(_ field: Field) throws(FormatFault) -> [Int] {
    guard field.type == .list else { throw wrongType(field) }
    let (type, count) = try listHeader()
    guard count == 0 || type == .int64 || type == .int32 else { throw wrongType(field) }
    var result: [Int] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(try zigzag()) }
    return result
  }

  /// The id of the member that a union holds; 0 for an empty one.
  mutating func union(_ field: Field) throws(FormatFault) -> Int {
    guard field.type == .structure else { throw wrongType(field) }
    return try unionElement()
  }

  mutating func unionElement() throws(FormatFault) -> Int {
    var member = 0
    var last = 0
    while let inner = try nextField(&last) {
      member = inner.id
      try skip(inner)
    }
    return member
  }

  private func wrongType(_ field: Field) -> FormatFault {
    .corrupt("field \(field.id) of the metadata has the wrong type")
  }

  /// Enters a struct: a nesting limit keeps corrupt data from overflowing the stack.
  mutating func enter() throws(FormatFault) {
    depth += 1
    if depth > Self.maxDepth { throw .corrupt("the metadata is nested too deeply") }
  }

  mutating func leave() { depth -= 1 }

  mutating func skip(_ field: Field) throws(FormatFault) { try skip(field.type, isElement: false) }

  private mutating func skip(_ type: ThriftType, isElement: Bool) throws(FormatFault) {
    switch type {
    case .stop: throw Self.unknownType
    case .boolTrue, .boolFalse: if isElement { _ = try byte() }
    case .byte: _ = try byte()
    case .int16, .int32, .int64: _ = try varint()
    case .double: try advance(8)
    case .binary: try advance(try boundedCount())
    case .list, .set: try skipList()
    case .map: try skipMap()
    case .structure: try skipStruct()
    }
  }

  private mutating func advance(_ count: Int) throws(FormatFault) {
    guard count <= end - offset else { throw Self.truncated }
    offset += count
  }

  private mutating func skipList() throws(FormatFault) {
    try enter()
    let (type, count) = try listHeader()
    for _ in 0..<count { try skip(type, isElement: true) }
    leave()
  }

  private mutating func skipMap() throws(FormatFault) {
    try enter()
    let count = try boundedCount()
    if count > 0 {
      let types = try byte()
      guard let key = ThriftType(rawValue: types >> 4), let value = ThriftType(rawValue: types & 15) else {
        throw Self.unknownType
      }
      for _ in 0..<count {
        try skip(key, isElement: true)
        try skip(value, isElement: true)
      }
    }
    leave()
  }

  private mutating func skipStruct() throws(FormatFault) {
    try enter()
    var last = 0
    while let field = try nextField(&last) { try skip(field) }
    leave()
  }
}
