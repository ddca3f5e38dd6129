import LakeColumnar
import LakePlan

/// Rows on their way: sources with the transforms that their batches have passed so far.
///
/// Several branches (the inputs of a UNION, the unmatched rows of an outer join) run one after the other.
struct PlanStream {
  struct Branch {
    var source: any MorselSource
    var sourceNode: OperatorNode
    var transforms: [any PipelineTransform] = []
  }

  var branches: [Branch]
  /// What the branches' batches look like.
  var layout: ColumnLayout
  /// Whether the rows have an order that must be kept.
  var isOrdered: Bool
  /// Whether one worker must do it all.
  var isSequential: Bool
  /// The last operator.
  var node: OperatorNode

  init(source: any MorselSource, layout: ColumnLayout, isOrdered: Bool = false, node: OperatorNode) {
    branches = [Branch(source: source, sourceNode: node)]
    self.layout = layout
    self.isOrdered = isOrdered
    isSequential = false
    self.node = node
  }

  /// Adds a transform to all branches.
  func appending(_ transform: any PipelineTransform, layout: ColumnLayout) -> PlanStream {
    var copy = self
    for index in copy.branches.indices { copy.branches[index].transforms.append(transform) }
    copy.layout = layout
    copy.node = transform.node
    return copy
  }

  /// The positions of columns in the batches.
  func slots(of columns: [OutputColumn]) -> [Int] { columns.compactMap { layout.position(of: $0.id) } }
}
