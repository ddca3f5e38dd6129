import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Takes batches apart into the levels and values of the leaves.
final class RowShredder {
  private let schema: WriteSchema
  private let writers: [any ColumnChunkWriter]
  private var scratch = RecycledBuffer()
  private var rowScratch = RecycledBuffer()
  /// The dictionary that each leaf's last codes belong to, and the last one that was met.
  private var dictionaries: [StoredDictionary?]
  private var lastDictionaries: [Vector?]

  init(_ schema: WriteSchema, _ writers: [any ColumnChunkWriter]) {
    self.schema = schema
    self.writers = writers
    dictionaries = Array(repeating: nil, count: writers.count)
    lastDictionaries = Array(repeating: nil, count: writers.count)
  }

  /// Rows of a vector that stand in the places of a column or a part of it.
  fileprivate struct Places {
    /// `absent` where a NULL or empty list around leaves no row.
    var rows: [UInt32]
    /// nil in columns without lists.
    var repetition: [UInt8]?
    /// The definition level reached so far.
    var definition: [UInt8]
    /// Whether an absent place is that of an empty list and so not NULL.
    var isEmpty: [Bool]?
    static let absent = UInt32.max
  }

  /// Appends the living rows of a batch to the leaves' writers.
  func append(_ batch: Batch) throws(QueryError) {
    for (node, column) in zip(schema.nodes, batch.columns) {
      if case .leaf(let index, let isNullable, _) = node {
        try appendFlat(column, batch, index, isNullable)
      } else {
        let rows = Self.livingRows(batch)
        let places = Places(rows: rows, definition: [UInt8](repeating: 0, count: rows.count))
        try append(node, column, places, rowCount: rows.count)
      }
    }
  }

  private static func livingRows(_ batch: Batch) -> [UInt32] {
    guard let selection = batch.selection else { return (0..<batch.physicalCount).map { UInt32($0) } }
    return Array(UnsafeBufferPointer(start: selection.positions, count: selection.count))
  }

  // MARK: Top-level columns without parts

  private func appendFlat(_ column: Vector, _ batch: Batch, _ index: Int, _ isNullable: Bool) throws(QueryError) {
    let leaf = schema.leaves[index]
    try check(column, leaf)
    let positions = batch.selection.map { UnsafePointer($0.positions) }
    guard let validity = column.validity, !column.isConstant || column.isConstantNull else {
      return try appendValid(column, leaf, index, positions, batch.count)
    }
    if column.isConstant { return try appendNulls(leaf, index, batch.count, isNullable) }
    let count = batch.count
    let valid = rowScratch.take(count * 4 + 4).base.assumingMemoryBound(to: UInt32.self)
    var levels = [UInt8](repeating: 1, count: count)
    var present = 0
    let words = validity.words
    levels.withUnsafeMutableBufferPointer { levels in
      for place in 0..<count {
        let row = positions.map { Int($0[place]) } ?? place
        let isValid = words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1
        valid[present] = UInt32(truncatingIfNeeded: row)
        present &+= Int(truncatingIfNeeded: isValid)
        levels[place] = UInt8(truncatingIfNeeded: isValid)
      }
    }
    if present == count { return try appendValid(column, leaf, index, positions, count) }
    guard isNullable else { throw Self.nullViolation(leaf) }
    let missing = count - present
    let rows = LeafRows(
      rowCount: count, entryCount: count, definition: levels, missingCount: missing, nullCount: missing,
      valueCount: present)
    try append(rows, column, leaf, index, UnsafePointer(valid))
  }

  private func appendNulls(_ leaf: WriteLeaf, _ index: Int, _ count: Int, _ isNullable: Bool) throws(QueryError) {
    guard isNullable else { throw Self.nullViolation(leaf) }
    let rows = LeafRows(
      rowCount: count, entryCount: count, definition: [UInt8](repeating: 0, count: count), missingCount: count,
      nullCount: count, valueCount: 0)
    try writers[index].append(rows, values: UnsafeRawPointer(scratch.take(16).base))
  }

  private func appendValid(
    _ column: Vector, _ leaf: WriteLeaf, _ index: Int, _ positions: UnsafePointer<UInt32>?, _ count: Int
  ) throws(QueryError) {
    let rows = LeafRows(rowCount: count, entryCount: count, missingCount: 0, nullCount: 0, valueCount: count)
    try append(rows, column, leaf, index, positions)
  }

  /// Appends the values of rows: of `positions`, or of the first rows.
  private func append(
    _ rows: LeafRows, _ column: Vector, _ leaf: WriteLeaf, _ index: Int, _ positions: UnsafePointer<UInt32>?
  ) throws(QueryError) {
    let count = rows.valueCount
    if let dictionary = column.dictionary, writers[index].takesCodes,
      let stored = storedDictionary(dictionary, leaf, index, rowCount: count)
    {
      let codes = positions.map { gatheredCodes(column, $0, count) } ?? UnsafePointer(column.codes)
      return try writers[index].append(rows, codes: codes, of: stored)
    }
    if positions == nil, column.isFlat, leaf.type.physical.width == leaf.storage.bufferedWidth {
      return try writers[index].append(rows, values: UnsafeRawPointer(column.values))
    }
    try writers[index].append(rows, values: gathered(column, leaf, positions, count))
  }

