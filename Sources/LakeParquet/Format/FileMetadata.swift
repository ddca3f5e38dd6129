/// The footer of a file, as it stands there.
struct FileMetadata: Sendable {
  var version = 0
  var schema: [SchemaElement] = []
  var rowCount = 0
  var rowGroups: [RowGroupMetadata] = []
  var keyValues: [String: String] = [:]
  var createdBy = ""
  /// How the bounds of each leaf are ordered: 1 is the order of its type; empty if the file does not say.
  var columnOrders: [Int] = []
}

extension FileMetadata {
  /// The most bytes that the header of a dictionary page takes.
  private static let largestDictionaryHeader = 100

  /// parquet-mr before 1.2.9 left the header of the dictionary page out of the size of a chunk (PARQUET-816): its
  /// chunks may be longer than they say, up to `end`, where the footer starts.
  mutating func addDictionaryHeaders(before end: Int) {
    guard leavesOutDictionaryHeaders else { return }
    for group in rowGroups.indices {
      for index in rowGroups[group].chunks.indices {
        let chunk = rowGroups[group].chunks[index]
        guard chunk.start <= end, chunk.compressedSize <= end - chunk.start else { continue }
        let rest = end - chunk.start - chunk.compressedSize
        rowGroups[group].chunks[index].compressedSize += min(rest, Self.largestDictionaryHeader)
      }
    }
  }

  private var leavesOutDictionaryHeaders: Bool {
    guard createdBy.hasPrefix("parquet-mr") else { return false }
    let version = createdBy.split(separator: " ").dropFirst(2).first ?? ""
    let numbers = version.split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
    return numbers.lexicographicallyPrecedes([1, 2, 9])
  }
}

/// Bytes of a file.
struct ByteSpan: Sendable {
  var offset = 0
  var count = 0
}

/// One node of the schema, in depth-first order.
struct SchemaElement: Sendable {
  var kind: PhysicalKind?
  var typeLength = 0
  /// The root says none.
  var statedRepetition: Repetition?
  var name = ""
  var childCount = 0
  var converted: ConvertedKind?
  var scale = 0
  var precision = 0
  var fieldID: Int?
  var annotation: Annotation?
  /// Whether the annotation is a logical type, not an older converted one.
  var hasLogicalType = false

  var repetition: Repetition {
    get { statedRepetition ?? .required }
    set { statedRepetition = newValue }
  }
}

struct RowGroupMetadata: Sendable {
  var chunks: [ChunkMetadata] = []
  var rowCount = 0
  var totalByteCount = 0
  var compressedByteCount: Int?
}

/// What only people who look into a file want to know of a column chunk.
final class ChunkDetails: Sendable {
  let fileOffset: Int
  let encodings: [Int]
  let indexPageOffset: Int?
  let bloomFilterLength: Int?
  let keyValues: [String: String]

  init(
    fileOffset: Int, encodings: [Int], indexPageOffset: Int?, bloomFilterLength: Int?, keyValues: [String: String]
  ) {
    self.fileOffset = fileOffset
    self.encodings = encodings
    self.indexPageOffset = indexPageOffset
    self.bloomFilterLength = bloomFilterLength
    self.keyValues = keyValues
  }
}

/// Where a column chunk lies and what is known of it.
struct ChunkMetadata: Sendable {
  var kind: PhysicalKind = .boolean
  var codec: CodecKind = .uncompressed
  var valueCount = 0
  var uncompressedSize = 0
  var compressedSize = 0
  var dataPageOffset = 0
  var dictionaryPageOffset: Int?
  var statistics = ChunkStatistics()
  var offsetIndex: ByteSpan?
  var columnIndex: ByteSpan?
  var bloomFilterOffset: Int?
  /// The data lies in another file, which is not supported.
  var isExternal = false
  var isEncrypted = false
  var isComplete = false
  /// Kept where they are asked for.
  var details: ChunkDetails?

  /// The first byte of the chunk: the dictionary page where there is one.
  var start: Int {
    guard let dictionaryPageOffset, dictionaryPageOffset > 0 else { return dataPageOffset }
    return min(dictionaryPageOffset, dataPageOffset)
  }
}

/// Statistics in the file's own bytes.
struct ChunkStatistics: Sendable {
  var oldMin: [UInt8]?
  var oldMax: [UInt8]?
  var min: [UInt8]?
  var max: [UInt8]?
  var nullCount: Int?
  var distinctCount: Int?
  /// NaNs, which the bounds leave out; nil if the writer did not count them.
  var nanCount: Int?
  var isMinExact: Bool?
  var isMaxExact: Bool?
}
