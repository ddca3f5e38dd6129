package import LakeDiagnostics

/// Something that rows come from, in FROM or USING.
package struct TableReference: Hashable, Sendable {
  package var kind: TableReferenceKind
  package var sample: TableSample?
  package var alias: TableAlias?
  @NodeSpan package var span: SourceSpan

  package init(
    _ kind: TableReferenceKind, sample: TableSample? = nil, alias: TableAlias? = nil, span: SourceSpan
  ) {
    self.kind = kind
    self.sample = sample
    self.alias = alias
    self.span = span
  }
}

/// The forms of a table reference.
package indirect enum TableReferenceKind: Hashable, Sendable {
  /// A table, view, common table, or a file as `` format.`path` ``.
  case named(QualifiedName, version: TimeTravel?)
  /// `read_files('glob', format => 'csv')`, `range(10)`
  case function(TableFunction)
  case subquery(Query, isLateral: Bool)
  /// An inline table.
  case values(Values)
  /// Joins from left to right. `rest` is empty only for a reference in parentheses with a second alias.
  case joined(first: TableReference, rest: [Join])
}

/// A join with the table to its right.
package struct Join: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case inner = "INNER"
    case left = "LEFT"
    case right = "RIGHT"
    case full = "FULL"
    case cross = "CROSS"
    case leftSemi = "LEFT SEMI"
    case leftAnti = "LEFT ANTI"
  }

  package enum Condition: Hashable, Sendable {
    /// Nothing was written: every pair of rows.
    case none
    case on(Expression)
    case using([Identifier])
    case natural
  }

  package var kind: Kind
  package var table: TableReference
  package var condition: Condition
  /// The place of the join's keywords.
  @NodeSpan package var span: SourceSpan

  package init(kind: Kind, table: TableReference, condition: Condition, span: SourceSpan) {
    self.kind = kind
    self.table = table
    self.condition = condition
    self.span = span
  }
}

/// `[AS] name (columns)`
package struct TableAlias: Hashable, Sendable {
  package var name: Identifier
  package var columns: [Identifier]

  package init(_ name: Identifier, columns: [Identifier] = []) {
    self.name = name
    self.columns = columns
  }
}

/// A call in FROM.
package struct TableFunction: Hashable, Sendable {
  package var name: QualifiedName
  package var arguments: [FunctionArgument]
  package var isLateral: Bool
}

/// `VERSION AS OF x`, `TIMESTAMP AS OF x`; `FOR SYSTEM_VERSION`, `FOR SYSTEM_TIME` mean the same.
package enum TimeTravel: Hashable, Sendable {
  case version(Expression)
  case timestamp(Expression)
}

/// `TABLESAMPLE (...)`
package struct TableSample: Hashable, Sendable {
  package enum Method: Hashable, Sendable {
    case percent(Expression)
    case rows(Expression)
    case bucket(Int, outOf: Int)
  }

  package var method: Method
}
