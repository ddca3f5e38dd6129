import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The rows of a window that are left so far.
struct WindowSelection {
  let rows: UnsafeMutablePointer<UInt32>
  private(set) var count: Int
  /// Whether no row was dropped yet; `rows` is not filled then.
  private(set) var isAll = true

  /// The buffer has room for one row more than `count`.
  init(_ buffer: Buffer, count: Int) {
    rows = buffer.base.assumingMemoryBound(to: UInt32.self)
    self.count = count
  }

  var first: Int { isAll ? 0 : Int(rows[0]) }
  var last: Int { isAll ? count - 1 : Int(rows[count - 1]) }

  /// Keeps the rows whose flag is 1; `flags` starts at row `first`.
  mutating func keep(_ flags: UnsafePointer<UInt8>, from first: Int) {
    var kept = 0
    if isAll {
      for row in 0..<count {
        rows[kept] = UInt32(truncatingIfNeeded: row)
        kept &+= Int(flags[row &- first])
      }
      isAll = kept == count
    } else {
      for index in 0..<count {
        let row = rows[index]
        rows[kept] = row
        kept &+= Int(flags[Int(row) &- first])
      }
    }
    count = kept
  }

  mutating func dropAll() {
    count = 0
    isAll = false
  }
}

/// One column's or field's predicates in a row group: a table over the dictionary's entries where there is one.
final class WindowFilter {
  /// Which rows of the row group pass, as far as the dictionary tells.
  enum Outcome { case none, some, all }

  /// What is tested: a column by its place among those that are read, or a field of structs in it.
  struct Place: Hashable {
    var column: Int
    var path: [Int] = []
  }

  let place: Place
  private let filter: ColumnFilter
  private let source: ColumnSource
  private let flags: Buffer
  /// Flags of dictionary entries, and the dictionary they belong to.
  private var table: Buffer?
  private var tableOwner: Vector?

  init(_ place: Place, _ filter: ColumnFilter, _ source: ColumnSource, windowSize: Int) {
    self.place = place
    self.filter = filter
    self.source = source
    flags = Buffer(byteCount: windowSize)
  }

  /// Tests the dictionary of a chunk that holds nothing but codes.
  func prepare() throws(QueryError) -> Outcome {
    if let (value, type) = source.constant { return passes(value, type) ? .all : .none }
    if source.chunks.isEmpty { return filter.acceptsNull ? .all : .none }
    guard let chunk = try source.dictionaryOnlyChunk() else { return .some }
    let dictionary = try chunk.dictionary()
    let table = flags(of: dictionary)
    var passing = 0
    for index in 0..<dictionary.count { passing &+= Int(table[index]) }
    if passing == 0, !filter.acceptsNull || chunk.column.maxDefinition == 0 { return .none }
    return passing == dictionary.count && chunk.column.maxDefinition == 0 ? .all : .some
  }

  /// Whether the value of a column that the file lacks passes; of a struct's fields no more is known than NULL.
  private func passes(_ value: Literal, _ type: LogicalType) -> Bool {
    if value.isNull { return filter.acceptsNull }
    guard place.path.isEmpty else { return true }
    let one = Vector.constant(value, type, count: 1).flattened()
    let flag = flags.base.assumingMemoryBound(to: UInt8.self)
    filter.test(one, into: flag)
    return flag[0] == 1
  }

  private func flags(of dictionary: Vector) -> UnsafeMutablePointer<UInt8> {
    if let table, tableOwner === dictionary { return table.base.assumingMemoryBound(to: UInt8.self) }
    let fresh = Buffer(byteCount: max(dictionary.count, 1))
    let result = fresh.base.assumingMemoryBound(to: UInt8.self)
    filter.test(dictionary, into: result)
    table = fresh
    tableOwner = dictionary
    return result
  }

  /// Drops the rows of a window that fail.
  func refine(_ selection: inout WindowSelection, windowStart: Int) throws(QueryError) {
    let first = selection.first
    let count = selection.last + 1 - first
    let vector = tested(try source.decode(from: windowStart + first, count: count))
    if vector.isConstant {
      if !passesConstant(vector) { selection.dropAll() }
      return
    }
    let target = flags.base.assumingMemoryBound(to: UInt8.self)
    if let dictionary = vector.dictionary {
      let table = flags(of: dictionary)
      let codes = vector.codes
      for row in 0..<count { target[row] = table[Int(codes[row])] }
    } else {
      filter.test(vector, into: target)
    }
    if let validity = vector.validity { applyNulls(validity, target, count) }
    selection.keep(target, from: first)
  }

  /// The column's values, or those of the field. Its fields are NULL where a struct is; a field that the file lacks
  /// has its default for every row.
  private func tested(_ column: Vector) -> Vector {
    var vector = column
    for index in place.path where !vector.isConstant { vector = vector.children[index] }
    return vector
  }

  /// Constants come from fields that the file lacks; where they have a default, a struct around them may be NULL still.
  private func passesConstant(_ vector: Vector) -> Bool { vector.isConstantNull ? filter.acceptsNull : true }

  private func applyNulls(_ validity: ValidityMask, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) {
    let words = validity.words
    let accepted: UInt8 = filter.acceptsNull ? 1 : 0
    for row in 0..<count {
      let isValid = UInt8(truncatingIfNeeded: words[row &>> 6] &>> UInt64(row & 63) & 1)
      target[row] = (target[row] & isValid) | (accepted & (1 &- isValid))
    }
  }
}
