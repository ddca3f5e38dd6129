import LakeTypes

extension DateTimePattern {
  /// Reads text that fits the whole pattern; nil if it does not, or names a date or time that does not exist.
  ///
  /// Parts that the pattern lacks are those of 1970-01-01T00:00:00.
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> WallClockMoment? {
    var parts = Parts()
    var cursor = 0
    guard match(0, tokens.count, text, &cursor, &parts), cursor == text.count else { return nil }
    return parts.timestamp
  }

  private struct Parts {
    var year = 1970
    var month = 1
    var day = 1
    var dayOfYear: Int?
    var hour = 0
    var isTwelveHour = false
    var isAfternoon: Bool?
    var minute = 0
    var second = 0
    var micros = 0
    var zone = ParsedTimestamp.Zone.none

    var timestamp: WallClockMoment? {
      guard let days, let hour = hourOfDay, minute < 60, second < 60 else { return nil }
      let seconds = Int64(hour * 3600 + minute * 60 + second)
      return WallClockMoment(
        localMicros: Int64(days) * DateTimeText.microsPerDay + seconds * DateTimeText.microsPerSecond + Int64(micros),
        zone: zone)
    }

    private var days: Int? {
      if let dayOfYear {
        guard dayOfYear >= 1, dayOfYear <= (CivilDate.isLeap(year) ? 366 : 365) else { return nil }
        return CivilDate(year: year, month: 1, day: 1).daysSinceEpoch + dayOfYear - 1
      }
      let date = CivilDate(year: year, month: month, day: day)
      return date.isValid ? date.daysSinceEpoch : nil
    }

    private var hourOfDay: Int? {
      guard isTwelveHour || isAfternoon != nil else { return hour < 24 ? hour : nil }
      if isTwelveHour, hour > 12 { return nil }
      if !isTwelveHour { return hour < 24 ? hour : nil }
      return hour % 12 + (isAfternoon == true ? 12 : 0)
    }
  }

  /// Matches tokens `from ..< to`; an optional part that does not match is passed over.
  private func match(
    _ from: Int, _ to: Int, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int, _ parts: inout Parts
  ) -> Bool {
    var index = from
    while index < to {
      switch tokens[index] {
      case .literal(let bytes):
        guard cursor + bytes.count <= text.count, bytes.indices.allSatisfy({ text[cursor + $0] == bytes[$0] })
        else { return false }
        cursor += bytes.count
      case .field(let letter, let count, let isAdjacent):
        guard read(letter, count, isAdjacent, text, &cursor, &parts) else { return false }
      case .optionalStart:
        let end = closing(of: index)
        var trial = (cursor, parts)
        if match(index + 1, end, text, &trial.0, &trial.1) { (cursor, parts) = trial }
        index = end
      case .optionalEnd: break
      }
      index += 1
    }
    return true
  }

