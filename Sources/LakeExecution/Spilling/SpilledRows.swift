import CLZ4
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Where some rows stand in a temporary file.
struct SpilledBlock: Sendable {
  let offset: Int
  /// Bytes in the file, compressed with LZ4 if they are fewer than `byteCount`.
  let storedByteCount: Int
  let byteCount: Int
  let rowCount: Int
}

/// Rows of one schema in a temporary file, block by block.
///
/// A value: parts that several workers wrote are put together by adding their blocks.
struct SpilledRows: Sendable {
  let types: [LogicalType]
  private(set) var blocks: [(file: SpillFile, block: SpilledBlock)] = []

  init(_ types: [LogicalType]) { self.types = types }

  var rowCount: Int { blocks.reduce(0) { $0 + $1.block.rowCount } }
  /// Bytes that all rows take in memory, about.
  var byteCount: Int { blocks.reduce(0) { $0 + $1.block.byteCount } }

  mutating func append(_ block: SpilledBlock, in file: SpillFile) { blocks.append((file, block)) }

  mutating func append(_ other: SpilledRows) { blocks += other.blocks }

  /// The rows of one block.
  func read(_ index: Int) throws(QueryError) -> Batch {
    let (file, block) = blocks[index]
    let stored = try Buffer.allocated(byteCount: block.storedByteCount, for: "temporary file")
    let target = UnsafeMutableRawBufferPointer(start: stored.base, count: block.storedByteCount)
    try file.read(into: target, at: block.offset)
    let plain = block.storedByteCount == block.byteCount ? stored : try Self.decompressed(stored, block)
    return Batch(columns: SpillFormat.read(types, count: block.rowCount, from: plain), count: block.rowCount)
  }

  private static func decompressed(_ stored: Buffer, _ block: SpilledBlock) throws(QueryError) -> Buffer {
    let plain = try Buffer.allocated(byteCount: block.byteCount, for: "temporary file")
    let length = LZ4_decompress_safe(
      stored.base.assumingMemoryBound(to: CChar.self), plain.base.assumingMemoryBound(to: CChar.self),
      Int32(block.storedByteCount), Int32(block.byteCount))
    if Int(length) != block.byteCount { throw .internal("a block of a temporary file does not decompress") }
    return plain
  }
}

/// Writes rows into temporary files and counts the bytes; used by one thread at a time.
final class SpillWriter {
  private let node: OperatorNode
  private var plain = SpillBytes()
  private var compressed = Buffer(byteCount: 0)
  /// Blocks beyond this are stored as they are.
  private static let largestCompressed = 1 << 30

  init(for node: OperatorNode) { self.node = node }

  /// Writes rows as one block.
  func write(_ columns: [Vector], count: Int, to file: SpillFile) throws(QueryError) -> SpilledBlock {
    plain.removeAll()
    SpillFormat.write(columns, count: count, to: &plain)
    let bytes = compressedBytes() ?? UnsafeRawBufferPointer(start: plain.buffer.base, count: plain.count)
    let offset = try file.append(bytes)
    node.add(spilled: bytes.count)
    return SpilledBlock(
      offset: offset, storedByteCount: bytes.count, byteCount: plain.count, rowCount: count)
  }

  /// The rows compressed; nil where that does not make them smaller.
  private func compressedBytes() -> UnsafeRawBufferPointer? {
    if plain.count > Self.largestCompressed { return nil }
    let bound = LZ4_compressBound(Int32(plain.count))
    if compressed.byteCount < Int(bound) { compressed = Buffer(byteCount: Int(bound)) }
    let length = LZ4_compress_default(
      plain.buffer.base.assumingMemoryBound(to: CChar.self), compressed.base.assumingMemoryBound(to: CChar.self),
      Int32(plain.count), bound)
    if length <= 0 || Int(length) >= plain.count { return nil }
    return UnsafeRawBufferPointer(start: compressed.base, count: Int(length))
  }
}
