import LakeTypes

/// Builds the tree of columns from the footer's flat list of schema elements.
///
/// Lists and maps follow the rules of "Nested Types" in parquet-format's LogicalTypes.md, the
/// backward-compatible layouts included.
struct SchemaBuilder {
  private let elements: [SchemaElement]
  private var position = 0
  private(set) var leaves: [LeafColumn] = []
  private static let maxDepth = 64

  /// A schema element with its children.
  private struct Element {
    let element: SchemaElement
    let children: [Element]
    let leaf: Int?
    let firstLeaf: Int
  }

  init(_ elements: [SchemaElement]) { self.elements = elements }

  /// Returns the top-level columns; `leaves` is complete afterwards.
  mutating func build() throws(FormatFault) -> [ColumnNode] {
    guard !elements.isEmpty else { throw .corrupt("the schema is empty") }
    let root = try subtree(path: [], definition: 0, repetition: 0)
    guard position == elements.count, root.leaf == nil else { throw .corrupt("the schema is not one tree") }
    var nodes: [ColumnNode] = []
    for child in root.children { nodes.append(try node(child, ColumnNode.Levels())) }
    return nodes
  }

  /// Takes an element and its descendants off the list.
  private mutating func subtree(path: [String], definition: Int, repetition: Int) throws(FormatFault) -> Element {
    guard position < elements.count else { throw .corrupt("the schema ends early") }
    guard path.count < Self.maxDepth else { throw .unsupported("its schema is nested too deeply") }
    let element = elements[position]
    let isRoot = position == 0
    position += 1
    if element.childCount == 0, let kind = element.kind, !isRoot {
      let leaf = LeafColumn(
        path: path, type: try LeafType(element, kind: kind), maxDefinition: definition, maxRepetition: repetition)
      leaves.append(leaf)
      return Element(element: element, children: [], leaf: leaves.count - 1, firstLeaf: leaves.count - 1)
    }
    guard isRoot || element.childCount > 0 else {
      throw .unsupported("its column \(element.name) is a group without fields")
    }
    let first = leaves.count
    var children: [Element] = []
    for _ in 0..<element.childCount {
      guard position < elements.count else { throw .corrupt("the schema ends early") }
      let next = elements[position]
      children.append(
        try subtree(
          path: path + [next.name], definition: definition + (next.repetition == .required ? 0 : 1),
          repetition: repetition + (next.repetition == .repeated ? 1 : 0)))
    }
    return Element(element: element, children: children, leaf: nil, firstLeaf: first)
  }

  /// The node of an element, given the levels around it.
  private func node(_ item: Element, _ outer: ColumnNode.Levels) throws(FormatFault) -> ColumnNode {
    if item.element.repetition == .repeated { return try bareList(item, outer) }
    var levels = outer
    if item.element.repetition == .optional { levels.definition += 1 }
    return try value(item, levels, isNullable: item.element.repetition == .optional)
  }

  /// The node of an element whose own repetition is accounted for in the levels.
  private func value(
    _ item: Element, _ levels: ColumnNode.Levels, isNullable: Bool
  ) throws(FormatFault) -> ColumnNode {
    if let leaf = item.leaf {
      let type = leaves[leaf].type
      return make(item, levels, isNullable, .leaf(type, index: leaf), type.type)
    }
    switch item.element.annotation {
    case .list where item.children.count == 1 && item.children[0].element.repetition == .repeated:
      return try list(item, levels, isNullable)
    case .map where Self.isMap(item, parts: 2): return try map(item, levels, isNullable)
    // Without values it is a set of its keys.
    case .map where Self.isMap(item, parts: 1): return try list(item, levels, isNullable)
    default: return try structure(item, levels, isNullable)
    }
  }

  private func make(
    _ item: Element, _ levels: ColumnNode.Levels, _ isNullable: Bool, _ shape: ColumnNode.Shape, _ type: LogicalType
  ) -> ColumnNode {
    ColumnNode(
      item.element, isNullable: isNullable, levels: levels, shape: shape, type: type, firstLeaf: item.firstLeaf)
  }

  private func structure(
    _ item: Element, _ levels: ColumnNode.Levels, _ isNullable: Bool
  ) throws(FormatFault) -> ColumnNode {
    var parts: [ColumnNode] = []
    for child in item.children { parts.append(try node(child, levels)) }
    return make(item, levels, isNullable, .structure(parts), .struct(parts.map(\.field)))
  }

  /// The levels of the entries of a list or map at the given levels.
  private static func entry(_ levels: ColumnNode.Levels) -> ColumnNode.Levels {
    ColumnNode.Levels(
      definition: levels.definition + 1, repetition: levels.repetition + 1, slot: levels.definition + 1)
  }

  private func list(
    _ item: Element, _ levels: ColumnNode.Levels, _ isNullable: Bool
  ) throws(FormatFault) -> ColumnNode {
    let repeated = item.children[0]
    let inner = Self.entry(levels)
    let element =
      Self.isElementItself(repeated, listName: item.element.name)
      ? try value(repeated, inner, isNullable: false)
      : try node(repeated.children[0], inner)
    return make(
      item, levels, isNullable, .list(entryDefinition: inner.definition, element: element),
      .array(element: element.type, containsNull: element.isNullable))
  }

  /// Whether the repeated element of a list is the list's element (the two-level layouts) and not a wrapper.
  private static func isElementItself(_ repeated: Element, listName: String) -> Bool {
    if repeated.leaf != nil || repeated.children.count != 1 { return true }
    if repeated.children[0].element.repetition == .repeated { return true }
    let name = repeated.element.name
    return name == "array" || name == listName + "_tuple"
  }

  /// A repeated element outside of a list: a list of required elements.
  private func bareList(_ item: Element, _ outer: ColumnNode.Levels) throws(FormatFault) -> ColumnNode {
    let inner = Self.entry(outer)
    let element = try value(item, inner, isNullable: false)
    return make(
      item, outer, false, .list(entryDefinition: inner.definition, element: element),
      .array(element: element.type, containsNull: false))
  }

  private static func isMap(_ item: Element, parts: Int) -> Bool {
    guard item.children.count == 1 else { return false }
    let entries = item.children[0]
    return entries.element.repetition == .repeated && entries.children.count == parts
  }

  private func map(
    _ item: Element, _ levels: ColumnNode.Levels, _ isNullable: Bool
  ) throws(FormatFault) -> ColumnNode {
    let inner = Self.entry(levels)
    let key = try node(item.children[0].children[0], inner)
    let value = try node(item.children[0].children[1], inner)
    return make(
      item, levels, isNullable, .map(entryDefinition: inner.definition, key: key, value: value),
      .map(key: key.type, value: value.type, valueContainsNull: value.isNullable))
  }
}
