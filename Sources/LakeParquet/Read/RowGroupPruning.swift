import LakeColumnar
import LakeTypes

/// Rules row groups out by the footer's statistics.
struct RowGroupPruning {
  let file: ParquetFile
  let plans: [ReadPlan]

  /// Whether no row of the row group can satisfy all predicates.
  func excludes(_ rowGroup: Int, _ predicates: [ScanPredicate]) -> Bool {
    let rows = file.rowCount(ofRowGroup: rowGroup)
    return predicates.contains { predicate in
      guard plans.indices.contains(predicate.column) else { return false }
      switch plans[predicate.column] {
      case .missing: return predicate.test != .isNull
      case .leaf(let node, _, let type) where plans[predicate.column].isFlat:
        guard let statistics = file.statistics(node, rowGroup: rowGroup, as: type) else { return false }
        return statistics.excludes(predicate.test, rowCount: rows)
      default: return false
      }
    }
  }
}
