package import LakeDiagnostics

/// A data type as written.
package struct TypeName: Hashable, Sendable {
  package var kind: TypeNameKind
  @NodeSpan package var span: SourceSpan

  package init(_ kind: TypeNameKind, span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

/// The forms of a type name.
package indirect enum TypeNameKind: Hashable, Sendable {
  /// A type without parts, in lower case: `bigint`, `decimal` with `[10, 2]`, `varchar` with `[20]`.
  ///
  /// Spellings of several words are one name: `timestamp_ntz` for TIMESTAMP WITHOUT TIME ZONE,
  /// `timestamp_ltz` for TIMESTAMP WITH LOCAL TIME ZONE, `double` for DOUBLE PRECISION.
  case simple(String, parameters: [Int])
  case array(TypeName)
  case map(key: TypeName, value: TypeName)
  case `struct`([StructFieldName])
  /// `INTERVAL DAY TO SECOND`, `INTERVAL MONTH`.
  case interval(from: IntervalUnit, to: IntervalUnit?)
}

/// A field in `struct<name: type NOT NULL COMMENT 'text'>`.
package struct StructFieldName: Hashable, Sendable {
  package var name: Identifier
  package var type: TypeName
  package var isNotNull: Bool
  package var comment: String?
  @NodeSpan package var span: SourceSpan
}
