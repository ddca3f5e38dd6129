import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Turns exact totals into the results of `sum` and `avg`.
struct SumResult: Sendable {
  enum Kind: Sendable { case sum, average }
  var kind: Kind
  var type: LogicalType
  /// Fraction digits that an average has more than its argument.
  var addedScale = 0
  /// NULL instead of an error where the result does not fit (`try_sum`, or outside ANSI mode).
  var isNullOnOverflow = false

  /// A group without rows is NULL; a total of nil is one that overflowed.
  func vector(
    count: Int, _ total: (_ index: Int) -> Int128?, _ rows: (_ index: Int) -> Int64
  ) throws(QueryError) -> Vector {
    switch type.physical {
    case .float64:
      return try Vector.filled(type, Double.self, count: count) { index in
        rows(index) == 0 ? nil : total(index).map { Double($0) / Double(rows(index)) }
      }
    case .int128:
      return try Vector.filled(type, Int128.self, count: count) { (index) throws(QueryError) in
        rows(index) == 0 ? nil : try checked(total(index), rows(index))
      }
    case .int32:
      return try Vector.filled(type, Int32.self, count: count) { (index) throws(QueryError) in
        rows(index) == 0 ? nil : try checked(total(index), rows(index)).map { Int32(truncatingIfNeeded: $0) }
      }
    default:
      return try Vector.filled(type, Int64.self, count: count) { (index) throws(QueryError) in
        rows(index) == 0 ? nil : try checked(total(index), rows(index)).map { Int64(truncatingIfNeeded: $0) }
      }
    }
  }

  private func checked(_ total: Int128?, _ rows: Int64) throws(QueryError) -> Int128? {
    let value = kind == .sum ? total : total.flatMap { average($0, Int128(rows)) }
    if let value, fits(value) { return value }
    if isNullOnOverflow { return nil }
    throw overflow(value)
  }

  private func fits(_ value: Int128) -> Bool {
    switch type {
    case .decimal(let precision, _): DecimalText.fits(value, precision: precision)
    case .intervalYearMonth: value >= Int128(Int32.min) && value <= Int128(Int32.max)
    default: value >= Int128(Int64.min) && value <= Int128(Int64.max)
    }
  }

  /// The quotient, rounded half away from zero; nil beyond 128 bits.
  private func average(_ total: Int128, _ rows: Int128) -> Int128? {
    let factor = DecimalText.powersOfTen[addedScale]
    let (whole, overflow) = (total / rows).multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    let rest = (total % rows) * factor
    var part = rest / rows
    let remainder = (rest % rows).magnitude
    if remainder * 2 >= rows.magnitude { part += total < 0 ? -1 : 1 }
    let (sum, isTooLarge) = whole.addingReportingOverflow(part)
    return isTooLarge ? nil : sum
  }

  private func overflow(_ value: Int128?) -> QueryError {
    let name = kind == .sum ? "sum" : "avg"
    var shown = ""
    if let value {
      if case .decimal(_, let scale) = type {
        shown = ": " + DecimalText.string(value, scale: scale)
      } else {
        shown = ": \(value)"
      }
    }
    return QueryError(
      .numericOverflow, .execute, "\(name) does not fit into \(type)\(shown)", hint: "use try_\(name) to get NULL")
  }
}
