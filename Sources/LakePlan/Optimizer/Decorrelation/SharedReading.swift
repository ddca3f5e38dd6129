import LakeTypes

/// One reading of a shared plan, under column ids of its own.
struct SharedReading {
  let plan: LogicalPlan
  /// The shared plan's columns as this reading yields them.
  let columns: [OutputColumn]
  let renaming: [ColumnID: BoundExpression]

  init(_ shared: SharedPlan) {
    let inner = shared.plan.columns
    columns = inner.map { OutputColumn(name: $0.name, type: $0.type, isNullable: $0.isNullable) }
    renaming = Dictionary(zip(inner.map(\.id), columns.map { .column($0) })) { first, _ in first }
    plan = .shared(SharedNode(plan: shared, columns: columns))
  }
}
