package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// An aggregate function: usable with GROUP BY and, framed, with OVER.
package struct AggregateFunction: Sendable {
  package var name: String
  package var aliases: [String] = []
  package var signature: String
  package var summary: String
  package var example: String
  /// Whether DISTINCT changes the result (false: min, max, bool_and, ...).
  package var isAffectedByDuplicates = true
  /// Picks the overload; `count(*)` has no arguments.
  package var resolve: @Sendable ([FunctionArgument]) throws(QueryError) -> AggregateOverload
}

/// An aggregate bound to argument types.
package struct AggregateOverload: Sendable {
  package var argumentTypes: [LogicalType]
  package var returnType: LogicalType
  /// The result is never NULL (count).
  package var isNeverNull: Bool
  package var makeAccumulator: @Sendable (EvaluationContext) -> any Accumulator

  package init(
    _ argumentTypes: [LogicalType], _ returnType: LogicalType, isNeverNull: Bool = false,
    makeAccumulator: @escaping @Sendable (EvaluationContext) -> any Accumulator
  ) {
    self.argumentTypes = argumentTypes
    self.returnType = returnType
    self.isNeverNull = isNeverNull
    self.makeAccumulator = makeAccumulator
  }
}

/// The states of one aggregate for many groups; used by one thread at a time.
///
/// States are stored by column in raw memory, not as objects per group.
package protocol Accumulator: AnyObject {
  /// Makes room for groups `0 ..< count`; new ones start empty. Never shrinks.
  func resize(groupCount: Int)
  /// Adds rows to groups: row `i` of the arguments (flat, constant or dictionary vectors without selection) goes
  /// to group `groups[i]`.
  func update(groups: UnsafePointer<UInt32>, arguments: [Vector], count: Int) throws(QueryError)
  /// Adds all rows to group 0; the same as `update` with zeros, but fast.
  func updateSingleGroup(arguments: [Vector], count: Int) throws(QueryError)
  /// Adds the states of another accumulator of the same overload: its group `i` into `groups[i]`, for `count` groups.
  func merge(_ other: any Accumulator, groups: UnsafePointer<UInt32>, count: Int) throws(QueryError)
  /// The states of groups `start ..< start + count` as vectors, always of the same types, to be kept elsewhere.
  func states(from start: Int, count: Int) throws(QueryError) -> [Vector]
  /// Makes what `states` returned the states of groups `0 ..< count` of an accumulator that has none yet.
  func load(_ states: [Vector], count: Int) throws(QueryError)
  /// The results of groups `start ..< start + count`; states stay as they are.
  func results(from start: Int, count: Int) throws(QueryError) -> Vector
  /// Bytes held.
  var byteCount: Int { get }
}
