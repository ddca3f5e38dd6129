import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeTypes
import Testing

@Suite struct ExpressionTests {
  private let numbers = MemorySource(
    [("a", .int), ("b", .int)],
    (0..<50).map { [i($0 % 7 == 0 ? nil : $0), i($0 % 5 == 0 ? 0 : $0 % 4)] }, taskRows: 17)

  private var naive: [(a: Int?, b: Int)] { numbers.rows.map { ($0[0].number, $0[1].number ?? 0) } }

  @Test func filtersAndProjects() throws {
    let query = Query(numbers)
    let result = query.filter(and(call(">", query["a"], int(10)), call("<>", query["b"], int(2))))
    let expected = naive.filter { ($0.a ?? -1) > 10 && $0.b != 2 }
    try result.project([("sum", call("+", result["a"], result["b"]))]).expect(expected.map { [i($0.a! + $0.b)] })
  }

  @Test func andSkipsRowsThatAreDecided() throws {
    let query = Query(numbers)
    // The second operand divides by zero where the first one is false.
    let safe = and(call("<>", query["b"], int(0)), call(">", call("div", query["a"], query["b"]), int(5)))
    let expected = naive.filter { $0.b != 0 && $0.a != nil && $0.a! / $0.b > 5 }
    try query.filter(safe).expect(expected.map { [i($0.a), i($0.b)] })
    try query.project([("x", safe)]).expect(
      naive.map { row in
        if row.b == 0 { return [.boolean(false)] }
        return [row.a.map { .boolean($0 / row.b > 5) } ?? .null]
      })
  }

  @Test func orIsThreeValued() throws {
    let query = Query(numbers)
    let truth = or(call("<", query["a"], int(20)), call("=", query["b"], int(1)))
    try query.project([("x", truth)]).expect(
      naive.map { row in
        if row.b == 1 { return [.boolean(true)] }
        return [row.a.map { .boolean($0 < 20) } ?? .null]
      })
  }

  @Test func caseEvaluatesOnlyTheBranchTaken() throws {
    let query = Query(numbers)
    let branch = ConditionalBranch(condition: call("=", query["b"], int(0)), result: bigint(-1))
    let guarded = BoundExpression(
      .conditional([branch], otherwise: call("div", query["a"], query["b"])), .bigint)
    try query.project([("x", guarded)]).expect(
      naive.map { row in [row.b == 0 ? i(-1) : i(row.a.map { $0 / row.b })] })
    let partial = BoundExpression(
      .conditional([ConditionalBranch(condition: call(">", query["b"], int(1)), result: text("big"))], otherwise: nil),
      .string)
    try query.project([("x", partial)]).expect(naive.map { [s($0.b > 1 ? "big" : nil)] })
  }

  @Test func coalesceEvaluatesLaterOperandsWhereNeeded() throws {
    let query = Query(numbers)
    let wide = BoundExpression(.cast(query["a"], .ansi), .bigint)
    let fallback = BoundExpression(.coalesce([wide, call("div", int(100), query["b"])]), .bigint)
    let filtered = query.filter(or(call("isnotnull", query["a"]), call("<>", query["b"], int(0))))
    let expected = naive.filter { $0.a != nil || $0.b != 0 }.map { [i($0.a ?? 100 / $0.b)] }
    try filtered.project([("x", fallback)]).expect(expected)
  }

  @Test func errorsNameTheirPlace() throws {
    let query = Query(numbers)
    let span = SourceSpan(start: 7, end: 12)
    let broken = query.project([("x", call("div", query["a"], query["b"], span: span))])
    for variant in Variant.all {
      let error = #expect(throws: QueryError.self) { try broken.rows(variant.settings) }
      #expect(error?.code == .divideByZero)
      #expect(error?.span == span)
    }
  }

  @Test func lambdasSeeOuterColumns() throws {
    let rows: [[Literal]] = (0..<20).map { row in
      [row % 6 == 0 ? .null : .array((0..<row % 4).map { i($0) }), i(row)]
    }
    let source = MemorySource([("items", .array(.int)), ("n", .int)], rows, taskRows: 6)
    let query = Query(source)
    let element = OutputColumn(name: "x", type: .int)
    let body = call("+", .column(element), query["n"])
    let lambda = BoundExpression(.lambda(parameters: [element], body: body), body.type)
    try query.project([("moved", call("transform", query["items"], lambda))]).expect(
      rows.map { row in
        guard case .array(let items) = row[0], let n = row[1].number else { return [.null] }
        return [.array(items.map { i(($0.number ?? 0) + n) })]
      })
  }

  @Test func dictionaryEntriesThatNoRowUsesRaiseNoError() throws {
    let dictionary = VectorBuilder(.string, capacity: 3)
    for entry in ["12", "oops", "7"] { dictionary.append(string: entry) }
    let codes = Buffer(byteCount: 40)
    for row in 0..<10 { codes.base.assumingMemoryBound(to: UInt32.self)[row] = row % 2 == 0 ? 0 : 2 }
    let column = Vector.dictionary(dictionary.finish(), codes: codes, count: 10)
    let source = MemorySource([("t", .string)], columns: [column], taskRows: 10)
    let query = Query(source)
    let number = BoundExpression(.cast(query["t"], .ansi), .int)
    let settings = ExecutionSettings(threads: 1, memoryLimit: 1 << 30)
    let rows = try query.project([("n", number)]).rows(settings)
    #expect(rows == (0..<10).map { [i($0 % 2 == 0 ? 12 : 7)] })
  }

  @Test func repeatedSubexpressionsAgree() throws {
    let query = Query(numbers)
    let product = call("*", query["a"], query["b"])
    let items = [("x", product), ("y", call("+", product, product)), ("z", call("-", product, query["a"]))]
    try query.project(items).expect(
      naive.map { row in
        let product = row.a.map { $0 * row.b }
        return [i(product), i(product.map { 2 * $0 }), i(product.map { $0 - row.a! })]
      })
  }

  @Test func constantsAreEvaluatedOnce() throws {
    let value = try ConstantEvaluator.value(of: call("+", int(2), int(3)), context: EvaluationContext())
    #expect(value == .integer(5))
    let settings = ExecutionSettings(threads: 1, memoryLimit: 1 << 20)
    let values = LogicalPlan.values(
      ValuesNode(
        columns: [OutputColumn(name: "a", type: .int), OutputColumn(name: "b", type: .string)],
        rows: [[call("+", int(1), int(1)), text("x")], [int(7), .literal(.null, .string)]]))
    #expect(try Query(values).rows(settings) == [[i(2), s("x")], [i(7), .null]])
    let nothing = LogicalPlan.values(ValuesNode(columns: [], rows: [[]]))
    #expect(try Query(nothing).project([("one", int(1))]).rows(settings) == [[i(1)]])
  }
}
