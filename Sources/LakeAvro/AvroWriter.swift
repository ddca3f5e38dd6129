package import LakeDiagnostics
import LakeTypes

/// Builds an Avro object container file in memory.
package struct AvroWriter {
  /// Bytes of records after which a block is closed.
  private static let blockSize = 64 << 10

  package let schema: AvroSchema
  /// Records appended so far.
  package private(set) var count = 0
  private let codec: AvroCodec
  private let sync: [UInt8]
  private var file = AvroEncoder()
  private var block = AvroEncoder()
  private var blockCount = 0

  /// Starts a file; `metadata` must not name `avro.schema` and `avro.codec`, which are written by themselves.
  ///
  /// `schemaJSON` replaces the printed schema, for formats that prescribe its text.
  package init(
    schema: AvroSchema, metadata: [AvroMetadata] = [], codec: AvroCodec = .deflate, schemaJSON: [UInt8]? = nil
  ) {
    self.schema = schema
    self.codec = codec
    var random = SystemRandomNumberGenerator()
    sync = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
    file.bytes = AvroReader.magic
    let entries =
      [AvroMetadata("avro.schema", schemaJSON ?? schema.json.serialized()), AvroMetadata("avro.codec", codec.rawValue)]
      + metadata
    file.long(Int64(entries.count))
    for entry in entries {
      file.sized(Array(entry.key.utf8))
      file.sized(entry.value)
    }
    file.long(0)
    file.bytes += sync
  }

  /// Appends a record, or throws an internal error if it does not fit the schema (the file is unchanged then).
  package mutating func append(_ record: AvroValue) throws(QueryError) {
    let end = block.bytes.count
    do throws(QueryError) {
      try block.write(record, schema)
    } catch {
      block.bytes.removeLast(block.bytes.count - end)
      throw error
    }
    blockCount += 1
    count += 1
    if block.bytes.count >= Self.blockSize { try closeBlock() }
  }

  /// The complete file.
  package mutating func finish() throws(QueryError) -> [UInt8] {
    try closeBlock()
    return file.bytes
  }

  private mutating func closeBlock() throws(QueryError) {
    if blockCount == 0 { return }
    file.long(Int64(blockCount))
    file.sized(try codec.compressed(block.bytes))
    file.bytes += sync
    block.bytes.removeAll(keepingCapacity: true)
    blockCount = 0
  }
}