  /// The dictionary in the form that the leaf is buffered in; nil for one that is met for the first time and so large
  /// that preparing it would cost more than it saves if it does not come again.
  private func storedDictionary(
    _ dictionary: Vector, _ leaf: WriteLeaf, _ index: Int, rowCount: Int
  ) -> StoredDictionary? {
    if let known = dictionaries[index], known.vector === dictionary { return known }
    let comesAgain = lastDictionaries[index] === dictionary
    lastDictionaries[index] = dictionary
    guard comesAgain || dictionary.count <= rowCount * 2 else { return nil }
    let stored: StoredDictionary
    if leaf.type.physical.width == leaf.storage.bufferedWidth {
      stored = StoredDictionary(dictionary, values: UnsafeRawPointer(dictionary.values), owner: nil)
    } else {
      let buffer = Buffer(byteCount: dictionary.count * 16 + 16)
      Self.gather(dictionary, leaf, nil, dictionary.count, into: buffer.base)
      stored = StoredDictionary(dictionary, values: UnsafeRawPointer(buffer.base), owner: buffer)
    }
    dictionaries[index] = stored
    return stored
  }

  private func gatheredCodes(
    _ column: Vector, _ positions: UnsafePointer<UInt32>, _ count: Int
  ) -> UnsafePointer<UInt32> {
    let target = scratch.take(count * 4 + 4).base.assumingMemoryBound(to: UInt32.self)
    let codes = column.codes
    for index in 0..<count { target[index] = codes[Int(positions[index])] }
    return UnsafePointer(target)
  }

  private static func nullViolation(_ leaf: WriteLeaf) -> QueryError {
    QueryError(
      .notNullViolation, .storage, "NULL in a column that must not hold it: \(leaf.path.joined(separator: "."))")
  }

  private func check(_ column: Vector, _ leaf: WriteLeaf) throws(QueryError) {
    guard column.physical == leaf.type.physical else {
      throw QueryError.internal("column \(leaf.path.joined(separator: ".")) is \(column.type) instead of \(leaf.type)")
    }
  }

  // MARK: Nested columns

  private func append(_ node: WriteNode, _ vector: Vector, _ places: Places, rowCount: Int) throws(QueryError) {
    switch node {
    case .leaf(let index, let isNullable, let definition):
      try appendLeaf(index, isNullable, definition, vector, places, rowCount)
    case .structure(let isNullable, let definition, let parts):
      try appendStruct(isNullable, definition, parts, vector, places, rowCount)
    case .list(let isNullable, let definition, let repetition, let parts):
      try appendList(isNullable, definition, repetition, parts, vector, places, rowCount)
    }
  }

  private func appendLeaf(
    _ index: Int, _ isNullable: Bool, _ definition: UInt8, _ vector: Vector, _ places: Places, _ rowCount: Int
  ) throws(QueryError) {
    let leaf = schema.leaves[index]
    try check(vector, leaf)
    var levels = places.definition
    var valid: [UInt32] = []
    var nulls = 0
    for (place, row) in places.rows.enumerated() {
      if row != Places.absent, vector.isValid(Int(row)) {
        levels[place] = definition
        valid.append(row)
      } else {
        guard isNullable || row == Places.absent else { throw Self.nullViolation(leaf) }
        nulls += places.isEmpty?[place] == true ? 0 : 1
      }
    }
    let missing = levels.count - valid.count
    let rows = LeafRows(
      rowCount: rowCount, entryCount: levels.count, repetition: places.repetition,
      definition: missing == 0 ? nil : levels, missingCount: missing, nullCount: nulls, valueCount: valid.count)
    try writers[index].append(rows, values: gathered(vector, leaf, valid))
  }

  private func appendStruct(
    _ isNullable: Bool, _ definition: UInt8, _ parts: [WriteNode], _ vector: Vector, _ places: Places,
    _ rowCount: Int
  ) throws(QueryError) {
    guard vector.physical == .structure, vector.children.count == parts.count else {
      throw QueryError.internal("a struct to be written has other fields than its column")
    }
    var inner = places
    for (place, row) in places.rows.enumerated() where row != Places.absent {
      if vector.isValid(Int(row)) {
        inner.definition[place] = definition
        inner.rows[place] = UInt32(truncatingIfNeeded: vector.slotIndex(Int(row)))
      } else {
        guard isNullable else { throw Self.nullInRequired() }
        inner.rows[place] = Places.absent
      }
    }
    for (part, child) in zip(parts, vector.children) { try append(part, child, inner, rowCount: rowCount) }
  }

