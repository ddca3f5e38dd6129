import LakeColumnar
import LakeTypes

/// How the key columns of a grouping or an equality join are packed into a fixed number of 64-bit words a row.
///
/// Rows with equal words are equal (long strings: with equal bytes behind the pointer). Small values share words;
/// strings take two (a view); nested values are written out as bytes and take two as well. NULL is a bit.
struct KeyLayout: Sendable {
  enum Form: Sendable {
    /// Up to 64 bits at a shift within a word.
    case bits(shift: UInt64)
    /// Two words.
    case wide
    /// Two words: a view of the text.
    case text
    /// Two words: a view of the value written out as bytes.
    case written
  }

  struct Column: Sendable {
    let type: LogicalType
    let form: Form
    let word: Int
    /// Where the NULL bit is; nil if NULLs do not occur.
    let null: (word: Int, shift: UInt64)?

    var isText: Bool {
      switch form {
      case .text, .written: true
      case .bits, .wide: false
      }
    }
  }

  let columns: [Column]
  /// Words a row, at least one.
  let stride: Int
  /// How many views there are; they take the first words.
  let textCount: Int

  var hasText: Bool { textCount > 0 }
  /// The words that are no views.
  var plainWords: Range<Int> { 2 * textCount..<stride }

  /// Lays out keys of the given types; `nullable`: which of them may be NULL.
  init(_ types: [LogicalType], nullable: [Bool]) {
    var packer = WordPacker()
    var forms: [(form: Form, word: Int)?] = types.map { _ in nil }
    let texts = types.indices.filter { Self.isText(types[$0]) }
    for index in texts { forms[index] = (types[index].isNested ? .written : .text, packer.takeWords(2)) }
    for (index, type) in types.enumerated() where type.physical == .int128 {
      forms[index] = (.wide, packer.takeWords(2))
    }
    for (index, type) in types.enumerated() where Self.bits(of: type) == 64 {
      forms[index] = (.bits(shift: 0), packer.takeWords(1))
    }
    let small = types.indices.filter { Self.bits(of: types[$0]) < 64 }
      .sorted { Self.bits(of: types[$0]) > Self.bits(of: types[$1]) }
    for index in small {
      let place = packer.takeBits(Self.bits(of: types[index]))
      forms[index] = (.bits(shift: place.shift), place.word)
    }
    columns = types.indices.map { index in
      let place = forms[index] ?? (.wide, 0)
      let null = nullable[index] ? packer.takeBits(1) : nil
      return Column(type: types[index], form: place.form, word: place.word, null: null)
    }
    stride = max(1, packer.words)
    textCount = texts.count
  }

  private static func isText(_ type: LogicalType) -> Bool { type.isNested || type.physical == .view }

  private static func bits(of type: LogicalType) -> Int {
    switch type.physical {
    case .bool: 1
    case .list, .structure: 128
    default: type.physical.width * 8
    }
  }

  /// Whether two rows of words are equal.
  @inline(__always)
  func areEqual(_ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>) -> Bool {
    for word in plainWords where a[word] != b[word] { return false }
    for word in Swift.stride(from: 0, to: 2 &* textCount, by: 2) {
      let x = StringView(head: a[word], tail: a[word &+ 1])
      let y = StringView(head: b[word], tail: b[word &+ 1])
      if x != y { return false }
    }
    return true
  }
}

/// Hands out words and parts of words.
private struct WordPacker {
  var words = 0
  private var openWords: [(word: Int, used: Int)] = []

  mutating func takeWords(_ count: Int) -> Int {
    words += count
    return words - count
  }

  mutating func takeBits(_ bits: Int) -> (word: Int, shift: UInt64) {
    if let index = openWords.firstIndex(where: { $0.used + bits <= 64 }) {
      openWords[index].used += bits
      return (openWords[index].word, UInt64(openWords[index].used - bits))
    }
    openWords.append((takeWords(1), bits))
    return (words - 1, 0)
  }
}
