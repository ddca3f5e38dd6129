/// Ranges of a row group's rows, ascending and apart from each other.
struct RowRanges: Sendable, Equatable {
  private(set) var ranges: [Range<Int>] = []

  init() {}

  init(_ ranges: some Sequence<Range<Int>>) { self.ranges = Array(ranges) }

  init(all rowCount: Int) { ranges = rowCount > 0 ? [0..<rowCount] : [] }

  /// Rows at ascending positions, counted from `base`.
  init(_ rows: UnsafePointer<UInt32>, count: Int, base: Int) {
    for index in 0..<count { append(base + Int(rows[index])..<base + Int(rows[index]) + 1) }
  }

  /// Adds rows behind those that are there.
  mutating func append(_ range: Range<Int>) {
    if range.isEmpty { return }
    if let last = ranges.last, last.upperBound >= range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    } else {
      ranges.append(range)
    }
  }

  func intersection(_ other: RowRanges) -> RowRanges {
    var result = RowRanges()
    var mine = ranges[...]
    var theirs = other.ranges[...]
    while let a = mine.first, let b = theirs.first {
      result.append(max(a.lowerBound, b.lowerBound)..<max(a.lowerBound, b.lowerBound, min(a.upperBound, b.upperBound)))
      if a.upperBound < b.upperBound { mine.removeFirst() } else { theirs.removeFirst() }
    }
    return result
  }

  /// Whether some row of a range is among these.
  func overlaps(_ range: Range<Int>) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound < range.upperBound
  }

  var isEmpty: Bool { ranges.isEmpty }
}
