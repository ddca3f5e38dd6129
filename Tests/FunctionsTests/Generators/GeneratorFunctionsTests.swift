import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

@Suite struct GeneratorFunctionsTests {
  /// Rows as text, each led by the input row it comes from.
  private func run(
    _ name: String, _ arguments: [FunctionArgument], _ columns: [Vector], count: Int
  ) throws -> [String] {
    let generator = try #require(FunctionRegistry.generator(name))
    let overload = try generator.resolve(arguments)
    var cast: [Vector] = []
    for (index, column) in columns.enumerated() {
      cast.append(try FunctionsTests.cast(column, to: overload.argumentTypes[index], Session.context))
    }
    let rows = try overload.kernel(KernelCall(arguments: cast, count: count, context: Session.context))
    #expect(rows.columns.map(\.type) == overload.columns.map(\.type))
    let inputs = rows.inputRows.base.assumingMemoryBound(to: UInt32.self)
    var lines: [String] = []
    for row in 0..<rows.count {
      var parts = ["\(inputs[row])"]
      for column in rows.columns {
        let shown = try FunctionsTests.cast(column, to: .string, Session.context).literal(at: row)
        if case .string(let text) = shown { parts.append(text) } else { parts.append("NULL") }
      }
      lines.append(parts.joined(separator: " "))
    }
    return lines
  }

  private func lists(_ rows: [Literal], _ type: LogicalType) -> Vector {
    let builder = VectorBuilder(type)
    for row in rows { builder.append(row) }
    return builder.finish()
  }

  private let numbers: [Literal] = [.array([.integer(10), .integer(20)]), .null, .array([]), .array([.null])]

  @Test func arrays() throws {
    let column = lists(numbers, .array(.int))
    let argument = [FunctionArgument(.array(.int))]
    #expect(try run("explode", argument, [column], count: 4) == ["0 10", "0 20", "3 NULL"])
    #expect(try run("posexplode", argument, [column], count: 4) == ["0 0 10", "0 1 20", "3 0 NULL"])
    #expect(FunctionRegistry.generator("explode")?.isOuter == false)
    #expect(FunctionRegistry.generator("explode_outer")?.isOuter == true)
  }

  @Test func constants() throws {
    let column = Vector.constant(.array([.integer(1), .integer(2)]), .array(.int), count: 2)
    #expect(try run("explode", [FunctionArgument(.array(.int))], [column], count: 2) == ["0 1", "0 2", "1 1", "1 2"])
    let nothing = Vector.allNull(.array(.int), count: 2)
    #expect(try run("explode", [FunctionArgument(.array(.int))], [nothing], count: 2) == [])
  }

  @Test func maps() throws {
    let type = LogicalType.map(.string, .int)
    let column = lists([.map(keys: [.string("a"), .string("b")], values: [.integer(1), .null]), .null], type)
    #expect(try run("explode", [FunctionArgument(type)], [column], count: 2) == ["0 a 1", "0 b NULL"])
    #expect(try run("posexplode", [FunctionArgument(type)], [column], count: 2) == ["0 0 a 1", "0 1 b NULL"])
  }

  @Test func structs() throws {
    let type = LogicalType.array(.struct([Field("x", .int), Field("y", .string)]))
    let column = lists(
      [.array([.struct([.integer(1), .string("a")]), .null]), .array([.struct([.null, .string("b")])])], type)
    #expect(try run("inline", [FunctionArgument(type)], [column], count: 2) == ["0 1 a", "0 NULL NULL", "1 NULL b"])
    let overload = try #require(FunctionRegistry.generator("inline")).resolve([FunctionArgument(type)])
    #expect(overload.columns.map(\.name) == ["x", "y"])
  }

  @Test func stacks() throws {
    let arguments = [
      FunctionArgument(.int, constant: .integer(2)), FunctionArgument(.int), FunctionArgument(.string),
      FunctionArgument(.bigint),
    ]
    let values = [
      Vector.constant(.integer(2), .int, count: 2), lists([.integer(1), .integer(2)], .int),
      lists([.string("a"), .null], .string), Vector.constant(.integer(7), .bigint, count: 2),
    ]
    #expect(try run("stack", arguments, values, count: 2) == ["0 1 a", "0 7 NULL", "1 2 NULL", "1 7 NULL"])
  }

  @Test func jsonFields() throws {
    let texts = lists(
      [.string(#"{"a": 1, "b": "x", "c": {"d": [1]}}"#), .null, .string("oops"), .string("{}")], .string)
    let names = ["b", "c", "z"].map { Vector.constant(.string($0), .string, count: 4) }
    let arguments =
      [FunctionArgument(.string)] + ["b", "c", "z"].map { FunctionArgument(.string, constant: .string($0)) }
    #expect(
      try run("json_tuple", arguments, [texts] + names, count: 4)
        == [#"0 x {"d":[1]} NULL"#, "1 NULL NULL NULL", "2 NULL NULL NULL", "3 NULL NULL NULL"])
  }

  @Test func wrongArguments() throws {
    let explode = try #require(FunctionRegistry.generator("explode"))
    #expect(throws: QueryError.self) { try explode.resolve([FunctionArgument(.int)]) }
    let stack = try #require(FunctionRegistry.generator("stack"))
    #expect(throws: QueryError.self) { try stack.resolve([FunctionArgument(.int), FunctionArgument(.int)]) }
  }
}
