/// How many columns text takes on a terminal.
enum DisplayWidth {
  /// Columns of a text without control characters, by Unicode Standard Annex 11 and the emoji sequences.
  static func columns(of text: String) -> Int { text.reduce(0) { $0 + columns(of: $1) } }

  private static func columns(of character: Character) -> Int {
    if character.isASCII { return 1 }
    var width = 0
    var indicators = 0
    for scalar in character.unicodeScalars {
      if scalar.value == 0xFE0F, width == 1 { width = 2 }
      if (0x1F1E6...0x1F1FF).contains(scalar.value) { indicators += 1 }
      width = max(width, columns(of: scalar))
    }
    return indicators == 2 ? 2 : width
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation, !(0x1F1E6...0x1F1FF).contains(scalar.value) { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// Ranges of East Asian Width W and F, apart from emoji; rounded to blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x16FE0...0x16FE4, 0x17000...0x18CD5, 0x18D00...0x18D08, 0x1AFF0...0x1B2FB,
    0x1F200...0x1F265, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
  ]
}
