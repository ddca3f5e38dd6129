import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Yields the lines of a file as rows of one string column.
final class LineReader: BatchReader {
  private let request: TextReadRequest
  private let records: TextRecords
  /// Where the lines of the batch start in the block.
  private var starts: [Int] = []

  init(_ request: TextReadRequest) throws(QueryError) {
    guard request.schema.count == 1, request.schema[0].type == .string else {
      throw QueryError(.invalidParameter, .bind, "the text format has exactly one column, a string")
    }
    self.request = request
    records = try TextRecords(request.file, .lines, range: request.byteRange, counters: request.counters)
  }

  func next() throws(QueryError) -> Batch? {
    guard var record = try records.nextRecord() else { return nil }
    let owner = Buffer(byteCount: request.batchSize * 16)
    let slots = owner.base.assumingMemoryBound(to: StringView.self)
    var heap = StringHeap()
    var count = 0
    starts.removeAll(keepingCapacity: true)
    while true {
      let text = UnsafeBufferPointer(start: records.block.bytes + record.start, count: record.end - record.start)
      slots[count] = UTF8Text.copy(text, to: &heap)
      starts.append(record.start)
      count += 1
      guard count < request.batchSize, let following = records.recordInBlock() else { break }
      record = following
    }
    request.counters.add(count, to: .rowsRead)
    let vector = Vector(type: .string, encoding: .flat, count: count, owner: owner, heaps: heap.buffers)
    return Batch(columns: request.projection.map { _ in vector }, count: count)
  }

  func location(ofRow row: Int) -> FileLocation? { records.location(of: starts[row]) }
}