  /// The token that closes an optional part; the end of the pattern closes it too.
  private func closing(of start: Int) -> Int {
    var depth = 0
    for index in start..<tokens.count {
      if tokens[index] == .optionalStart { depth += 1 }
      if tokens[index] == .optionalEnd {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return tokens.count
  }

  private func read(
    _ letter: UInt8, _ count: Int, _ isAdjacent: Bool, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int,
    _ parts: inout Parts
  ) -> Bool {
    switch letter {
    case UInt8(ascii: "y"), UInt8(ascii: "u"): return readYear(count, isAdjacent, text, &cursor, &parts)
    case UInt8(ascii: "M"), UInt8(ascii: "L"):
      guard
        let month = count > 2 ? Self.name(Self.months, count, text, &cursor) : digits(count, isAdjacent, text, &cursor)
      else { return false }
      parts.month = month
    case UInt8(ascii: "d"): return assign(digits(count, isAdjacent, text, &cursor), &parts.day)
    case UInt8(ascii: "D"):
      guard let day = Self.number(count...(isAdjacent ? count : 3), text, &cursor) else { return false }
      parts.dayOfYear = day
    case UInt8(ascii: "H"), UInt8(ascii: "k"):
      guard assign(digits(count, isAdjacent, text, &cursor), &parts.hour) else { return false }
      if letter == UInt8(ascii: "k") { parts.hour %= 24 }
    case UInt8(ascii: "h"), UInt8(ascii: "K"):
      parts.isTwelveHour = true
      return assign(digits(count, isAdjacent, text, &cursor), &parts.hour)
    case UInt8(ascii: "m"): return assign(digits(count, isAdjacent, text, &cursor), &parts.minute)
    case UInt8(ascii: "s"): return assign(digits(count, isAdjacent, text, &cursor), &parts.second)
    case UInt8(ascii: "S"): return readFraction(count, text, &cursor, &parts)
    case UInt8(ascii: "a"): return readHalf(text, &cursor, &parts)
    case UInt8(ascii: "E"): return Self.name(Self.weekdays, max(count, 3), text, &cursor) != nil
    default: return readZone(letter, text, &cursor, &parts)
    }
    return true
  }

  private func assign(_ value: Int?, _ target: inout Int) -> Bool {
    guard let value else { return false }
    target = value
    return true
  }

  /// One letter takes one or two digits, two letters exactly two.
  private func digits(
    _ count: Int, _ isAdjacent: Bool, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int
  ) -> Int? {
    Self.number(count...(isAdjacent ? count : 2), text, &cursor)
  }

  private static func number(
    _ lengths: ClosedRange<Int>, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int
  ) -> Int? {
    let start = cursor
    var value = 0
    while cursor < text.count, cursor - start < lengths.upperBound, text[cursor] >= 0x30, text[cursor] <= 0x39 {
      value = value * 10 + Int(text[cursor] - 0x30)
      cursor += 1
    }
    return cursor - start >= lengths.lowerBound ? value : nil
  }

  private func readYear(
    _ count: Int, _ isAdjacent: Bool, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int, _ parts: inout Parts
  ) -> Bool {
    var isNegative = false
    if !isAdjacent, count > 2, cursor < text.count, text[cursor] == 0x2D || text[cursor] == 0x2B {
      isNegative = text[cursor] == 0x2D
      cursor += 1
    }
    let longest = isAdjacent || count == 2 ? count : 6
    guard let year = Self.number(count...max(count, longest), text, &cursor) else { return false }
    parts.year = count == 2 ? 2000 + year : (isNegative ? -year : year)
    return true
  }

  private func readFraction(
    _ count: Int, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int, _ parts: inout Parts
  ) -> Bool {
    let start = cursor
    guard var value = Self.number(1...count, text, &cursor) else { return false }
    for _ in 0..<max(0, 6 - (cursor - start)) { value *= 10 }
    for _ in 0..<max(0, cursor - start - 6) { value /= 10 }
    parts.micros = value
    return true
  }

  private func readHalf(_ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int, _ parts: inout Parts) -> Bool {
    guard cursor + 2 <= text.count, text[cursor + 1] | 0x20 == UInt8(ascii: "m") else { return false }
    switch text[cursor] | 0x20 {
    case UInt8(ascii: "a"): parts.isAfternoon = false
    case UInt8(ascii: "p"): parts.isAfternoon = true
    default: return false
    }
    cursor += 2
    return true
  }

  /// The position (from 1) of a name, in full for four letters, else its first three letters.
  private static func name(
    _ names: [[UInt8]], _ count: Int, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int
  ) -> Int? {
    for (index, name) in names.enumerated() {
      let wanted = count == 4 ? name[...] : name.prefix(3)
      let fits =
        cursor + wanted.count <= text.count
        && wanted.indices.allSatisfy { text[cursor + $0] | 0x20 == wanted[$0] | 0x20 }
      if fits {
        cursor += wanted.count
        return index + 1
      }
    }
    return nil
  }

  private func readZone(
    _ letter: UInt8, _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int, _ parts: inout Parts
  ) -> Bool {
    guard cursor < text.count else { return false }
    if text[cursor] == 0x2B || text[cursor] == 0x2D {
      guard let seconds = Self.offset(text, &cursor) else { return false }
      parts.zone = .offset(seconds: seconds)
      return true
    }
    let start = cursor
    while cursor < text.count, Self.isZoneByte(text[cursor]) { cursor += 1 }
    guard cursor > start else { return false }
    let name = String(decoding: text[start..<cursor], as: UTF8.self)
    let isUTC = ["Z", "UTC", "GMT", "UT"].contains(name.uppercased())
    if !isUTC, letter != UInt8(ascii: "V"), letter != UInt8(ascii: "z") { return false }
    parts.zone = isUTC ? .offset(seconds: 0) : .region(name)
    return true
  }

  private static func isZoneByte(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x2F || byte == 0x5F
  }

  /// `+h`, `+hh`, `+hhmm`, `+hh:mm`, `+hh:mm:ss`, in seconds.
  private static func offset(_ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int) -> Int? {
    let sign = text[cursor] == 0x2D ? -1 : 1
    cursor += 1
    guard var seconds = number(1...2, text, &cursor), seconds <= 18 else { return nil }
    seconds *= 3600
    for unit in [60, 1] {
      var next = cursor
      if next < text.count, text[next] == 0x3A { next += 1 }
      guard let value = number(2...2, text, &next) else { break }
      guard value < 60 else { return nil }
      seconds += value * unit
      cursor = next
    }
    return sign * seconds
  }
}
