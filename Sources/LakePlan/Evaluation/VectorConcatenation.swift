import Glibc
package import LakeColumnar
package import LakeTypes

/// Joins the rows of several vectors of one type into one vector.
package enum VectorConcatenation {
  /// The rows of all pieces, one after the other.
  ///
  /// Pieces over one and the same dictionary stay encoded. Long strings are copied into memory of the result's own
  /// (once an entry for dictionaries), so that it does not hold on to the pages its pieces came from.
  package static func concatenated(_ pieces: [Vector], type: LogicalType) -> Vector {
    let total = pieces.reduce(0) { $0 + $1.count }
    if pieces.count == 1 { return owned(pieces[0]) }
    if total == 0 { return emptyVector(type) }
    if let shared = sharedDictionary(of: pieces) { return joinedCodes(pieces, shared, total) }
    if pieces.allSatisfy(\.isConstantNull) { return .allNull(type, count: total) }
    switch type.physical {
    case .view: return joinedText(pieces, type, total)
    case .list: return joinedLists(pieces.map { $0.flattened() }, type, total)
    case .structure: return joinedStructures(pieces.map { $0.flattened() }, type, total)
    default: return joinedSlots(pieces, type, total)
    }
  }

  /// A flat vector without rows.
  package static func emptyVector(_ type: LogicalType) -> Vector { VectorBuilder(type, capacity: 1).finish() }

  /// The same rows, flat and in memory of their own, so that they keep nothing else alive.
  package static func detached(_ vector: Vector) -> Vector { owned(vector.flattened()) }

  /// A vector with its long strings, those within nested values too, in memory of its own.
  private static func owned(_ piece: Vector) -> Vector {
    guard piece.encoding == .flat else { return piece }
    switch piece.physical {
    case .view: return joinedText([piece], piece.type, piece.count)
    case .list: return joinedLists([piece], piece.type, piece.count)
    case .structure: return joinedStructures([piece], piece.type, piece.count)
    default: return piece
    }
  }

  private static func sharedDictionary(of pieces: [Vector]) -> Vector? {
    guard let first = pieces.first?.dictionary else { return nil }
    return pieces.allSatisfy { $0.dictionary === first } ? first : nil
  }

  private static func joinedCodes(_ pieces: [Vector], _ dictionary: Vector, _ total: Int) -> Vector {
    let codes = Buffer(byteCount: total * 4)
    var offset = 0
    for piece in pieces {
      memcpy(codes.base + offset, piece.values, piece.count * 4)
      offset += piece.count * 4
    }
    return .dictionary(dictionary, codes: codes, count: total, validity: joinedMask(pieces, total))
  }

  private static func joinedSlots(_ pieces: [Vector], _ type: LogicalType, _ total: Int) -> Vector {
    let result = Vector.flat(type, count: total, validity: joinedMask(pieces, total))
    let width = type.physical.width
    var target = result.values
    for piece in pieces where piece.count > 0 {
      let flat = piece.flattened()
      memcpy(target, flat.values, piece.count * width)
      target += piece.count * width
    }
    return result
  }

  // MARK: Strings

  private static func joinedText(_ pieces: [Vector], _ type: LogicalType, _ total: Int) -> Vector {
    var heap = StringHeap()
    let owner = Buffer(byteCount: total * type.physical.width)
    var target = owner.base.assumingMemoryBound(to: StringView.self)
    var copied: (dictionary: Vector, views: Buffer)?
    for piece in pieces where piece.count > 0 {
      if let dictionary = piece.dictionary, dictionary.count <= 4 * piece.count {
        let views = copied?.dictionary === dictionary ? copied?.views : nil
        let entries = views ?? copiedViews(of: dictionary, into: &heap)
        copied = (dictionary, entries)
        spread(entries, codes: piece.codes, count: piece.count, to: target)
      } else {
        copyViews(of: piece.flattened(), to: target, into: &heap)
      }
      target += piece.count
    }
    return Vector(
      type: type, encoding: .flat, count: total, owner: owner, validity: joinedMask(pieces, total),
      heaps: heap.buffers)
  }

  private static func copiedViews(of dictionary: Vector, into heap: inout StringHeap) -> Buffer {
    let views = Buffer(byteCount: dictionary.count * 16)
    copyViews(of: dictionary, to: views.base.assumingMemoryBound(to: StringView.self), into: &heap)
    return views
  }

  private static func spread(
    _ views: Buffer, codes: UnsafeMutablePointer<UInt32>, count: Int, to target: UnsafeMutablePointer<StringView>
  ) {
    let entries = views.base.assumingMemoryBound(to: StringView.self)
    for index in 0..<count { target[index] = entries[Int(codes[index])] }
  }

  private static func copyViews(
    of flat: Vector, to target: UnsafeMutablePointer<StringView>, into heap: inout StringHeap
  ) {
    let source = flat.slots(StringView.self)
    let count = flat.count
    if let mask = flat.validity?.words {
      for index in 0..<count { target[index] = mask.isValid(index) ? heap.copy(source[index]) : .empty }
    } else {
      for index in 0..<count {
        let view = source[index]
        target[index] = view.isInline ? view : heap.copy(view)
      }
    }
  }

  // MARK: Nested values

  private static func joinedLists(_ pieces: [Vector], _ type: LogicalType, _ total: Int) -> Vector {
    let owner = Buffer(byteCount: total * 8)
    let target = owner.base.assumingMemoryBound(to: ListEntry.self)
    var parts: [[Vector]] = pieces.first?.children.map { _ in [] } ?? []
    var row = 0
    var elements = 0
    for piece in pieces where piece.count > 0 {
      let positions = elementPositions(of: piece, to: target + row, firstElement: &elements)
      for (index, child) in piece.children.enumerated() {
        let rows = positions.buffer.base.assumingMemoryBound(to: UInt32.self)
        parts[index].append(child.gathered(rows, count: positions.count))
      }
      row += piece.count
    }
    let childTypes = pieces.first?.children.map(\.type) ?? []
    let children = zip(parts, childTypes).map { concatenated($0, type: $1).flattened() }
    return Vector(
      type: type, encoding: .flat, count: total, owner: owner, validity: joinedMask(pieces, total),
      children: children)
  }

  /// Writes the entries of a piece anew and lists the elements that they refer to.
  private static func elementPositions(
    of piece: Vector, to target: UnsafeMutablePointer<ListEntry>, firstElement: inout Int
  ) -> (buffer: Buffer, count: Int) {
    let entries = piece.slots(ListEntry.self)
    var total = 0
    for row in 0..<piece.count where piece.isValid(row) { total += Int(entries[row].count) }
    let buffer = Buffer(byteCount: total * 4)
    let positions = buffer.base.assumingMemoryBound(to: UInt32.self)
    var filled = 0
    for row in 0..<piece.count {
      let entry = piece.isValid(row) ? entries[row] : ListEntry(offset: 0, count: 0)
      target[row] = ListEntry(offset: UInt32(firstElement + filled), count: entry.count)
      for element in 0..<entry.count {
        positions[filled] = entry.offset + element
        filled += 1
      }
    }
    firstElement += filled
    return (buffer, filled)
  }

  private static func joinedStructures(_ pieces: [Vector], _ type: LogicalType, _ total: Int) -> Vector {
    let fields = pieces.first?.children.map(\.type) ?? []
    let children = fields.enumerated().map { index, field in
      concatenated(pieces.map { $0.children[index] }, type: field)
    }
    return Vector.flat(type, count: total, validity: joinedMask(pieces, total), children: children)
  }

  // MARK: Masks

  private static func joinedMask(_ pieces: [Vector], _ total: Int) -> ValidityMask? {
    guard pieces.contains(where: { $0.validity != nil }) else { return nil }
    let mask = ValidityMask(count: total, allValid: true)
    let words = mask.words
    var offset = 0
    for piece in pieces {
      if let source = piece.validity?.words {
        if piece.isConstant {
          if !source.isValid(0) { for row in 0..<piece.count { words.setNull(offset + row) } }
        } else {
          clearBits(words, from: offset, source, count: piece.count)
        }
      }
      offset += piece.count
    }
    return mask
  }

  private static func clearBits(
    _ target: UnsafeMutablePointer<UInt64>, from offset: Int, _ source: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    if offset & 63 == 0 {
      memcpy(target + (offset >> 6), source, (count >> 6) * 8)
      for row in (count & ~63)..<count where !source.isValid(row) { target.setNull(offset + row) }
    } else {
      for row in 0..<count where !source.isValid(row) { target.setNull(offset + row) }
    }
  }
}

