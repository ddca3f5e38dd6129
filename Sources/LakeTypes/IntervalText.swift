/// The text form of intervals, as Spark casts them to strings.
package enum IntervalText {
  /// `INTERVAL 'y-m' YEAR TO MONTH`.
  package static func yearMonth(_ months: Int32) -> String {
    let size = months.magnitude
    return "INTERVAL '\(months < 0 ? "-" : "")\(size / 12)-\(size % 12)' YEAR TO MONTH"
  }

  /// `INTERVAL 'd hh:mm:ss[.ffffff]' DAY TO SECOND`.
  package static func dayTime(_ micros: Int64) -> String {
    let size = micros.magnitude
    let day = UInt64(DateTimeText.microsPerDay)
    let time = DateTimeText.timestampString(Int64(size % day)).dropFirst("1970-01-01 ".utf8.count)
    return "INTERVAL '\(micros < 0 ? "-" : "")\(size / day) \(time)' DAY TO SECOND"
  }
}
