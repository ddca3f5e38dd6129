import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// A file that one worker is writing.
protocol PartitionFile: AnyObject {
  /// Bytes that the file would have if it were finished now, about.
  var estimatedByteCount: Int { get }
  func write(_ batch: Batch) throws(QueryError)
  /// Completes the file and hands it to the sink.
  func finish() throws(QueryError)
  func discard()
}

/// Opens the files of a partitioned writer.
protocol PartitionFileFactory {
  /// Starts a file for the partition with these values (none for a table without partitions).
  mutating func open(_ partition: [Literal]) throws(QueryError) -> any PartitionFile
}

/// Spreads the rows of one worker over the files of their partitions.
///
/// Files are closed when they reach the target size. Open files hold row groups in memory, so the largest is closed
/// early when there are too many or they hold too much.
final class PartitionedWriter: BatchWriter {
  private let schema: Schema
  private let requiredColumns: [Int]
  /// nil for a table without partitions.
  private let keyer: PartitionKeyer?
  private var factory: any PartitionFileFactory
  private let targetSize: Int
  private var files: [Int: any PartitionFile] = [:]
  private var batchesSinceCheck = 0

  private static let maxOpenFiles = 256
  private static let maxBytesHeld = 512 << 20
  private static let batchesBetweenChecks = 64

  init(schema: Schema, keyer: PartitionKeyer?, factory: any PartitionFileFactory, targetSize: Int) {
    self.schema = schema
    requiredColumns = schema.fields.indices.filter { !schema[$0].isNullable }
    self.keyer = keyer
    self.factory = factory
    self.targetSize = targetSize
  }

  func write(_ batch: Batch) throws(QueryError) {
    if batch.count == 0 { return }
    let batch = batch.compacted()
    try checkRequired(batch)
    guard let keyer else { return try write(batch, to: 0, []) }
    switch keyer.assign(batch) {
    case .single(let number): try write(batch, to: number, keyer.partitions[number])
    case .rows(let numbers): try scatter(batch, numbers, keyer)
    }
  }

  private func checkRequired(_ batch: Batch) throws(QueryError) {
    for column in requiredColumns {
      let vector = batch.columns[column]
      let hasNull =
        vector.isConstantNull
        || !vector.isConstant && vector.validity.map { $0.validCount(batch.count) < batch.count } ?? false
      if hasNull {
        throw QueryError(
          .notNullViolation, .execute, "NULL cannot be stored in the NOT NULL column \(schema[column].name)")
      }
    }
  }

  /// Writes the rows of several partitions, each partition's in their order.
  private func scatter(_ batch: Batch, _ numbers: [UInt32], _ keyer: PartitionKeyer) throws(QueryError) {
    var rows: [UInt32: [UInt32]] = [:]
    for (row, number) in numbers.enumerated() { rows[number, default: []].append(UInt32(truncatingIfNeeded: row)) }
    for (number, positions) in rows.sorted(by: { $0.key < $1.key }) {
      let part = positions.withUnsafeBufferPointer { buffer -> Batch in
        guard let base = buffer.baseAddress else { return Batch(columns: [], count: 0) }
        return Batch(columns: batch.columns.map { $0.gathered(base, count: buffer.count) }, count: buffer.count)
      }
      try write(part, to: Int(number), keyer.partitions[Int(number)])
    }
  }

  private func write(_ batch: Batch, to number: Int, _ partition: [Literal]) throws(QueryError) {
    let file: any PartitionFile
    if let open = files[number] {
      file = open
    } else {
      if files.count >= Self.maxOpenFiles { try closeLargest() }
      file = try factory.open(partition)
      files[number] = file
    }
    try file.write(batch)
    if file.estimatedByteCount >= targetSize {
      files[number] = nil
      try file.finish()
    }
    batchesSinceCheck += 1
    if batchesSinceCheck >= Self.batchesBetweenChecks, files.count > 1 {
      batchesSinceCheck = 0
      while files.count > 1, files.values.reduce(0, { $0 + $1.estimatedByteCount }) > Self.maxBytesHeld {
        try closeLargest()
      }
    }
  }

  private func closeLargest() throws(QueryError) {
    guard let largest = files.max(by: { $0.value.estimatedByteCount < $1.value.estimatedByteCount }) else { return }
    files[largest.key] = nil
    try largest.value.finish()
  }

  func finish() throws(QueryError) {
    while let (number, file) = files.first {
      files[number] = nil
      try file.finish()
    }
  }

  deinit { for file in files.values { file.discard() } }
}
