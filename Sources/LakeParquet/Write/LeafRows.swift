import LakeColumnar
import LakeDiagnostics

/// Rows of a leaf, taken apart: levels, and the values that are there.
struct LeafRows {
  /// Rows of the table.
  var rowCount: Int
  var entryCount: Int
  /// nil where all entries have the maximum, as in columns without lists.
  var repetition: [UInt8]?
  /// nil where every entry has a value.
  var definition: [UInt8]?
  /// Entries without a value, and those of them that are NULL and not an empty list.
  var missingCount: Int
  var nullCount: Int
  var valueCount: Int
}

/// Some of the rows, which go to one page.
struct LeafPart {
  var rowCount = 0
  var entries = 0..<0
  var values = 0..<0
  /// Bytes of the values in PLAIN form.
  var byteCount = 0
  var missingCount: Int { entries.count - values.count }
}

/// Cuts rows into the parts that fit into pages.
struct LeafParts {
  let rows: LeafRows
  /// The definition level of a value.
  let maxDefinition: Int
  private var rowsDone = 0
  private var entriesDone = 0
  private var valuesDone = 0

  init(_ rows: LeafRows, maxDefinition: Int) {
    self.rows = rows
    self.maxDefinition = maxDefinition
  }

  /// The next rows, as many as fill that much room: one at least, and the last of them may go beyond the bytes. nil
  /// at the end. `size` yields the bytes of a range of values.
  mutating func next(rowRoom: Int, byteRoom: Int, size: (Range<Int>) -> Int) -> LeafPart? {
    guard entriesDone < rows.entryCount else { return nil }
    var part = LeafPart(
      rowCount: rows.rowCount - rowsDone, entries: entriesDone..<rows.entryCount, values: valuesDone..<rows.valueCount)
    part.byteCount = size(part.values)
    if part.rowCount > 1, part.rowCount > rowRoom || part.byteCount > byteRoom {
      part = firstRows(rowRoom, byteRoom, size)
    }
    rowsDone += part.rowCount
    entriesDone = part.entries.upperBound
    valuesDone = part.values.upperBound
    return part
  }

  private func firstRows(_ rowRoom: Int, _ byteRoom: Int, _ size: (Range<Int>) -> Int) -> LeafPart {
    var part = LeafPart(entries: entriesDone..<entriesDone, values: valuesDone..<valuesDone)
    var entry = entriesDone
    var value = valuesDone
    repeat {
      let end = rowEnd(entry)
      let valueEnd = value + presentCount(entry..<end)
      part.byteCount += size(value..<valueEnd)
      part.rowCount += 1
      (entry, value) = (end, valueEnd)
    } while entry < rows.entryCount && part.rowCount < rowRoom && part.byteCount < byteRoom
    part.entries = entriesDone..<entry
    part.values = valuesDone..<value
    return part
  }

  /// Where the row that starts with an entry ends.
  private func rowEnd(_ entry: Int) -> Int {
    guard let repetition = rows.repetition else { return entry + 1 }
    var end = entry + 1
    while end < rows.entryCount, repetition[end] != 0 { end += 1 }
    return end
  }

  private func presentCount(_ entries: Range<Int>) -> Int {
    guard let definition = rows.definition else { return entries.count }
    return definition[entries].count { Int($0) == maxDefinition }
  }
}
