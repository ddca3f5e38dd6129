import LakeColumnar
import LakeFunctions
import LakeTypes

/// Carries comparisons with a constant through casts and functions that keep the order of values: `CAST(i AS DOUBLE) <
/// 2.5` is `i <= 2`, `CAST(t AS DATE) = d` says that t lies within a day.
struct ComparisonInversion {
  typealias Comparison = (operation: ScanPredicate.Comparison, value: Literal)

  let context: EvaluationContext
  private static let hour: Int64 = 3_600_000_000
  /// 1900-01-01 in microseconds.
  private static let year1900: Int64 = -2_208_988_800_000_000
  /// From here on a double does not hold every integer.
  private static let exactInteger = 9_007_199_254_740_992.0

  /// The expression that a cast or function is applied to, if it is one that can be inverted.
  func operand(of expression: BoundExpression) -> BoundExpression? {
    switch expression.kind {
    case .cast(let inner, _): return inner
    case .call(let call) where ["year", "date", "to_date"].contains(call.function.name):
      return call.arguments.count == 1 ? call.arguments[0] : nil
    default: return nil
    }
  }

  /// What a comparison of the expression demands of its operand: each of the comparisons holds wherever it does. nil if
  /// nothing can be said.
  func invert(
    _ expression: BoundExpression, _ operation: ScanPredicate.Comparison, _ value: Literal
  ) -> [Comparison]? {
    guard let inner = operand(of: expression) else { return nil }
    if expression.asCall("year") != nil { return year(operation, value, inner.type) }
    return cast(from: inner.type, to: expression.type, operation, value)
  }

  private func cast(
    from source: LogicalType, to target: LogicalType, _ operation: ScanPredicate.Comparison, _ value: Literal
  ) -> [Comparison]? {
    if source == target { return [(operation, value)] }
    switch (source, target, value) {
    case (.date, .timestamp, .timestamp), (.date, .timestampNTZ, .timestamp):
      return day(operation, value, target)
    case (.timestamp, .date, .date(let day)), (.timestampNTZ, .date, .date(let day)):
      return days(operation, day, source)
    case (.float, .double, .double(let number)): return single(operation, number)
    case (_, .double, .double(let number)) where source.isInteger: return whole(operation, number)
    case (_, _, .integer) where source.isInteger && target.isInteger:
      return isWider(source, target) ? [(operation, value)] : nil
    case (_, .decimal, .decimal(let unscaled)): return scaled(operation, unscaled, source, target)
    default: return nil
    }
  }

  private func isWider(_ source: LogicalType, _ target: LogicalType) -> Bool {
    guard let from = source.asDecimal, let to = target.asDecimal else { return false }
    return from.precision <= to.precision
  }

  /// A comparison with a value between two neighbours of the operand's type, the lower of which is `floor`.
  private func between(_ floor: Literal, _ ceiling: Literal, _ operation: ScanPredicate.Comparison) -> [Comparison]? {
    switch operation {
    case .equal: nil
    case .less, .lessOrEqual: [(.lessOrEqual, floor)]
    case .greater, .greaterOrEqual: [(.greaterOrEqual, ceiling)]
    }
  }

  private func single(_ operation: ScanPredicate.Comparison, _ number: Double) -> [Comparison]? {
    let near = Float(number)
    if number.isNaN || Double(near) == number { return [(operation, .float(near))] }
    return Double(near) < number
      ? between(.float(near), .float(near.nextUp), operation)
      : between(.float(near.nextDown), .float(near), operation)
  }

  private func whole(_ operation: ScanPredicate.Comparison, _ number: Double) -> [Comparison]? {
    guard abs(number) < Self.exactInteger else { return nil }
    let floor = Int64(number.rounded(.down))
    if Double(floor) == number { return [(operation, .integer(floor))] }
    return between(.integer(floor), .integer(floor + 1), operation)
  }

