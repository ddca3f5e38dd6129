import LakeDiagnostics

/// A pattern of java.time (`yyyy-MM-dd HH:mm:ss`), compiled into steps for formatting and parsing.
final class DateTimePattern: Sendable {
  enum Step: Sendable {
    case literal([UInt8])
    case number(NumberField, width: NumberWidth)
    /// `yy`: two digits within 2000 to 2099.
    case shortYear
    case monthName(isFull: Bool)
    case weekdayName(isFull: Bool)
    /// `Q3` or `3rd quarter`.
    case quarterName(isFull: Bool)
    case halfDay
    case era
    /// Digits of the second's fraction; a parser takes 1 to `digits`.
    case fraction(digits: Int)
    case zoneID
    case zoneName
    case offset(OffsetStyle)
    case optional([Step])
  }

  enum NumberField: Sendable {
    case year, month, day, dayOfYear, quarter, alignedWeek
    /// 0 to 23, 1 to 24, 1 to 12, 0 to 11.
    case hour, clockHour, clockHourOfHalfDay, hourOfHalfDay
    case minute, second
  }

  /// Digits of a number; fixed where `minimum == maximum`.
  struct NumberWidth: Sendable {
    var minimum: Int
    var maximum: Int
    /// Digits behind that belong to fixed-width numbers without a gap.
    var reserved = 0
    /// Years beyond four digits have a sign.
    var needsSignBeyond = false
    var isFixed: Bool { minimum == maximum }
  }

  struct OffsetStyle: Sendable {
    enum Minutes: Sendable { case ifNotZero, always, withSeconds }
    var minutes: Minutes
    var hasColon: Bool
    /// Zero is the letter Z.
    var zeroIsZ: Bool
    /// `GMT` in front (`GMT+8`, `GMT+08:00`).
    var isLocalized = false
    var isShort = false
  }

  let text: String
  let steps: [Step]
  /// Set where every digit has its place.
  let layout: FixedLayout?

  /// Compiles a pattern; throws `.invalidDateTimePattern` for a letter or a structure that java.time does not have.
  init(_ text: String) throws(QueryError) {
    self.text = text
    var compiler = PatternCompiler(text)
    steps = try compiler.compile()
    layout = FixedLayout(steps)
  }

  private init(known text: String, _ steps: [Step]) {
    self.text = text
    self.steps = steps
    layout = FixedLayout(steps)
  }

  private static func two(_ field: NumberField) -> Step {
    .number(field, width: NumberWidth(minimum: 2, maximum: 2))
  }

  /// `yyyy-MM-dd HH:mm:ss`.
  static let standard = DateTimePattern(
    known: "yyyy-MM-dd HH:mm:ss",
    [
      .number(.year, width: NumberWidth(minimum: 4, maximum: 9, needsSignBeyond: true)), .literal([0x2D]),
      two(.month), .literal([0x2D]), two(.day), .literal([0x20]), two(.hour), .literal([0x3A]), two(.minute),
      .literal([0x3A]), two(.second),
    ])
}

/// Reads pattern letters.
private struct PatternCompiler {
  private let text: [UInt8]
  private let source: String
  private var index = 0

  init(_ text: String) {
    self.text = Array(text.utf8)
    source = text
  }

  mutating func compile() throws(QueryError) -> [DateTimePattern.Step] {
    let steps = try section(isOptional: false)
    return Self.reservingDigits(steps)
  }

  private mutating func section(isOptional: Bool) throws(QueryError) -> [DateTimePattern.Step] {
    var steps: [DateTimePattern.Step] = []
    while index < text.count {
      let byte = text[index]
      switch byte {
      case 0x5B:
        index += 1
        steps.append(.optional(try section(isOptional: true)))
      case 0x5D:
        guard isOptional else { throw invalid("a ] without a [") }
        index += 1
        return steps
      case 0x27: steps.append(.literal(try quoted()))
      case 0x23, 0x7B, 0x7D: throw invalid("the reserved character \(Character(Unicode.Scalar(byte)))")
      case 0x41...0x5A, 0x61...0x7A: steps.append(try field(byte))
      default:
        steps.append(.literal([byte]))
        index += 1
      }
    }
    if isOptional { throw invalid("a [ without a ]") }
    return steps
  }

  /// Text in quotes; two quotes stand for one.
  private mutating func quoted() throws(QueryError) -> [UInt8] {
    var literal: [UInt8] = []
    index += 1
    while index < text.count {
      if text[index] != 0x27 {
        literal.append(text[index])
      } else if index + 1 < text.count, text[index + 1] == 0x27 {
        literal.append(0x27)
        index += 1
      } else {
        index += 1
        return literal.isEmpty ? [0x27] : literal
      }
      index += 1
    }
    throw invalid("a quote that is not closed")
  }

  private mutating func field(_ letter: UInt8) throws(QueryError) -> DateTimePattern.Step {
    let start = index
    while index < text.count, text[index] == letter { index += 1 }
    guard let step = Self.step(letter, index - start) else {
      let letters = String(decoding: text[start..<index], as: UTF8.self)
      throw invalid("\(letters), which is not supported")
    }
    return step
  }

