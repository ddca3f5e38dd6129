import LakeColumnar
import LakeDiagnostics

extension Accumulator {
  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError) {
    try ZeroGroups.withZeros(count) { (groups) throws(QueryError) in
      try update(groups: groups, arguments: arguments, count: count)
    }
  }

  /// The other accumulator of a merge as one of this class.
  func peer(_ other: any Accumulator) throws(QueryError) -> Self {
    guard let same = other as? Self else {
      throw .internal("accumulators of different functions can't be merged")
    }
    return same
  }
}
