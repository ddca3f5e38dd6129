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
      switch plans.target(of: predicate) {
      case .missing(let value):
        ParquetColumnStatistics(ofEach: value, rowCount: rows).excludes(predicate.test, rowCount: rows)
      case .leaf(let leaf, let index, let type):
        file.statistics(leaf, index, rowGroup: rowGroup, as: type).excludes(predicate.test, rowCount: rows)
      case nil: false
      }
    }
  }

  /// Longer lists of values are not looked up.
  private static let largestLookup = 256

  /// Whether some predicate asks for values that a bloom filter says the row group lacks.
  func excludesByBloomFilter(_ rowGroup: Int, _ predicates: [ScanPredicate]) throws(QueryError) -> Bool {
    for predicate in predicates {
      guard case .leaf(let leaf, let index, let type) = plans.target(of: predicate),
        let wanted = Self.wantedValues(predicate.test, leaf, type),
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
    case .anyOf(let groups): return wantedValues(ofAny: groups, leaf, type)
    default: return nil
    }
    let stored = literals.compactMap { leaf.plainBytes($0, as: type) }
    return stored.count == literals.count ? stored : nil
  }

  /// The values that one of the groups asks for, if each asks for some.
  private static func wantedValues(
    ofAny groups: [[ScanPredicate.Test]], _ leaf: LeafType, _ type: LogicalType
  ) -> [[UInt8]]? {
    var result: [[UInt8]] = []
    for group in groups {
      guard let values = group.lazy.compactMap({ wantedValues($0, leaf, type) }).first else { return nil }
      result += values
    }
    return result.count <= largestLookup ? result : nil
  }
}

extension [ReadPlan] {
  /// What a predicate is about; nil if it can't be decided by metadata.
  func target(of predicate: ScanPredicate) -> ReadPlan.Target? {
    indices.contains(predicate.column) ? self[predicate.column].target(predicate.path[...]) : nil
  }
}
