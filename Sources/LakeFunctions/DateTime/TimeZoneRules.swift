package import LakeDiagnostics
import LakeTypes
import Synchronization

/// The offsets of one time zone from UTC through time.
///
/// Regions come from the system's zone database (TZif files, RFC 8536) and are read once a process.
package struct TimeZoneRules: Sendable {
  /// The identifier as `current_timezone()` shows it.
  package let name: String
  let history: ZoneHistory

  init(name: String, history: ZoneHistory) {
    self.name = name
    self.history = history
  }

  /// Coordinated universal time.
  package static let utc = TimeZoneRules(name: "UTC", history: ZoneHistory(fixedSeconds: 0, abbreviation: "UTC"))

  private static let known = Mutex<[String: TimeZoneRules]>([:])

  /// Finds a zone: a region (`Europe/Lisbon`), `UTC`, `Z`, an offset (`+02:00`), a prefixed offset (`GMT+1`), or one
  /// of Java's short names (`PST`); throws `.invalidTimeZone` for others.
  package static func named(_ name: String) throws(QueryError) -> TimeZoneRules {
    if let hit = known.withLock({ $0[name] }) { return hit }
    guard let zone = resolve(name) else {
      throw QueryError(
        .invalidTimeZone, .execute, "there is no time zone \(name)",
        hint: "use a region such as 'Europe/Lisbon' or an offset such as '+02:00'")
    }
    known.withLock { $0[name] = zone }
    return zone
  }

  /// Microseconds east of UTC at an instant.
  package func offset(atUTC micros: Int64) -> Int64 { history.period(atUTC: micros).offset }

  /// The instant that a clock in this zone shows as `micros`.
  ///
  /// As java.time: a time skipped by a gap moves forward by the gap, a repeated one is the earlier instant.
  package func utc(fromLocal micros: Int64) -> Int64 {
    if let fixed = history.fixedOffset { return micros &- fixed }
    let day = DateTimeText.microsPerDay
    let before = offset(atUTC: micros &- day)
    let after = offset(atUTC: micros &+ day)
    if before == after || offset(atUTC: micros &- before) == before { return micros &- before }
    return offset(atUTC: micros &- after) == after ? micros &- after : micros &- before
  }

  /// The zone's short name at an instant, such as `CET` or `CEST`.
  func abbreviation(atUTC micros: Int64) -> String { history.abbreviation(atUTC: micros) }
}

extension TimeZoneRules {
  private static func resolve(_ name: String) -> TimeZoneRules? {
    switch name {
    case "Z", "UTC": return .utc
    case "GMT", "UT": return fixed(0, name: name)
    default: break
    }
    if let seconds = ZoneOffsetText.parse(name) { return fixed(seconds, name: name) }
    for prefix in ["UTC", "GMT", "UT"] where name.hasPrefix(prefix) {
      if let seconds = ZoneOffsetText.parse(String(name.dropFirst(prefix.count))) {
        return fixed(seconds, name: name)
      }
    }
    if let alias = shortNames[name] { return resolve(alias) }
    return ZoneFile.read(name).map { TimeZoneRules(name: name, history: $0) }
  }

  private static func fixed(_ seconds: Int, name: String) -> TimeZoneRules {
    let text = seconds == 0 ? "GMT" : ZoneOffsetText.format(seconds: seconds, separator: ":")
    return TimeZoneRules(name: name, history: ZoneHistory(fixedSeconds: seconds, abbreviation: text))
  }

  /// Java's `ZoneId.SHORT_IDS`, which Spark accepts.
  private static let shortNames = [
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh", "EST": "-05:00",
    "MST": "-07:00", "HST": "-10:00",
  ]
}

/// Looks up offsets of many instants that lie close together, without searching for each.
struct ZoneCursor {
  private let zone: TimeZoneRules
  private var period: ZonePeriod

  init(_ zone: TimeZoneRules) {
    self.zone = zone
    period = zone.history.period(atUTC: 0)
  }

  /// Microseconds east of UTC at an instant.
  @inline(__always)
  mutating func offset(atUTC micros: Int64) -> Int64 {
    if micros < period.start || micros >= period.end { period = zone.history.period(atUTC: micros) }
    return period.offset
  }

  /// The instant that clocks show as `local`; see `TimeZoneRules.utc(fromLocal:)`.
  @inline(__always)
  mutating func utc(fromLocal local: Int64) -> Int64 {
    let (instant, overflow) = local.subtractingReportingOverflow(period.offset)
    // Further than a day from both of the period's ends there is neither a gap nor an overlap.
    let day = DateTimeText.microsPerDay
    if !overflow, instant > period.start.addingClamped(day), instant < period.end.addingClamped(-day) { return instant }
    return searched(local)
  }

  @inline(never)
  private mutating func searched(_ local: Int64) -> Int64 {
    let instant = zone.utc(fromLocal: local)
    _ = offset(atUTC: instant)
    return instant
  }

  /// The wall-clock time of an instant.
  @inline(__always)
  mutating func local(_ micros: Int64) -> Int64 { micros &+ offset(atUTC: micros) }
}

extension Int64 {
  /// The sum, or the end of the range where it overflows.
  @inline(__always)
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}

/// Offsets as text: `+02:00`, `-0530`, `+1`.
enum ZoneOffsetText {
  /// Reads a sign, one or two digits of hours, and optionally minutes and seconds (with colons or without);
  /// nil for other text and beyond 18 hours.
  static func parse(_ text: String) -> Int? {
    var bytes = Array(text.utf8)
    guard let sign = bytes.first, sign == 0x2B || sign == 0x2D, bytes.count >= 2 else { return nil }
    bytes.removeFirst()
    var parts: [Int] = []
    for part in groups(of: bytes) {
      guard !part.isEmpty, part.count <= 2, part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
      parts.append(part.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
    guard (1...3).contains(parts.count), parts.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
    let seconds = parts[0] * 3600 + (parts.count > 1 ? parts[1] * 60 : 0) + (parts.count > 2 ? parts[2] : 0)
    guard seconds <= 18 * 3600 else { return nil }
    return sign == 0x2D ? -seconds : seconds
  }

  /// Splits at colons, or every two digits where there is none.
  private static func groups(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    if bytes.contains(0x3A) { return bytes.split(separator: 0x3A, omittingEmptySubsequences: false) }
    if bytes.count <= 2 { return [bytes[...]] }
    guard bytes.count % 2 == 0 else { return [] }
    return stride(from: 0, to: bytes.count, by: 2).map { bytes[$0..<$0 + 2] }
  }

  /// `+hh<separator>mm`, with seconds where there are any.
  static func format(seconds: Int, separator: String) -> String {
    let magnitude = abs(seconds)
    var text = (seconds < 0 ? "-" : "+") + twoDigits(magnitude / 3600) + separator + twoDigits(magnitude / 60 % 60)
    if magnitude % 60 != 0 { text += separator + twoDigits(magnitude % 60) }
    return text
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
