import Glibc
import LakeTypes

/// Reads zones from the system's database, in the TZif format (RFC 8536), version 2 or later.
enum ZoneFile {
  private static let folder = "/usr/share/zoneinfo/"
  private static let largestFile = 1 << 20

  /// The history of a region; nil if there is no such zone or its file is damaged.
  static func read(_ region: String) -> ZoneHistory? {
    guard isRegionName(region), let bytes = contents(folder + region) else { return nil }
    return parse(bytes)
  }

  /// Letters, digits and `_+-/`, so that a name can't leave the folder.
  private static func isRegionName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
    return name.utf8.allSatisfy { byte in
      (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
        || byte == 0x5F || byte == 0x2B || byte == 0x2D || byte == 0x2F
    }
  }

  private static func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while bytes.count < largestFile {
      let got = Glibc.read(descriptor, &chunk, chunk.count)
      if got < 0 { return nil }
      if got == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<got])
    }
    return nil
  }

  /// Counts in a TZif header.
  private struct Header {
    var utcCount, standardCount, leapCount, timeCount, typeCount, nameBytes: Int

    func byteCount(timeWidth: Int) -> Int {
      timeCount * (timeWidth + 1) + typeCount * 6 + nameBytes + leapCount * (timeWidth + 4) + standardCount + utcCount
    }
  }

  static func parse(_ bytes: [UInt8]) -> ZoneHistory? {
    guard let old = header(bytes, at: 0) else { return nil }
    let start = 44 + old.byteCount(timeWidth: 4)
    guard bytes.count > 4, bytes[4] >= 0x32, let header = header(bytes, at: start) else { return nil }
    let data = start + 44
    let end = data + header.byteCount(timeWidth: 8)
    guard end <= bytes.count, header.typeCount > 0 else { return nil }
    guard let history = localTypes(bytes, at: data, header) else { return nil }
    return ZoneHistory(
      transitions: history.transitions, types: history.types, rule: PosixZoneText.parse(footer(bytes, from: end)))
  }

  private static func header(_ bytes: [UInt8], at start: Int) -> Header? {
    guard start + 44 <= bytes.count, Array(bytes[start..<start + 4]) == Array("TZif".utf8) else { return nil }
    let counts = (0..<6).map { Int(bigEndian(bytes, at: start + 20 + $0 * 4, width: 4)) }
    guard counts.allSatisfy({ $0 >= 0 && $0 < largestFile }) else { return nil }
    return Header(
      utcCount: counts[0], standardCount: counts[1], leapCount: counts[2], timeCount: counts[3],
      typeCount: counts[4], nameBytes: counts[5])
  }

  private static func localTypes(
    _ bytes: [UInt8], at start: Int, _ header: Header
  ) -> (transitions: [Int64], types: [ZoneHistory.LocalType])? {
    let codes = start + header.timeCount * 8
    let table = codes + header.timeCount
    let names = table + header.typeCount * 6
    let types = (0..<header.typeCount).map { index in
      let entry = table + index * 6
      let name = bytes[(names + Int(bytes[entry + 5]))...].prefix { $0 != 0 }
      return ZoneHistory.LocalType(
        offset: bigEndian(bytes, at: entry, width: 4) * DateTimeText.microsPerSecond,
        abbreviation: String(decoding: name, as: UTF8.self))
    }
    var transitions: [Int64] = []
    var sequence = [types[0]]
    for index in 0..<header.timeCount {
      let seconds = bigEndian(bytes, at: start + index * 8, width: 8)
      let micros = seconds.multipliedReportingOverflow(by: DateTimeText.microsPerSecond)
      guard Int(bytes[codes + index]) < types.count else { return nil }
      transitions.append(micros.overflow ? (seconds < 0 ? .min : .max) : micros.partialValue)
      sequence.append(types[Int(bytes[codes + index])])
    }
    return (transitions, sequence)
  }

  /// The text between the two line ends behind the data.
  private static func footer(_ bytes: [UInt8], from start: Int) -> [UInt8] {
    guard start < bytes.count, bytes[start] == 0x0A else { return [] }
    return Array(bytes[(start + 1)...].prefix { $0 != 0x0A })
  }

  private static func bigEndian(_ bytes: [UInt8], at start: Int, width: Int) -> Int64 {
    var value: UInt64 = 0
    for index in 0..<width { value = value << 8 | UInt64(bytes[start + index]) }
    return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
  }
}

