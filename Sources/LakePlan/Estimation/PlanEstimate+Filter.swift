import LakeFunctions
import LakeTypes

extension PlanEstimate {
  /// Keeps the rows for which all predicates are true.
  mutating func apply(_ predicates: [BoundExpression]) {
    for predicate in predicates { apply(predicate) }
  }

  /// Estimates one conjunct; the bounds of a column narrow, so that the two ends of a range are not taken for
  /// independent.
  private mutating func apply(_ predicate: BoundExpression) {
    let share = min(1, max(0, share(of: predicate)))
    shrink(to: rows * share)
    guard let test = ColumnTest(predicate), let range = columns[test.column]?.range, let value = test.value.measure
    else {
      return
    }
    switch test.comparison {
    case .equal:
      columns[test.column]?.distinct = 1
      columns[test.column]?.range = value...value
    case .less: columns[test.column]?.range = min(range.lowerBound, value)...min(range.upperBound, value)
    case .greater: columns[test.column]?.range = max(range.lowerBound, value)...max(range.upperBound, value)
    }
  }

  /// The share of rows for which a predicate is true.
  func share(of predicate: BoundExpression) -> Double {
    switch predicate.kind {
    case .literal(.boolean(true)): return 1
    case .literal: return 0
    case .and(let operands): return operands.reduce(1) { $0 * share(of: $1) }
    case .or(let operands): return 1 - operands.reduce(1) { $0 * (1 - share(of: $1)) }
    case .call(let call): return share(of: call, predicate)
    default: return Self.unknownShare
    }
  }

  private func share(of call: BoundCall, _ predicate: BoundExpression) -> Double {
    switch call.function.name {
    case "not": return 1 - share(of: call.arguments[0])
    case "isnull": return 0.05
    case "isnotnull": return 1
    case "<>", "!=": return 0.9
    case "like": return 0.1
    case "in":
      let count = Double(call.arguments.count - 1)
      return min(0.9, count * equalShare(call.arguments[0].withoutCasts.columnID))
    default: break
    }
    if let test = ColumnTest(predicate) { return share(of: test) }
    guard let sides = predicate.asCall("=") else { return Self.unknownShare }
    return sides.map { equalShare($0.withoutCasts.columnID) }.min() ?? 0.1
  }

  /// The share of rows that have one value.
  private func equalShare(_ column: ColumnID?) -> Double {
    guard let column, let distinct = columns[column]?.distinct else { return 0.1 }
    return 1 / max(1, distinct)
  }

  private func share(of test: ColumnTest) -> Double {
    guard let range = columns[test.column]?.range, let value = test.value.measure else {
      return test.comparison == .equal ? equalShare(test.column) : Self.unknownShare
    }
    let width = range.upperBound - range.lowerBound
    switch test.comparison {
    case .equal: return range.contains(value) ? equalShare(test.column) : 0
    case .less:
      return width > 0 ? min(1, max(0, (value - range.lowerBound) / width)) : value >= range.lowerBound ? 1 : 0
    case .greater:
      return width > 0 ? min(1, max(0, (range.upperBound - value) / width)) : value <= range.upperBound ? 1 : 0
    }
  }
}

/// A comparison of a column with a constant.
private struct ColumnTest {
  /// With or without equality: that makes no difference to an estimate.
  enum Comparison { case equal, less, greater }

  let column: ColumnID
  let comparison: Comparison
  let value: Literal

  init?(_ predicate: BoundExpression) {
    guard case .call(let call) = predicate.kind, call.arguments.count == 2,
      let comparison = Self.comparison(call.function.name)
    else { return nil }
    if let column = call.arguments[0].withoutIntegerCasts.columnID, let value = call.arguments[1].literalValue {
      self.init(column: column, comparison: comparison, value: value)
    } else if let column = call.arguments[1].withoutIntegerCasts.columnID, let value = call.arguments[0].literalValue {
      let flipped: Comparison = comparison == .less ? .greater : comparison == .greater ? .less : .equal
      self.init(column: column, comparison: flipped, value: value)
    } else {
      return nil
    }
  }

  private init(column: ColumnID, comparison: Comparison, value: Literal) {
    self.column = column
    self.comparison = comparison
    self.value = value
  }

  private static func comparison(_ name: String) -> Comparison? {
    switch name {
    case "=", "<=>": .equal
    case "<", "<=": .less
    case ">", ">=": .greater
    default: nil
    }
  }
}

extension BoundExpression {
  /// The expression below casts, whose values are spread as its own.
  var withoutCasts: BoundExpression {
    if case .cast(let operand, _) = kind { return operand.withoutCasts }
    return self
  }

  /// The expression below casts that leave the number as it is, so that it can be compared with a literal's.
  fileprivate var withoutIntegerCasts: BoundExpression {
    if case .cast(let operand, _) = kind, type.isInteger, operand.type.isInteger { return operand.withoutIntegerCasts }
    return self
  }
}
