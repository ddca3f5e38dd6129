package import LakeColumnar
package import LakeDiagnostics
package import LakeFunctions

/// Where the columns of a batch stand.
package struct ColumnLayout: Sendable {
  package let ids: [ColumnID]
  let slots: [ColumnID: Int]

  package init(_ ids: [ColumnID]) {
    self.ids = ids
    slots = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { first, _ in first })
  }

  package init(_ columns: [OutputColumn]) { self.init(columns.map(\.id)) }

  /// The position of a column in the batch.
  package func position(of id: ColumnID) -> Int? { slots[id] }
}

/// Bound expressions compiled against the layout of their input; evaluates batches to vectors.
///
/// Subexpressions that several of the expressions share are computed once a batch.
package struct ExpressionEvaluator: Sendable {
  private let nodes: [any EvaluationNode]
  private let dictionaryNodes: Int
  private let context: EvaluationContext

  package init(
    _ expressions: [BoundExpression], layout: ColumnLayout, context: EvaluationContext
  ) throws(QueryError) {
    var compiler = ExpressionCompiler(layout: layout, context: context)
    for expression in expressions { compiler.countUses(expression) }
    var nodes: [any EvaluationNode] = []
    for expression in expressions { nodes.append(try compiler.compile(expression).node) }
    self.nodes = nodes
    self.context = context
    dictionaryNodes = compiler.dictionaryNodes
  }

  /// How many expressions there are.
  package var count: Int { nodes.count }

  /// What one thread needs to evaluate.
  package func makeScratch() -> EvaluationScratch {
    EvaluationScratch(context: context, dictionaryNodes: dictionaryNodes)
  }

  /// Evaluates one of the expressions to a vector of `rows.count` rows.
  package func evaluate(_ index: Int, _ rows: EvaluationRows) throws(QueryError) -> Vector {
    if rows.count == 0 { return VectorConcatenation.emptyVector(nodes[index].type) }
    return try nodes[index].evaluate(rows)
  }

  /// Evaluates all expressions over the living rows of a batch.
  package func evaluate(_ batch: Batch, _ scratch: EvaluationScratch) throws(QueryError) -> [Vector] {
    let rows = EvaluationRows(batch, scratch: scratch)
    var vectors: [Vector] = []
    vectors.reserveCapacity(nodes.count)
    for index in nodes.indices { vectors.append(try evaluate(index, rows)) }
    return vectors
  }

  /// Whether an expression is a column or a constant: it costs nothing and raises no error.
  func isTrivial(_ index: Int) -> Bool { nodes[index].isTrivial }

  /// Whether an expression can't raise an error.
  func isTotal(_ index: Int) -> Bool { nodes[index].isTotal }
}
