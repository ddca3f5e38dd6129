import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Writes sort keys as bits, one column of words after the other.
struct KeyBits {
  /// What the bits of a key leave open.
  enum Rest { case none, text, nested }

  private let count: Int
  /// Complete words of all rows, a buffer a word.
  private var columns: [Buffer] = []
  private var used = 64

  init(count: Int) { self.count = count }

  /// Appends a key; returns the vector that later comparisons read.
  mutating func append(_ vector: Vector, _ column: SortColumn) throws(QueryError) -> (vector: Vector, rest: Rest) {
    if vector.isConstant { return (vector, .none) }
    if vector.physical == .view, let ranks = DictionaryRanks(vector) {
      try appendNulls(vector, column)
      try appendValues(ranks.bits, column, vector) { row in ranks.rank(row) }
      return (vector, .none)
    }
    let flat = vector.flattened()
    try appendNulls(flat, column)
    switch flat.physical {
    case .bool: try appendSlots(flat, column, 1) { (value: UInt8) in UInt64(value & 1) }
    case .int8: try appendSlots(flat, column, 8) { (value: UInt8) in UInt64(value ^ 0x80) }
    case .int16: try appendSlots(flat, column, 16) { (value: UInt16) in UInt64(value ^ 0x8000) }
    case .int32: try appendSlots(flat, column, 32) { (value: UInt32) in UInt64(value ^ 0x8000_0000) }
    case .int64: try appendSlots(flat, column, 64) { (value: UInt64) in value ^ (1 << 63) }
    case .float32: try appendSlots(flat, column, 32) { (value: Float) in UInt64(value.sortingBits) }
    case .float64: try appendSlots(flat, column, 64) { (value: Double) in value.sortingBits }
    case .int128:
      try appendSlots(flat, column, 64) { (value: StringView) in value.tail ^ (1 << 63) }
      try appendSlots(flat, column, 64) { (value: StringView) in value.head }
    case .view:
      try appendSlots(flat, column, 64) { (value: StringView) in value.sortingPrefix }
      return (flat, Self.isPrefixEnough(flat) ? .none : .text)
    case .list, .structure: return (flat, .nested)
    }
    return (flat, .none)
  }

  /// Words a row that keys may take.
  static func maximumWords(of vectors: [Vector]) -> Int {
    // A NULL bit each; what compares by value closes a word.
    let bits = vectors.reduce(0) { bits, vector in
      vector.isConstant ? bits : bits + 1 + (vector.physical == .view ? 64 : min(vector.physical.width * 8, 128))
    }
    let closed = vectors.count { !$0.isConstant && ($0.physical == .view || $0.type.isNested) }
    return (bits + 63) / 64 + closed
  }

  /// The words of all rows, row by row.
  func rows() throws(QueryError) -> (storage: Buffer, stride: Int) {
    let stride = columns.count
    if stride == 1 { return (columns[0], 1) }
    let storage = try Buffer.allocated(byteCount: max(1, count * stride) * 8, for: "sort")
    let target = storage.base.assumingMemoryBound(to: UInt64.self)
    for (index, column) in columns.enumerated() {
      let source = column.base.assumingMemoryBound(to: UInt64.self)
      for row in 0..<count { target[row &* stride &+ index] = source[row] }
    }
    return (storage, stride)
  }

  /// Ends the current word and lists the levels of the words since the last call.
  mutating func closeWord(_ levels: inout [NormalizedRows.Level]) {
    var listed = 0
    for level in levels { if case .word = level { listed += 1 } }
    for word in listed..<columns.count { levels.append(.word(word)) }
    used = 64
  }

  // MARK: Bits

  private mutating func appendNulls(_ vector: Vector, _ column: SortColumn) throws(QueryError) {
    guard let words = vector.validity?.words else { return }
    let (ofNull, ofValue): (UInt64, UInt64) = column.nullsFirst ? (0, 1) : (1, 0)
    try put(1) { row in words.isValid(row) ? ofValue : ofNull }
  }

  @inline(__always)
  private mutating func appendSlots<T: BitwiseCopyable>(
    _ flat: Vector, _ column: SortColumn, _ bits: Int, _ normalise: (T) -> UInt64
  ) throws(QueryError) {
    let source = flat.slots(T.self)
    try appendValues(bits, column, flat) { row in normalise(source[row]) }
  }

