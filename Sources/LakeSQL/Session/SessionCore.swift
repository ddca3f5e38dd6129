import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeExecution
import LakeFunctions
import LakePlan
import LakeSyntax
import LakeTables
import LakeTypes

/// The state of a session and how a statement goes through it; used on the session's thread only.
final class SessionCore {
  let engine: Engine
  var settings = SessionSettings()
  var variables: [String: String] = [:]
  var currentDatabase = "default"
  /// Temporary views by lower-case name.
  var temporaryViews: [String: ViewReference] = [:]
  private(set) var openTransaction: LakeTransaction?
  /// A statement of the open transaction has failed: only ROLLBACK goes on.
  private var transactionFailed = false
  /// Whether the open transaction is that of a whole script, which its statements cannot end.
  var isScriptTransaction = false

  init(_ engine: Engine) { self.engine = engine }

  /// Runs a statement and sends its result; returns the error if it fails.
  func execute(
    _ text: StatementText, _ parameters: [Value], _ running: RunningStatement, into channel: ResultChannel
  ) -> SQLError? {
    do throws(QueryError) {
      let substituted = try failingTransaction { () throws(QueryError) in
        try substitution(for: text.text).apply(to: text.text, at: text.offset)
      }
      do throws(QueryError) {
        let statement = try failingTransaction { () throws(QueryError) in
          try Parser.parseStatement(substituted.text)
        }
        try run(statement, substituted.text, parameters, running, channel)
        return nil
      } catch {
        throw error.span.map { span in
          var moved = error
          moved.span = substituted.originalSpan(span)
          return moved
        } ?? error
      }
    } catch {
      return SQLError(error, source: text.script, name: text.name)
    }
  }

  /// An error of `body` fails the open transaction, if there is one.
  private func failingTransaction<R>(_ body: () throws(QueryError) -> R) throws(QueryError) -> R {
    do {
      return try body()
    } catch {
      if openTransaction != nil { transactionFailed = true }
      throw error
    }
  }

  private func substitution(for text: String) -> VariableSubstitution {
    var environment: [String: String] = [:]
    if text.contains("${env:") { environment = Self.environment }
    return VariableSubstitution(
      variables: variables, settings: settings.substitutions, environment: environment)
  }

