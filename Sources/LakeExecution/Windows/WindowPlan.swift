import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakePlan
import LakeTypes

/// What a window operator computes, and where the values it needs stand among its stored columns.
struct WindowPlan: Sendable {
  struct Call: Sendable {
    let function: WindowCall.Function
    let arguments: [Int]
    let filter: Int?
    let frame: BoundFrame
    let type: LogicalType
    let span: SourceSpan?
  }

  /// The input's columns that are passed on come first.
  let outputCount: Int
  let partitionKeys: [Int]
  let orderKeys: [Int]
  let orderColumns: [SortColumn]
  let partitionTypes: [LogicalType]
  let calls: [Call]

  /// Where the keys stand by which the rows are sorted.
  var keyIndexes: [Int] { partitionKeys + orderKeys }
  var sortColumns: [SortColumn] { partitionTypes.map { SortColumn(type: $0) } + orderColumns }
}
