import LakeDiagnostics

/// Reads Avro's binary encoding; every read is checked against the end of the bytes.
struct AvroDecoder {
  let bytes: [UInt8]
  var index = 0
  /// Values that may still come out: NULLs and empty records take no bytes, so the bytes alone are no limit.
  private var valuesLeft: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    valuesLeft = 64 * bytes.count + (1 << 20)
  }

  var remaining: Int { bytes.count - index }

  func failure(_ reason: String) -> QueryError {
    QueryError(.corruptFile, .storage, "corrupt Avro data: \(reason)")
  }

  /// A zig-zag variable-length integer.
  mutating func long() throws(QueryError) -> Int64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if shift == 63, byte > 1 { throw failure("an integer of more than 64 bits") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
      shift += 7
    }
    throw failure("it ends within an integer")
  }

  mutating func int() throws(QueryError) -> Int32 {
    guard let value = Int32(exactly: try long()) else { throw failure("an int of more than 32 bits") }
    return value
  }

  /// That many bytes.
  mutating func raw(_ count: Int) throws(QueryError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else { throw failure("it ends within a value of \(count) bytes") }
    defer { index += count }
    return bytes[index..<index + count]
  }

  /// Bytes behind their length.
  mutating func sized() throws(QueryError) -> ArraySlice<UInt8> {
    let count = try long()
    guard count >= 0, count <= Int64(remaining) else { throw failure("a length of \(count) beyond the end") }
    return try raw(Int(count))
  }

  mutating func string() throws(QueryError) -> String { String(decoding: try sized(), as: UTF8.self) }

  private mutating func little<T: FixedWidthInteger>(_ type: T.Type) throws(QueryError) -> T {
    var value: T = 0
    for (position, byte) in try raw(T.bitWidth / 8).enumerated() {
      value |= T(truncatingIfNeeded: byte) << T(truncatingIfNeeded: position * 8)
    }
    return value
  }

  mutating func value(_ schema: AvroSchema) throws(QueryError) -> AvroValue {
    valuesLeft -= 1
    if valuesLeft < 0 { throw failure("more values than its bytes can hold") }
    switch schema.kind {
    case .null: return .null
    case .boolean: return .boolean(try boolean())
    case .int: return .int(try int())
    case .long: return .long(try long())
    case .float: return .float(Float(bitPattern: try little(UInt32.self)))
    case .double: return .double(Double(bitPattern: try little(UInt64.self)))
    case .bytes: return .bytes(Array(try sized()))
    case .string: return .string(try string())
    case .fixed(_, let size): return .fixed(Array(try raw(size)))
    case .enumeration(_, let symbols): return .enumeration(try choice(symbols.count, "enum symbol"))
    case .union(let branches): return try value(branches[try choice(branches.count, "union branch")])
    case .array(let items): return .array(try array(items))
    case .map(let values): return .map(try map(values))
    case .record(_, let fields): return .record(try record(fields))
    }
  }

  private mutating func boolean() throws(QueryError) -> Bool {
    guard let byte = try raw(1).first, byte <= 1 else { throw failure("a boolean that is neither 0 nor 1") }
    return byte == 1
  }

  private mutating func choice(_ count: Int, _ what: String) throws(QueryError) -> Int {
    let position = try long()
    guard position >= 0, position < Int64(count) else { throw failure("\(what) \(position) of \(count)") }
    return Int(position)
  }

  private mutating func record(_ fields: [AvroField]) throws(QueryError) -> [AvroValue] {
    var values: [AvroValue] = []
    values.reserveCapacity(fields.count)
    for field in fields { values.append(try value(field.schema)) }
    return values
  }

  /// The item count of the next block of an array or map; 0 at the end.
  private mutating func blockCount() throws(QueryError) -> Int {
    var count = try long()
    if count < 0 {
      guard count > .min else { throw failure("an impossible block count") }
      count = -count
      _ = try long()
    }
    // Items may take no bytes at all (NULLs), but nobody writes many of those.
    guard count <= Int64(remaining) + 1024 else { throw failure("a block count of \(count) beyond the end") }
    return Int(count)
  }

  private mutating func array(_ items: AvroSchema) throws(QueryError) -> [AvroValue] {
    var values: [AvroValue] = []
    while true {
      let count = try blockCount()
      if count == 0 { return values }
      for _ in 0..<count { values.append(try value(items)) }
    }
  }

  private mutating func map(_ schema: AvroSchema) throws(QueryError) -> [AvroMapEntry] {
    var entries: [AvroMapEntry] = []
    while true {
      let count = try blockCount()
      if count == 0 { return entries }
      for _ in 0..<count { entries.append(AvroMapEntry(try string(), try value(schema))) }
    }
  }
}
