import LakeColumnar
import LakeFunctions
import LakeTypes

/// Shows plans and expressions as indented text, one node a line.
package enum PlanPrinter {
  package static func text(_ plan: LogicalPlan) -> String {
    var printer = Printer()
    printer.add(plan, depth: 0)
    return printer.lines.joined(separator: "\n")
  }

  /// An expression with columns by name.
  package static func text(_ expression: BoundExpression, names: [ColumnID: String]) -> String {
    ExpressionText(names: names).text(expression)
  }

  /// One node without its inputs.
  package static func line(_ plan: LogicalPlan) -> String { NodeText(plan).line }
}

private struct Printer {
  var lines: [String] = []
  private var shared: Set<ObjectIdentifier> = []

  mutating func add(_ plan: LogicalPlan, depth: Int) {
    lines.append(String(repeating: "  ", count: depth) + PlanPrinter.line(plan))
    for child in plan.children { add(child, depth: depth + 1) }
    if case .shared(let node) = plan, shared.insert(ObjectIdentifier(node.plan)).inserted {
      add(node.plan.plan, depth: depth + 1)
    }
  }
}

/// The text of one node.
private struct NodeText {
  let plan: LogicalPlan
  private let expressions: ExpressionText

  init(_ plan: LogicalPlan) {
    self.plan = plan
    let columns = plan.columns + plan.children.flatMap(\.columns)
    expressions = ExpressionText(names: Dictionary(columns.map { ($0.id, $0.name) }) { first, _ in first })
  }

  var line: String {
    switch plan {
    case .scan(let node): return scan(node)
    case .values(let node): return "Values \(node.rows.count) row(s)"
    case .project(let node): return "Project " + node.expressions.map(named).joined(separator: ", ")
    case .filter(let node): return "Filter " + expressions.text(node.predicate)
    case .join(let node):
      return "Join \(Self.name(node.kind))" + (node.condition.map { " on " + expressions.text($0) } ?? "")
    case .aggregate(let node): return aggregate(node)
    case .window(let node): return window(node)
    case .sort(let node): return "Sort " + keys(node.keys)
    case .limit(let node):
      return "Limit" + (node.count.map { " \($0)" } ?? "") + (node.offset > 0 ? " offset \(node.offset)" : "")
    case .union(let node): return "Union of \(node.inputs.count)"
    case .setOperation(let node):
      return (node.operation == .intersect ? "Intersect" : "Except") + (node.isAll ? " all" : "")
    case .generate(let node):
      return "Generate \(node.isOuter ? "outer " : "")\(node.function.name)(\(list(node.arguments)))"
    case .shared(let node): return "Shared \(node.plan.name)"
    case .recursion(let node):
      return "Recursion \(node.working.name)\(node.isDistinct ? " distinct" : ""), \(node.maximumLevel) levels at most"
    }
  }

  private func named(_ item: NamedExpression) -> String {
    let text = expressions.text(item.expression)
    return text == item.column.name ? text : "\(text) AS \(item.column.name)"
  }

  private func list(_ items: [BoundExpression]) -> String { items.map(expressions.text).joined(separator: ", ") }

  private func scan(_ node: ScanNode) -> String {
    let columns = node.columns.flatMap { Self.parts($0.selection, of: $0.output.name, $0.output.type) }
      .joined(separator: ", ")
    let predicates = node.predicates.map { predicate in
      Self.text(predicate.test, of: Self.name(predicate, node.source.schema[predicate.column]))
    }
    let pruning = predicates.isEmpty ? "" : " pruned by " + predicates.joined(separator: " and ")
    return "Scan \(node.source.summary) [\(columns)]\(pruning)"
  }

  /// A column, or what is read of one of structs: its fields, or whether it is NULL.
  private static func parts(_ selection: FieldSelection, of name: String, _ type: LogicalType) -> [String] {
    guard case .fields(let selected) = selection, case .struct(let fields) = type else { return [name] }
    if selected.isEmpty { return ["\(name) is null"] }
    return selected.sorted { $0.key < $1.key }.flatMap { index, inner in
      parts(inner, of: "\(name).\(fields[index].name)", fields[index].type)
    }
  }

  private static func name(_ predicate: ScanPredicate, _ column: Field) -> String {
    var field = column
    var name = field.name
    for index in predicate.path {
      guard case .struct(let parts) = field.type else { break }
      field = parts[index]
      name += "." + field.name
    }
    return name
  }

