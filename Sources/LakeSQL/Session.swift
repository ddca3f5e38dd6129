import LakeDiagnostics
import LakeExecution
import LakeSyntax
import LakeTypes
import Synchronization

/// A conversation with an engine: current database, settings, variables, temporary views and an open transaction.
///
/// Statements run one after the other, each on the session's own thread. A session may be used from any task.
public final class Session: Sendable {
  private let thread = SessionThread()
  private let state: SessionState
  /// The running statement, to cancel it and to watch its progress.
  private let running = Mutex<RunningStatement?>(nil)

  init(engine: Engine) { state = SessionState(engine) }

  deinit { thread.stop() }

  /// Runs one statement; returns when its columns are known or, without columns, when it is done.
  ///
  /// - Parameter parameters: values for `?`, in order.
  public func execute(_ sql: String, parameters: [Value] = []) async throws -> QueryResult {
    try await execute(StatementText(sql), parameters: parameters)
  }

  /// Asks the running statement to stop; it then fails with SQLSTATE 57014.
  public func cancel() { running.withLock { $0?.cancellation.cancel() } }

  /// How far the running statement is; nil while none runs.
  public var progress: StatementProgress? { running.withLock { $0?.progress } }

  /// Sets a variable for `${name}` and `${hivevar:name}`.
  public func setVariable(_ name: String, to value: String) async {
    await onThread { $0.variables[name] = value }
  }

  /// Begins a transaction that lasts until `commit` or `rollback`.
  public func begin() async throws { try await begin(forScript: false) }
  /// Makes the open transaction's changes visible, all at once.
  public func commit() async throws { try await command { (core) throws(QueryError) in try core.commitTransaction() } }
  /// Gives the open transaction's changes up.
  public func rollback() async throws {
    try await command { (core) throws(QueryError) in try core.rollbackTransaction() }
  }

  /// Begins a transaction; a script's cannot be ended by a statement of the script.
  func begin(forScript: Bool) async throws {
    try await command { (core) throws(QueryError) in
      try core.beginTransaction()
      core.isScriptTransaction = forScript
    }
  }

  func execute(_ text: StatementText, parameters: [Value] = []) async throws -> QueryResult {
    let started = ContinuousClock.now
    let channel = ResultChannel()
    let statement = RunningStatement()
    thread.enqueue { [state] in
      self.running.withLock { $0 = statement }
      defer { self.running.withLock { $0 = nil } }
      let error = state.core.execute(text, parameters, statement, into: channel)
      channel.finish(error)
    }
    return QueryResult(try await channel.opened(), channel, started: started)
  }

  private func command(_ body: @escaping @Sendable (SessionCore) throws(QueryError) -> Void) async throws {
    let error = await onThread { (core) -> SQLError? in
      do throws(QueryError) {
        try body(core)
        return nil
      } catch {
        return SQLError(error, source: "", name: nil)
      }
    }
    if let error { throw error }
  }

  private func onThread<R: Sendable>(_ body: @escaping @Sendable (SessionCore) -> R) async -> R {
    await withCheckedContinuation { continuation in
      thread.enqueue { [state] in continuation.resume(returning: body(state.core)) }
    }
  }
}

/// How far a statement is.
public struct StatementProgress: Sendable {
  /// Rows read from tables and files so far.
  public let rowsRead: Int
  /// Bytes read from files so far.
  public let bytesRead: Int
}

/// A statement of a script with its place there.
struct StatementText: Sendable {
  var text: String
  /// Where the statement begins in the script.
  var offset: Int
  /// The whole script, and its name, for error reports.
  var script: String
  var name: String?

  init(_ text: String, offset: Int = 0, script: String? = nil, name: String? = nil) {
    self.text = text
    self.offset = offset
    self.script = script ?? text
    self.name = name
  }
}

/// The core, which only the session's thread touches.
///
/// `@unchecked Sendable`: `Session` reaches it through its thread alone.
private final class SessionState: @unchecked Sendable {
  let core: SessionCore

  init(_ engine: Engine) { core = SessionCore(engine) }
}
