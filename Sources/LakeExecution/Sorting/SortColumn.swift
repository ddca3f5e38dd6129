import LakePlan
import LakeTypes

/// One key of a sort, without its values.
struct SortColumn: Sendable {
  let type: LogicalType
  let isDescending: Bool
  let nullsFirst: Bool

  init(type: LogicalType, isDescending: Bool = false, nullsFirst: Bool = true) {
    self.type = type
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }

  init(_ key: SortKey) {
    self.init(type: key.expression.type, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
  }
}
