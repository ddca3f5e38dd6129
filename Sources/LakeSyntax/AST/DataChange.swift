package import LakeDiagnostics

/// `INSERT INTO | OVERWRITE target query`. A WITH before INSERT has moved into the query.
package struct Insert: Hashable, Sendable {
  package var target: InsertTarget
  package var query: Query
}

/// The table of an INSERT and what happens to its rows.
package struct InsertTarget: Hashable, Sendable {
  package enum Mode: Hashable, Sendable {
    case into
    case overwrite
    /// `INSERT INTO t REPLACE WHERE condition`
    case replaceWhere(Expression)
  }

  package var mode: Mode
  package var table: QualifiedName
  package var partition: PartitionSpec?
  /// OVERWRITE ... PARTITION ... IF NOT EXISTS
  package var ifNotExists: Bool
  /// Empty where no list was written.
  package var columns: [Identifier]
  package var isByName: Bool
  @NodeSpan package var span: SourceSpan

  package init(
    mode: Mode, table: QualifiedName, partition: PartitionSpec? = nil, ifNotExists: Bool = false,
    columns: [Identifier] = [], isByName: Bool = false, span: SourceSpan
  ) {
    self.mode = mode
    self.table = table
    self.partition = partition
    self.ifNotExists = ifNotExists
    self.columns = columns
    self.isByName = isByName
    self.span = span
  }
}

/// `FROM source INSERT ... SELECT ... INSERT ... SELECT ...`
package struct MultiInsert: Hashable, Sendable {
  package var with: With?
  package var from: [TableReference]
  package var lateralViews: [LateralView]
  /// The body of each query is a SELECT whose own `from` is empty: its rows are the shared source.
  package var inserts: [Insert]
}

/// `MERGE INTO target USING source ON condition WHEN ...`
package struct Merge: Hashable, Sendable {
  package var with: With?
  package var target: QualifiedName
  package var alias: TableAlias?
  package var source: TableReference
  package var condition: Expression
  package var clauses: [MergeClause]
}

/// `WHEN [NOT] MATCHED [BY SOURCE] [AND condition] THEN action`
package struct MergeClause: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case matched = "MATCHED"
    /// NOT MATCHED [BY TARGET]
    case notMatched = "NOT MATCHED"
    case notMatchedBySource = "NOT MATCHED BY SOURCE"
  }

  package enum Action: Hashable, Sendable {
    /// `UPDATE SET *`
    case updateAll
    case update([Assignment])
    case delete
    /// `INSERT *`
    case insertAll
    /// No columns: Hive's `INSERT VALUES (...)`, in the order of the table.
    case insert(columns: [QualifiedName], values: [Expression])
  }

  package var kind: Kind
  package var condition: Expression?
  package var action: Action
  @NodeSpan package var span: SourceSpan
}

/// `column = value`
package struct Assignment: Hashable, Sendable {
  package var column: QualifiedName
  package var value: Expression
}

/// `UPDATE table SET ... WHERE ...`
package struct Update: Hashable, Sendable {
  package var with: With?
  package var table: QualifiedName
  package var alias: TableAlias?
  package var assignments: [Assignment]
  package var filter: Expression?
}

/// `DELETE FROM table WHERE ...`
package struct Delete: Hashable, Sendable {
  package var with: With?
  package var table: QualifiedName
  package var alias: TableAlias?
  package var filter: Expression?

  package init(with: With? = nil, table: QualifiedName, alias: TableAlias? = nil, filter: Expression?) {
    self.with = with
    self.table = table
    self.alias = alias
    self.filter = filter
  }
}
