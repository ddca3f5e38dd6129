import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension HigherOrderFunctions {
  static let aggregateOverload: @Sendable ([FunctionArgument]) throws(QueryError) -> ScalarOverload = {
    (arguments) throws(QueryError) in
    try check("aggregate", arguments, values: 2, lambdas: 1...2)
    _ = try ArgumentCheck.element("aggregate", arguments, 0)
    let state = arguments[1].type
    guard TypeCoercion.canStore(arguments[2].type, as: state) else {
      throw ArgumentCheck.mismatch("aggregate", 2, expected: "a lambda that yields \(state)", arguments[2].type)
    }
    let result = arguments.count == 4 ? arguments[3].type : state
    let types = [arguments[0].type, state, state] + (arguments.count == 4 ? [result] : [])
    return ScalarOverload(types, result) { (call) throws(QueryError) in try fold(call, state) }
  }

  /// Folds position by position: one evaluation adds the k-th elements of all arrays that long.
  private static func fold(_ call: KernelCall, _ state: LogicalType) throws(QueryError) -> Vector {
    let lists = call.lists(0)
    let builder = FoldResult(state, count: call.count)
    var rows: [UInt32] = []
    for row in 0..<call.count where call.arguments[0].isValid(row) { rows.append(UInt32(truncatingIfNeeded: row)) }
    var states = call.arguments[1].gathered(rows, count: rows.count).flattened()
    var position = 0
    while !rows.isEmpty {
      let going = rows.indices.filter { lists.range(Int(rows[$0])).count > position }
      if going.count < rows.count {
        for index in rows.indices where lists.range(Int(rows[index])).count == position {
          builder.set(Int(rows[index]), states, index)
        }
        let kept = going.map { UInt32(truncatingIfNeeded: $0) }
        states = states.gathered(kept, count: kept.count).flattened()
        rows = going.map { rows[$0] }
      }
      if rows.isEmpty { break }
      let elements = rows.map { UInt32(truncatingIfNeeded: lists.range(Int($0)).lowerBound + position) }
      let column = lists.elements.gathered(elements, count: elements.count).flattened()
      states = try call.lambda(0).evaluate([states, column], rows, rows.count).flattened()
      position += 1
    }
    return try finish(call, builder.vector())
  }

  private static func finish(_ call: KernelCall, _ states: Vector) throws(QueryError) -> Vector {
    guard call.lambdas.count == 2 else { return masked(states, by: call.arguments[0], call.count) }
    let rows = (0..<call.count).map { UInt32(truncatingIfNeeded: $0) }
    let results = try call.lambda(1).evaluate([states], rows, call.count).flattened()
    return masked(results, by: call.arguments[0], call.count)
  }

  /// The vector, NULL also where the array is.
  private static func masked(_ vector: Vector, by array: Vector, _ count: Int) -> Vector {
    if array.isConstant { return array.isConstantNull ? .allNull(vector.type, count: count) : vector }
    return vector.masked(ValidityMask.and(vector.validity, array.validity, count: count))
  }

  /// Collects the rows' last states, which come in any order.
  private final class FoldResult {
    private let type: LogicalType
    private var places: [(vector: Vector, row: Int)?]

    init(_ type: LogicalType, count: Int) {
      self.type = type
      places = Array(repeating: nil, count: count)
    }

    func set(_ row: Int, _ vector: Vector, _ source: Int) { places[row] = (vector, source) }

    func vector() -> Vector {
      let builder = VectorBuilder(type, capacity: places.count)
      for place in places {
        if let place { builder.append(place.vector, row: place.row) } else { builder.appendNull() }
      }
      return builder.finish()
    }
  }
}
