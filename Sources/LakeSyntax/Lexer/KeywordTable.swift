/// Finds the keyword that a word spells, without regard to case: a hash table with open addressing.
struct KeywordTable: Sendable {
  static let shared = KeywordTable()

  /// The length of the longest keyword.
  let longest: Int
  /// A power of two, at least four times the number of keywords.
  private let slots: [Slot]

  private struct Slot: Sendable {
    var text: [UInt8]
    var keyword: Keyword?
  }

  private init() {
    var slots = [Slot](repeating: Slot(text: [], keyword: nil), count: 2048)
    var longest = 0
    for keyword in Keyword.allCases {
      let text = Array(keyword.rawValue.utf8)
      longest = max(longest, text.count)
      var index = text.withUnsafeBufferPointer { Self.hash($0) } & (slots.count - 1)
      while slots[index].keyword != nil { index = (index + 1) & (slots.count - 1) }
      slots[index] = Slot(text: text, keyword: keyword)
    }
    self.slots = slots
    self.longest = longest
  }

  /// Returns the keyword with these bytes in any case.
  func keyword(_ word: UnsafeBufferPointer<UInt8>) -> Keyword? {
    if word.count > longest { return nil }
    var index = Self.hash(word) & (slots.count - 1)
    while let keyword = slots[index].keyword {
      if Self.matches(slots[index].text, word) { return keyword }
      index = (index + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func matches(_ text: [UInt8], _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    if text.count != word.count { return false }
    for i in 0..<text.count where text[i] != lowered(word[i]) { return false }
    return true
  }

  private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in word { hash = (hash ^ UInt32(lowered(byte))) &* 16_777_619 }
    return Int(hash ^ (hash >> 15))
  }
}

/// The byte in lower case if it is an ASCII capital.
@inline(__always)
func lowered(_ byte: UInt8) -> UInt8 {
  byte &- 0x41 < 26 ? byte | 0x20 : byte
}
