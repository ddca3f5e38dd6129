import LakeDiagnostics
import LakeTypes

/// The names that expressions of one query level can see; the level outside is `parent`.
final class Scope {
  struct Column {
    /// The table's name parts, such as `["gold", "profit"]` or `["p"]`; empty if it has none.
    var qualifier: [String]
    var name: String
    var output: OutputColumn
    /// Seen only with its qualifier: the side of a USING join that the merged column stands for.
    var isHidden = false
    /// File and position of a row: not part of `*`.
    var isMetadata = false
  }

  var columns: [Column]
  let parent: Scope?

  init(_ columns: [Column] = [], parent: Scope?) {
    self.columns = columns
    self.parent = parent
  }

  convenience init(plan: LogicalPlan, qualifier: [String], parent: Scope?) {
    self.init(
      plan.columns.map { Column(qualifier: qualifier, name: $0.name, output: $0) }, parent: parent)
  }

  /// The columns that `*` or `qualifier.*` stands for.
  func starColumns(_ qualifier: [String]) -> [Column] {
    columns.filter { column in
      if column.isMetadata { return false }
      return qualifier.isEmpty ? !column.isHidden : Self.matches(column.qualifier, qualifier)
    }
  }

  /// What a dotted name means at this level: a column and how many parts are left for its fields.
  func resolve(_ parts: [String]) throws(QueryError) -> (column: Column, used: Int)? {
    for qualifierCount in stride(from: min(parts.count - 1, 3), through: 0, by: -1) {
      let qualifier = Array(parts[..<qualifierCount])
      let found = candidates(qualifier, parts[qualifierCount])
      if found.count > 1 { throw Self.ambiguous(parts, found) }
      if let column = found.first { return (column, qualifierCount + 1) }
    }
    return nil
  }

  private func candidates(_ qualifier: [String], _ name: String) -> [Column] {
    let wanted = name.lowercased()
    let all = columns.filter { $0.name.lowercased() == wanted }
    if qualifier.isEmpty {
      let visible = all.filter { !$0.isHidden }
      let unique = Set(visible.map(\.output.id))
      return unique.count == 1 ? Array(visible.prefix(1)) : visible
    }
    return all.filter { Self.matches($0.qualifier, qualifier) }
  }

  /// Whether a table `a.b.c` can be called by `wanted`: by any number of its last parts.
  private static func matches(_ qualifier: [String], _ wanted: [String]) -> Bool {
    guard wanted.count <= qualifier.count else { return false }
    return zip(qualifier.suffix(wanted.count), wanted).allSatisfy { $0.lowercased() == $1.lowercased() }
  }

  private static func ambiguous(_ parts: [String], _ found: [Column]) -> QueryError {
    let owners = found.map { ($0.qualifier + [$0.name]).joined(separator: ".") }.joined(separator: ", ")
    return QueryError(
      .ambiguousReference, .bind, "\(parts.joined(separator: ".")) is ambiguous: it could be \(owners)",
      hint: "write the table's name or alias before the column")
  }

  /// Every name that can be written here, for hints.
  var visibleNames: [String] {
    columns.filter { !$0.isMetadata }.flatMap { column -> [String] in
      column.qualifier.isEmpty
        ? [column.name] : [column.name, (column.qualifier.suffix(1) + [column.name]).joined(separator: ".")]
    } + (parent?.visibleNames ?? [])
  }
}
