import LakeDiagnostics

/// A date-and-time pattern of Java's `DateTimeFormatter`, as the options `dateFormat` and `timestampFormat` take it.
///
/// Letters: `y u M L d D H k K h m s S a E X x Z z V O`, quoted text, `[optional]` parts. Names are English.
struct DateTimePattern: Sendable {
  enum Token: Hashable, Sendable {
    case field(UInt8, count: Int, isAdjacent: Bool)
    case literal([UInt8])
    case optionalStart
    case optionalEnd
  }

  let tokens: [Token]

  init(_ text: String) throws(QueryError) {
    var tokens: [Token] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let start = index
      switch bytes[index] {
      case UInt8(ascii: "'"): tokens.append(.literal(try Self.quoted(bytes, &index, text)))
      case UInt8(ascii: "["):
        tokens.append(.optionalStart)
        index += 1
      case UInt8(ascii: "]"):
        tokens.append(.optionalEnd)
        index += 1
      case 0x41...0x5A, 0x61...0x7A:
        while index < bytes.count, bytes[index] == bytes[start] { index += 1 }
        try Self.check(bytes[start], index - start, text)
        tokens.append(.field(bytes[start], count: index - start, isAdjacent: false))
      default:
        tokens.append(.literal([bytes[index]]))
        index += 1
      }
    }
    self.tokens = Self.markingAdjacent(tokens)
  }

  private static func failure(_ reason: String, _ text: String) -> QueryError {
    QueryError(.invalidParameter, .bind, "\(reason) in the date-time pattern: \(text)")
  }

  private static func quoted(_ bytes: [UInt8], _ index: inout Int, _ text: String) throws(QueryError) -> [UInt8] {
    let quote = UInt8(ascii: "'")
    index += 1
    if index < bytes.count, bytes[index] == quote {
      index += 1
      return [quote]
    }
    var literal: [UInt8] = []
    while index < bytes.count {
      if bytes[index] == quote {
        index += 1
        guard index < bytes.count, bytes[index] == quote else { return literal }
      }
      literal.append(bytes[index])
      index += 1
    }
    throw failure("a quote without an end", text)
  }

  private static func check(_ letter: UInt8, _ count: Int, _ text: String) throws(QueryError) {
    let name = String(UnicodeScalar(letter))
    let longest: Int? =
      switch name {
      case "y", "u": 6
      case "M", "L", "E", "z", "O": 4
      case "d", "H", "k", "K", "h", "m", "s", "V": 2
      case "D": 3
      case "S": 9
      case "a": 1
      case "X", "x", "Z": 5
      default: nil
      }
    guard let longest else { throw failure("the letter \(name) is not supported", text) }
    if count > longest { throw failure("too many letters \(name)", text) }
  }

  /// Number fields that a number field follows at once take exactly as many digits as letters.
  private static func markingAdjacent(_ tokens: [Token]) -> [Token] {
    var result = tokens
    for index in tokens.indices.dropLast() {
      if case .field(let letter, let count, _) = tokens[index],
        case .field(let next, let nextCount, _) = tokens[index + 1],
        isNumeric(letter, count), isNumeric(next, nextCount)
      {
        result[index] = .field(letter, count: count, isAdjacent: true)
      }
    }
    return result
  }

  private static func isNumeric(_ letter: UInt8, _ count: Int) -> Bool {
    switch letter {
    case UInt8(ascii: "M"), UInt8(ascii: "L"): count <= 2
    case UInt8(ascii: "a"), UInt8(ascii: "E"), UInt8(ascii: "X"), UInt8(ascii: "x"), UInt8(ascii: "Z"),
      UInt8(ascii: "z"), UInt8(ascii: "V"), UInt8(ascii: "O"):
      false
    default: true
    }
  }

  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ].map { Array($0.utf8) }

  static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map {
    Array($0.utf8)
  }
}
