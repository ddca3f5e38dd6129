import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeText
import LakeTypes
import Testing

/// A file that is only in memory.
final class MemoryFile: ReadableFile {
  let path: String
  private let content: [UInt8]
  var size: Int { content.count }

  init(_ content: [UInt8], path: String = "/memory/file.txt") {
    self.content = content
    self.path = path
  }

  convenience init(_ text: String, path: String = "/memory/file.txt") { self.init(Array(text.utf8), path: path) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(QueryError) {
    guard offset >= 0, offset + buffer.count <= content.count else {
      throw QueryError(.corruptFile, .storage, "read behind the end")
    }
    buffer.copyBytes(from: content[offset..<offset + buffer.count])
  }
}

/// A schema from pairs.
func columns(_ fields: (String, LogicalType)...) -> Schema { Schema(fields.map { Field($0.0, $0.1) }) }

func strings(_ names: String...) -> Schema { Schema(names.map { Field($0, .string) }) }

/// All rows of a reader, as literals.
func rows(of reader: any BatchReader) throws(QueryError) -> [[Literal]] {
  var rows: [[Literal]] = []
  while let batch = try reader.next() {
    let batch = batch.compacted()
    for row in 0..<batch.count { rows.append(batch.columns.map { $0.literal(at: row) }) }
  }
  return rows
}

/// Reads a text whole.
func read(
  _ format: TextFormat, _ file: MemoryFile, _ schema: Schema, _ projection: [Int]? = nil, range: Range<Int>? = nil,
  batchSize: Int = 2048, zone: TextTimeZone = .utc
) throws(QueryError) -> [[Literal]] {
  let request = TextReadRequest(
    file: file, byteRange: range, schema: schema, projection: projection ?? Array(0..<schema.count),
    batchSize: batchSize, zone: zone)
  return try rows(of: TextReader.open(format, request))
}

func readCSV(_ text: String, _ schema: Schema, _ options: CSVOptions = CSVOptions()) throws(QueryError) -> [[Literal]] {
  try read(.csv(options), MemoryFile(text), schema)
}

func readJSON(_ text: String, _ schema: Schema, _ options: JSONOptions = JSONOptions()) throws(QueryError)
  -> [[Literal]]
{
  try read(.json(options), MemoryFile(text), schema)
}

/// The rows as strings, NULL as nil; for columns that are all strings.
func texts(_ rows: [[Literal]]) -> [[String?]] {
  rows.map { row in row.map { if case .string(let text) = $0 { text } else { nil } } }
}

func code(_ body: () throws(QueryError) -> Void) -> ErrorCode? {
  do throws(QueryError) { try body() } catch { return error.code }
  return nil
}

func failure(_ body: () throws(QueryError) -> Void) -> QueryError? {
  do throws(QueryError) { try body() } catch { return error }
  return nil
}

extension CSVOptions {
  func with(_ change: (inout CSVOptions) -> Void) -> CSVOptions {
    var copy = self
    change(&copy)
    return copy
  }
}

extension JSONOptions {
  func with(_ change: (inout JSONOptions) -> Void) -> JSONOptions {
    var copy = self
    change(&copy)
    return copy
  }
}

/// Numbers that look random but are the same in every run.
struct Randomness: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
