import LakeTypes

extension DateTimePattern {
  /// Appends wall-clock microseconds in the pattern's form; zone letters show `offset` (seconds east of UTC).
  func append(_ localMicros: Int64, offset: Int, to bytes: inout [UInt8]) {
    let days = DateTimeText.floorDivide(localMicros, DateTimeText.microsPerDay)
    let moment = Moment(
      date: CivilDate(daysSinceEpoch: Int(days)), days: Int(days),
      micros: Int(localMicros - days * DateTimeText.microsPerDay), offset: offset)
    for token in tokens {
      switch token {
      case .literal(let literal): bytes += literal
      case .field(let letter, let count, _): append(letter, count, moment, to: &bytes)
      case .optionalStart, .optionalEnd: break
      }
    }
  }

  private struct Moment {
    let date: CivilDate
    let days: Int
    /// Microseconds of the day.
    let micros: Int
    let offset: Int

    var hour: Int { micros / 3_600_000_000 }
    var minute: Int { micros / 60_000_000 % 60 }
    var second: Int { micros / 1_000_000 % 60 }
    /// From 0 for Monday.
    var weekday: Int { ((days + 3) % 7 + 7) % 7 }
    var dayOfYear: Int { days - CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch + 1 }
  }

  private func append(_ letter: UInt8, _ count: Int, _ moment: Moment, to bytes: inout [UInt8]) {
    switch letter {
    case UInt8(ascii: "y"), UInt8(ascii: "u"):
      Self.pad(count == 2 ? (moment.date.year % 100 + 100) % 100 : moment.date.year, count, &bytes)
    case UInt8(ascii: "M"), UInt8(ascii: "L"):
      if count > 2 {
        let name = Self.months[moment.date.month - 1]
        bytes += count == 4 ? name[...] : name.prefix(3)
      } else {
        Self.pad(moment.date.month, count, &bytes)
      }
    case UInt8(ascii: "d"): Self.pad(moment.date.day, count, &bytes)
    case UInt8(ascii: "D"): Self.pad(moment.dayOfYear, count, &bytes)
    case UInt8(ascii: "H"): Self.pad(moment.hour, count, &bytes)
    case UInt8(ascii: "k"): Self.pad(moment.hour == 0 ? 24 : moment.hour, count, &bytes)
    case UInt8(ascii: "K"): Self.pad(moment.hour % 12, count, &bytes)
    case UInt8(ascii: "h"): Self.pad((moment.hour + 11) % 12 + 1, count, &bytes)
    case UInt8(ascii: "m"): Self.pad(moment.minute, count, &bytes)
    case UInt8(ascii: "s"): Self.pad(moment.second, count, &bytes)
    case UInt8(ascii: "S"): appendFraction(moment.micros % 1_000_000, count, &bytes)
    case UInt8(ascii: "a"): bytes += (moment.hour < 12 ? "AM" : "PM").utf8
    case UInt8(ascii: "E"):
      let name = Self.weekdays[moment.weekday]
      bytes += count == 4 ? name[...] : name.prefix(3)
    default: appendZone(letter, count, moment.offset, &bytes)
    }
  }

  private static func pad(_ value: Int, _ width: Int, _ bytes: inout [UInt8]) {
    let digits = Array(String(abs(value)).utf8)
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    bytes += [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
  }

  private func appendFraction(_ micros: Int, _ count: Int, _ bytes: inout [UInt8]) {
    var digits: [UInt8] = []
    Self.pad(micros, 6, &digits)
    digits += [0x30, 0x30, 0x30]
    bytes += digits.prefix(count)
  }

  private func appendZone(_ letter: UInt8, _ count: Int, _ offset: Int, _ bytes: inout [UInt8]) {
    if offset == 0,
      letter == UInt8(ascii: "X") || letter == UInt8(ascii: "V") || (letter == UInt8(ascii: "Z") && count == 5)
    {
      return bytes.append(UInt8(ascii: "Z"))
    }
    if letter == UInt8(ascii: "z") || letter == UInt8(ascii: "O") {
      bytes += (offset == 0 && letter == UInt8(ascii: "z") ? "UTC" : "GMT").utf8
      if offset == 0 { return }
    }
    bytes.append(UInt8(ascii: offset < 0 ? "-" : "+"))
    let minutes = abs(offset) / 60
    Self.pad(minutes / 60, 2, &bytes)
    let isHoursOnly = count == 1 && letter | 0x20 == UInt8(ascii: "x")
    if isHoursOnly && minutes % 60 == 0 { return }
    let hasColon =
      letter == UInt8(ascii: "Z") ? count > 3 : (count == 3 || count == 5 || letter | 0x20 != UInt8(ascii: "x"))
    if hasColon { bytes.append(UInt8(ascii: ":")) }
    Self.pad(minutes % 60, 2, &bytes)
  }
}
