@testable import LakeParquet

extension ParquetFile {
  /// The row groups that the predicates do not rule out by statistics.
  func survivingRowGroups(_ request: ParquetReadRequest) throws -> [Int] {
    let pruning = RowGroupPruning(file: self, plans: try plans(request))
    return (0..<rowGroupCount).filter { !pruning.excludes($0, request.predicates) }
  }
}