/// Reads a POSIX TZ string, with the extensions of RFC 8536 (times from -167 to 167 hours).
struct PosixZoneText {
  private let text: [UInt8]
  private var index = 0

  static func parse(_ text: [UInt8]) -> ZoneYearRule? {
    var reader = PosixZoneText(text: text)
    return reader.rule()
  }

  private init(text: [UInt8]) { self.text = text }

  private var peek: UInt8 { index < text.count ? text[index] : 0 }

  private mutating func rule() -> ZoneYearRule? {
    guard let name = abbreviation(), let offset = time() else { return nil }
    let standard = ZoneHistory.LocalType(offset: micros(-offset), abbreviation: name)
    var rule = ZoneYearRule(standard: standard, daylight: nil)
    guard let summerName = abbreviation() else { return rule }
    var summer = offset - 3600
    if peek != 0x2C {
      guard let given = time() else { return nil }
      summer = given
    }
    guard let begin = change(), let end = change() else { return nil }
    rule.daylight = (ZoneHistory.LocalType(offset: micros(-summer), abbreviation: summerName), begin, end)
    return rule
  }

  private func micros(_ seconds: Int) -> Int64 { Int64(seconds) * DateTimeText.microsPerSecond }

  /// Letters, or anything in angle brackets.
  private mutating func abbreviation() -> String? {
    let isQuoted = peek == 0x3C
    if isQuoted { index += 1 }
    let start = index
    while index < text.count,
      isQuoted ? text[index] != 0x3E : (text[index] | 0x20 >= 0x61 && text[index] | 0x20 <= 0x7A)
    {
      index += 1
    }
    guard index > start else { return nil }
    let name = String(decoding: text[start..<index], as: UTF8.self)
    if isQuoted { index += 1 }
    return name
  }

  private mutating func number() -> Int? {
    let start = index
    var value = 0
    while peek >= 0x30, peek <= 0x39, index - start < 4 {
      value = value * 10 + Int(peek - 0x30)
      index += 1
    }
    return index > start ? value : nil
  }

  /// `[+-]h[:m[:s]]` in seconds.
  private mutating func time() -> Int? {
    let isNegative = peek == 0x2D
    if isNegative || peek == 0x2B { index += 1 }
    guard var seconds = number().map({ $0 * 3600 }) else { return nil }
    for unit in [60, 1] where peek == 0x3A {
      index += 1
      guard let value = number() else { return nil }
      seconds += value * unit
    }
    return isNegative ? -seconds : seconds
  }

  /// `,Mm.w.d[/time]`, `,Jn[/time]` or `,n[/time]`.
  private mutating func change() -> ZoneYearRule.Change? {
    guard peek == 0x2C else { return nil }
    index += 1
    guard let day = changeDay() else { return nil }
    guard peek == 0x2F else { return ZoneYearRule.Change(day: day, seconds: 7200) }
    index += 1
    return time().map { ZoneYearRule.Change(day: day, seconds: $0) }
  }

  private mutating func changeDay() -> ZoneYearRule.Change.Day? {
    switch peek {
    case 0x4D:
      var parts: [Int] = []
      for _ in 0..<3 {
        index += 1
        guard let part = number() else { return nil }
        parts.append(part)
      }
      guard (1...12).contains(parts[0]), (1...5).contains(parts[1]), parts[2] < 7 else { return nil }
      return .weekday(month: parts[0], week: parts[1], day: parts[2])
    case 0x4A:
      index += 1
      return number().map { .julian($0) }
    default: return number().map { .zeroBased($0) }
    }
  }
}
