import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeSyntax
import LakeTypes

/// Binds functions in FROM: `read_files`, `range`, those that look into Parquet files, and the row-yielding functions.
struct TableFunctionBinder {
  let binder: Binder
  let outer: Scope?

  init(_ binder: Binder, outer: Scope?) {
    self.binder = binder
    self.outer = outer
  }

  func bind(_ function: TableFunction, _ span: SourceSpan) throws(QueryError) -> BoundSource {
    let name = function.name.last.name.lowercased()
    switch name {
    case "read_files": return try readFiles(function, span)
    case "range": return try range(function, span)
    case _ where Self.inspections.contains(name): return try inspection(name, function, span)
    default: return try generator(name, function, span)
    }
  }

  private func generator(_ name: String, _ function: TableFunction, _ span: SourceSpan) throws(QueryError)
    -> BoundSource
  {
    guard FunctionRegistry.generator(name) != nil else {
      let names = TableFunctionRecord.all.map(\.name) + FunctionRegistry.generators.map(\.name)
      throw QueryError(
        .unresolvedRoutine, .bind, "there is no table function \(name)", span: span,
        hint: NearestName.of(name, among: names).map { "did you mean \($0)?" })
    }
    let arguments = try ExpressionBinder(binder, Scope(parent: outer), clause: .value).bind(
      function.arguments.map(\.value))
    let oneRow = LogicalPlan.values(ValuesNode(columns: [], rows: [[]]))
    let node = try GeneratorBinder(binder).bind(name, arguments, isOuter: false, names: [], over: oneRow, span: span)
    let plan = LogicalPlan.generate(node)
    return BoundSource(plan: plan, scope: Scope(plan: plan, qualifier: [name], parent: outer))
  }

  // MARK: parquet_metadata, ...

  private static let inspections = [
    "parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata",
  ]

  private func inspection(
    _ name: String, _ function: TableFunction, _ span: SourceSpan
  ) throws(QueryError) -> BoundSource {
    guard function.arguments.count == 1, let argument = function.arguments.first, argument.name == nil,
      case .string(let path) = try binder.constant(argument.value).value
    else { throw QueryError(.wrongArgumentCount, .bind, "\(name) takes one path", span: span) }
    let source = try binder.resolver.files(FileRequest(format: name, path: path))
    return .scan(source, qualifier: [name], parent: outer)
  }

  // MARK: read_files

  private func readFiles(_ function: TableFunction, _ span: SourceSpan) throws(QueryError) -> BoundSource {
    var path: String?
    var options: [String: String] = [:]
    var schema: Schema?
    for argument in function.arguments {
      let literal = try binder.constant(argument.value)
      guard let text = Self.optionText(literal) else {
        throw QueryError(
          .invalidParameter, .bind, "the options of read_files are constants", span: argument.value.span)
      }
      guard let name = argument.name?.name.lowercased() else {
        guard path == nil else {
          throw QueryError(
            .invalidParameter, .bind, "read_files takes one path; options have names", span: argument.value.span,
            hint: "write format => 'csv'")
        }
        path = text
        continue
      }
      if name == "path" {
        path = text
      } else if name == "schema" {
        schema = try self.schema(text, argument.value.span)
      } else {
        options[name] = text
      }
    }
    guard let path else { throw QueryError(.invalidParameter, .bind, "read_files needs a path", span: span) }
    let format = options.removeValue(forKey: "format") ?? ""
    let request = FileRequest(format: format.lowercased(), path: path, options: options, schema: schema)
    return .scan(try binder.resolver.files(request), qualifier: ["read_files"], parent: outer)
  }

  private func schema(_ text: String, _ span: SourceSpan) throws(QueryError) -> Schema {
    do throws(QueryError) {
      let columns = try Parser.parseColumnList(text)
      if let column = columns.first(where: { $0.defaultValue != nil }) {
        throw QueryError(.unsupported, .bind, "column \(column.name.name) has a default, which files have not")
      }
      return try TypeBinder.bind(columns)
    } catch {
      var moved = error
      moved.span = span
      moved.message = "in the schema '\(text)': \(error.message)"
      throw moved
    }
  }

  private static func optionText(_ literal: TypedLiteral) -> String? {
    switch literal.value {
    case .string(let text): text
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    default: nil
    }
  }

  // MARK: range

  private func range(_ function: TableFunction, _ span: SourceSpan) throws(QueryError) -> BoundSource {
    var numbers: [Int64] = []
    for argument in function.arguments {
      let literal = try binder.constant(argument.value)
      guard case .integer(let value) = literal.value else {
        throw QueryError(.invalidParameter, .bind, "range takes whole numbers", span: argument.value.span)
      }
      numbers.append(value)
    }
    guard (1...4).contains(numbers.count) else {
      throw QueryError(.wrongArgumentCount, .bind, "range takes (end), (start, end) or (start, end, step)", span: span)
    }
    let source = RangeSource(
      start: numbers.count == 1 ? 0 : numbers[0], end: numbers.count == 1 ? numbers[0] : numbers[1],
      step: numbers.count > 2 ? numbers[2] : 1)
    guard source.step != 0 else { throw QueryError(.invalidParameter, .bind, "the step of range is not 0", span: span) }
    return .scan(source, qualifier: ["range"], parent: outer)
  }
}
