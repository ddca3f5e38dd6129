import LakeDiagnostics

/// Rewrites what java.util.regex spells differently from PCRE2; the rest is the same in both.
struct JavaPattern {
  private let source: [UInt8]
  private var index = 0
  private var output: [UInt8] = []
  private var classDepth = 0

  /// The pattern for PCRE2; throws `.unsupported` for class intersections (`&&`).
  static func translated(_ pattern: TextBytes) throws(QueryError) -> [UInt8] {
    var translation = JavaPattern(source: Array(pattern))
    try translation.run()
    return translation.output
  }

  private init(source: [UInt8]) { self.source = source }

  private mutating func run() throws(QueryError) {
    while index < source.count {
      let byte = source[index]
      switch byte {
      case 0x5C: escape()
      case 0x5B: openClass()
      case 0x5D where classDepth > 0:
        classDepth -= 1
        if classDepth == 0 { output.append(byte) }
        index += 1
      case 0x26 where classDepth > 0 && peek(1) == 0x26:
        throw QueryError(
          .unsupported, .execute, "regular expressions have no class intersections (&&): '\(String(decoding: source, as: UTF8.self))'")
      case 0x28 where classDepth == 0 && peek(1) == 0x3F: inlineFlags()
      default:
        output.append(byte)
        index += 1
      }
    }
  }

  private func peek(_ distance: Int) -> UInt8 { index + distance < source.count ? source[index + distance] : 0 }

  /// A class within a class is a union in Java: its members join the outer class.
  private mutating func openClass() {
    if classDepth == 0 { output.append(0x5B) }
    classDepth += 1
    index += 1
    if classDepth == 1, peek(0) == 0x5E {
      output.append(0x5E)
      index += 1
    }
    if classDepth == 1, peek(0) == 0x5D {
      output += [0x5C, 0x5D]
      index += 1
    }
  }

  private mutating func escape() {
    let next = peek(1)
    switch next {
    case 0x70 where peek(2) == 0x7B, 0x50 where peek(2) == 0x7B: property(isNegated: next == 0x50)
    case 0x51: quotation()
    case 0x75 where index + 5 < source.count:
      output += Array("\\x{".utf8) + source[(index + 2)...(index + 5)] + [0x7D]
      index += 6
    case 0x30:
      var digits: [UInt8] = []
      index += 2
      while digits.count < 3, peek(0) >= 0x30, peek(0) <= 0x37 {
        digits.append(source[index])
        index += 1
      }
      output += Array("\\o{".utf8) + (digits.isEmpty ? [0x30] : digits) + [0x7D]
    default:
      output.append(0x5C)
      if index + 1 < source.count { output.append(next) }
      index += 2
    }
  }

  private mutating func quotation() {
    index += 2
    while index < source.count, !(source[index] == 0x5C && peek(1) == 0x45) {
      if source[index] < 0x80, !Self.isWordByte(source[index]) { output.append(0x5C) }
      output.append(source[index])
      index += 1
    }
    index = min(source.count, index + 2)
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte &- 0x30 <= 9 || byte | 0x20 &- 0x61 < 26 || byte == 0x5F
  }

  private static let properties: [String: String] = [
    "Lower": "[:lower:]", "Upper": "[:upper:]", "ASCII": "[:ascii:]", "Alpha": "[:alpha:]", "Digit": "[:digit:]",
    "Alnum": "[:alnum:]", "Punct": "[:punct:]", "Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]",
    "Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]", "Space": "[:space:]", "IsAlphabetic": "\\p{L}",
    "IsLetter": "\\p{L}", "IsDigit": "\\p{Nd}", "IsPunctuation": "\\p{P}", "IsUppercase": "\\p{Lu}",
    "IsLowercase": "\\p{Ll}", "IsWhite_Space": "\\s", "javaLowerCase": "\\p{Ll}", "javaUpperCase": "\\p{Lu}",
    "javaWhitespace": "\\s",
  ]

  private mutating func property(isNegated: Bool) {
    let rest = source[index...]
    guard let end = rest.firstIndex(of: 0x7D) else {
      output += rest
      index = source.count
      return
    }
    var name = String(decoding: source[(index + 3)..<end], as: UTF8.self)
    index = end + 1
    if let known = Self.properties[name] {
      appendKnown(known, isNegated: isNegated)
      return
    }
    if name.hasPrefix("Is") { name.removeFirst(2) }
    output += Array("\\\(isNegated ? "P" : "p"){\(name)}".utf8)
  }

  private mutating func appendKnown(_ known: String, isNegated: Bool) {
    guard known.hasPrefix("[:") else {
      let letter = known.utf8.dropFirst().first ?? 0x70
      output += [0x5C, isNegated ? letter ^ 0x20 : letter] + Array(known.utf8.dropFirst(2))
      return
    }
    let name = isNegated ? "[:^" + known.dropFirst(2) : known
    output += classDepth > 0 ? Array(name.utf8) : [0x5B] + Array(name.utf8) + [0x5D]
  }

  /// Drops the flags d, u and U, which PCRE2 does not have or gives another meaning.
  private mutating func inlineFlags() {
    var end = index + 2
    while end < source.count, "idmsuxU-".utf8.contains(source[end]) { end += 1 }
    let isFlags = end > index + 2 && end < source.count && (source[end] == 0x29 || source[end] == 0x3A)
    guard isFlags else {
      output += [0x28, 0x3F]
      index += 2
      return
    }
    let kept = source[(index + 2)..<end].filter { !"duU".utf8.contains($0) }
    if kept.isEmpty, source[end] == 0x29 {
      index = end + 1
      return
    }
    output += [0x28, 0x3F] + kept + [source[end]]
    index = end + 1
  }
}
