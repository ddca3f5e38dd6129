import LakeColumnar
import LakeTypes

/// How a wanted field is made of the columns of a file.
indirect enum ReadPlan: Sendable {
  /// The file lacks it: every value is the field's default, or NULL.
  case missing(LogicalType, Literal)
  case leaf(ColumnNode, index: Int, LogicalType)
  case structure(ColumnNode, [ReadPlan], LogicalType)
  case list(ColumnNode, element: ReadPlan, LogicalType)
  case map(ColumnNode, key: ReadPlan, value: ReadPlan, LogicalType)

  /// Whether this is a column of a file's top level without parts.
  var isFlat: Bool {
    if case .leaf(let node, _, _) = self { return node.repetition == 0 && node.definition <= 1 }
    return false
  }

  /// A field of the plan's column, or of structs in it: itself a column without lists, or nothing that predicates can
  /// be decided by.
  enum Target {
    /// Every row has this value; NULL where a struct around it is NULL.
    case missing(Literal)
    case leaf(LeafType, index: Int, LogicalType)
  }

  /// Follows a predicate's path; nil where it leads to no leaf, or into a list.
  func target(_ path: ArraySlice<Int>) -> Target? {
    switch self {
    case .missing(_, let value): return path.isEmpty || value.isNull ? .missing(value) : nil
    case .leaf(let node, let index, let type):
      guard path.isEmpty, node.repetition == 0, case .leaf(let leaf, _) = node.shape else { return nil }
      return .leaf(leaf, index: index, type)
    case .structure(_, let parts, _):
      guard let first = path.first, parts.indices.contains(first) else { return nil }
      let target = parts[first].target(path.dropFirst())
      // A struct around it may be NULL, so that the value is not that of every row.
      if case .missing(let value)? = target, !value.isNull { return nil }
      return target
    case .list, .map: return nil
    }
  }

  /// The leaves that are read, with the type each is read as.
  var leaves: [(index: Int, type: LogicalType)] {
    switch self {
    case .missing: []
    case .leaf(_, let index, let type): [(index, type)]
    case .structure(_, let parts, _): parts.flatMap(\.leaves)
    case .list(_, let element, _): element.leaves
    case .map(_, let key, let value, _): key.leaves + value.leaves
    }
  }

  /// The innermost nodes whose parts are all missing, and which need some leaf's levels all the same.
  var hollowNodes: [ColumnNode] {
    switch self {
    case .missing, .leaf: []
    case .structure(let node, let parts, _): hollow(node, parts.flatMap(\.hollowNodes))
    case .list(let node, let element, _): hollow(node, element.hollowNodes)
    case .map(let node, let key, let value, _): hollow(node, key.hollowNodes + value.hollowNodes)
    }
  }

  private func hollow(_ node: ColumnNode, _ below: [ColumnNode]) -> [ColumnNode] {
    below.isEmpty && leaves.isEmpty ? [node] : below
  }

  /// A leaf that is read and whose levels describe the plan's node.
  func levelLeaf(of node: ColumnNode) -> Int {
    leaves.first?.index ?? hollowNodes.first?.firstLeaf ?? node.firstLeaf
  }
}

/// Finds the columns of a file that wanted fields mean.
struct ColumnMatcher {
  let columns: [ColumnNode]
  let leaves: [LeafColumn]
  let matching: ParquetReadRequest.Matching

  /// Plans the reading of the wanted field at a position.
  func plan(
    _ field: Field, at position: Int, _ selection: FieldSelection = .whole
  ) throws(FormatFault) -> ReadPlan {
    guard let node = try find(field, at: position, among: columns) else { return Self.missing(field) }
    return try plan(field.type, node, selection)
  }

  private static func missing(_ field: Field) -> ReadPlan { .missing(field.type, field.initialDefault ?? .null) }

  private func find(_ field: Field, at position: Int, among nodes: [ColumnNode]) throws(FormatFault) -> ColumnNode? {
    switch matching {
    case .fieldID:
      guard let id = field.fieldID else { return nil }
      return nodes.first { $0.fieldID == id }
    case .position: return position < nodes.count ? nodes[position] : nil
    case .name:
      if let exact = try only(field.name, nodes.filter { $0.name == field.name }) { return exact }
      let wanted = field.name.lowercased()
      return try only(field.name, nodes.filter { $0.name.lowercased() == wanted })
    }
  }

  /// The one of the columns that a name may mean.
  private func only(_ name: String, _ found: [ColumnNode]) throws(FormatFault) -> ColumnNode? {
    guard found.count < 2 else { throw .unsupported("several of its columns are named \(name)") }
    return found.first
  }

  private func plan(
    _ type: LogicalType, _ node: ColumnNode, _ selection: FieldSelection = .whole
  ) throws(FormatFault) -> ReadPlan {
    switch (type, node.shape) {
    case (.void, _): return .missing(type, .null)
    case (_, .leaf(let leaf, _)) where leaf.meaning == .unknown: return .missing(type, .null)
    case (.struct(let fields), .structure(let parts)):
      var plans: [ReadPlan] = []
      for (index, field) in fields.enumerated() {
        guard let inner = selection.field(index) else {
          plans.append(.missing(field.type, .null))
          continue
        }
        guard let part = try find(field, at: index, among: parts) else {
          plans.append(Self.missing(field))
          continue
        }
        plans.append(try plan(field.type, part, inner))
      }
      return .structure(node, plans, type)
    case (.array(let element, _), .list(_, let inner)):
      return .list(node, element: try plan(element, inner), type)
    case (.map(let key, let value, _), .map(_, let keyNode, let valueNode)):
      return .map(node, key: try plan(key, keyNode), value: try plan(value, valueNode), type)
    case (_, .leaf(let leaf, let index)) where !type.isNested:
      do throws(FormatFault) {
        _ = try ValueConversion.plan(leaf, to: type)
      } catch {
        throw .mismatch("column \(leaves[index].path.joined(separator: ".")): \(error.message)")
      }
      return .leaf(node, index: index, type)
    default:
      throw .mismatch("column \(node.name): the file holds \(node.type), which can't be read as \(type)")
    }
  }
}
