package import LakeDiagnostics

/// A call of a scalar, aggregate, window or generator function.
package struct FunctionCall: Hashable, Sendable {
  package enum NullTreatment: String, Hashable, Sendable, CaseIterable {
    case ignore = "IGNORE"
    case respect = "RESPECT"
  }

  package var name: QualifiedName
  /// `count(*)` has one argument, a star.
  package var arguments: [FunctionArgument]
  package var isDistinct: Bool
  /// `WITHIN GROUP (ORDER BY ...)`
  package var withinGroup: [SortItem]
  /// `FILTER (WHERE ...)`
  package var filter: Expression?
  /// IGNORE NULLS or RESPECT NULLS, inside or behind the parentheses.
  package var nulls: NullTreatment?
  package var over: WindowReference?

  package init(
    name: QualifiedName, arguments: [FunctionArgument], isDistinct: Bool = false,
    withinGroup: [SortItem] = [], filter: Expression? = nil, nulls: NullTreatment? = nil,
    over: WindowReference? = nil
  ) {
    self.name = name
    self.arguments = arguments
    self.isDistinct = isDistinct
    self.withinGroup = withinGroup
    self.filter = filter
    self.nulls = nulls
    self.over = over
  }
}

/// An argument: `value`, `name => value`, or (in `struct(...)` and row constructors) `value AS alias`.
package struct FunctionArgument: Hashable, Sendable {
  package var name: Identifier?
  package var value: Expression
  package var alias: Identifier?

  package init(name: Identifier? = nil, value: Expression, alias: Identifier? = nil) {
    self.name = name
    self.value = value
    self.alias = alias
  }
}

/// What follows OVER.
package enum WindowReference: Hashable, Sendable {
  case named(Identifier)
  case specification(WindowSpecification)
}

/// `([base] PARTITION BY ... ORDER BY ... frame)`; DISTRIBUTE BY, SORT BY, CLUSTER BY mean the same.
package struct WindowSpecification: Hashable, Sendable {
  /// A named window that this one starts from.
  package var base: Identifier?
  package var partitionBy: [Expression]
  package var orderBy: [SortItem]
  package var frame: WindowFrame?
  @NodeSpan package var span: SourceSpan
}

/// `ROWS BETWEEN start AND end`; a single bound has been completed with CURRENT ROW.
package struct WindowFrame: Hashable, Sendable {
  package enum Unit: String, Hashable, Sendable, CaseIterable {
    case rows = "ROWS"
    case range = "RANGE"
    case groups = "GROUPS"
  }

  package enum Bound: Hashable, Sendable {
    case unboundedPreceding
    case preceding(Expression)
    case currentRow
    case following(Expression)
    case unboundedFollowing
  }

  package var unit: Unit
  package var start: Bound
  package var end: Bound
  @NodeSpan package var span: SourceSpan
}

/// `WINDOW name AS (...)`
package struct NamedWindow: Hashable, Sendable {
  package var name: Identifier
  package var window: WindowReference
}

/// `expression [ASC | DESC] [NULLS FIRST | LAST]`
package struct SortItem: Hashable, Sendable {
  package enum NullOrder: String, Hashable, Sendable, CaseIterable {
    case first = "FIRST"
    case last = "LAST"
  }

  package var expression: Expression
  package var isDescending: Bool
  /// Nil where not written: first when ascending, last when descending.
  package var nulls: NullOrder?

  package init(_ expression: Expression, isDescending: Bool = false, nulls: NullOrder? = nil) {
    self.expression = expression
    self.isDescending = isDescending
    self.nulls = nulls
  }
}
