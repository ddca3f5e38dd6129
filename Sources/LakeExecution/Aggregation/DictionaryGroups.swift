import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Finds the groups of dictionary-encoded keys by their codes alone: an array says which group a combination is.
///
/// Holds as long as the same dictionaries come back; used by one worker.
final class DictionaryGroups {
  private var dictionaries: [Vector?] = []
  private var constants: [Vector] = []
  private var known = Buffer(byteCount: 0)
  private var combinations = 0
  private var codeStorage = Buffer(byteCount: Batch.capacity * 4)
  /// Combinations that are worth an array.
  private static let limit = 1 << 14
  private static let unknown = UInt32.max

  /// Writes the groups of all rows; false where the keys are not all encoded or the combinations too many.
  func find(
    _ vectors: [Vector], count: Int, _ table: GroupTable, _ keys: KeyRows, into groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) -> Bool {
    guard prepare(vectors, count) else { return false }
    if codeStorage.byteCount < count * 4 { codeStorage = Buffer(byteCount: count * 4) }
    let codes = codeStorage.base.assumingMemoryBound(to: UInt32.self)
    combine(vectors, count, codes)
    let table = Lookup(table: table, keys: keys, vectors: vectors)
    let groupOf = known.base.assumingMemoryBound(to: UInt32.self)
    var missing: UInt32 = 0
    for row in 0..<count {
      let group = groupOf[Int(codes[row])]
      groups[row] = group
      missing |= UInt32(truncatingIfNeeded: bit(group == Self.unknown))
    }
    if missing != 0 { try resolve(count, codes, groupOf, table, groups) }
    return true
  }

  private struct Lookup {
    let table: GroupTable
    let keys: KeyRows
    let vectors: [Vector]
  }

  /// Whether the codes can be combined; starts a new array when a dictionary or a constant is another one.
  private func prepare(_ vectors: [Vector], _ count: Int) -> Bool {
    var product = 1
    for vector in vectors where !vector.isConstant {
      guard let dictionary = vector.dictionary else { return false }
      product *= dictionary.count + 1
      if product > Self.limit { return false }
    }
    if isSame(vectors) { return true }
    if product > 4 * count + 64 { return false }
    dictionaries = vectors.map(\.dictionary)
    constants = vectors.map { $0.isConstant ? $0.repeated(count: 1) : .allNull(.boolean, count: 0) }
    combinations = product
    if known.byteCount < product * 4 { known = Buffer(byteCount: product * 4) }
    known.base.assumingMemoryBound(to: UInt32.self).initialize(repeating: Self.unknown, count: product)
    return true
  }

  private func isSame(_ vectors: [Vector]) -> Bool {
    guard vectors.count == dictionaries.count, combinations > 0 else { return false }
    for (index, vector) in vectors.enumerated() {
      if vector.dictionary !== dictionaries[index] { return false }
      if vector.isConstant, constants[index].count == 0 || vector.literal(at: 0) != constants[index].literal(at: 0) {
        return false
      }
      if !vector.isConstant, constants[index].count != 0 { return false }
    }
    return true
  }

  /// One number a row for the combination of its codes; NULL is the code behind the last.
  private func combine(_ vectors: [Vector], _ count: Int, _ target: UnsafeMutablePointer<UInt32>) {
    target.initialize(repeating: 0, count: count)
    var factor: UInt32 = 1
    for vector in vectors {
      guard let dictionary = vector.dictionary else { continue }
      let codes = vector.codes
      let null = UInt32(truncatingIfNeeded: dictionary.count)
      if let words = vector.validity?.words {
        for row in 0..<count { target[row] &+= (words.isValid(row) ? codes[row] : null) &* factor }
      } else {
        for row in 0..<count { target[row] &+= codes[row] &* factor }
      }
      factor &*= null &+ 1
    }
  }

  /// Looks up the combinations that were not seen before, once each.
  private func resolve(
    _ count: Int, _ codes: UnsafeMutablePointer<UInt32>, _ groupOf: UnsafeMutablePointer<UInt32>, _ lookup: Lookup,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    let pending = Self.unknown - 1
    let firstRows = SelectionVector.scratch(count)
    let rows = firstRows.base.assumingMemoryBound(to: UInt32.self)
    var found = 0
    for row in 0..<count where groupOf[Int(codes[row])] == Self.unknown {
      groupOf[Int(codes[row])] = pending
      rows[found] = UInt32(row)
      found += 1
    }
    let vectors = lookup.vectors.map { $0.gathered(rows, count: found) }
    let numbers = Buffer(byteCount: found * 4)
    let target = numbers.base.assumingMemoryBound(to: UInt32.self)
    lookup.keys.encode(vectors, count: found)
    try lookup.table.findOrInsert(lookup.keys, vectors, into: target)
    for index in 0..<found { groupOf[Int(codes[Int(rows[index])])] = target[index] }
    for row in 0..<count { groups[row] = groupOf[Int(codes[row])] }
  }
}
