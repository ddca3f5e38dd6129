import LakeTypes

/// One column, or part of a nested column, of a file's schema, with what its levels mean.
final class ColumnNode: Sendable {
  indirect enum Shape: Sendable {
    case leaf(LeafType, index: Int)
    case structure([ColumnNode])
    /// `entryDefinition` is the definition level from which on the list has an entry.
    case list(entryDefinition: Int, element: ColumnNode)
    case map(entryDefinition: Int, key: ColumnNode, value: ColumnNode)
  }

  let name: String
  let fieldID: Int?
  let isNullable: Bool
  /// The definition level at which a value is not NULL.
  let definition: Int
  /// The repetition level of the node's slots: an entry with a higher one continues a slot.
  let repetition: Int
  /// The definition level from which on there is a slot at all: that of the list entry around it.
  let slotDefinition: Int
  let shape: Shape
  let type: LogicalType
  /// Some leaf below the node; its levels describe the node too.
  let firstLeaf: Int

  init(_ element: SchemaElement, isNullable: Bool, levels: Levels, shape: Shape, type: LogicalType, firstLeaf: Int) {
    name = element.name
    fieldID = element.fieldID
    self.isNullable = isNullable
    definition = levels.definition
    repetition = levels.repetition
    slotDefinition = levels.slot
    self.shape = shape
    self.type = type
    self.firstLeaf = firstLeaf
  }

  /// The levels in force at a node.
  struct Levels {
    var definition = 0
    var repetition = 0
    var slot = 0
  }

  var field: Field { Field(name, type, isNullable: isNullable, fieldID: fieldID) }

  /// Whether the node is a leaf.
  var isLeaf: Bool { if case .leaf = shape { true } else { false } }
}

/// A leaf column as the file stores it.
struct LeafColumn: Sendable {
  var path: [String]
  var type: LeafType
  var maxDefinition: Int
  var maxRepetition: Int
}
