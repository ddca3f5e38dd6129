import Glibc
import LakeColumnar
import LakeTypes

/// How the values of one column are spread.
struct ColumnEstimate: Sendable {
  /// Different values, where that can be told.
  var distinct: Double?
  /// Bounds as numbers, for types that have them.
  var range: ClosedRange<Double>?
  /// Rows of the source that the column comes from.
  let sourceRows: Double

  init(_ statistics: ColumnStatistics?, type: LogicalType, rows: Double) {
    sourceRows = rows
    if type == .boolean { distinct = 2 }
    guard let low = statistics?.minimum.measure, let high = statistics?.maximum.measure, low <= high else { return }
    range = low...high
    if type.isDiscrete { distinct = min(high - low + 1, max(1, rows)) }
  }

  /// The number of different keys to reckon with.
  var keyCount: Double { distinct ?? sourceRows }

  /// Of evenly spread values, a share of rows is left.
  mutating func thin(to share: Double, rows: Double) {
    guard let distinct, distinct > 1 else { return }
    let each = rows / max(share, 1e-12) / distinct
    self.distinct = max(1, min(distinct * (1 - pow(1 - share, max(each, 1))), max(1, rows)))
  }
}

extension LogicalType {
  /// Whether values are whole numbers of a unit, so that a range has a number of them.
  fileprivate var isDiscrete: Bool {
    switch self {
    case .tinyint, .smallint, .int, .bigint, .date, .decimal: true
    default: false
    }
  }
}

extension Literal {
  /// The value as a number that orders as the values of its type do.
  var measure: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): value.isFinite ? Double(value) : nil
    case .double(let value): value.isFinite ? value : nil
    case .decimal(let unscaled): Double(unscaled)
    case .date(let days): Double(days)
    case .timestamp(let micros): Double(micros)
    default: nil
    }
  }
}
