import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The functions that take lambdas.
enum HigherOrderFunctions {
  static let all: [ScalarFunction] = arrayFunctions + mapFunctions

  /// Lambda parameters for an array's elements, with the index where the lambda takes two.
  private static let elementParameters: @Sendable ([LogicalType], Int, Int) throws(QueryError) -> [LogicalType] = {
    (types, _, count) throws(QueryError) in
    guard case .array(let element, _)? = types.first, count == 1 || count == 2 else {
      throw QueryError(.datatypeMismatch, .bind, "the function takes an array and a lambda of one or two parameters")
    }
    return count == 1 ? [element] : [element, .int]
  }

  static let arrayFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "transform", signature: "transform(array, x -> expr) | transform(array, (x, index) -> expr)",
      summary: "The array of the lambda's results.",
      example: "SELECT transform(array(1, 2, 3), x -> x + 1); -- [2, 3, 4]",
      lambdaParameters: elementParameters,
      resolve: { (arguments) throws(QueryError) in
        try check("transform", arguments, values: 1, lambdas: 1...1)
        let type = LogicalType.array(arguments[1].type)
        return ScalarOverload(arguments.map(\.type), type) { (call) throws(QueryError) in
          let elements = LiveElements(call, 0)
          return elements.lists(type, [try elements.evaluate(call.lambda(0), withIndex: true)])
        }
      }),
    ScalarFunction(
      name: "filter", signature: "filter(array, x -> condition) | filter(array, (x, index) -> condition)",
      summary: "The elements for which the lambda is true.",
      example: "SELECT filter(array(1, 2, 3), x -> x % 2 = 1); -- [1, 3]", lambdaParameters: elementParameters,
      resolve: { (arguments) throws(QueryError) in
        try check("filter", arguments, values: 1, lambdas: 1...1)
        let type = arguments[0].type
        return ScalarOverload([type, .boolean], type) { (call) throws(QueryError) in
          let elements = LiveElements(call, 0)
          let keeps = try elements.evaluate(call.lambda(0), withIndex: true)
          return elements.kept(type, keeps)
        }
      }),
    test(
      "exists", ["any_match"], "Whether the lambda is true for an element.",
      "SELECT exists(array(1, 2), x -> x > 1); -- true", decisive: true),
    test(
      "forall", ["all_match"], "Whether the lambda is true for all elements.",
      "SELECT forall(array(1, 2), x -> x > 1); -- false", decisive: false),
    ScalarFunction(
      name: "aggregate", aliases: ["reduce"], signature: "aggregate(array, start, (acc, x) -> expr[, acc -> expr])",
      summary: "Folds the elements into a start value, and finishes the result by a second lambda.",
      example: "SELECT aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10); -- 60", nulls: .custom,
      lambdaParameters: { (types, lambda, count) throws(QueryError) in
        guard types.count > 2, case .array(let element, _) = types[0] else {
          throw QueryError(.datatypeMismatch, .bind, "aggregate takes an array, a start value and lambdas")
        }
        return lambda == 2 ? [types[1], element] : [types[1]]
      },
      resolve: aggregateOverload),
    ScalarFunction(
      name: "zip_with", signature: "zip_with(array1, array2, (x, y) -> expr)",
      summary: "The lambda's results for the elements at the same positions; the shorter array gives NULLs.",
      example: "SELECT zip_with(array(1, 2), array(3, 4), (x, y) -> x + y); -- [4, 6]",
      lambdaParameters: { (types, _, _) throws(QueryError) in
        guard types.count == 3, case .array(let left, _) = types[0], case .array(let right, _) = types[1] else {
          throw QueryError(.datatypeMismatch, .bind, "zip_with takes two arrays and a lambda")
        }
        return [left, right]
      },
      resolve: { (arguments) throws(QueryError) in
        try check("zip_with", arguments, values: 2, lambdas: 1...1)
        let type = LogicalType.array(arguments[2].type)
        return ScalarOverload(arguments.map(\.type), type) { (call) throws(QueryError) in try zip(call, type) }
      }),
  ]

  /// Checks that values come first and lambdas behind them.
  static func check(
    _ name: String, _ arguments: [FunctionArgument], values: Int, lambdas: ClosedRange<Int>
  ) throws(QueryError) {
    try ArgumentCheck.count(name, arguments, values + lambdas.lowerBound...values + lambdas.upperBound)
    for index in values..<arguments.count where !arguments[index].isLambda {
      throw ArgumentCheck.mismatch(name, index, expected: "a lambda", arguments[index].type)
    }
  }

  /// `exists` and `forall`: an element with the decisive answer settles it, else a NULL makes the result NULL.
  private static func test(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String, decisive: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: "\(name)(array, x -> condition)", summary: summary, example: example,
      lambdaParameters: elementParameters,
      resolve: { (arguments) throws(QueryError) in
        try check(name, arguments, values: 1, lambdas: 1...1)
        return ScalarOverload([arguments[0].type, .boolean], .boolean) { (call) throws(QueryError) in
          let elements = LiveElements(call, 0)
          let answers = try elements.evaluate(call.lambda(0), withIndex: false)
          let bits = answers.slots(UInt8.self)
          return try Elementwise.fillBoolean(call) { (row) throws(QueryError) in
            var sawNull = false
            for element in elements.range(row) {
              if !answers.isValid(element) {
                sawNull = true
              } else if (bits[element] != 0) == decisive {
                return decisive
              }
            }
            return sawNull ? nil : !decisive
          }
        }
      })
  }

  private static func zip(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let (left, right) = (call.lists(0), call.lists(1))
    let live = call.liveRows
    var leftPicks = ListPicks(rows: call.count)
    var rightPicks = ListPicks(rows: call.count)
    var outerRows = StateColumn<UInt32>(0, capacity: 256)
    for row in 0..<call.count {
      let (a, b) = live.isValid(row) ? (left.range(row), right.range(row)) : (0..<0, 0..<0)
      for offset in 0..<max(a.count, b.count) {
        if offset < a.count { leftPicks.pick(a.lowerBound + offset) } else { leftPicks.pickNull() }
        if offset < b.count { rightPicks.pick(b.lowerBound + offset) } else { rightPicks.pickNull() }
        outerRows.append(UInt32(truncatingIfNeeded: row))
      }
      leftPicks.close()
      rightPicks.close()
    }
    let shape = leftPicks.finish(.array(left.elements.type), from: [left.elements])
    let others = rightPicks.finish(.array(right.elements.type), from: [right.elements]).children[0]
    let pairs = [shape.children[0].flattened(), others.flattened()]
    let result = try call.lambda(0).evaluate(pairs, UnsafePointer(outerRows.base), outerRows.count)
    return Vector(
      type: type, encoding: .flat, count: call.count, owner: shape.owner, children: [result.flattened()])
  }
}

