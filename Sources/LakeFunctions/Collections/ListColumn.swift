import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// An array or map vector, read by row; the vector must outlive it.
struct ListColumn {
  /// Elements of arrays, keys of maps.
  let elements: Vector
  /// Values of maps.
  let values: Vector
  private let entries: ColumnReader<ListEntry>

  init(_ vector: Vector) {
    entries = ColumnReader(vector)
    elements = vector.children[0]
    values = vector.children[vector.children.count - 1]
  }

  /// The rows of the children that belong to a row.
  @inline(__always)
  func range(_ row: Int) -> Range<Int> {
    let entry = entries[row]
    return Int(entry.offset)..<Int(entry.offset) &+ Int(entry.count)
  }

  @inline(__always)
  func entry(_ row: Int) -> ListEntry { entries[row] }
}

extension KernelCall {
  func lists(_ index: Int) -> ListColumn { ListColumn(arguments[index]) }
}

/// Arrays in the making whose elements are rows of one vector; rows are closed in order, each once.
struct ListPicks {
  private let lists: Buffer
  private var picks = StateColumn<UInt32>(0, capacity: 256)
  private var closed = 0
  private var rowCount = 0
  private var hasNullPicks = false

  init(rows: Int) { lists = Buffer(byteCount: rows * MemoryLayout<ListEntry>.stride) }

  /// Elements of the row at hand so far.
  var openCount: Int { picks.count - closed }

  /// Adds a row of the source.
  @inline(__always)
  mutating func pick(_ element: Int) { picks.append(UInt32(truncatingIfNeeded: element)) }

  /// Adds NULL.
  mutating func pickNull() {
    picks.append(.max)
    hasNullPicks = true
  }

  /// Ends the next row.
  @inline(__always)
  mutating func close() {
    let entries = lists.base.assumingMemoryBound(to: ListEntry.self)
    entries[rowCount] = ListEntry(
      offset: UInt32(truncatingIfNeeded: closed), count: UInt32(truncatingIfNeeded: picks.count &- closed))
    closed = picks.count
    rowCount &+= 1
  }

  /// The picks of the row at hand, to be reordered.
  mutating func sortOpen(by areInOrder: (Int, Int) -> Bool) {
    var open = UnsafeMutableBufferPointer(start: picks.base + closed, count: openCount)
    open.sort { areInOrder(Int($0), Int($1)) }
  }

  /// The arrays (or, with two sources, maps) over the picked rows.
  func finish(_ type: LogicalType, from sources: [Vector], nulls: ValidityMask? = nil) -> Vector {
    let rows = UnsafePointer(picks.base)
    let children = sources.map { source in
      let source = source.isConstant ? source.flattened() : source
      return hasNullPicks
        ? source.gatheredOrNull(rows, count: picks.count).flattened() : source.gathered(rows, count: picks.count)
    }
    return Vector(
      type: type, encoding: .flat, count: rowCount, owner: lists, validity: nulls, children: children)
  }
}

/// A mask that is only made once a row is NULL.
struct NullRows {
  private let count: Int
  private(set) var mask: ValidityMask?

  init(count: Int) { self.count = count }

  mutating func set(_ row: Int) {
    if mask == nil { mask = ValidityMask(count: count, allValid: true) }
    mask?.setNull(row)
  }
}

extension ArgumentCheck {
  /// The element type of an array argument.
  static func element(
    _ name: String, _ arguments: [FunctionArgument], _ index: Int
  ) throws(QueryError) -> LogicalType {
    switch arguments[index].type {
    case .array(let element, _): return element
    case .void: return .void
    default: throw mismatch(name, index, expected: "an array", arguments[index].type)
    }
  }

  /// Key and value types of a map argument.
  static func map(
    _ name: String, _ arguments: [FunctionArgument], _ index: Int
  ) throws(QueryError) -> (key: LogicalType, value: LogicalType) {
    switch arguments[index].type {
    case .map(let key, let value, _): return (key, value)
    case .void: return (.void, .void)
    default: throw mismatch(name, index, expected: "a map", arguments[index].type)
    }
  }

  /// The type that elements of an array and single values meet at.
  static func common(
    _ name: String, element: LogicalType, with index: Int, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> LogicalType {
    guard let common = TypeCoercion.commonType(element, arguments[index].type) else {
      throw mismatch(name, index, expected: "compatible with \(element)", arguments[index].type)
    }
    return common
  }
}
