import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Expectations are those of Spark 4.3 in ANSI mode.
@Suite struct HigherOrderFunctionsTests {
  /// A lambda that calls a binary operator on its first parameter and a constant, or on both parameters.
  private func binary(_ name: String, _ type: LogicalType, with constant: Argument? = nil) -> Argument {
    .lambda(type) { (parameters, count) throws(QueryError) in
      let right = constant.map { Vector.constant($0.literal, $0.type, count: count) } ?? parameters[1]
      return try apply(name, [parameters[0], right], count: count)
    }
  }

  @Test func arrays() throws {
    let values = array(int(1), null(), int(3))
    #expect(try call("transform", values, binary("+", .int, with: int(1))) == "[2, null, 4]")
    #expect(try call("transform", array(int(1), int(2), int(3)), binary("+", .int)) == "[1, 3, 5]")
    #expect(try call("transform", null(.array(.int)), binary("+", .int, with: int(1))) == "NULL")
    #expect(try call("filter", array(int(0), int(2), int(3)), binary(">", .boolean)) == "[2, 3]")
    #expect(try call("exists", values, binary(">", .boolean, with: int(5))) == "NULL")
    #expect(try call("exists", values, binary(">", .boolean, with: int(2))) == "true")
    #expect(try call("exists", array(int(1)), binary(">", .boolean, with: int(2))) == "false")
    #expect(try call("forall", values, binary(">", .boolean, with: int(5))) == "false")
    #expect(try call("forall", values, binary(">", .boolean, with: int(0))) == "NULL")
    #expect(try call("forall", array(int(1), int(3)), binary(">", .boolean, with: int(0))) == "true")
    #expect(try call("zip_with", array(int(1), int(2)), array(int(3)), binary("+", .int)) == "[4, null]")
  }

  @Test func folds() throws {
    let sum = binary("+", .int)
    let tenfold = binary("*", .int, with: int(10))
    #expect(try call("aggregate", array(int(1), int(2), int(3)), int(0), sum, tenfold) == "60")
    #expect(try call("reduce", array(int(1), int(2), int(3)), int(4), sum) == "10")
    #expect(try call("aggregate", array(int(1), null()), int(0), sum) == "NULL")
    #expect(try call("aggregate", null(.array(.int)), int(0), sum) == "NULL")
  }

  @Test func foldsOfArraysOfManyLengths() throws {
    let builder = VectorBuilder(.array(.int))
    for row in 0..<50 {
      builder.append(row % 7 == 3 ? .null : .array((0..<row % 11).map { .integer(Int64($0 * row)) }))
    }
    let lists = builder.finish()
    let arguments = [Argument(lists.type, .null), int(1), binary("+", .int)]
    let start = Vector.constant(.integer(1), .int, count: 50)
    let result = try apply("aggregate", arguments, [lists, start], count: 50)
    for row in 0..<50 {
      let expected = 1 + (0..<row % 11).reduce(0) { $0 + $1 * row }
      #expect(result.literal(at: row) == (row % 7 == 3 ? .null : .integer(Int64(expected))))
    }
  }

  @Test func lambdasSeeTheRowTheyBelongTo() throws {
    let builder = VectorBuilder(.array(.int))
    builder.append(.array([.integer(1), .integer(2)]))
    builder.append(.null)
    builder.append(.array([.integer(3)]))
    let lists = builder.finish()
    var seen: [UInt32] = []
    var body = Argument(.int, .null)
    body.lambda = LambdaBody { (parameters, rows, count) throws(QueryError) in
      seen = (0..<count).map { rows[$0] }
      return parameters[0]
    }
    _ = try apply("transform", [Argument(lists.type, .null), body], [lists], count: 3)
    #expect(seen == [0, 0, 2])
  }

  @Test func maps() throws {
    let entries = map(int(1), int(0), int(2), int(2), int(3), int(-1))
    #expect(try call("map_filter", entries, binary(">", .boolean)) == "{1 -> 0, 3 -> -1}")
    #expect(try call("transform_keys", entries, binary("+", .int, with: int(1))) == "{2 -> 0, 3 -> 2, 4 -> -1}")
    #expect(try call("transform_values", entries, binary("+", .int)) == "{1 -> 1, 2 -> 4, 3 -> 2}")
    #expect(
      fault { () throws(QueryError) in try call("transform_keys", entries, binary("*", .int, with: int(0))) }
        == .duplicatedMapKey)
    let joined = Argument.lambda(.string) { (parameters, count) throws(QueryError) in
      let dash = Vector.constant(.string("-"), .string, count: count)
      return try apply("concat_ws", [dash, parameters[1], parameters[2]], count: count)
    }
    #expect(
      try call(
        "map_zip_with", map(int(1), text("a"), int(2), text("b")), map(int(1), text("x"), int(3), text("y")), joined)
        == "{1 -> a-x, 2 -> b, 3 -> y}")
  }

  @Test func parametersHaveTheElementsTypes() throws {
    let transform = try #require(FunctionRegistry.scalar("transform")?.lambdaParameters)
    #expect(try transform([.array(.string), .void], 1, 2) == [.string, .int])
    let aggregate = try #require(FunctionRegistry.scalar("aggregate")?.lambdaParameters)
    #expect(try aggregate([.array(.string), .bigint, .void], 2, 2) == [.bigint, .string])
    let filter = try #require(FunctionRegistry.scalar("map_filter")?.lambdaParameters)
    #expect(try filter([.map(.int, .date), .void], 1, 2) == [.int, .date])
  }
}