  private func scaled(
    _ operation: ScanPredicate.Comparison, _ unscaled: Int128, _ source: LogicalType, _ target: LogicalType
  ) -> [Comparison]? {
    guard let from = source.asDecimal, let to = target.asDecimal, to.scale >= from.scale,
      to.precision - to.scale >= from.precision - from.scale
    else { return nil }
    var factor: Int128 = 1
    for _ in from.scale..<to.scale { factor *= 10 }
    let (quotient, remainder) = unscaled.quotientAndRemainder(dividingBy: factor)
    let floor = remainder < 0 ? quotient - 1 : quotient
    func literal(_ value: Int128) -> Literal? {
      source.isInteger ? Int64(exactly: value).map(Literal.integer) : .decimal(value)
    }
    guard let low = literal(floor), let high = literal(floor + 1) else { return nil }
    return remainder == 0 ? [(operation, low)] : between(low, high, operation)
  }

  /// A comparison of a date's midnight with an instant.
  private func day(
    _ operation: ScanPredicate.Comparison, _ value: Literal, _ target: LogicalType
  ) -> [Comparison]? {
    guard case .timestamp(let instant) = value,
      let first = moved(instant, .back, target).flatMap({ evaluate($0, target, as: .date) }),
      let last = moved(instant, .ahead, target).flatMap({ evaluate($0, target, as: .date) })
    else { return nil }
    switch operation {
    case .equal: return first == last ? [(.equal, first)] : [(.greaterOrEqual, first), (.lessOrEqual, last)]
    case .less, .lessOrEqual: return [(.lessOrEqual, last)]
    case .greater, .greaterOrEqual: return [(.greaterOrEqual, first)]
    }
  }

  private enum Direction: Int64 {
    case back = -1
    case ahead = 1
  }

  /// An instant moved by as much as clocks were ever set back: they then show a day again that has ended, or begin one
  /// twice. That was 24 hours in Alaska in 1867 and never more than three across a midnight since 1900. nil if there is
  /// no such instant.
  private func moved(_ instant: Int64, _ direction: Direction, _ type: LogicalType) -> Literal? {
    if type != .timestamp { return .timestamp(instant) }
    let change = (instant < Self.year1900 ? 24 : 3) * Self.hour * direction.rawValue
    let (result, overflow) = instant.addingReportingOverflow(change)
    return overflow ? nil : .timestamp(result)
  }

  /// A comparison of an instant's date with a date.
  private func days(
    _ operation: ScanPredicate.Comparison, _ day: Int32, _ source: LogicalType
  ) -> [Comparison]? {
    guard day < .max, case .timestamp(let start)? = evaluate(.date(day), .date, as: source),
      case .timestamp(let end)? = evaluate(.date(day + 1), .date, as: source),
      let first = moved(start, .back, source), let last = moved(end, .ahead, source),
      let next = moved(end, .back, source), let previousEnd = moved(start, .ahead, source)
    else { return nil }
    return steps(operation, first, before: last, next, previousEnd)
  }

  private func year(
    _ operation: ScanPredicate.Comparison, _ value: Literal, _ source: LogicalType
  ) -> [Comparison]? {
    guard source == .date, case .integer(let year) = value, (1...9998).contains(year) else { return nil }
    func first(_ year: Int64) -> Literal? {
      let text = String(String(10_000 + year).dropFirst()) + "-01-01"
      return evaluate(.string(text), .string, as: .date)
    }
    guard let start = first(year), let end = first(year + 1) else { return nil }
    return steps(operation, start, before: end, end, start)
  }

  /// A comparison of a value's step with one step, whose values lie from `start` on and before `end`; the steps behind
  /// begin at `next` and those before end at `previousEnd`.
  private func steps(
    _ operation: ScanPredicate.Comparison, _ start: Literal, before end: Literal, _ next: Literal,
    _ previousEnd: Literal
  ) -> [Comparison] {
    switch operation {
    case .equal: [(.greaterOrEqual, start), (.less, end)]
    case .less: [(.less, previousEnd)]
    case .lessOrEqual: [(.less, end)]
    case .greater: [(.greaterOrEqual, next)]
    case .greaterOrEqual: [(.greaterOrEqual, start)]
    }
  }

  private func evaluate(_ value: Literal, _ type: LogicalType, as target: LogicalType) -> Literal? {
    let cast = BoundExpression(.cast(.literal(value, type), .ansi), target)
    guard let result = try? ConstantEvaluator.value(of: cast, context: context), !result.isNull else { return nil }
    return result
  }
}