  @inline(__always)
  private mutating func appendValues(
    _ bits: Int, _ column: SortColumn, _ vector: Vector, _ value: (Int) -> UInt64
  ) throws(QueryError) {
    let all: UInt64 = bits == 64 ? ~0 : (1 << UInt64(bits)) &- 1
    let flip = column.isDescending ? all : 0
    if let words = vector.validity?.words {
      try put(bits) { row in words.isValid(row) ? value(row) ^ flip : 0 }
    } else {
      try put(bits) { row in value(row) ^ flip }
    }
  }

  /// Appends some bits to every row.
  @inline(__always)
  private mutating func put(_ bits: Int, _ value: (Int) -> UInt64) throws(QueryError) {
    if bits == 0 { return }
    let room = 64 - used
    if room == 0 {
      try startWord()
      let target = lastWord
      let shift = UInt64(64 - bits)
      for row in 0..<count { target[row] = value(row) << shift }
      used = bits
    } else if bits <= room {
      let target = lastWord
      let shift = UInt64(room - bits)
      for row in 0..<count { target[row] |= value(row) << shift }
      used += bits
    } else {
      let low = lastWord
      try startWord()
      let high = lastWord
      let over = UInt64(bits - room)
      for row in 0..<count {
        let current = value(row)
        low[row] |= current >> over
        high[row] = current << (64 - over)
      }
      used = Int(over)
    }
  }

  private mutating func startWord() throws(QueryError) {
    columns.append(try .allocated(byteCount: max(1, count) * 8, for: "sort"))
  }

  private var lastWord: UnsafeMutablePointer<UInt64> {
    columns[columns.count - 1].base.assumingMemoryBound(to: UInt64.self)
  }

  /// Whether eight bytes tell all strings apart: none is longer, and no zero byte could be taken for the end.
  private static func isPrefixEnough(_ flat: Vector) -> Bool {
    let source = flat.slots(StringView.self)
    var isEnough = true
    for row in 0..<flat.count where flat.isValid(row) {
      let view = source[row]
      isEnough = isEnough && view.count <= 8 && !view.hasZeroByte
    }
    return isEnough
  }
}

/// The order of the strings of a dictionary, as numbers.
private struct DictionaryRanks {
  let bits: Int
  private let ranks: [UInt32]
  private let codes: UnsafeMutablePointer<UInt32>

  /// nil unless the vector is encoded with fewer entries than rows.
  init?(_ vector: Vector) {
    guard let dictionary = vector.dictionary, dictionary.count <= vector.count else { return nil }
    codes = vector.codes
    let views = dictionary.slots(StringView.self)
    let order = (0..<dictionary.count).sorted { views[$0] < views[$1] }
    var ranks = [UInt32](repeating: 0, count: dictionary.count)
    var rank: UInt32 = 0
    for (index, entry) in order.enumerated() {
      if index > 0, views[order[index - 1]] != views[entry] { rank += 1 }
      ranks[entry] = rank
    }
    self.ranks = ranks
    bits = max(1, UInt32.bitWidth - rank.leadingZeroBitCount)
  }

  @inline(__always)
  func rank(_ row: Int) -> UInt64 { UInt64(ranks[Int(codes[row])]) }
}

extension Float {
  /// Bits whose unsigned order is that of the values; NaN is the largest, both zeros are equal.
  @inline(__always)
  fileprivate var sortingBits: UInt32 {
    let bits = groupingBits
    return bits >> 31 != 0 ? ~bits : bits | 0x8000_0000
  }
}

extension Double {
  @inline(__always)
  fileprivate var sortingBits: UInt64 {
    let bits = groupingBits
    return bits >> 63 != 0 ? ~bits : bits | (1 << 63)
  }
}

extension StringView {
  /// The first eight bytes as a number, zero-padded.
  @inline(__always)
  fileprivate var sortingPrefix: UInt64 {
    if isInline { return ((head >> 32) | (tail << 32)).byteSwapped }
    return UnsafeRawPointer(bitPattern: UInt(tail))?.loadUnaligned(as: UInt64.self).byteSwapped ?? 0
  }

  /// Whether one of up to eight bytes is 0.
  fileprivate var hasZeroByte: Bool { withBytes { bytes in bytes.contains(0) } }
}
