import LakeColumnar

/// How rows are sorted by a column.
struct ColumnSorting: Hashable {
  var isDescending: Bool
  var nullsFirst: Bool
}

/// Watches whether the rows of a column chunk are sorted by it; looks no further once they are not.
struct RowOrder<Value: StoredValue> {
  private var isAscending = true
  private var isDescending = true
  private var last: Value?
  /// The bytes of a last value that is a long view.
  private var heap: StringHeap?
  private var hasNullsFirst = false
  private var hasNullsLast = false
  /// Values that are compared before it is looked whether any order is left.
  private static var block: Int { 256 }

  var isOpen: Bool { isAscending || isDescending }

  /// nil also where all rows have the same value.
  var sorting: ColumnSorting? {
    isAscending == isDescending ? nil : ColumnSorting(isDescending: isDescending, nullsFirst: hasNullsFirst)
  }

  private mutating func close() {
    isAscending = false
    isDescending = false
  }

  /// Takes in where rows have values; those are taken in afterwards. nil: everywhere.
  mutating func note(levels: ArraySlice<UInt8>?, valueLevel: Int, rowCount: Int) {
    guard let levels else {
      if hasNullsLast, rowCount > 0 { close() }
      return
    }
    var hasValues = last != nil
    for level in levels {
      if Int(level) == valueLevel {
        if hasNullsLast { return close() }
        hasValues = true
      } else if hasValues {
        hasNullsLast = true
      } else {
        hasNullsFirst = true
      }
    }
    if hasNullsFirst, hasNullsLast { close() }
  }

  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  mutating func append(_ values: UnsafePointer<Value>, count: Int) {
    append(count: count) { values[$0] }
  }

  /// Takes in values by their codes.
  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  mutating func append(_ values: UnsafePointer<Value>, codes: UnsafePointer<UInt32>, count: Int) {
    append(count: count) { values[Int(codes[$0])] }
  }

  @inline(__always)
  private mutating func append(count: Int, _ value: (Int) -> Value) {
    guard count > 0, isOpen else { return }
    var previous = last ?? value(0)
    var start = 0
    while start < count, isOpen {
      let end = min(count, start + Self.block)
      var rises = 0
      var falls = 0
      var unordered = 0
      for index in start..<end {
        let next = value(index)
        rises |= bit(previous.isLess(than: next))
        falls |= bit(next.isLess(than: previous))
        unordered |= bit(next.isUnordered)
        previous = next
      }
      if falls | unordered != 0 { isAscending = false }
      if rises | unordered != 0 { isDescending = false }
      start = end
    }
    if isOpen { last = previous.kept(in: &heap) }
  }
}
