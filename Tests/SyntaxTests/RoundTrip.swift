import LakeDiagnostics
import LakeSyntax
import Testing

/// Parses the statement, prints it, parses that, and expects the same tree and the same text again.
func expectRoundTrip(_ text: String, _ place: SourceLocation = #_sourceLocation) {
  do throws(QueryError) {
    let tree = try Parser.parseStatement(text)
    let printed = SQLPrinter.print(tree)
    do throws(QueryError) {
      let again = try Parser.parseStatement(printed)
      #expect(again == tree, "\(text)\nprints as\n\(printed)", sourceLocation: place)
      #expect(SQLPrinter.print(again) == printed, sourceLocation: place)
    } catch {
      Issue.record("\(text)\nprints as\n\(printed)\n\(report(error, printed))", sourceLocation: place)
    }
  } catch {
    Issue.record("\(report(error, text))", sourceLocation: place)
  }
}

/// Parses every statement of a script; spans count from its start.
func parseScript(_ text: String) throws(QueryError) -> [Statement] {
  let script = Script(text)
  var statements: [Statement] = []
  for part in script.statements {
    statements.append(try Parser.parseStatement(part.text, at: part.span.start))
  }
  if let fault = script.fault { throw fault }
  return statements
}

func report(_ error: QueryError, _ source: String) -> String {
  ErrorReport(error, source: source, sourceName: nil).rendered()
}

/// The error that parsing the statement throws.
func parseError(_ text: String, _ place: SourceLocation = #_sourceLocation) throws -> QueryError {
  let error = #expect(throws: QueryError.self, sourceLocation: place) { try Parser.parseStatement(text) }
  return try #require(error, sourceLocation: place)
}

/// The part of a text that a span covers.
func slice(_ text: String, _ span: SourceSpan?) -> String {
  guard let span else { return "<no span>" }
  return String(decoding: Array(text.utf8)[span.start..<span.end], as: UTF8.self)
}