  private static func nullInRequired() -> QueryError {
    QueryError(.notNullViolation, .storage, "NULL in a nested column that must not hold it")
  }

  private func appendList(
    _ isNullable: Bool, _ definition: UInt8, _ repetition: UInt8, _ parts: [WriteNode], _ vector: Vector,
    _ places: Places, _ rowCount: Int
  ) throws(QueryError) {
    guard vector.physical == .list, vector.children.count == parts.count else {
      throw QueryError.internal("a list or map to be written has another shape than its column")
    }
    var inner = Places(rows: [], repetition: [], definition: [], isEmpty: [])
    for (place, row) in places.rows.enumerated() {
      let outer = places.repetition?[place] ?? 0
      guard row != Places.absent, vector.isValid(Int(row)) else {
        guard isNullable || row == Places.absent else { throw Self.nullInRequired() }
        inner.append(Places.absent, outer, places.definition[place], places.isEmpty?[place] ?? false)
        continue
      }
      let entry = vector.slots(ListEntry.self)[vector.slotIndex(Int(row))]
      if entry.count == 0 { inner.append(Places.absent, outer, definition, true) }
      for index in 0..<entry.count {
        inner.append(entry.offset + index, index == 0 ? outer : repetition, definition + 1, false)
      }
    }
    for (part, child) in zip(parts, vector.children) { try append(part, child, inner, rowCount: rowCount) }
  }

  // MARK: Values

  /// The values of rows in the form that the leaf is buffered in; good until the next call.
  private func gathered(
    _ vector: Vector, _ leaf: WriteLeaf, _ positions: UnsafePointer<UInt32>?, _ count: Int
  ) -> UnsafeRawPointer {
    let target = scratch.take(count * 16 + 16).base
    Self.gather(vector, leaf, positions, count, into: target)
    return UnsafeRawPointer(target)
  }

  private func gathered(_ vector: Vector, _ leaf: WriteLeaf, _ rows: [UInt32]) -> UnsafeRawPointer {
    rows.withUnsafeBufferPointer { gathered(vector, leaf, $0.baseAddress, $0.count) }
  }

  private static func gather(
    _ vector: Vector, _ leaf: WriteLeaf, _ positions: UnsafePointer<UInt32>?, _ count: Int,
    into target: UnsafeMutableRawPointer
  ) {
    let rows = Rows(positions: positions, count: count)
    switch (vector.physical, leaf.storage) {
    case (.bool, _): gather(vector, UInt8.self, rows, target) { $0 }
    case (.int8, _): gather(vector, Int8.self, rows, target) { Int32($0) }
    case (.int16, _): gather(vector, Int16.self, rows, target) { Int32($0) }
    case (.int32, _): gather(vector, Int32.self, rows, target) { $0 }
    case (.int64, .int32): gather(vector, Int64.self, rows, target) { Int32(truncatingIfNeeded: $0) }
    case (.int64, _): gather(vector, Int64.self, rows, target) { $0 }
    case (.int128, _): gather(vector, Int128.self, rows, target) { $0 }
    case (.float32, _): gather(vector, Float.self, rows, target) { $0 }
    case (.float64, _): gather(vector, Double.self, rows, target) { $0 }
    case (.view, _): gather(vector, StringView.self, rows, target) { $0 }
    case (.list, _), (.structure, _): break
    }
  }

  /// Rows of a vector: those at positions, or the first ones.
  private struct Rows {
    let positions: UnsafePointer<UInt32>?
    let count: Int
  }

  @inline(__always)
  private static func gather<S: BitwiseCopyable, T: BitwiseCopyable>(
    _ vector: Vector, _ slot: S.Type, _ rows: Rows, _ raw: UnsafeMutableRawPointer, _ stored: (S) -> T
  ) {
    let source = vector.slotVector.slots(S.self)
    let target = raw.assumingMemoryBound(to: T.self)
    switch (vector.encoding, rows.positions) {
    case (.flat, nil): for index in 0..<rows.count { target[index] = stored(source[index]) }
    case (.flat, let positions?):
      for index in 0..<rows.count { target[index] = stored(source[Int(positions[index])]) }
    case (.constant, _): for index in 0..<rows.count { target[index] = stored(source[0]) }
    case (.dictionary, nil):
      let codes = vector.codes
      for index in 0..<rows.count { target[index] = stored(source[Int(codes[index])]) }
    case (.dictionary, let positions?):
      let codes = vector.codes
      for index in 0..<rows.count { target[index] = stored(source[Int(codes[Int(positions[index])])]) }
    }
  }
}

extension RowShredder.Places {
  fileprivate mutating func append(_ row: UInt32, _ level: UInt8, _ reached: UInt8, _ empty: Bool) {
    rows.append(row)
    repetition?.append(level)
    definition.append(reached)
    isEmpty?.append(empty)
  }
}
