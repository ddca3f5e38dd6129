/// Rewrites what java.util.regex spells differently from PCRE2; the rest is the same in both.
struct JavaPattern {
  private let source: [UInt8]
  private var index = 0

  /// The pattern for PCRE2.
  static func translated(_ pattern: TextBytes) -> [UInt8] {
    var translation = JavaPattern(source: Array(pattern))
    return translation.run()
  }

  private init(source: [UInt8]) { self.source = source }

  private mutating func run() -> [UInt8] {
    var output: [UInt8] = []
    while index < source.count {
      let byte = source[index]
      switch byte {
      case 0x5C: output += escape(isInClass: false)
      case 0x5B: output += characterClass().expression
      case 0x28 where peek(1) == 0x3F: output += groupStart()
      default:
        output.append(byte)
        index += 1
      }
    }
    return output
  }

  private func peek(_ distance: Int) -> UInt8 { index + distance < source.count ? source[index + distance] : 0 }

  // MARK: Classes

  /// One side of `&&`: the members, and classes within it that can't be written as members.
  private struct Operand {
    var members: [UInt8] = []
    var nested: [[UInt8]] = []

    var expression: [UInt8] {
      if nested.isEmpty { return [0x5B] + members + [0x5D] }
      let alternatives = (members.isEmpty ? [] : [[0x5B] + members + [0x5D]]) + nested
      return Array("(?:".utf8) + Array(alternatives.joined(separator: [0x7C])) + [0x29]
    }
  }

  private struct CharacterClass {
    var isNegated: Bool
    var operands: [Operand]

    /// Whether the class is nothing but members, so that they may join an outer class.
    var plainMembers: [UInt8]? {
      !isNegated && operands.count == 1 && operands[0].nested.isEmpty ? operands[0].members : nil
    }

    /// Unions become alternatives, intersections and negated compositions look ahead.
    var expression: [UInt8] {
      if operands.count == 1, operands[0].nested.isEmpty {
        return (isNegated ? [0x5B, 0x5E] : [0x5B]) + operands[0].members + [0x5D]
      }
      var text: [UInt8] = Array("(?:".utf8)
      for operand in operands.dropFirst() { text += Array("(?=".utf8) + operand.expression + [0x29] }
      text += operands[0].expression + [0x29]
      return isNegated ? Array("(?:(?!".utf8) + text + Array(")[\\s\\S])".utf8) : text
    }
  }

  private mutating func characterClass() -> CharacterClass {
    index += 1
    var result = CharacterClass(isNegated: peek(0) == 0x5E, operands: [Operand()])
    if result.isNegated { index += 1 }
    var isFirst = true
    while index < source.count {
      let byte = source[index]
      let last = result.operands.count - 1
      switch byte {
      case 0x5D where !isFirst:
        index += 1
        result.operands.removeAll { $0.members.isEmpty && $0.nested.isEmpty }
        if result.operands.isEmpty { result.operands = [Operand()] }
        return result
      case 0x5B:
        let inner = characterClass()
        if let members = inner.plainMembers {
          result.operands[last].members += members
        } else {
          result.operands[last].nested.append(inner.expression)
        }
      case 0x26 where peek(1) == 0x26:
        result.operands.append(Operand())
        index += 2
      case 0x5C: result.operands[last].members += escape(isInClass: true)
      case 0x5D, 0x3A:
        result.operands[last].members += [0x5C, byte]
        index += 1
      default:
        result.operands[last].members.append(byte)
        index += 1
      }
      isFirst = false
    }
    // The class has no end: PCRE2 shall say so.
    return CharacterClass(isNegated: false, operands: [Operand(members: [], nested: [[0x5B]])])
  }

  // MARK: Escapes

  private mutating func escape(isInClass: Bool) -> [UInt8] {
    let next = peek(1)
    switch next {
    case 0x70 where peek(2) == 0x7B, 0x50 where peek(2) == 0x7B:
      return property(isNegated: next == 0x50, isInClass: isInClass)
    case 0x51: return quotation()
    case 0x75 where index + 5 < source.count:
      defer { index += 6 }
      return Array("\\x{".utf8) + source[(index + 2)...(index + 5)] + [0x7D]
    case 0x30: return octal()
    default:
      defer { index += 2 }
      return index + 1 < source.count ? [0x5C, next] : [0x5C]
    }
  }

  private mutating func octal() -> [UInt8] {
    var digits: [UInt8] = []
    index += 2
    while digits.count < 3, peek(0) >= 0x30, peek(0) <= 0x37 {
      digits.append(source[index])
      index += 1
    }
    return Array("\\o{".utf8) + (digits.isEmpty ? [0x30] : digits) + [0x7D]
  }

  private mutating func quotation() -> [UInt8] {
    var text: [UInt8] = []
    index += 2
    while index < source.count, !(source[index] == 0x5C && peek(1) == 0x45) {
      if source[index] < 0x80, !Self.isWordByte(source[index]) { text.append(0x5C) }
      text.append(source[index])
      index += 1
    }
    index = min(source.count, index + 2)
    return text
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F
  }

  private static let properties: [String: String] = [
    "Lower": "[:lower:]", "Upper": "[:upper:]", "ASCII": "[:ascii:]", "Alpha": "[:alpha:]", "Digit": "[:digit:]",
    "Alnum": "[:alnum:]", "Punct": "[:punct:]", "Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]",
    "Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]", "Space": "[:space:]", "IsAlphabetic": "\\p{L}",
    "IsLetter": "\\p{L}", "IsDigit": "\\p{Nd}", "IsPunctuation": "\\p{P}", "IsUppercase": "\\p{Lu}",
    "IsLowercase": "\\p{Ll}", "IsWhite_Space": "\\s", "javaLowerCase": "\\p{Ll}", "javaUpperCase": "\\p{Lu}",
    "javaWhitespace": "\\s",
  ]

  private mutating func property(isNegated: Bool, isInClass: Bool) -> [UInt8] {
    guard let end = source[index...].firstIndex(of: 0x7D) else {
      defer { index = source.count }
      return Array(source[index...])
    }
    var name = String(decoding: source[(index + 3)..<end], as: UTF8.self)
    index = end + 1
    if let known = Self.properties[name] { return Self.spelled(known, isNegated, isInClass) }
    if name.hasPrefix("Is") { name.removeFirst(2) }
    return Array("\\\(isNegated ? "P" : "p"){\(name)}".utf8)
  }

  private static func spelled(_ known: String, _ isNegated: Bool, _ isInClass: Bool) -> [UInt8] {
    guard known.hasPrefix("[:") else {
      let letter = known.utf8.dropFirst().first ?? 0x70
      return [0x5C, isNegated ? letter ^ 0x20 : letter] + Array(known.utf8.dropFirst(2))
    }
    let name = Array((isNegated ? "[:^" + known.dropFirst(2) : known).utf8)
    return isInClass ? name : [0x5B] + name + [0x5D]
  }

  /// Drops the flags d, u and U, which PCRE2 does not have or gives another meaning.
  private mutating func groupStart() -> [UInt8] {
    var end = index + 2
    while end < source.count, "idmsuxU-".utf8.contains(source[end]) { end += 1 }
    let isFlags = end > index + 2 && end < source.count && (source[end] == 0x29 || source[end] == 0x3A)
    guard isFlags else {
      index += 2
      return [0x28, 0x3F]
    }
    let kept = source[(index + 2)..<end].filter { !"duU".utf8.contains($0) }
    let close = source[end]
    index = end + 1
    return kept.isEmpty && close == 0x29 ? [] : [0x28, 0x3F] + kept + [close]
  }
}
