/// Finds the keyword that a word spells, without regard to case: a hash table with open addressing.
struct KeywordTable: Sendable {
  static let shared = KeywordTable()

  /// A power of two, several times the number of keywords.
  private static let slotCount = 2048

  /// The length of the longest keyword.
  private let longest: Int
  private let keywords: [Keyword]
  /// The keywords' bytes one behind the other; `offsets` has one entry more than there are keywords.
  private let text: [UInt8]
  private let offsets: [UInt16]
  /// The number of the keyword plus one; 0 for an empty slot.
  private let slots: [UInt16]

  private init() {
    var text: [UInt8] = []
    var offsets: [UInt16] = [0]
    var slots = [UInt16](repeating: 0, count: Self.slotCount)
    var longest = 0
    for (number, keyword) in Keyword.allCases.enumerated() {
      let bytes = Array(keyword.rawValue.utf8)
      var slot = bytes.withUnsafeBufferPointer { Self.hash($0) }
      while slots[slot] != 0 { slot = (slot + 1) & (Self.slotCount - 1) }
      slots[slot] = UInt16(number + 1)
      text += bytes
      offsets.append(UInt16(text.count))
      longest = max(longest, bytes.count)
    }
    keywords = Keyword.allCases
    self.text = text
    self.offsets = offsets
    self.slots = slots
    self.longest = longest
  }

  /// Returns the keyword with these bytes in any case.
  func keyword(_ word: UnsafeBufferPointer<UInt8>) -> Keyword? {
    if word.count > longest { return nil }
    var slot = Self.hash(word)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if matches(number, word) { return keywords[number] }
      slot = (slot + 1) & (Self.slotCount - 1)
    }
    return nil
  }

  private func matches(_ number: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = Int(offsets[number])
    if Int(offsets[number + 1]) - start != word.count { return false }
    for i in 0..<word.count where text[start + i] != lowered(word[i]) { return false }
    return true
  }

  private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in word { hash = (hash ^ UInt32(lowered(byte))) &* 16_777_619 }
    return Int((hash ^ (hash >> 15)) & UInt32(slotCount - 1))
  }
}

/// The byte in lower case if it is an ASCII capital.
@inline(__always)
func lowered(_ byte: UInt8) -> UInt8 {
  byte &- 0x41 < 26 ? byte | 0x20 : byte
}
