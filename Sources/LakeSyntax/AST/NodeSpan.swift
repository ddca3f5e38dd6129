package import LakeDiagnostics

/// The place of a node in the statement's text; equality and hashing of nodes ignore it.
///
/// So two trees are equal when they mean the same text, wherever that text stood.
@propertyWrapper
package struct NodeSpan: Hashable, Sendable {
  package var wrappedValue: SourceSpan

  package init(wrappedValue: SourceSpan) {
    self.wrappedValue = wrappedValue
  }

  package static func == (left: NodeSpan, right: NodeSpan) -> Bool { true }

  package func hash(into hasher: inout Hasher) {}
}
