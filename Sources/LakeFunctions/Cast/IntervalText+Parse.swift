import LakeTypes

/// Reads intervals as Spark casts strings to them.
extension IntervalText {
  /// Reads `[+-]y-m`, alone or in the form that is written.
  static func parseYearMonth(_ text: TextBytes) -> Int32? {
    guard let (sign, body) = body(text) else { return nil }
    let parts = body.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let years = Int(parts[0]), let months = Int(parts[1]), years >= 0, (0...11).contains(months)
    else { return nil }
    let (total, overflow) = years.multipliedReportingOverflow(by: 12)
    return overflow ? nil : Int32(exactly: sign * (total + months))
  }

  /// Reads `[+-]d h:m:s[.f]` or `[+-]d`, alone or in the form that is written.
  static func parseDayTime(_ text: TextBytes) -> Int64? {
    guard let (sign, body) = body(text) else { return nil }
    let parts = body.split(separator: " ")
    guard let first = parts.first, let days = Int64(first), days >= 0, parts.count <= 2 else { return nil }
    let (dayMicros, overflow) = days.multipliedReportingOverflow(by: DateTimeText.microsPerDay)
    guard !overflow, let time = parts.count == 2 ? timeMicros(parts[1]) : 0 else { return nil }
    let (total, overflowToo) = dayMicros.addingReportingOverflow(time)
    return overflowToo ? nil : Int64(sign) * total
  }

  private static func timeMicros(_ text: Substring) -> Int64? {
    var stamp = "1970-01-01 " + text
    return stamp.withUTF8 { DateTimeText.parseTimestamp($0) }.flatMap { $0.zone == .none ? $0.localMicros : nil }
  }

  /// Sign and digits of an interval, out of `INTERVAL '...' UNIT` if it is written so.
  private static func body(_ text: TextBytes) -> (Int, String)? {
    var body = String(decoding: NumberText.trimmed(text), as: UTF8.self)
    var sign = 1
    if body.lowercased().hasPrefix("interval") {
      let quoted = body.split(separator: "'", omittingEmptySubsequences: false)
      guard quoted.count == 3 else { return nil }
      if quoted[0].contains("-") { sign = -1 }
      body = String(quoted[1])
    }
    if let first = body.first, first == "-" || first == "+" {
      if first == "-" { sign = -sign }
      body.removeFirst()
    }
    return (sign, body)
  }
}
