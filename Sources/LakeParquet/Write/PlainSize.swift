import LakeColumnar
import LakeTypes

/// Bytes that rows take before they are encoded and compressed.
enum PlainSize {
  /// The size of a batch's living rows.
  static func bytes(of batch: Batch) -> Int {
    batch.columns.reduce(0) { $0 + bytes(of: $1, batch) }
  }

  private static func bytes(of vector: Vector, _ batch: Batch) -> Int {
    guard let selection = batch.selection, isVariable(vector) else { return bytes(of: vector, 0..<batch.count) }
    var total = 0
    forEachRun(of: selection) { total += bytes(of: vector, $0) }
    return total
  }

  private static func isVariable(_ vector: Vector) -> Bool {
    switch vector.physical {
    case .view, .list, .structure: true
    default: false
    }
  }

  private static func forEachRun(of selection: SelectionVector, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < selection.count {
      let first = Int(selection.positions[start])
      var length = 1
      while start + length < selection.count, Int(selection.positions[start + length]) == first + length { length += 1 }
      body(first..<first + length)
      start += length
    }
  }

  private static func bytes(of vector: Vector, _ rows: Range<Int>) -> Int {
    switch vector.physical {
    case .view: textBytes(of: vector, rows)
    case .list: listBytes(of: vector, rows)
    case .structure: vector.children.reduce(0) { $0 + partBytes(of: $1, vector, rows) }
    default: rows.count * vector.physical.width
    }
  }

  private static func textBytes(of vector: Vector, _ rows: Range<Int>) -> Int {
    let slots = vector.slotVector.slots(StringView.self)
    switch vector.encoding {
    case .constant: return rows.count * (4 + slots[0].count)
    case .flat: return bytes(slots + rows.lowerBound, count: rows.count)
    case .dictionary: return bytes(slots, codes: vector.codes + rows.lowerBound, count: rows.count)
    }
  }

  // A view's length is taken from its bits: the accessor is not inlined into these loops.

  /// Bytes of texts with their lengths.
  static func bytes(_ views: UnsafePointer<StringView>, count: Int) -> Int {
    var total: UInt64 = 0
    for index in 0..<count { total &+= views[index].head & 0xFFFF_FFFF }
    return Int(total) + 4 * count
  }

  /// Bytes of the texts of codes, with their lengths.
  static func bytes(_ views: UnsafePointer<StringView>, codes: UnsafePointer<UInt32>, count: Int) -> Int {
    var total: UInt64 = 0
    for index in 0..<count { total &+= views[Int(codes[index])].head & 0xFFFF_FFFF }
    return Int(total) + 4 * count
  }

  /// Lists that follow one another in the child are measured together.
  private static func listBytes(of vector: Vector, _ rows: Range<Int>) -> Int {
    let entries = vector.slots(ListEntry.self)
    var total = rows.count * 4
    var run = 0..<0
    for row in rows where vector.isValid(row) {
      let entry = entries[vector.slotIndex(row)]
      let start = Int(entry.offset)
      if start != run.upperBound {
        total += vector.children.reduce(0) { $0 + bytes(of: $1, run) }
        run = start..<start
      }
      run = run.lowerBound..<start + Int(entry.count)
    }
    return total + vector.children.reduce(0) { $0 + bytes(of: $1, run) }
  }

  private static func partBytes(of part: Vector, _ vector: Vector, _ rows: Range<Int>) -> Int {
    if vector.isFlat { return bytes(of: part, rows) }
    return rows.reduce(0) { total, row in
      let slot = vector.slotIndex(row)
      return total + bytes(of: part, slot..<slot + 1)
    }
  }
}
