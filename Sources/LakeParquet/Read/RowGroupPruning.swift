import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Rules row groups out by the footer's statistics and by bloom filters.
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

  /// Longer lists of values are not looked up.
  private static let largestLookup = 256

  /// Whether some predicate asks for values that a bloom filter says the row group lacks.
  func excludesByBloomFilter(_ rowGroup: Int, _ predicates: [ScanPredicate]) throws(QueryError) -> Bool {
    for predicate in predicates where plans.indices.contains(predicate.column) {
      guard case .leaf(let node, let index, let type) = plans[predicate.column], plans[predicate.column].isFlat,
        case .leaf(let leaf, _) = node.shape, let wanted = Self.wantedValues(predicate.test, leaf, type),
        let offset = file.metadata.rowGroups[rowGroup].chunks[index].bloomFilterOffset,
        let filter = try BloomFilter.open(file.file, at: offset)
      else { continue }
      var isIn = false
      for value in wanted where !isIn { isIn = try filter.mayContain(value) }
      if !isIn { return true }
    }
    return false
  }

  /// The values one of which a row must hold, as they are stored; nil if they can't be told.
  private static func wantedValues(
    _ test: ScanPredicate.Test, _ leaf: LeafType, _ type: LogicalType
  ) -> [[UInt8]]? {
    let literals: [Literal]
    switch test {
    case .compare(.equal, let literal): literals = [literal]
    case .isIn(let values) where values.count <= largestLookup: literals = values
    default: return nil
    }
    let stored = literals.compactMap { leaf.plainBytes($0, as: type) }
    return stored.count == literals.count ? stored : nil
  }
}
