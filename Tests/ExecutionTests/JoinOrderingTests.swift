import LakeColumnar
import LakeDiagnostics
import LakeFunctions
@testable import LakePlan
import LakeTypes
import Testing

/// The order of joins, told by the names of the tables in it.
@Suite struct JoinOrderingTests {
  /// A table of which the planner knows the rows and the range of each column.
  private struct KnownTable: ScanSource {
    let name: String
    let rows: Int
    let columns: [(name: String, values: Int)]

    var schema: Schema { Schema(columns.map { Field($0.name, .bigint) }) }
    var metadataColumnCount: Int { 0 }
    var rowCount: Int? { rows }
    var summary: String { name }
    func statistics(ofColumn column: Int) -> ColumnStatistics? {
      ColumnStatistics(minimum: .integer(1), maximum: .integer(Int64(columns[column].values)))
    }
    func tasks(for request: ScanRequest) throws(QueryError) -> [any ScanTask] { [] }
  }

  private let fact = Query(
    KnownTable(name: "fact", rows: 1_000_000, columns: [("f_day", 1000), ("f_customer", 50_000), ("f_branch", 100)]))
  private let day = Query(KnownTable(name: "day", rows: 1000, columns: [("d_id", 1000), ("d_year", 10)]))
  private let customer = Query(KnownTable(name: "customer", rows: 50_000, columns: [("c_id", 50_000), ("c_kind", 5)]))
  private let branch = Query(KnownTable(name: "branch", rows: 100, columns: [("b_id", 100), ("b_region", 4)]))

  private func ordered(_ plan: LogicalPlan) throws -> LogicalPlan {
    try Optimizer(context: EvaluationContext()).optimize(plan)
  }

  /// Tables and joins as nested parentheses.
  private func shape(_ plan: LogicalPlan) -> String {
    switch plan {
    case .scan(let node): node.source.summary
    case .join(let node): "(\(shape(node.left)) \(shape(node.right)))"
    default: plan.children.map(shape).joined()
    }
  }

  private func equal(_ a: BoundExpression, _ b: BoundExpression) -> BoundExpression { call("=", a, b) }

  @Test func theInputThatLeavesTheFewestRowsIsJoinedFirst() throws {
    let few = customer.filter(equal(customer["c_id"], bigint(7)))
    let query = fact.join(.inner, day, on: equal(fact["f_day"], day["d_id"]))
      .join(.inner, branch, on: equal(fact["f_branch"], branch["b_id"]))
      .join(.inner, few, on: equal(fact["f_customer"], customer["c_id"]))
    let plan = try ordered(query.plan)
    #expect(shape(plan).contains("(fact customer)") || shape(plan).contains("(customer fact)"))
    #expect(plan.columns.map(\.id) == query.plan.columns.map(\.id))
  }

  @Test func tablesWrittenApartAreNotPairedRowByRow() throws {
    let query = day.join(.inner, customer, on: nil).join(.inner, branch, on: nil)
      .join(
        .inner, fact,
        on: BoundExpression(
          .and([
            equal(fact["f_day"], day["d_id"]), equal(fact["f_customer"], customer["c_id"]),
            equal(fact["f_branch"], branch["b_id"]),
          ]), .boolean))
    let plan = try ordered(query.plan)
    var pairs = 0
    _ = try plan.rewritten { (node) throws(QueryError) in
      if case .join(let join) = node, join.condition == nil { pairs += 1 }
      return node
    }
    #expect(pairs == 0)
  }

  @Test func equalitiesCarryOver() throws {
    let a = Query(KnownTable(name: "a", rows: 10, columns: [("a_id", 10)]))
    let b = Query(KnownTable(name: "b", rows: 1_000_000, columns: [("b_id", 10)]))
    let c = Query(KnownTable(name: "c", rows: 10, columns: [("c_id", 10)]))
    let query = a.join(.inner, b, on: equal(a["a_id"], b["b_id"])).join(.inner, c, on: equal(b["b_id"], c["c_id"]))
    let shown = shape(try ordered(query.plan))
    #expect(shown.contains("(a c)") || shown.contains("(c a)"))
  }

  @Test func manyInputsKeepAllTheirConditions() throws {
    for count in [12, 64, 70] {
      let tables = (0..<count).map { Query(KnownTable(name: "t\($0)", rows: 10 + $0, columns: [("k\($0)", 10)])) }
      var query = tables[0]
      for index in 1..<count {
        query = query.join(
          .inner, tables[index], on: equal(tables[index - 1]["k\(index - 1)"], tables[index]["k\(index)"]))
      }
      let plan = try ordered(query.plan)
      #expect(Set(shape(plan).split { "() ".contains($0) }).count == count)
      #expect(!shape(plan).isEmpty && plan.columns.count == count)
    }
  }

  @Test func whatAllBranchesOfAnOrDemandIsAJoinKey() throws {
    func branchOf(_ kind: Int, _ year: Int) -> BoundExpression {
      BoundExpression(
        .and([
          equal(fact["f_day"], day["d_id"]), equal(day["d_year"], bigint(year)), equal(fact["f_branch"], bigint(kind)),
        ]), .boolean)
    }
    let query = fact.join(.inner, day, on: nil)
      .filter(BoundExpression(.or([branchOf(1, 3), branchOf(2, 4)]), .boolean))
    var keys: [BoundExpression] = []
    var filters: [LogicalPlan] = []
    _ = try ordered(query.plan).rewritten { (node) throws(QueryError) in
      if case .join(let join) = node { keys += join.condition?.conjuncts ?? [] }
      if case .filter(let filter) = node, case .scan = filter.input { filters.append(node) }
      return node
    }
    #expect(keys.contains { $0.asCall("=")?.allSatisfy { $0.columnID != nil } ?? false })
    // Each side is filtered by its part of the branches.
    #expect(filters.count == 2)
  }
}
