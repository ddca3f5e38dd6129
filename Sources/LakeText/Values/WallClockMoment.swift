import LakeTypes

/// A timestamp read from text: wall-clock microseconds, and the zone if the text named one.
struct WallClockMoment {
  var localMicros: Int64
  var zone: ParsedTimestamp.Zone

  init(localMicros: Int64, zone: ParsedTimestamp.Zone) {
    self.localMicros = localMicros
    self.zone = zone
  }

  init(_ parsed: ParsedTimestamp) { self.init(localMicros: parsed.localMicros, zone: parsed.zone) }

  /// The instant, or nil if the zone is unknown.
  func instant(in zone: TextTimeZone) -> Int64? {
    switch self.zone {
    case .none: zone.instant(localMicros, nil)
    case .offset(let seconds): localMicros - Int64(seconds) * DateTimeText.microsPerSecond
    case .region(let name): zone.instant(localMicros, name)
    }
  }
}
