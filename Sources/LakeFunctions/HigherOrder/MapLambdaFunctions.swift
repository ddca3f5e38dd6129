import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension HigherOrderFunctions {
  /// Lambda parameters for a map's keys and values.
  private static let entryParameters: @Sendable ([LogicalType], Int, Int) throws(QueryError) -> [LogicalType] = {
    (types, _, count) throws(QueryError) in
    guard case .map(let key, let value, _)? = types.first, count == 2 else {
      throw QueryError(.datatypeMismatch, .bind, "the function takes a map and a lambda of two parameters")
    }
    return [key, value]
  }

  static let mapFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "map_filter", signature: "map_filter(map, (key, value) -> condition)",
      summary: "The entries for which the lambda is true.",
      example: "SELECT map_filter(map(1, 0, 2, 2), (k, v) -> k > v); -- {1 -> 0}", lambdaParameters: entryParameters,
      resolve: { (arguments) throws(QueryError) in
        try check("map_filter", arguments, values: 1, lambdas: 1...1)
        let type = arguments[0].type
        return ScalarOverload([type, .boolean], type) { (call) throws(QueryError) in
          let entries = LiveElements(call, 0)
          return entries.kept(type, try entries.evaluate(call.lambda(0), withIndex: false))
        }
      }),
    ScalarFunction(
      name: "transform_keys", signature: "transform_keys(map, (key, value) -> expr)",
      summary: "The map with the lambda's results as keys.",
      example: "SELECT transform_keys(map(1, 'a'), (k, v) -> k + 1); -- {2 -> a}", lambdaParameters: entryParameters,
      resolve: { (arguments) throws(QueryError) in
        try check("transform_keys", arguments, values: 1, lambdas: 1...1)
        let (_, value) = try ArgumentCheck.map("transform_keys", arguments, 0)
        let type = LogicalType.map(arguments[1].type, value)
        return ScalarOverload(arguments.map(\.type), type) { (call) throws(QueryError) in
          let entries = LiveElements(call, 0)
          let keys = try entries.evaluate(call.lambda(0), withIndex: false)
          return try CollectionFunctions.checked(entries.lists(type, [keys, entries.columns[1]]))
        }
      }),
    ScalarFunction(
      name: "transform_values", signature: "transform_values(map, (key, value) -> expr)",
      summary: "The map with the lambda's results as values.",
      example: "SELECT transform_values(map(1, 10), (k, v) -> k + v); -- {1 -> 11}",
      lambdaParameters: entryParameters,
      resolve: { (arguments) throws(QueryError) in
        try check("transform_values", arguments, values: 1, lambdas: 1...1)
        let (key, _) = try ArgumentCheck.map("transform_values", arguments, 0)
        let type = LogicalType.map(key, arguments[1].type)
        return ScalarOverload(arguments.map(\.type), type) { (call) throws(QueryError) in
          let entries = LiveElements(call, 0)
          let values = try entries.evaluate(call.lambda(0), withIndex: false)
          return entries.lists(type, [entries.columns[0], values])
        }
      }),
    ScalarFunction(
      name: "map_zip_with", signature: "map_zip_with(map1, map2, (key, value1, value2) -> expr)",
      summary: "For every key of either map the lambda's result; a map without the key gives NULL.",
      example: "SELECT map_zip_with(map(1, 'a'), map(1, 'x'), (k, a, b) -> concat(a, b)); -- {1 -> ax}",
      lambdaParameters: { (types, _, _) throws(QueryError) in
        guard types.count == 3, case .map(let key, let left, _) = types[0], case .map(_, let right, _) = types[1]
        else { throw QueryError(.datatypeMismatch, .bind, "map_zip_with takes two maps and a lambda") }
        return [key, left, right]
      },
      resolve: { (arguments) throws(QueryError) in
        try check("map_zip_with", arguments, values: 2, lambdas: 1...1)
        let (key, left) = try ArgumentCheck.map("map_zip_with", arguments, 0)
        let (_, right) = try ArgumentCheck.map("map_zip_with", arguments, 1)
        let type = LogicalType.map(key, arguments[2].type)
        return ScalarOverload([.map(key, left), .map(key, right), arguments[2].type], type) {
          (call) throws(QueryError) in try zipMaps(call, type)
        }
      }),
  ]

  private static func zipMaps(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let (left, right) = (call.lists(0), call.lists(1))
    let live = call.liveRows
    let keys = VectorBuilder(left.elements.type, capacity: call.count)
    var shape = ListPicks(rows: call.count)
    var leftRows = StateColumn<UInt32>(0)
    var rightRows = StateColumn<UInt32>(0)
    var outerRows = StateColumn<UInt32>(0)
    func add(_ source: Vector, _ key: Int, _ row: Int, _ a: Int?, _ b: Int?) {
      shape.pick(keys.count)
      keys.append(source, row: key)
      leftRows.append(a.map { UInt32(truncatingIfNeeded: $0) } ?? .max)
      rightRows.append(b.map { UInt32(truncatingIfNeeded: $0) } ?? .max)
      outerRows.append(UInt32(truncatingIfNeeded: row))
    }
    for row in 0..<call.count {
      if live.isValid(row) {
        for entry in left.range(row) {
          let match = right.range(row).first { RowComparison.compare(right.elements, $0, left.elements, entry) == 0 }
          add(left.elements, entry, row, entry, match)
        }
        for entry in right.range(row)
        where !left.range(row).contains(where: { RowComparison.compare(left.elements, $0, right.elements, entry) == 0 })
        { add(right.elements, entry, row, nil, entry) }
      }
      shape.close()
    }
    let count = outerRows.count
    let keyColumn = keys.finish()
    let parameters = [
      keyColumn, left.values.gatheredOrNull(leftRows.base, count: count).flattened(),
      right.values.gatheredOrNull(rightRows.base, count: count).flattened(),
    ]
    let results = try call.lambda(0).evaluate(parameters, UnsafePointer(outerRows.base), count).flattened()
    return shape.finish(type, from: [keyColumn, results])
  }
}
