/// Which parts of a column a scan must yield. Fields of structs that are left out may be NULL in the batches: nothing
/// looks at them.
package indirect enum FieldSelection: Hashable, Sendable {
  case whole
  /// Of a struct: whether it is NULL, and these of its fields by position.
  case fields([Int: FieldSelection])

  /// Nothing but whether the value is NULL.
  package static let presence = FieldSelection.fields([:])

  /// The field that a path leads to, with all its parts.
  package init(path: ArraySlice<Int>, leaf: FieldSelection = .whole) {
    self = path.first.map { .fields([$0: FieldSelection(path: path.dropFirst(), leaf: leaf)]) } ?? leaf
  }

  /// What either asks for.
  package func union(_ other: FieldSelection) -> FieldSelection {
    guard case .fields(let mine) = self, case .fields(let theirs) = other else { return .whole }
    return .fields(mine.merging(theirs) { $0.union($1) })
  }

  /// What is asked for of a struct's field; nil if it is not needed.
  package func field(_ index: Int) -> FieldSelection? {
    switch self {
    case .whole: .whole
    case .fields(let fields): fields[index]
    }
  }
}
