import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

/// Carries one statement out within a transaction. Its parts are extensions in this folder, one a kind of statement.
///
/// To add a statement: its case here, its method in the extension it belongs to.
final class StatementExecutor {
  let core: SessionCore
  let transaction: LakeTransaction
  /// The statement's text, which spans count in.
  let text: String
  let parameters: StatementParameters
  let running: RunningStatement
  let channel: ResultChannel
  let context: EvaluationContext

  init(
    _ core: SessionCore, _ transaction: LakeTransaction, _ text: String, _ parameters: StatementParameters,
    _ running: RunningStatement, _ channel: ResultChannel
  ) throws(QueryError) {
    self.core = core
    self.transaction = transaction
    self.text = text
    self.parameters = parameters
    self.running = running
    self.channel = channel
    context = try core.evaluationContext()
  }

  /// Carries a statement out; rows of queries go to the channel meanwhile.
  func run(_ statement: Statement) throws(QueryError) -> StatementCompletion {
    switch statement.kind {
    case .query(let query): return try run(query)
    case .createDatabase(let create): return try run(create)
    case .alterDatabase(let alter): return try run(alter)
    case .dropDatabase(let drop): return try run(drop)
    case .use(let name): return try use(name)
    case .createTable(let create): return try run(create)
    case .createTableLike(let create): return try run(create)
    case .createView(let create): return try run(create)
    case .dropTable(let drop): return try run(drop)
    case .dropView(let drop): return try run(drop)
    case .alterTable(let alter): return try run(alter)
    case .alterView(let alter): return try run(alter)
    case .truncateTable(let truncate): return try run(truncate)
    case .repairTable(let repair): return try run(repair)
    case .insert(let insert): return try run(insert)
    case .multiInsert(let insert): return try run(insert)
    case .merge(let merge): return try run(merge)
    case .update(let update): return try run(update)
    case .delete(let delete): return try run(delete)
    case .show(let show): return try run(show)
    case .describe(let describe): return try run(describe)
    case .explain(let mode, let explained): return try explain(mode, explained)
    case .set(let command): return try run(command)
    case .reset(let key):
      core.settings.reset(key)
      return .command
    case .atomicBlock(let statements): return try runBlock(statements)
    case .assert(let assertion): return try run(assertion)
    case .refreshTable, .analyzeTable: return try checkedNoEffect(statement)
    case .source:
      throw QueryError(
        .notAllowed, .plan, "SOURCE runs a script, which only a script can: this is a single statement",
        span: statement.span, hint: "run it with ScriptRunner, or with lakesql -f")
    case .startTransaction, .commit, .rollback: throw .internal("the session runs transaction statements")
    }
  }

  /// BEGIN ATOMIC ... END: the statements share this executor's transaction; none of them yields rows.
  private func runBlock(_ statements: [Statement]) throws(QueryError) -> StatementCompletion {
    var affected = 0
    for statement in statements {
      if case .affected(let count) = try run(statement) { affected += count }
    }
    return .affected(affected)
  }

  // MARK: Names

  /// - Parameter definedView: the view that the bound query defines.
  func binder(definedView: [String]? = nil) -> Binder {
    Binder(resolver: SessionCatalog(self), context: context, parameters: parameters, definedView: definedView)
  }

  func optimized(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
    try optimizer().optimize(plan)
  }

  func optimizer() throws(QueryError) -> Optimizer {
    let cancellation = running.cancellation
    return Optimizer(context: context, disabledRules: try core.settings.disabledRules) { () throws(QueryError) in
      try cancellation.check()
    }
  }

  /// A run of an optimized plan.
  func execution(_ plan: LogicalPlan) throws(QueryError) -> QueryExecution {
    QueryExecution(
      plan: plan, settings: try core.executionSettings(context), pool: core.engine.pool,
      cancellation: running.cancellation)
  }

  /// All rows of a plan, for plans that yield few.
  func rows(of plan: LogicalPlan) throws(QueryError) -> [[LakeTypes.Literal]] {
    var rows: [[LakeTypes.Literal]] = []
    try execution(try optimized(plan)).stream { (batch) throws(QueryError) in
      let compact = batch.compacted()
      for row in 0..<compact.count { rows.append(compact.columns.map { $0.literal(at: row) }) }
      return true
    }
    return rows
  }
}