/// Puts results that were computed for parts of the rows together.
struct VectorAssembly {
  private let type: LogicalType
  private let count: Int
  private var pieces: [(positions: UnsafePointer<UInt32>, owner: Buffer, vector: Vector)] = []
  private var covered = 0

  init(type: LogicalType, count: Int) {
    self.type = type
    self.count = count
  }

  /// Adds the values of the rows at the given positions; every row is added once at most.
  mutating func add(_ vector: Vector, at positions: UnsafePointer<UInt32>, owner: Buffer) {
    guard vector.count > 0 else { return }
    pieces.append((positions, owner, vector))
    covered += vector.count
  }

  /// All rows; those that were not added are NULL.
  func finished() -> Vector {
    if pieces.isEmpty { return .allNull(type, count: count) }
    switch type.physical {
    case .bool, .int8: return scattered(UInt8.self)
    case .int16: return scattered(UInt16.self)
    case .int32, .float32: return scattered(UInt32.self)
    case .int64, .float64: return scattered(UInt64.self)
    case .int128, .view: return scattered(StringView.self)
    case .list, .structure: return reordered()
    }
  }

  private func scattered<T: BitwiseCopyable>(_ slot: T.Type) -> Vector {
    let owner =
      covered < count
      ? Buffer.zeroed(byteCount: count * type.physical.width)
      : Buffer(byteCount: count * type.physical.width)
    let target = owner.base.assumingMemoryBound(to: T.self)
    let mask = needsMask ? ValidityMask(count: count, allValid: covered == count) : nil
    var heaps: [Buffer] = []
    for piece in pieces {
      scatterSlots(piece.vector, piece.positions, to: target)
      if let mask { scatterBits(piece.vector, piece.positions, to: mask.words) }
      for heap in piece.vector.slotVector.heaps where !heaps.contains(where: { $0 === heap }) { heaps.append(heap) }
    }
    return Vector(type: type, encoding: .flat, count: count, owner: owner, validity: mask, heaps: heaps)
  }

