package import LakeDiagnostics

/// A name as it was written, without its backticks.
///
/// Equality compares the exact spelling; whether it was quoted is left out.
package struct Identifier: Hashable, Sendable {
  package var name: String
  /// Whether it stood in backticks: then it never means a keyword or a parameterless function.
  package var isQuoted: Bool
  @NodeSpan package var span: SourceSpan

  package init(_ name: String, isQuoted: Bool = false, span: SourceSpan) {
    self.name = name
    self.isQuoted = isQuoted
    self.span = span
  }

  package static func == (left: Identifier, right: Identifier) -> Bool { left.name == right.name }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A name with its qualifiers: `catalog.database.table`, at least one part.
package struct QualifiedName: Hashable, Sendable {
  package var parts: [Identifier]
  @NodeSpan package var span: SourceSpan

  package init(_ parts: [Identifier], span: SourceSpan) {
    self.parts = parts
    self.span = span
  }

  /// The last part, which names the object itself.
  package var last: Identifier { parts[parts.count - 1] }

  /// The parts joined by dots, unquoted: for messages.
  package var text: String { parts.map(\.name).joined(separator: ".") }
}
