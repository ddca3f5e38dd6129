package import LakeDiagnostics

/// A named property of an Avro file.
package struct AvroMetadata: Hashable, Sendable {
  package var key: String
  package var value: [UInt8]

  package init(_ key: String, _ value: [UInt8]) {
    self.key = key
    self.value = value
  }

  package init(_ key: String, _ text: String) { self.init(key, Array(text.utf8)) }
}

/// Reads the records of an Avro object container file that is in memory.
///
/// Corrupt input throws `.corruptFile`; memory stays within a small multiple of the file's unpacked size.
package struct AvroReader {
  static let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]
  private static let syncLength = 16

  package let schema: AvroSchema
  /// The header's properties, `avro.schema` and `avro.codec` included.
  package let metadata: [AvroMetadata]
  private let codec: AvroCodec
  private let sync: [UInt8]
  private var file: AvroDecoder
  private var block = AvroDecoder([])
  private var recordsLeft = 0

  package init(_ bytes: [UInt8]) throws(QueryError) {
    file = AvroDecoder(bytes)
    guard bytes.starts(with: Self.magic) else {
      throw QueryError(.corruptFile, .storage, "this is no Avro file: it does not start with 'Obj' and version 1")
    }
    file.index = Self.magic.count
    metadata = try Self.readMetadata(&file)
    sync = Array(try file.raw(Self.syncLength))
    guard let text = metadata.last(where: { $0.key == "avro.schema" }) else {
      throw file.failure("the header has no schema")
    }
    schema = try AvroSchema(parsing: text.value)
    let name = metadata.last { $0.key == "avro.codec" }.map { String(decoding: $0.value, as: UTF8.self) }
    guard let codec = AvroCodec(rawValue: name ?? "null") else {
      throw QueryError(.unsupportedFile, .storage, "Avro files with this codec are not supported: \(name ?? "")")
    }
    self.codec = codec
  }

  private static func readMetadata(_ file: inout AvroDecoder) throws(QueryError) -> [AvroMetadata] {
    guard case .map(let entries) = try file.value(.map(.bytes)) else { return [] }
    return entries.map { AvroMetadata($0.key, $0.value.bytes ?? []) }
  }

  /// A property of the header as text.
  package func text(_ key: String) -> String? {
    metadata.last { $0.key == key }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  /// The next record, or nil at the end.
  package mutating func next() throws(QueryError) -> AvroValue? {
    while recordsLeft == 0 {
      if block.remaining > 0 { throw file.failure("a block has bytes behind its last record") }
      if file.remaining == 0 { return nil }
      try readBlock()
    }
    recordsLeft -= 1
    return try block.value(schema)
  }

  /// All records that are left.
  package mutating func remainingRecords() throws(QueryError) -> [AvroValue] {
    var records: [AvroValue] = []
    while let record = try next() { records.append(record) }
    return records
  }

  private mutating func readBlock() throws(QueryError) {
    let count = try file.long()
    block = AvroDecoder(try codec.decompressed(try file.sized()))
    // Records may take no bytes at all, but nobody writes many of those.
    guard count >= 0, count <= Int64(block.bytes.count) + 1024 else {
      throw file.failure("a block of \(block.bytes.count) bytes with \(count) records")
    }
    recordsLeft = Int(count)
    guard try file.raw(Self.syncLength).elementsEqual(sync) else {
      throw file.failure("a block does not end with the file's sync marker")
    }
  }
}
