import LakeDiagnostics

/// A statement that failed: what went wrong, where, and how to mend it.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  /// The five-character SQLSTATE.
  public let sqlState: String
  /// The name of the error's kind, such as `TABLE_OR_VIEW_NOT_FOUND`; Spark's where Spark has one.
  public let condition: String
  public let message: String
  public let hint: String?
  /// Where in the statement's or script's text, both from 1; nil where no text is at fault.
  public let line: Int?
  public let column: Int?
  /// The data file that held the bad value, and its row from 1.
  public let file: String?
  public let row: Int?
  /// The whole error as text of several lines, with the source line and a caret; ends with a newline.
  public let report: String

  init(_ error: QueryError, source: String, name: String?) {
    sqlState = error.code.sqlState
    condition = error.code.name
    message = error.cause.map { "\(error.message): \($0)" } ?? error.message
    hint = error.hint
    let position = error.span.map { SourcePosition(offset: $0.start, in: source) }
    line = position?.line
    column = position?.column
    file = error.file?.path
    row = error.file?.row
    report = ErrorReport(error, source: source, sourceName: name).rendered()
  }

  public var description: String { "[\(condition)] \(message) SQLSTATE: \(sqlState)" }
}
