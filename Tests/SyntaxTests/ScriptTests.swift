import LakeDiagnostics
import LakeSyntax
import Testing

@Suite struct ScriptTests {
  @Test func splitsAtSemicolonsOutsideOfStringsAndComments() throws {
    let script = """
      SELECT 'a;b', "c;d", `e;f`, r'\\'; -- not; here
      /* nor; /* here; */ */ SELECT 2;;
      ;SELECT 'it''s; \\'; x' -- last; one
      """
    let parts = Script(script).statements
    #expect(parts.map(\.text) == ["SELECT 'a;b', \"c;d\", `e;f`, r'\\'", "SELECT 2", "SELECT 'it''s; \\'; x'"])
    for part in parts { #expect(slice(script, part.span) == part.text) }
  }

  @Test func keepsAtomicBlocksTogether() throws {
    let script =
      "BEGIN ATOMIC DELETE FROM t WHERE CASE WHEN a THEN b END; begin /* x */ atomic DELETE FROM t; END; END; SELECT end; BEGIN; COMMIT;"
    let parts = Script(script).statements
    #expect(parts.map { $0.text.prefix(6) } == ["BEGIN ", "SELECT", "BEGIN", "COMMIT"])
    #expect(try parseScript(script).count == 4)
  }

  @Test func emptyScriptsHaveNoStatements() throws {
    for text in ["", " \n ", "-- x", "/* x */;;", "\u{FEFF}"] { #expect(Script(text).statements.isEmpty) }
  }

  @Test(arguments: [
    ("a;\nSELECT 'x", "'"), ("a; /* x", "/"), ("a; SELECT 1 /* x; c;", "/"), ("a; SELECT `a", "`"),
    ("a; SET b = it's; SELECT 1;", "'"), ("a; BEGIN ATOMIC SELECT 1;", "B"), ("a; BEGIN ATOMIC SELECT 1; -- c", "B"),
  ])
  func reportsWhatIsNeverClosedBehindTheStatementsBeforeIt(_ text: String, _ opening: String) throws {
    let script = Script(text)
    #expect(script.statements.map(\.text) == ["a"])
    let error = try #require(script.fault)
    #expect(error.code == .syntaxError)
    #expect(slice(text, error.span) == opening)
  }

  @Test func knowsWhenTheShellMayRun() {
    for text in ["", "  ", "SELECT 1;", "SELECT 1; -- x", "BEGIN ATOMIC SELECT 1; END;", "SELECT 'a;b';"] {
      #expect(Script.isComplete(text), "\(text)")
    }
    for text in ["SELECT 1", "SELECT ';", "SELECT 1; SELECT", "/* ;", "BEGIN ATOMIC SELECT 1;", "SELECT 1 -- ;"] {
      #expect(!Script.isComplete(text), "\(text)")
    }
  }

  @Test func settingsAreRawText() throws {
    func setting(_ text: String) throws -> SetCommand? {
      guard case .set(let command) = try Parser.parseStatement(text).kind else { return nil }
      return command
    }
    #expect(try setting("set a.b = /data/it's;") == .assign(key: "a.b", value: "/data/it's"))
    #expect(try setting("-- c\nSET a=b=c -- d") == .assign(key: "a", value: "b=c"))
    #expect(try setting("SET a=") == .assign(key: "a", value: ""))
    #expect(try setting("SET a--b=c") == .assign(key: "a--b", value: "c"))
    #expect(try setting("SET") == .showAll)
    #expect(try setting("SET `a b`") == .show("a b"))
    #expect(
      try setting("SET TIME ZONE 'Europe/Berlin'") == .assign(key: "spark.sql.session.timeZone", value: "Europe/Berlin")
    )
    #expect(try Parser.parseStatement("SOURCE 'my file.sql'").kind == .source("my file.sql"))
  }
}

@Suite struct VariableSubstitutionTests {
  private let values = VariableSubstitution(
    variables: ["dt": "2026-01-31", "n": "3"], settings: ["mode": "fast", "n": "4"], environment: ["HOME": "/home/x"])

  @Test func replacesEveryKind() throws {
    let text = "SELECT '${hivevar:dt}', ${n}, '${mode}', '${hiveconf:mode}', '${env:HOME}', ${hiveconf:n}"
    #expect(
      try values.apply(to: text).text == "SELECT '2026-01-31', 3, 'fast', 'fast', '/home/x', 4")
  }

  @Test func leavesCommentsAndOtherDollarsAlone() throws {
    let text = "SELECT '$x ${}', '--${n}' -- ${no}\n/* ${no} */ , `a--${n}`, r'\\' -- ${no}"
    #expect(try values.apply(to: text).text == "SELECT '$x ${}', '--3' -- ${no}\n/* ${no} */ , `a--3`, r'\\' -- ${no}")
  }

  @Test func unsetVariablesFailOrStay() throws {
    let error = try #require(
      #expect(throws: QueryError.self) { try values.apply(to: "SELECT ${hivevar:day}", at: 100) })
    #expect(error.code == .unsetVariable)
    #expect(error.span == SourceSpan(start: 107, end: 121))
    #expect(error.hint == "give it a value: --hivevar day=...")
    var lenient = values
    lenient.unset = .stays
    #expect(try lenient.apply(to: "SELECT ${day}, ${n}").text == "SELECT ${day}, 3")
  }

  @Test func spansLeadBackToTheOriginal() throws {
    let text = "SELECT ${n}, '${hivevar:dt}' FORM t"
    let result = try values.apply(to: text, at: 50)
    let error = try #require(#expect(throws: QueryError.self) { try Parser.parseStatement(result.text) })
    let span = result.originalSpan(try #require(error.span))
    #expect(slice(text, SourceSpan(start: span.start - 50, end: span.end - 50)) == "t")
    let whole = result.originalSpan(SourceSpan(start: 0, end: result.text.utf8.count))
    #expect(whole == SourceSpan(start: 50, end: 50 + text.utf8.count))
    #expect(result.originalSpan(SourceSpan(start: 7, end: 8)) == SourceSpan(start: 57, end: 61))
    #expect(result.originalSpan(SourceSpan(start: 10, end: 15)) == SourceSpan(start: 63, end: 77))
    let end = result.text.utf8.count
    #expect(result.originalSpan(SourceSpan(start: end, end: end)).start == 50 + text.utf8.count)
  }
}

@Suite struct BankScriptTests {
  @Test func everyScriptParsesAndRoundTrips() throws {
    let folder = "fixtures/bank/sql"
    let names = try ProjectFile.names(in: folder, suffix: ".sql")
    #expect(names.count >= 5)
    let values = VariableSubstitution(variables: ["dt": "2026-01-31", "sources": "fixtures/bank/data"])
    for name in names {
      let source = try ProjectFile.text("\(folder)/\(name)")
      do throws(QueryError) {
        let script = Script(source)
        if let fault = script.fault { throw fault }
        for part in script.statements {
          expectRoundTrip(try values.apply(to: part.text, at: part.span.start).text)
        }
      } catch {
        Issue.record("\(name): \(report(error, source))")
      }
    }
  }
}