extension KernelCall {
  /// A lambda argument by its place among the lambdas.
  func lambda(_ index: Int) throws(QueryError) -> LambdaBody {
    guard index < lambdas.count else { throw .internal("a call lacks a lambda") }
    return lambdas[index]
  }
}

/// The elements of the live rows of an array or map argument, packed in row order, for one lambda evaluation.
struct LiveElements {
  /// Packed elements (and values, for maps).
  let columns: [Vector]
  private let shape: Vector
  private let outerRows: Buffer
  private let entries: ColumnReader<ListEntry>
  private let rowCount: Int

  var count: Int { columns[0].count }

  init(_ call: KernelCall, _ argument: Int) {
    let vector = call.arguments[argument]
    let lists = ListColumn(vector)
    let live = call.liveRows
    var picks = ListPicks(rows: call.count)
    var rows = StateColumn<UInt32>(0, capacity: 256)
    for row in 0..<call.count {
      if live.isValid(row) {
        for element in lists.range(row) {
          picks.pick(element)
          rows.append(UInt32(truncatingIfNeeded: row))
        }
      }
      picks.close()
    }
    shape = picks.finish(vector.type, from: vector.children)
    columns = shape.children.map { $0.flattened() }
    entries = ColumnReader(shape)
    rowCount = call.count
    let owner = Buffer(byteCount: rows.count * 4)
    owner.base.copyMemory(from: rows.base, byteCount: rows.count * 4)
    outerRows = owner
  }

  /// The packed elements of a row.
  func range(_ row: Int) -> Range<Int> {
    let entry = entries[row]
    return Int(entry.offset)..<Int(entry.offset) + Int(entry.count)
  }

  /// The lambda's flat results for all elements; `withIndex` offers the position in the array, from 0.
  func evaluate(_ lambda: LambdaBody, withIndex: Bool) throws(QueryError) -> Vector {
    var parameters = columns
    if withIndex, parameters.count == 1 { parameters.append(positions()) }
    let rows = outerRows.base.assumingMemoryBound(to: UInt32.self)
    return try lambda.evaluate(parameters, UnsafePointer(rows), count).flattened()
  }

  private func positions() -> Vector {
    let result = Vector.flat(.int, count: count)
    let target = result.slots(Int32.self)
    for row in 0..<rowCount {
      for (position, element) in range(row).enumerated() { target[element] = Int32(truncatingIfNeeded: position) }
    }
    return result
  }

  /// Arrays or maps of the same lengths over other children.
  func lists(_ type: LogicalType, _ children: [Vector]) -> Vector {
    Vector(type: type, encoding: .flat, count: rowCount, owner: shape.owner, children: children)
  }

  /// Arrays or maps of the elements for which a boolean vector is true.
  func kept(_ type: LogicalType, _ keeps: Vector) -> Vector {
    let bits = keeps.slots(UInt8.self)
    var picks = ListPicks(rows: rowCount)
    for row in 0..<rowCount {
      for element in range(row) where keeps.isValid(element) && bits[element] != 0 { picks.pick(element) }
      picks.close()
    }
    return picks.finish(type, from: columns)
  }
}
