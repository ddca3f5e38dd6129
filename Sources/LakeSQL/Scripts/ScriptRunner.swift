import Glibc
import LakeDiagnostics
import LakeSyntax

/// Runs scripts in a session, statement by statement.
public struct ScriptRunner: Sendable {
  public struct Options: Sendable {
    /// All statements commit together when the last one is done, or none does.
    public var isAtomic: Bool
    /// After a failed statement the next one runs.
    public var continuesAfterErrors: Bool

    public init(isAtomic: Bool = false, continuesAfterErrors: Bool = false) {
      self.isAtomic = isAtomic
      self.continuesAfterErrors = continuesAfterErrors
    }
  }

  private let session: Session
  private let options: Options
  private let onResult: @Sendable (QueryResult) async throws -> Void
  private let onError: @Sendable (SQLError) -> Void

  /// - Parameters:
  ///   - onResult: takes each statement's result and must read its rows to the end.
  ///   - onError: told of each failed statement.
  public init(
    session: Session, options: Options = Options(), onResult: @escaping @Sendable (QueryResult) async throws -> Void,
    onError: @escaping @Sendable (SQLError) -> Void
  ) {
    self.session = session
    self.options = options
    self.onResult = onResult
    self.onError = onError
  }

  /// Runs scripts in order; with `isAtomic` all of them are one transaction.
  ///
  /// Returns whether every statement succeeded. Errors of the output itself are thrown. When the task is cancelled, no
  /// further statement starts; `Session.cancel()` stops the running one.
  public func run(_ scripts: [ScriptSource]) async throws -> Bool {
    guard options.isAtomic else { return try await runAll(scripts) }
    try await session.begin(forScript: true)
    let isGood: Bool
    do {
      isGood = try await runAll(scripts)
    } catch let failure {
      do {
        try await session.rollback()
      } catch let error as SQLError {
        onError(error)
      }
      throw failure
    }
    return try await conclude(isGood)
  }

  private func runAll(_ scripts: [ScriptSource]) async throws -> Bool {
    var isGood = true
    for script in scripts {
      isGood = try await run(script, depth: 0) && isGood
      if !isGood, !goesOnAfterErrors { break }
    }
    return isGood
  }

  /// Whether the next statement runs after a failed one.
  private var goesOnAfterErrors: Bool {
    options.continuesAfterErrors && !options.isAtomic && !Task.isCancelled
  }

  private func conclude(_ isGood: Bool) async throws -> Bool {
    guard isGood else {
      try await session.rollback()
      return false
    }
    do {
      try await session.commit()
      return true
    } catch let error as SQLError {
      onError(error)
      return false
    }
  }

  private static let deepestSource = 32

  private func run(_ script: ScriptSource, depth: Int) async throws -> Bool {
    let parts = Script(script.text)
    var isGood = true
    for statement in parts.statements {
      if Task.isCancelled { return false }
      isGood = try await run(statement, of: script, depth: depth) && isGood
      if !isGood, !goesOnAfterErrors { return false }
    }
    guard let fault = parts.fault else { return isGood }
    onError(SQLError(fault, source: script.text, name: script.name))
    return false
  }

  private func run(_ statement: ScriptStatement, of script: ScriptSource, depth: Int) async throws -> Bool {
    let text = StatementText(
      statement.text, offset: statement.span.start, script: script.text, name: script.name)
    do {
      if let path = try ScriptSource.includedPath(statement) {
        guard depth < Self.deepestSource else {
          throw QueryError(
            .limitExceeded, .usage, "SOURCE is nested more than \(Self.deepestSource) deep", span: statement.span)
        }
        return try await run(try script.included(path, span: statement.span), depth: depth + 1)
      }
      try await onResult(try await session.execute(text))
      return true
    } catch let error as SQLError {
      onError(error)
    } catch let error as QueryError {
      onError(SQLError(error, source: script.text, name: script.name))
    }
    return false
  }
}

/// A script: its text, and its file's path where it comes from one.
public struct ScriptSource: Sendable {
  public let text: String
  /// The path, which error reports show and which `SOURCE` starts from; nil for text without a file.
  public let name: String?

  public init(text: String, name: String? = nil) {
    self.text = text
    self.name = name
  }

  /// Reads a script file, which must be UTF-8.
  public init(path: String) throws {
    do {
      self.init(text: try Self.read(path), name: path)
    } catch {
      throw SQLError(error, source: "", name: path)
    }
  }

  /// Whether a shell can hand over what was typed: it is blank, or its last statement has its semicolon.
  public static func isComplete(_ text: String) -> Bool { Script.isComplete(text) }

  private static func read(_ path: String) throws(QueryError) -> String {
    guard let file = fopen(path, "r") else {
      throw QueryError(
        .pathNotFound, .usage, "cannot open the script \(path)", cause: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { break }
      bytes += block[..<count]
    }
    guard ferror(file) == 0 else {
      throw QueryError(.ioError, .usage, "cannot read the script \(path)", cause: String(cString: strerror(errno)))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw QueryError(.invalidParameter, .usage, "the script is not valid UTF-8: \(path)")
    }
    return text
  }

  /// The path of a `SOURCE path` statement; nil for any other.
  static func includedPath(_ statement: ScriptStatement) throws(QueryError) -> String? {
    guard statement.text.prefix(6).lowercased() == "source" else { return nil }
    guard case .source(let path) = try Parser.parseStatement(statement.text, at: statement.span.start).kind else {
      return nil
    }
    return path
  }

  /// The script at a path relative to this one.
  func included(_ path: String, span: SourceSpan) throws(QueryError) -> ScriptSource {
    let directory = name.flatMap { name in name.lastIndex(of: "/").map { String(name[...$0]) } } ?? ""
    let full = path.hasPrefix("/") ? path : directory + path
    do {
      return ScriptSource(text: try Self.read(full), name: full)
    } catch {
      throw error.at(span)
    }
  }
}
