import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Casts among dates, timestamps and numbers, and between intervals and integers.
extension CastStep {
  func temporal() -> SlotCast {
    switch (from, to) {
    case (.date, _): fromDate()
    case (_, .date): toDate()
    case (.timestamp, .timestampNTZ):
      { (source, _, context) throws(QueryError) in
        let clock = LocalClock(.timestamp, context)
        return total(source, Int64.self, Int64.self) { clock.local($0) }
      }
    case (.timestampNTZ, .timestamp):
      { (source, _, context) throws(QueryError) in
        let clock = LocalClock(.timestamp, context)
        return total(source, Int64.self, Int64.self) { clock.instant($0) }
      }
    case (.timestamp, _): fromTimestamp()
    default: toTimestamp()
    }
  }

  private func fromDate() -> SlotCast {
    { (source, live, context) throws(QueryError) in
      let clock = LocalClock(to, context)
      return try map(source, live, Int32.self, Int64(0)) { day in
        let (micros, overflow) = Int64(day).multipliedReportingOverflow(by: DateTimeText.microsPerDay)
        return overflow ? nil : clock.instant(micros)
      }
    }
  }

  private func toDate() -> SlotCast {
    { (source, live, context) throws(QueryError) in
      let clock = LocalClock(from, context)
      return total(source, Int64.self, Int32.self) {
        Int32(truncatingIfNeeded: DateTimeText.floorDivide(clock.local($0), DateTimeText.microsPerDay))
      }
    }
  }

  private func fromTimestamp() -> SlotCast {
    let scale = to.asDecimal?.scale ?? 0
    return { (source, live, _) throws(QueryError) in
      switch to {
      case .tinyint: try seconds(source, live, Int8.self)
      case .smallint: try seconds(source, live, Int16.self)
      case .int: try seconds(source, live, Int32.self)
      case .bigint: try seconds(source, live, Int64.self)
      case .float: total(source, Int64.self, Float.self) { Float(Double($0) / 1e6) }
      case .double: total(source, Int64.self, Double.self) { Double($0) / 1e6 }
      default:
        try decimals(source, live) {
          DecimalMath.rescaled(Int128(source.slots(Int64.self)[$0]), from: 6, to: scale)
        }
      }
    }
  }

  private func seconds<R: FixedWidthInteger & BitwiseCopyable>(
    _ source: Vector, _ live: RowMask, _ slot: R.Type
  ) throws(QueryError) -> Vector {
    try map(source, live, Int64.self, R.zero) { micros in
      let seconds = DateTimeText.floorDivide(micros, DateTimeText.microsPerSecond)
      return mode == .legacy ? R(truncatingIfNeeded: seconds) : R(exactly: seconds)
    }
  }

  /// Numbers are seconds since 1970.
  private func toTimestamp() -> SlotCast {
    let scale = from.asDecimal?.scale ?? 0
    return { (source, live, _) throws(QueryError) in
      switch from.physical {
      case .int8: try micros(source, live) { Int128(source.slots(Int8.self)[$0]) * 1_000_000 }
      case .int16: try micros(source, live) { Int128(source.slots(Int16.self)[$0]) * 1_000_000 }
      case .int32: try micros(source, live) { Int128(source.slots(Int32.self)[$0]) * 1_000_000 }
      case .int64 where !from.isDecimal:
        try micros(source, live) { Int128(source.slots(Int64.self)[$0]) * 1_000_000 }
      case .int64: try micros(source, live) { Self.micros(Int128(source.slots(Int64.self)[$0]), scale) }
      case .int128: try micros(source, live) { Self.micros(source.slots(Int128.self)[$0], scale) }
      case .float32:
        try map(source, live, Float.self, Int64(0)) { Int64(exactly: (Double($0) * 1e6).rounded(.towardZero)) }
      default:
        try map(source, live, Double.self, Int64(0)) { Int64(exactly: ($0 * 1e6).rounded(.towardZero)) }
      }
    }
  }

  private static func micros(_ unscaled: Int128, _ scale: Int) -> Int128? {
    let (product, overflow) = unscaled.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? nil : product / DecimalText.powersOfTen[scale]
  }

  @inline(__always)
  private func micros(
    _ source: Vector, _ live: RowMask, _ body: (Int) -> Int128?
  ) throws(QueryError) -> Vector {
    try mapRows(source, live, Int64(0)) { body($0).flatMap { Int64(exactly: $0) } }
  }

  // MARK: Intervals

  /// Year-month intervals count months, day-time intervals seconds.
  func interval() -> SlotCast {
    if to.isInterval { return toInterval() }
    return { (source, live, _) throws(QueryError) in
      try mapIntegers(live, source) { row in
        from == .intervalYearMonth
          ? Int64(source.slots(Int32.self)[row])
          : source.slots(Int64.self)[row] / DateTimeText.microsPerSecond
      }
    }
  }

  private func toInterval() -> SlotCast {
    { (source, live, _) throws(QueryError) in
      let wide = try ColumnCast(from, .bigint, mode).apply(source, live: nil, EvaluationContext())
      let slots = wide.slots(Int64.self)
      let result =
        to == .intervalYearMonth
        ? try mapRows(source, live, Int32(0)) { Int32(exactly: slots[$0]) }
        : try mapRows(source, live, Int64(0)) { row in
          let (micros, overflow) = slots[row].multipliedReportingOverflow(by: DateTimeText.microsPerSecond)
          return overflow ? nil : micros
        }
      return withExtendedLifetime(wide) { result }
    }
  }

  private func mapIntegers(
    _ live: RowMask, _ source: Vector, _ body: (Int) -> Int64
  ) throws(QueryError) -> Vector {
    switch to.physical {
    case .int8: try mapRows(source, live, Int8(0)) { Int8(exactly: body($0)) }
    case .int16: try mapRows(source, live, Int16(0)) { Int16(exactly: body($0)) }
    case .int32: try mapRows(source, live, Int32(0)) { Int32(exactly: body($0)) }
    default: try mapRows(source, live, Int64(0)) { body($0) }
    }
  }
}
