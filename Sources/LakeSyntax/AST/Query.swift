package import LakeDiagnostics

/// A query with everything around its body.
package struct Query: Hashable, Sendable {
  package var with: With?
  package var body: QueryBody
  package var orderBy: [SortItem]
  package var sortBy: [SortItem]
  package var distributeBy: [Expression]
  package var clusterBy: [Expression]
  /// Nil also for `LIMIT ALL`.
  package var limit: Expression?
  package var offset: Expression?
  @NodeSpan package var span: SourceSpan

  package init(
    with: With? = nil, body: QueryBody, orderBy: [SortItem] = [], sortBy: [SortItem] = [],
    distributeBy: [Expression] = [], clusterBy: [Expression] = [], limit: Expression? = nil,
    offset: Expression? = nil, span: SourceSpan
  ) {
    self.with = with
    self.body = body
    self.orderBy = orderBy
    self.sortBy = sortBy
    self.distributeBy = distributeBy
    self.clusterBy = clusterBy
    self.limit = limit
    self.offset = offset
    self.span = span
  }
}

/// The part of a query that produces the rows.
package indirect enum QueryBody: Hashable, Sendable {
  case select(Select)
  /// Operations of equal precedence (INTERSECT binds tighter), from left to right; `rest` is never empty.
  case setOperation(first: QueryBody, rest: [SetOperationTerm])
  case values(Values)
  /// `TABLE name`
  case table(QualifiedName)
  /// A query in parentheses.
  case query(Query)
}

/// An operation and the query to its right.
package struct SetOperationTerm: Hashable, Sendable {
  package enum Operation: String, Hashable, Sendable, CaseIterable {
    case union = "UNION"
    case intersect = "INTERSECT"
    /// Also `MINUS`.
    case except = "EXCEPT"
  }

  package var operation: Operation
  /// ALL keeps duplicates.
  package var isAll: Bool
  package var body: QueryBody
  /// The place of the operation.
  @NodeSpan package var span: SourceSpan
}

/// `VALUES (1, 'a'), (2, 'b')`: rows of expressions; a row of one value needs no parentheses.
package struct Values: Hashable, Sendable {
  package var rows: [[Expression]]
  @NodeSpan package var span: SourceSpan
}

/// `WITH a AS (...), b AS (...)`
package struct With: Hashable, Sendable {
  /// Whether the tables may read themselves.
  package var isRecursive: Bool
  package var tables: [CommonTable]
  @NodeSpan package var span: SourceSpan
}

/// `name (columns) AS (query)`
package struct CommonTable: Hashable, Sendable {
  package var name: Identifier
  package var columns: [Identifier]
  /// `MAX RECURSION LEVEL n`
  package var maximumLevel: Expression?
  package var query: Query
}

/// One SELECT with the clauses that belong to it. FROM-first spellings give the same node.
package struct Select: Hashable, Sendable {
  package var hints: [Hint]
  package var isDistinct: Bool
  package var items: [SelectItem]
  /// The tables between commas; empty for a SELECT without FROM.
  package var from: [TableReference]
  package var lateralViews: [LateralView]
  /// WHERE
  package var filter: Expression?
  package var groupBy: GroupBy?
  package var having: Expression?
  package var qualify: Expression?
  package var windows: [NamedWindow]
  @NodeSpan package var span: SourceSpan

  package init(
    hints: [Hint] = [], isDistinct: Bool = false, items: [SelectItem], from: [TableReference] = [],
    lateralViews: [LateralView] = [], filter: Expression? = nil, groupBy: GroupBy? = nil,
    having: Expression? = nil, qualify: Expression? = nil, windows: [NamedWindow] = [], span: SourceSpan
  ) {
    self.hints = hints
    self.isDistinct = isDistinct
    self.items = items
    self.from = from
    self.lateralViews = lateralViews
    self.filter = filter
    self.groupBy = groupBy
    self.having = having
    self.qualify = qualify
    self.windows = windows
    self.span = span
  }
}

/// `/*+ BROADCAST(t) */`
package struct Hint: Hashable, Sendable {
  package var name: Identifier
  package var arguments: [Expression]
}

/// `expression [AS alias]`; several aliases name the columns of a generator: `AS (key, value)`.
package struct SelectItem: Hashable, Sendable {
  package var expression: Expression
  package var aliases: [Identifier]

  package init(_ expression: Expression, aliases: [Identifier] = []) {
    self.expression = expression
    self.aliases = aliases
  }
}

/// GROUP BY. Hive's WITH ROLLUP, WITH CUBE and trailing GROUPING SETS become their standard elements.
package enum GroupBy: Hashable, Sendable {
  /// `GROUP BY ALL`: every select item without an aggregate.
  case all
  case elements([GroupingElement])
}

/// One item of GROUP BY.
package enum GroupingElement: Hashable, Sendable {
  case expression(Expression)
  /// Each inner list is one level: `ROLLUP (a, (b, c))`.
  case rollup([[Expression]])
  case cube([[Expression]])
  case groupingSets([GroupingSet])
}

/// An item of GROUPING SETS.
package indirect enum GroupingSet: Hashable, Sendable {
  case columns([Expression])
  case nested(GroupingElement)
}

/// `LATERAL VIEW [OUTER] function(...) table AS columns`
package struct LateralView: Hashable, Sendable {
  package var isOuter: Bool
  package var function: QualifiedName
  package var arguments: [FunctionArgument]
  package var table: Identifier
  /// Empty where the generator's own names hold.
  package var columns: [Identifier]
  @NodeSpan package var span: SourceSpan
}
