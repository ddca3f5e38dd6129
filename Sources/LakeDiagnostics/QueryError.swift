/// The one error of the engine: what went wrong, where, and how to mend it.
///
/// Values of the data go at the end of the message, so that messages of one kind sort together.
package struct QueryError: Error, Sendable {
  /// The stage of a query that noticed the error.
  package enum Phase: String, Sendable {
    case usage, parse, bind, plan, execute, commit, catalog, storage
  }

  /// What went wrong, by SQLSTATE and by Spark's name of the error class.
  package var code: ErrorCode
  package var phase: Phase
  package var message: String
  /// Where in the statement's source text; nil where no text is at fault.
  package var span: SourceSpan?
  /// How to mend it, when that is known.
  package var hint: String?
  /// The file (and row, starting at 1) that held the bad data.
  package var file: FileLocation?
  /// The message of an underlying failure, such as the operating system's.
  package var cause: String?
  /// Whether an expression without columns failed: then no row of the data is at fault.
  package var isOfConstant = false

  package init(
    _ code: ErrorCode, _ phase: Phase, _ message: String, span: SourceSpan? = nil,
    hint: String? = nil, file: FileLocation? = nil, cause: String? = nil
  ) {
    self.code = code
    self.phase = phase
    self.message = message
    self.span = span
    self.hint = hint
    self.file = file
    self.cause = cause
  }

  /// A fault of the engine itself, never of the user.
  package static func `internal`(_ message: String, span: SourceSpan? = nil) -> QueryError {
    QueryError(.internalError, .execute, message, span: span)
  }

  /// Gives the error a place in the source, unless it has one already.
  package func at(_ span: SourceSpan?) -> QueryError {
    guard self.span == nil, let span else { return self }
    var copy = self
    copy.span = span
    return copy
  }

  /// Gives the error the file that held the bad data, unless it has one already.
  package func inFile(_ path: String, row: Int? = nil) -> QueryError {
    guard file == nil else { return self }
    var copy = self
    copy.file = FileLocation(path: path, row: row)
    return copy
  }
}

/// A file and, where known, the row in it, starting at 1.
package struct FileLocation: Hashable, Sendable {
  package let path: String
  package let row: Int?

  package init(path: String, row: Int? = nil) {
    self.path = path
    self.row = row
  }
}

extension QueryError: CustomStringConvertible {
  package var description: String {
    var text = "[\(code.name)] \(message)"
    if let file { text += " (file \(file.path)" + (file.row.map { ", row \($0)" } ?? "") + ")" }
    if let cause { text += ": \(cause)" }
    return text + " SQLSTATE: \(code.sqlState)"
  }
}
