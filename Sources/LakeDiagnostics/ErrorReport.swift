/// Renders a `QueryError` for a person: position, the source line with a caret, SQLSTATE, hint.
package struct ErrorReport {
  package let error: QueryError
  /// The text that the error's span counts in.
  package let source: String
  /// The name of the script, or nil for text from the command line.
  package let sourceName: String?

  package init(_ error: QueryError, source: String, sourceName: String?) {
    self.error = error
    self.source = source
    self.sourceName = sourceName
  }

  /// The report as lines of text that end with a newline.
  package func rendered() -> String {
    var text = "error: \(error.message)"
    if let cause = error.cause { text += ": \(cause)" }
    text += " [\(error.code.name), SQLSTATE \(error.code.sqlState)]\n"
    if let file = error.file {
      text += "  in file: \(file.path)" + (file.row.map { ", row \($0)" } ?? "") + "\n"
    }
    if let span = error.span { text += excerpt(of: span) }
    if let hint = error.hint { text += "  hint: \(hint)\n" }
    return text
  }

  private func excerpt(of span: SourceSpan) -> String {
    let position = SourcePosition(offset: span.start, in: source)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let line = position.line <= lines.count ? String(lines[position.line - 1]) : ""
    let number = String(position.line)
    let margin = String(repeating: " ", count: number.count)
    let place = "\(sourceName ?? "<command line>"):\(position.line):\(position.column)"
    let shown = line.map { $0 == "\t" ? " " : $0 }
    let padding = String(repeating: " ", count: position.column - 1)
    let width = max(1, min(caretWidth(of: span), shown.count - position.column + 1))
    let carets = String(repeating: "^", count: width)
    return " \(margin)--> \(place)\n \(number) | \(String(shown))\n \(margin) | \(padding)\(carets)\n"
  }

  /// Characters of the span that stand on its first line.
  private func caretWidth(of span: SourceSpan) -> Int {
    let bytes = source.utf8.dropFirst(span.start).prefix(span.end - span.start)
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self).count
  }
}
