import LakeColumnar
import LakeDiagnostics
import LakeText
import LakeTypes

/// Draws rows as aligned columns, as psql does: numbers to the right, a footer with the count of rows.
///
/// The first rows are held back to find how wide the columns are; the others stream, and a wider value there moves the
/// rest of its line. Values of several lines go on in the next line, marked with `+`; control characters show as
/// escapes. Columns are text (or binary, shown as `X'..'`). Not for several threads at once.
final class TableWriter: BatchWriter {
  /// Rows that are held back to find the widths.
  private static let measuredRows = 4096
  private static let pieceSize = 64 << 10

  private let names: [TableCell]
  private let isRightAligned: [Bool]
  private let sink: TextSink
  private var widths: [Int]
  /// Rows of the table that are not drawn yet; nil when the widths are fixed.
  private var pending: [[TableCell]]? = []
  private var rowCount = 0
  private var bytes: [UInt8] = []

  init(columns: [ResultColumn], sink: @escaping TextSink) {
    names = columns.map { TableCell(text: $0.name) }
    isRightAligned = columns.map(\.type.isNumeric)
    widths = names.map(\.width)
    self.sink = sink
  }

  func write(_ batch: Batch) throws(QueryError) {
    let batch = batch.compacted()
    for row in 0..<batch.count {
      try add(batch.columns.map { TableCell($0, row) })
    }
    rowCount += batch.count
    if let pending, pending.count >= Self.measuredRows { try drawPending(pending) }
  }

  func finish() throws(QueryError) {
    if let pending { try drawPending(pending) }
    bytes += (rowCount == 1 ? "(1 row)\n" : "(\(rowCount) rows)\n").utf8
    try flush()
  }

  private func add(_ cells: [TableCell]) throws(QueryError) {
    if pending == nil { return try draw(cells) }
    for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.width) }
    pending?.append(cells)
  }

  private func drawPending(_ rows: [[TableCell]]) throws(QueryError) {
    pending = nil
    drawHeader()
    for row in rows { try draw(row) }
  }

  // MARK: Drawing

  private func drawHeader() {
    let height = names.map(\.lines.count).max() ?? 1
    for line in 0..<height {
      for (index, name) in names.enumerated() {
        let spare = widths[index] - name.lineWidth(line)
        drawPart(name, line, left: spare / 2, right: spare - spare / 2, isFirst: index == 0)
        bytes.append(name.continues(after: line) ? Self.continuation : Self.space)
      }
      bytes.append(Self.newline)
    }
    for (index, width) in widths.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "+")) }
      bytes.append(contentsOf: repeatElement(UInt8(ascii: "-"), count: width + 2))
    }
    bytes.append(Self.newline)
  }

  private func draw(_ cells: [TableCell]) throws(QueryError) {
    let height = cells.reduce(1) { max($0, $1.lines.count) }
    for line in 0..<height { draw(cells, line) }
    if bytes.count >= Self.pieceSize { try flush() }
  }

  private func draw(_ cells: [TableCell], _ line: Int) {
    for (index, cell) in cells.enumerated() {
      let spare = max(0, widths[index] - cell.lineWidth(line))
      let continues = cell.continues(after: line)
      let isLast = index == cells.count - 1
      if isRightAligned[index] {
        drawPart(cell, line, left: spare, right: 0, isFirst: index == 0)
      } else {
        drawPart(cell, line, left: 0, right: isLast && !continues ? 0 : spare, isFirst: index == 0)
      }
      if continues {
        bytes.append(Self.continuation)
      } else if !isLast {
        bytes.append(Self.space)
      }
    }
    bytes.append(Self.newline)
  }

  private func drawPart(_ cell: TableCell, _ line: Int, left: Int, right: Int, isFirst: Bool) {
    if !isFirst { bytes.append(UInt8(ascii: "|")) }
    bytes.append(contentsOf: repeatElement(Self.space, count: left + 1))
    if line < cell.lines.count { bytes += cell.lines[line].text }
    bytes.append(contentsOf: repeatElement(Self.space, count: right))
  }

  private static let space = UInt8(ascii: " ")
  private static let newline = UInt8(ascii: "\n")
  private static let continuation = UInt8(ascii: "+")

  private func flush() throws(QueryError) {
    let sink = sink
    let result: Result<Void, QueryError> = bytes.withUnsafeBytes { piece in
      do throws(QueryError) { return .success(try sink(piece)) } catch { return .failure(error) }
    }
    try result.get()
    bytes.removeAll(keepingCapacity: true)
  }
}
