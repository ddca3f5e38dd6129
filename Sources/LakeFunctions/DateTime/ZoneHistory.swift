import LakeTypes

/// A half-open range of instants with one offset, all in microseconds.
struct ZonePeriod: Sendable {
  var start: Int64
  var end: Int64
  var offset: Int64

  /// Takes account of a change to an offset at an instant, in the search for the period that holds `micros`.
  fileprivate mutating func narrow(to instant: Int64, _ newOffset: Int64, around micros: Int64) {
    if instant > micros {
      end = min(end, instant)
    } else if instant >= start {
      start = instant
      offset = newOffset
    }
  }
}

/// All changes of one zone's offset: those on record, then a yearly rule.
final class ZoneHistory: Sendable {
  /// A local time type: its offset and its name.
  struct LocalType: Sendable {
    var offset: Int64
    var abbreviation: String
  }

  /// The offset of a zone that never changes.
  let fixedOffset: Int64?
  /// Instants at which `types[i + 1]` begins; ascending. `types[0]` holds before the first.
  private let transitions: [Int64]
  private let types: [LocalType]
  /// What holds behind the last transition.
  private let rule: ZoneYearRule?

  init(fixedSeconds seconds: Int, abbreviation: String) {
    let offset = Int64(seconds) * DateTimeText.microsPerSecond
    fixedOffset = offset
    transitions = []
    types = [LocalType(offset: offset, abbreviation: abbreviation)]
    rule = nil
  }

  /// `types` has one element more than `transitions`.
  init(transitions: [Int64], types: [LocalType], rule: ZoneYearRule?) {
    self.transitions = transitions
    self.types = types
    self.rule = rule
    fixedOffset = transitions.isEmpty && rule?.daylight == nil ? rule?.standard.offset ?? types[0].offset : nil
  }

  /// The period that an instant lies in.
  func period(atUTC micros: Int64) -> ZonePeriod {
    if let fixedOffset { return ZonePeriod(start: .min, end: .max, offset: fixedOffset) }
    let index = transitionCount(upTo: micros)
    let start = index == 0 ? Int64.min : transitions[index - 1]
    if index == transitions.count, let rule {
      var period = rule.period(atUTC: micros)
      period.start = max(period.start, start)
      return period
    }
    let end = index == transitions.count ? Int64.max : transitions[index]
    return ZonePeriod(start: start, end: end, offset: types[index].offset)
  }

  func abbreviation(atUTC micros: Int64) -> String {
    let index = transitionCount(upTo: micros)
    if index == transitions.count, let rule {
      let isDaylight = rule.period(atUTC: micros).offset != rule.standard.offset
      return (isDaylight ? rule.daylight?.type : nil)?.abbreviation ?? rule.standard.abbreviation
    }
    return types[index].abbreviation
  }

  /// How many transitions lie at or before an instant.
  private func transitionCount(upTo micros: Int64) -> Int {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle] <= micros { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The yearly rule in the footer of a TZif file, in POSIX's notation (`CET-1CEST,M3.5.0,M10.5.0/3`).
struct ZoneYearRule: Sendable {
  /// A day of the year and a wall-clock time on it.
  struct Change: Sendable {
    enum Day: Sendable {
      /// 1 to 365; 29 February is never counted.
      case julian(Int)
      /// 0 to 365.
      case zeroBased(Int)
      /// The n-th (5 = last) weekday (0 = Sunday) of a month.
      case weekday(month: Int, week: Int, day: Int)
    }
    var day: Day
    /// Seconds behind midnight; may be negative or beyond a day.
    var seconds: Int

    /// Wall-clock microseconds of the change in a year.
    func localMicros(in year: Int) -> Int64 {
      Int64(dayNumber(in: year)) * DateTimeText.microsPerDay + Int64(seconds) * DateTimeText.microsPerSecond
    }

    private func dayNumber(in year: Int) -> Int {
      let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
      switch day {
      case .julian(let number): return newYear + number - 1 + (number > 59 && CivilDate.isLeap(year) ? 1 : 0)
      case .zeroBased(let number): return newYear + number
      case .weekday(let month, let week, let day):
        let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
        // 1970-01-01 was a Thursday, number 4.
        let weekday = ((first + 4) % 7 + 7) % 7
        var number = first + (day - weekday + 7) % 7 + (week - 1) * 7
        if number >= first + CivilDate.daysIn(month: month, year: year) { number -= 7 }
        return number
      }
    }
  }

  var standard: ZoneHistory.LocalType
  var daylight: (type: ZoneHistory.LocalType, begin: Change, end: Change)?

  func period(atUTC micros: Int64) -> ZonePeriod {
    guard let daylight else { return ZonePeriod(start: .min, end: .max, offset: standard.offset) }
    let day = DateTimeText.floorDivide(micros, DateTimeText.microsPerDay)
    let year = CivilDate(daysSinceEpoch: Int(day)).year
    // Near the ends of the range of timestamps a change's instant may not fit.
    guard abs(year) < Self.lastYear else { return ZonePeriod(start: micros, end: micros, offset: standard.offset) }
    var period = ZonePeriod(start: .min, end: .max, offset: standard.offset)
    for year in year - 1...year + 1 {
      let begin = daylight.begin.localMicros(in: year) - standard.offset
      let end = daylight.end.localMicros(in: year) - daylight.type.offset
      period.narrow(to: begin, daylight.type.offset, around: micros)
      period.narrow(to: end, standard.offset, around: micros)
    }
    return period
  }

  /// Years beyond this have no daylight saving time.
  private static let lastYear = 290_000
}