  private var needsMask: Bool { covered < count || pieces.contains { $0.vector.validity != nil } }

  @inline(__always)
  private func scatterSlots<T: BitwiseCopyable>(
    _ vector: Vector, _ positions: UnsafePointer<UInt32>, to target: UnsafeMutablePointer<T>
  ) {
    let count = vector.count
    let source = vector.slotVector.slots(T.self)
    switch vector.encoding {
    case .flat: for index in 0..<count { target[Int(positions[index])] = source[index] }
    case .constant:
      let value = source[0]
      for index in 0..<count { target[Int(positions[index])] = value }
    case .dictionary:
      let codes = vector.codes
      for index in 0..<count { target[Int(positions[index])] = source[Int(codes[index])] }
    }
  }

  /// Rows of the result start valid where every row is covered, else NULL.
  private func scatterBits(
    _ vector: Vector, _ positions: UnsafePointer<UInt32>, to words: UnsafeMutablePointer<UInt64>
  ) {
    for index in 0..<vector.count {
      if vector.isValid(index) {
        words.setValid(Int(positions[index]))
      } else {
        words.setNull(Int(positions[index]))
      }
    }
  }

  private func reordered() -> Vector {
    let joined = VectorConcatenation.concatenated(pieces.map(\.vector), type: type)
    let order = Buffer(byteCount: count * 4)
    let rows = order.base.assumingMemoryBound(to: UInt32.self)
    rows.initialize(repeating: .max, count: count)
    var next: UInt32 = 0
    for piece in pieces {
      for index in 0..<piece.vector.count {
        rows[Int(piece.positions[index])] = next
        next += 1
      }
    }
    return covered == count ? joined.gathered(rows, count: count) : joined.gatheredOrNull(rows, count: count)
  }
}