  private static var environment: [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let item = entry.pointee {
      let parts = String(cString: item).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return result
  }

  private func run(
    _ statement: Statement, _ text: String, _ parameters: [Value], _ running: RunningStatement,
    _ channel: ResultChannel
  ) throws(QueryError) {
    if try runsOutsideTransaction(statement, channel) { return }
    let bound = try StatementParameters(parameters)
    if let transaction = openTransaction {
      try checkUsable()
      return try failingTransaction { () throws(QueryError) in
        let executor = try StatementExecutor(self, transaction, text, bound, running, channel)
        try executor.run(statement).publish(to: channel)
      }
    }
    try runAlone { (transaction) throws(QueryError) in
      try StatementExecutor(self, transaction, text, bound, running, channel).run(statement)
    }.publish(to: channel)
  }

  /// How often a statement is redone because others took its names.
  private static let attempts = 5

  /// Runs a statement in a transaction of its own. Where another process created its table, view or database
  /// meanwhile, it runs once more and meets them as they are: IF NOT EXISTS and OR REPLACE then succeed.
  private func runAlone(
    _ body: (LakeTransaction) throws(QueryError) -> StatementCompletion
  ) throws(QueryError) -> StatementCompletion {
    let views = temporaryViews
    for attempt in 1... {
      let transaction = engine.warehouse.begin()
      var isCommitting = false
      do throws(QueryError) {
        let completion = try body(transaction)
        isCommitting = true
        if transaction.hasChanges { try transaction.commit() } else { transaction.rollback() }
        return completion
      } catch {
        transaction.rollback()
        let isTaken = error.code == .tableAlreadyExists || error.code == .schemaAlreadyExists
        guard isCommitting, isTaken, attempt < Self.attempts else { throw error }
        temporaryViews = views
      }
    }
    throw QueryError.internal("a statement ended without a result")
  }

  private func checkUsable() throws(QueryError) {
    if transactionFailed {
      throw QueryError(
        ErrorCode("25P02", "TRANSACTION_FAILED"), .usage,
        "an earlier statement of the transaction failed: nothing more runs in it", hint: "ROLLBACK, then begin anew")
    }
  }

  // MARK: Transactions and settings

  /// START TRANSACTION, COMMIT, ROLLBACK.
  private func runsOutsideTransaction(
    _ statement: Statement, _ channel: ResultChannel
  ) throws(QueryError) -> Bool {
    switch statement.kind {
    case .startTransaction: try beginTransaction()
    case .commit, .rollback:
      guard !isScriptTransaction else {
        throw QueryError(
          ErrorCode("2D000", "INVALID_TRANSACTION_TERMINATION"), .usage,
          "the whole script is one transaction: a statement of it cannot end it", hint: "leave out --atomic")
      }
      if case .commit = statement.kind { try commitTransaction() } else { try rollbackTransaction() }
    default: return false
    }
    StatementCompletion.command.publish(to: channel)
    return true
  }

  func beginTransaction() throws(QueryError) {
    guard openTransaction == nil else {
      throw QueryError(
        ErrorCode("25001", "ACTIVE_TRANSACTION"), .usage, "a transaction is open already",
        hint: "COMMIT or ROLLBACK it first")
    }
    openTransaction = engine.warehouse.begin()
    transactionFailed = false
  }

  func commitTransaction() throws(QueryError) {
    let transaction = try takeTransaction()
    if transactionFailed {
      transaction.rollback()
      throw QueryError(
        ErrorCode("25P02", "TRANSACTION_FAILED"), .commit,
        "a statement of the transaction failed: it was rolled back")
    }
    if transaction.hasChanges { try transaction.commit() } else { transaction.rollback() }
  }

  func rollbackTransaction() throws(QueryError) { try takeTransaction().rollback() }

  private func takeTransaction() throws(QueryError) -> LakeTransaction {
    guard let transaction = openTransaction else {
      throw QueryError(
        ErrorCode("25P01", "NO_ACTIVE_TRANSACTION"), .usage, "no transaction is open", hint: "START TRANSACTION")
    }
    openTransaction = nil
    isScriptTransaction = false
    return transaction
  }

  /// What a statement's expressions may depend on, fixed now.
  func evaluationContext() throws(QueryError) -> EvaluationContext {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return EvaluationContext(
      isANSI: try settings.isANSI, timeZone: try settings.timeZone,
      statementTime: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000,
      database: currentDatabase, resultLimit: min(Self.largestResult, max(Self.smallestResultLimit, try memoryLimit)))
  }

  /// Positions within arrays are 32-bit numbers.
  private static let largestResult = 4 << 30
  /// A batch of rows needs some memory whatever the limit.
  private static let smallestResultLimit = 64 << 20

  private var memoryLimit: Int { get throws(QueryError) { try settings.memoryLimit ?? engine.memoryLimit } }

  func executionSettings(_ context: EvaluationContext) throws(QueryError) -> ExecutionSettings {
    ExecutionSettings(
      threads: try settings.threads ?? engine.pool.threads,
      memoryLimit: try memoryLimit, temporaryDirectory: settings.temporaryDirectory,
      batchSize: try settings.batchSize, evaluation: context, forcedEncoding: try settings.forcedEncoding)
  }
}

extension StatementParameters {
  fileprivate init(_ values: [Value]) throws(QueryError) {
    var literals: [TypedLiteral] = []
    for value in values {
      guard let literal = value.typedLiteral else {
        throw QueryError(.unsupported, .usage, "arrays, maps and rows are not taken as parameters")
      }
      literals.append(literal)
    }
    self.init(positional: literals)
  }
}

/// What a statement without streamed rows publishes when it is done.
enum StatementCompletion {
  /// Its rows have gone out already.
  case streamed
  case command
  case affected(Int)
  case rows(Schema, Batch)

  func publish(to channel: ResultChannel) {
    switch self {
    case .streamed: break
    case .command: channel.open(ResultHeader(schema: Schema([])))
    case .affected(let count): channel.open(ResultHeader(schema: Schema([]), affectedRows: count))
    case .rows(let schema, let batch):
      channel.open(ResultHeader(schema: schema))
      if batch.count > 0 { _ = channel.send(batch) }
    }
  }
}