  private static func text(_ test: ScanPredicate.Test, of name: String) -> String {
    switch test {
    case .isNull: return "\(name) is null"
    case .isNotNull: return "\(name) is not null"
    case .isIn(let values): return "\(name) in \(values.count) value(s)"
    case .isKey(let keys): return "\(name) in \(keys.keyCount) key(s)"
    case .anyOf(let groups):
      let parts = groups.map { $0.map { text($0, of: name) }.joined(separator: " and ") }
      return "(\(parts.joined(separator: " or ")))"
    case .compare(let operation, let value):
      let symbol =
        switch operation {
        case .equal: "="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
      return "\(name) \(symbol) \(ExpressionText.text(value))"
    }
  }

  private func aggregate(_ node: AggregateNode) -> String {
    let calls = node.aggregates.map { call in
      let filter = call.filter.map { " filter \(expressions.text($0))" } ?? ""
      return "\(call.function.name)(\(call.isDistinct ? "distinct " : "")\(list(call.arguments)))\(filter)"
    }
    var text = "Aggregate"
    if !node.groups.isEmpty {
      text += " by " + node.groups.map { expressions.text($0.expression) }.joined(separator: ", ")
    }
    if let sets = node.groupingSets { text += " in \(sets.count) sets" }
    return calls.isEmpty ? text : text + ": " + calls.joined(separator: ", ")
  }

  private func window(_ node: WindowNode) -> String {
    let calls = node.functions.map { call -> String in
      let name =
        switch call.function {
        case .window(let function, _): function.name
        case .aggregate(let function, _): function.name
        }
      return "\(name)(\(list(call.arguments)))"
    }
    var text = "Window " + calls.joined(separator: ", ")
    if !node.partitionBy.isEmpty { text += " partition by " + list(node.partitionBy) }
    if !node.orderBy.isEmpty { text += " order by " + keys(node.orderBy) }
    return text
  }

  private func keys(_ keys: [SortKey]) -> String {
    keys.map { key in
      let natural = key.nullsFirst != key.isDescending
      return expressions.text(key.expression) + (key.isDescending ? " desc" : "")
        + (natural ? "" : key.nullsFirst ? " nulls first" : " nulls last")
    }.joined(separator: ", ")
  }

  private static func name(_ kind: JoinNode.Kind) -> String {
    switch kind {
    case .inner: "inner"
    case .left: "left"
    case .right: "right"
    case .full: "full"
    case .leftSemi: "semi"
    case .leftAnti: "anti"
    case .nullAwareAnti: "null-aware anti"
    case .single: "single"
    case .mark: "mark"
    }
  }
}

/// The text of expressions.
private struct ExpressionText {
  let names: [ColumnID: String]

  func text(_ expression: BoundExpression) -> String {
    switch expression.kind {
    case .column(let id): return names[id] ?? "#\(id.number)"
    case .literal(let value): return Self.text(value)
    case .call(let call): return self.call(call)
    case .cast(let operand, let mode):
      return "\(mode == .try ? "try_cast" : "cast")(\(text(operand)) as \(expression.type))"
    case .and(let operands): return "(" + operands.map(text).joined(separator: " and ") + ")"
    case .or(let operands): return "(" + operands.map(text).joined(separator: " or ") + ")"
    case .conditional(let branches, let otherwise):
      let cases = branches.map { "when \(text($0.condition)) then \(text($0.result))" }.joined(separator: " ")
      return "case \(cases)" + (otherwise.map { " else \(text($0))" } ?? "") + " end"
    case .coalesce(let operands): return "coalesce(" + operands.map(text).joined(separator: ", ") + ")"
    case .lambda(let parameters, let body):
      return "(" + parameters.map(\.name).joined(separator: ", ") + ") -> " + text(body)
    case .subquery: return "(subquery)"
    }
  }

  private func call(_ call: BoundCall) -> String {
    let name = call.function.name
    if call.arguments.count == 2, name.allSatisfy({ !$0.isLetter && $0 != "[" && $0 != "]" && $0 != "." }) {
      return "(\(text(call.arguments[0])) \(name) \(text(call.arguments[1])))"
    }
    return "\(name)(" + call.arguments.map(text).joined(separator: ", ") + ")"
  }

  static func text(_ literal: Literal) -> String {
    switch literal {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .double(let value): "\(value)"
    case .decimal(let value): "\(value)d"
    case .string(let value): "'\(value)'"
    case .binary(let bytes): "\(bytes.count) bytes"
    case .date(let days): "date '\(DateTimeText.dateString(days))'"
    case .timestamp(let micros): "timestamp '\(DateTimeText.timestampString(micros))'"
    case .array(let values): "[" + values.map(text).joined(separator: ", ") + "]"
    case .map(let keys, _): "map of \(keys.count)"
    case .struct(let values): "{" + values.map(text).joined(separator: ", ") + "}"
    }
  }
}
