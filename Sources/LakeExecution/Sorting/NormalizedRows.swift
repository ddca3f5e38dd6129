import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Rows with normalised keys: bits whose unsigned order is the order of the values.
///
/// Rows are compared level by level. A word level holds the bits of one or more keys; where a string is longer than
/// the bits kept of it, or a key is nested, a level of its own compares the values.
///
/// `@unchecked Sendable`: nothing changes after the initialiser.
final class NormalizedRows: @unchecked Sendable {
  enum Level: Sendable {
    case word(Int)
    /// The full text of a key.
    case text(Int)
    /// The nested values of a key.
    case nested(Int)
  }

  let count: Int
  private(set) var levels: [Level] = []
  /// How many levels hold the keys before `boundary`.
  private(set) var levelsBeforeBoundary = 0
  private let columns: [SortColumn]
  private var vectors: [Vector]
  private(set) var stride = 0
  private var storage = Buffer(byteCount: 0)

  /// Normalises the keys of `count` rows; keys before `boundary` share no level with later ones.
  init(_ columns: [SortColumn], _ vectors: [Vector], count: Int, boundary: Int = 0) throws(QueryError) {
    self.columns = columns
    self.vectors = vectors
    self.count = count
    var encoder = KeyBits(count: count)
    for (index, column) in columns.enumerated() {
      if index == boundary, boundary > 0 {
        encoder.closeWord(&levels)
        levelsBeforeBoundary = levels.count
      }
      let normalised = try encoder.append(vectors[index], column)
      self.vectors[index] = normalised.vector
      switch normalised.rest {
      case .none: break
      case .text:
        encoder.closeWord(&levels)
        levels.append(.text(index))
      case .nested:
        encoder.closeWord(&levels)
        levels.append(.nested(index))
      }
    }
    encoder.closeWord(&levels)
    if boundary >= columns.count { levelsBeforeBoundary = levels.count }
    (storage, stride) = try encoder.rows()
  }

  /// Bytes of the normalised keys.
  var byteCount: Int { storage.byteCount }

  /// Bytes that normalising and sorting rows take at most, order and spare entries included.
  static func byteCount(sorting vectors: [Vector], count: Int) -> Int {
    let words = KeyBits.maximumWords(of: vectors)
    // The words of several keys are written column by column before they are laid side by side.
    let keys = words > 1 ? 2 * words * 8 : words * 8
    return count * (keys + 2 * MemoryLayout<SortEntry>.stride + RowOrder.stride)
  }

  /// The words of all rows, `stride` each.
  var words: UnsafeMutablePointer<UInt64> { storage.base.assumingMemoryBound(to: UInt64.self) }

  // MARK: Comparing

  /// Whether two rows are equal in the keys of some levels.
  func areEqual(_ a: Int, _ b: Int, levels range: Range<Int>) -> Bool {
    for index in range where compare(a, b, levels[index]) != 0 { return false }
    return true
  }

  /// Negative, zero or positive as a row sorts before, with or behind another.
  func compare(_ a: Int, _ b: Int) -> Int {
    for level in levels {
      let order = compare(a, b, level)
      if order != 0 { return order }
    }
    return 0
  }

  /// Compares two rows by one level.
  @inline(__always)
  func compare(_ a: Int, _ b: Int, _ level: Level) -> Int {
    switch level {
    case .word(let word):
      let x = words[a &* stride &+ word]
      let y = words[b &* stride &+ word]
      return bit(x > y) &- bit(x < y)
    case .text(let key), .nested(let key): return compareValues(a, b, key)
    }
  }

  /// Compares two values; whether one of them is NULL was settled by an earlier level, unless both are.
  private func compareValues(_ a: Int, _ b: Int, _ key: Int) -> Int {
    let vector = vectors[key]
    if !vector.isValid(a) || !vector.isValid(b) { return 0 }
    let order = RowComparison.compare(vector, a, vector, b)
    return columns[key].isDescending ? -order : order
  }
}