  private func invalid(_ reason: String) -> QueryError {
    QueryError(
      .invalidDateTimePattern, .execute, "the date and time pattern '\(source)' holds \(reason)",
      hint: "letters are those of java.time.format.DateTimeFormatter")
  }

  private static func step(_ letter: UInt8, _ count: Int) -> DateTimePattern.Step? {
    switch letter {
    case 0x79: year(count)
    case 0x4D, 0x4C: count > 2 ? name(count) { .monthName(isFull: $0) } : number(.month, count, 2)
    case 0x64: number(.day, count, 2)
    case 0x44: dayOfYear(count)
    case 0x51, 0x71: count > 2 ? name(count) { .quarterName(isFull: $0) } : number(.quarter, count, 2)
    case 0x45: count <= 3 ? .weekdayName(isFull: false) : count == 4 ? .weekdayName(isFull: true) : nil
    case 0x46: number(.alignedWeek, count, 1)
    case 0x61: count == 1 ? .halfDay : nil
    case 0x47: count <= 3 ? .era : nil
    case 0x48: number(.hour, count, 2)
    case 0x6B: number(.clockHour, count, 2)
    case 0x68: number(.clockHourOfHalfDay, count, 2)
    case 0x4B: number(.hourOfHalfDay, count, 2)
    case 0x6D: number(.minute, count, 2)
    case 0x73: number(.second, count, 2)
    case 0x53: count <= 9 ? .fraction(digits: count) : nil
    case 0x56: count == 2 ? .zoneID : nil
    case 0x7A: count <= 3 ? .zoneName : nil
    default: offset(letter, count).map { .offset($0) }
    }
  }

  private static func year(_ count: Int) -> DateTimePattern.Step? {
    if count == 2 { return .shortYear }
    guard count <= 6 else { return nil }
    return .number(
      .year, width: DateTimePattern.NumberWidth(minimum: count, maximum: 9, needsSignBeyond: count >= 4))
  }

  private static func dayOfYear(_ count: Int) -> DateTimePattern.Step? {
    guard count <= 3 else { return nil }
    return .number(.dayOfYear, width: DateTimePattern.NumberWidth(minimum: count, maximum: 3))
  }

  private static func number(
    _ field: DateTimePattern.NumberField, _ count: Int, _ limit: Int
  ) -> DateTimePattern.Step? {
    guard count <= limit else { return nil }
    return .number(field, width: DateTimePattern.NumberWidth(minimum: count, maximum: count == 1 ? 9 : count))
  }

  private static func name(
    _ count: Int, _ make: (Bool) -> DateTimePattern.Step
  ) -> DateTimePattern.Step? {
    count == 3 ? make(false) : count == 4 ? make(true) : nil
  }

  private static func offset(_ letter: UInt8, _ count: Int) -> DateTimePattern.OffsetStyle? {
    typealias Style = DateTimePattern.OffsetStyle
    let isUpperX = letter == 0x58
    switch (letter, count) {
    case (0x58, 1), (0x78, 1): return Style(minutes: .ifNotZero, hasColon: false, zeroIsZ: isUpperX)
    case (0x58, 2), (0x78, 2): return Style(minutes: .always, hasColon: false, zeroIsZ: isUpperX)
    case (0x58, 3), (0x78, 3): return Style(minutes: .always, hasColon: true, zeroIsZ: isUpperX)
    case (0x58, 4), (0x78, 4): return Style(minutes: .withSeconds, hasColon: false, zeroIsZ: isUpperX)
    case (0x58, 5), (0x78, 5): return Style(minutes: .withSeconds, hasColon: true, zeroIsZ: isUpperX)
    case (0x5A, 1...3): return Style(minutes: .always, hasColon: false, zeroIsZ: false)
    case (0x5A, 4), (0x4F, 4): return Style(minutes: .always, hasColon: true, zeroIsZ: false, isLocalized: true)
    case (0x5A, 5): return Style(minutes: .withSeconds, hasColon: true, zeroIsZ: true)
    case (0x4F, 1):
      return Style(minutes: .ifNotZero, hasColon: true, zeroIsZ: false, isLocalized: true, isShort: true)
    default: return nil
    }
  }

  /// Tells numbers of open width how many digits the fixed-width ones right behind them need (`yyyyMMdd`).
  private static func reservingDigits(_ steps: [DateTimePattern.Step]) -> [DateTimePattern.Step] {
    var result = steps
    var reserved = 0
    for index in steps.indices.reversed() {
      switch steps[index] {
      case .number(let field, var width):
        if width.isFixed {
          reserved += width.maximum
        } else {
          width.reserved = reserved
          result[index] = .number(field, width: width)
          reserved = 0
        }
      case .shortYear: reserved += 2
      case .optional(let inner):
        result[index] = .optional(reservingDigits(inner))
        reserved = 0
      default: reserved = 0
      }
    }
    return result
  }
}

/// Names of months, weekdays and quarters, in English as Spark's default locale.
enum CalendarNames {
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ].map { Array($0.utf8) }
  /// From Monday.
  static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ].map { Array($0.utf8) }
  static let quarters = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"].map { Array($0.utf8) }
}
