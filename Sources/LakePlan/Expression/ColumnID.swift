import Synchronization

package import LakeTypes

/// Names one column of one plan node, wherever it flows; a column keeps its id through filters, joins and sorts.
package struct ColumnID: Hashable, Sendable {
  package let number: Int

  private init(number: Int) { self.number = number }

  private static let last = Atomic<Int>(0)

  /// An id that no other column of the process has.
  package static func fresh() -> ColumnID {
    ColumnID(number: last.wrappingAdd(1, ordering: .relaxed).newValue)
  }
}

/// A column that a plan node yields.
package struct OutputColumn: Hashable, Sendable {
  package var id: ColumnID
  package var name: String
  package var type: LogicalType
  package var isNullable: Bool

  package init(id: ColumnID = .fresh(), name: String, type: LogicalType, isNullable: Bool = true) {
    self.id = id
    self.name = name
    self.type = type
    self.isNullable = isNullable
  }

  package var field: Field { Field(name, type, isNullable: isNullable) }
}
