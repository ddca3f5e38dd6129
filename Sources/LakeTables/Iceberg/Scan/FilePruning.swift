import LakeColumnar
import LakeTypes

/// Rules manifests and data files out by partition values and column bounds.
struct FilePruning: Sendable {
  /// A predicate on a column of the table's schema, or on a field of a struct in it, by field id.
  struct Conjunct: Sendable {
    let fieldID: Int
    let type: LogicalType
    let test: ScanPredicate.Test
  }

  let conjuncts: [Conjunct]

  /// Takes the predicates on columns of the schema that have field ids.
  init(_ predicates: [ScanPredicate], schema: Schema) {
    conjuncts = predicates.compactMap { predicate in
      var field = schema[predicate.column]
      for index in predicate.path {
        guard case .struct(let parts) = field.type else { return nil }
        field = parts[index]
      }
      return field.fieldID.map { Conjunct(fieldID: $0, type: field.type, test: predicate.test) }
    }
  }

  func admits(_ manifest: ManifestFile, spec: PartitionSpec, types: [LogicalType]) -> Bool {
    guard manifest.partitions.count == spec.fields.count else { return true }
    return conjuncts.allSatisfy { conjunct in
      spec.fields.indices.allSatisfy { index in
        let field = spec.fields[index]
        guard field.sourceID == conjunct.fieldID else { return true }
        return range(manifest.partitions[index], types[index]).admits(conjunct.test, transform: field.transform)
      }
    }
  }

  private func range(_ summary: PartitionSummary, _ type: LogicalType) -> ValueRange {
    let mayHaveNaN = type.isFloating && summary.containsNaN ?? true
    return ValueRange(
      lower: summary.lowerBound.flatMap { BoundValue.literal($0, type: type) },
      upper: summary.upperBound.flatMap { BoundValue.literal($0, type: type) }, mayHaveNull: summary.containsNull,
      mayHaveValue: summary.lowerBound != nil || mayHaveNaN || !summary.containsNull, mayHaveNaN: mayHaveNaN)
  }

  func admits(_ file: DataFile, spec: PartitionSpec) -> Bool {
    conjuncts.allSatisfy { conjunct in
      admitsPartition(file, spec, conjunct) && range(file, conjunct).admits(conjunct.test)
    }
  }

  private func admitsPartition(_ file: DataFile, _ spec: PartitionSpec, _ conjunct: Conjunct) -> Bool {
    for (index, field) in spec.fields.enumerated() where field.sourceID == conjunct.fieldID {
      guard index < file.partition.count else { continue }
      if !ValueRange(exactly: file.partition[index]).admits(conjunct.test, transform: field.transform) { return false }
    }
    return true
  }

  private func range(_ file: DataFile, _ conjunct: Conjunct) -> ValueRange {
    let id = conjunct.fieldID
    let values = file.valueCounts[id]
    let nulls = file.nullCounts[id]
    let nans = file.nanCounts[id]
    var mayHaveValue = true
    if let values, let nulls, values == file.recordCount { mayHaveValue = nulls < values }
    return ValueRange(
      lower: file.lowerBounds[id].flatMap { BoundValue.literal($0, type: conjunct.type) },
      upper: file.upperBounds[id].flatMap { BoundValue.literal($0, type: conjunct.type) },
      mayHaveNull: nulls.map { $0 > 0 } ?? true, mayHaveValue: mayHaveValue,
      mayHaveNaN: conjunct.type.isFloating && nans.map { $0 > 0 } ?? true)
  }
}
