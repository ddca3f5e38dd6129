import LakeTypes

/// A pattern in which every digit has a fixed place (`dd/MM/yyyy HH:mm`), read and written without walking its steps.
struct FixedLayout: Sendable {
  private struct Place: Sendable {
    var offset: Int
    var field: DateTimePattern.NumberField
    var width: Int
  }
  private var places: [Place] = []
  /// The text with zeros for digits.
  private var template: [UInt8] = []
  private var literals: [Int] = []

  /// nil where a step has no fixed place.
  init?(_ steps: [DateTimePattern.Step]) {
    for step in steps {
      switch step {
      case .literal(let bytes):
        literals += template.count..<template.count + bytes.count
        template += bytes
      case .number(let field, let width):
        guard let digits = Self.digits(field, width) else { return nil }
        places.append(Place(offset: template.count, field: field, width: digits))
        template += [UInt8](repeating: 0x30, count: digits)
      default: return nil
      }
    }
  }

  private static func digits(_ field: DateTimePattern.NumberField, _ width: DateTimePattern.NumberWidth) -> Int? {
    switch field {
    case .year: width.minimum == 4 ? 4 : nil
    case .month, .day, .hour, .minute, .second: width.isFixed ? width.minimum : nil
    default: nil
    }
  }

  /// Reads a text that has exactly this form; nil where it has not, or holds no valid time.
  func parse(_ text: UnsafeBufferPointer<UInt8>) -> ClockReading? {
    guard text.count == template.count else { return nil }
    for offset in literals where text[offset] != template[offset] { return nil }
    var date = CivilDate(year: 1970, month: 1, day: 1)
    var (hour, minute, second) = (0, 0, 0)
    for place in places {
      guard let value = Self.number(text, place) else { return nil }
      switch place.field {
      case .year: date.year = value
      case .month: date.month = value
      case .day: date.day = value
      case .hour: hour = value
      case .minute: minute = value
      default: second = value
      }
    }
    guard date.year > 0, date.isValid, hour < 24, minute < 60, second < 60 else { return nil }
    let seconds = Int64(hour * 3600 + minute * 60 + second)
    return ClockReading(
      localMicros: Int64(date.daysSinceEpoch) * DateTimeText.microsPerDay + seconds * DateTimeText.microsPerSecond,
      zone: .none)
  }

  @inline(__always)
  private static func number(_ text: UnsafeBufferPointer<UInt8>, _ place: Place) -> Int? {
    var value = 0
    for offset in place.offset..<place.offset &+ place.width {
      let digit = text[offset] &- 0x30
      if digit > 9 { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  /// Appends a time; false where the year does not have four digits.
  func append(_ clock: WallClock, to bytes: inout [UInt8]) -> Bool {
    guard clock.date.year > 0, clock.date.year < 10_000 else { return false }
    let start = bytes.count
    bytes += template
    for place in places {
      var value = place.field.value(clock)
      for offset in stride(from: place.offset + place.width - 1, through: place.offset, by: -1) {
        bytes[start + offset] = UInt8(truncatingIfNeeded: 0x30 + value % 10)
        value /= 10
      }
    }
    return true
  }
}
