import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// Turns bound expressions into evaluation nodes; expressions that mean the same get one number.
struct ExpressionCompiler {
  private var slots: [ColumnID: Int]
  private var nextSlot: Int
  private let context: EvaluationContext
  private var numbers: [StructuralKey: Int] = [:]
  private var uses: [Int: Int] = [:]
  private var resultIndexes: [Int: Int] = [:]
  private(set) var dictionaryNodes = 0

  /// A node, and the number of the expression where it has one.
  struct Compiled {
    var node: any EvaluationNode
    var number: Int?
  }

  init(layout: ColumnLayout, context: EvaluationContext) {
    slots = layout.slots
    nextSlot = layout.ids.count
    self.context = context
  }

  // MARK: Numbering

  /// Counts how often each subexpression occurs; returns the number of the whole, nil if it must not be shared.
  @discardableResult
  mutating func countUses(_ expression: BoundExpression) -> Int? {
    let children = expression.evaluatedChildren
    var numbers: [Int] = []
    var isShareable = true
    for child in children {
      if let number = countUses(child) { numbers.append(number) } else { isShareable = false }
    }
    guard isShareable, let number = number(of: expression, children: numbers) else { return nil }
    uses[number, default: 0] += 1
    return number
  }

  private mutating func number(of expression: BoundExpression, children: [Int]) -> Int? {
    guard let head = expression.structuralHead else { return nil }
    let key = StructuralKey(head: head, children: children)
    if let known = numbers[key] { return known }
    numbers[key] = numbers.count
    return numbers.count - 1
  }

  // MARK: Compiling

  mutating func compile(_ expression: BoundExpression) throws(QueryError) -> Compiled {
    var children: [Compiled] = []
    if case .lambda = expression.kind {
      throw .internal("a lambda stands outside of a call", span: expression.span)
    }
    for child in expression.evaluatedChildren { children.append(try compile(child)) }
    let node = try makeNode(expression, children.map(\.node))
    let known = children.compactMap(\.number)
    guard known.count == children.count, let number = number(of: expression, children: known) else {
      return Compiled(node: node, number: nil)
    }
    return Compiled(node: shared(node, number), number: number)
  }

  private mutating func shared(_ node: any EvaluationNode, _ number: Int) -> any EvaluationNode {
    guard uses[number, default: 0] > 1, !node.isTrivial else { return node }
    let index = resultIndexes[number] ?? resultIndexes.count
    resultIndexes[number] = index
    return RepeatedNode(node: node, index: index)
  }

  private mutating func makeNode(
    _ expression: BoundExpression, _ children: [any EvaluationNode]
  ) throws(QueryError) -> any EvaluationNode {
    switch expression.kind {
    case .column(let id):
      guard let slot = slots[id] else {
        throw .internal("column \(id.number) is not among the inputs of its expression", span: expression.span)
      }
      return ColumnNode(type: expression.type, slot: slot)
    case .literal(let value): return LiteralNode(value: .constant(value, expression.type, count: 1))
    case .call(let call): return try makeCall(call, children, expression)
    case .cast(let operand, let mode): return try makeCast(operand, mode, children[0], expression)
    case .and: return LogicalNode(connective: .and, operands: children)
    case .or: return LogicalNode(connective: .or, operands: children)
    case .conditional(let branches, let otherwise):
      return ConditionalNode(
        type: expression.type, conditions: branches.indices.map { children[2 * $0] },
        results: branches.indices.map { children[2 * $0 + 1] }, otherwise: otherwise.flatMap { _ in children.last })
    case .coalesce: return CoalesceNode(type: expression.type, operands: children)
    case .lambda: throw .internal("a lambda stands outside of a call", span: expression.span)
    case .subquery: throw .internal("a subquery was not turned into a join", span: expression.span)
    }
  }

  private mutating func makeCall(
    _ call: BoundCall, _ arguments: [any EvaluationNode], _ expression: BoundExpression
  ) throws(QueryError) -> any EvaluationNode {
    var lambdas: [LambdaNode] = []
    for argument in call.arguments {
      if case .lambda(let parameters, let body) = argument.kind {
        lambdas.append(try makeLambda(parameters, body))
      }
    }
    let isStrict = call.function.nulls == .strict
    let isStrictInFirst =
      Self.strictInFirst.contains(call.function.name)
      && arguments.dropFirst().allSatisfy {
        $0 is LiteralNode
      }
    let isDeterministic = call.function.isDeterministic
    return CallNode(
      type: expression.type, kernel: call.overload.kernel, arguments: arguments, lambdas: lambdas,
      isStrict: isStrict, isDeterministic: isDeterministic,
      isTotal: Self.total.contains(call.function.name) && arguments.allSatisfy(\.isTotal),
      dictionaryIndex: (isStrict || isStrictInFirst) && isDeterministic && lambdas.isEmpty
        ? nextDictionaryIndex() : nil,
      hasOneVariable: arguments.lazy.filter { !($0 is LiteralNode) }.count == 1, span: expression.span,
      isConstant: isDeterministic && lambdas.isEmpty && arguments.allSatisfy(Self.isConstant))
  }

  /// Functions that are cheap and defined for all values of their types.
  private static let total: Set<String> = [
    "=", "<>", "<", "<=", ">", ">=", "<=>", "is_distinct_from", "between", "in", "not", "isnull", "isnotnull",
    "isnan",
  ]

  /// Functions that are NULL where their first argument is, though not where others are.
  private static let strictInFirst: Set<String> = ["between", "in"]

  private mutating func nextDictionaryIndex() -> Int {
    dictionaryNodes += 1
    return dictionaryNodes - 1
  }

  private mutating func makeLambda(
    _ parameters: [OutputColumn], _ body: BoundExpression
  ) throws(QueryError) -> LambdaNode {
    let outer = (slots, nextSlot)
    let first = nextSlot
    for (index, parameter) in parameters.enumerated() { slots[parameter.id] = first + index }
    nextSlot += parameters.count
    let compiled = try compile(body)
    (slots, nextSlot) = outer
    return LambdaNode(body: compiled.node, firstParameter: first)
  }

  private mutating func makeCast(
    _ operand: BoundExpression, _ mode: CastMode, _ node: any EvaluationNode, _ expression: BoundExpression
  ) throws(QueryError) -> any EvaluationNode {
    // Only a literal: what else has no type, such as raise_error, must still be evaluated.
    if operand.type == .void, case .literal = operand.kind {
      return LiteralNode(value: .allNull(expression.type, count: 1))
    }
    let kernel = try CastFunction.kernel(from: operand.type, to: expression.type, mode: mode)
    return CallNode(
      type: expression.type, kernel: kernel, arguments: [node], lambdas: [], isStrict: true, isDeterministic: true,
      isTotal: false, dictionaryIndex: nextDictionaryIndex(), hasOneVariable: true, span: expression.span,
      target: expression.target, isConstant: Self.isConstant(node))
  }

  /// Whether a node is a literal, or a call of literals alone.
  private static func isConstant(_ node: any EvaluationNode) -> Bool {
    switch node {
    case is LiteralNode: true
    case let call as CallNode: call.isConstant
    case let repeated as RepeatedNode: isConstant(repeated.node)
    default: false
    }
  }
}

extension BoundExpression {
  /// The operands that are evaluated to vectors: all but lambdas.
  fileprivate var evaluatedChildren: [BoundExpression] {
    switch kind {
    case .column, .literal, .lambda, .subquery: return []
    case .call(let call):
      return call.arguments.filter { argument in
        if case .lambda = argument.kind { false } else { true }
      }
    case .cast(let operand, _): return [operand]
    case .and(let operands), .or(let operands), .coalesce(let operands): return operands
    case .conditional(let branches, let otherwise):
      return branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
    }
  }

  /// What tells this expression from others with equal operands; nil where equal text need not mean an equal value.
  fileprivate var structuralHead: StructuralKey.Head? {
    switch kind {
    case .column(let id): return .column(id)
    case .literal(let value): return .literal(value, type)
    case .call(let call):
      let hasLambda = call.arguments.contains { if case .lambda = $0.kind { true } else { false } }
      guard call.function.isDeterministic, !hasLambda else { return nil }
      return .call(call.function.name, call.overload.argumentTypes, type)
    case .cast(_, let mode): return .cast(mode, type)
    case .and: return .and
    case .or: return .or
    case .coalesce: return .coalesce(type)
    case .conditional(_, let otherwise): return .conditional(hasElse: otherwise != nil, type)
    case .lambda, .subquery: return nil
    }
  }
}

/// Tells expressions apart: what the node is, and the numbers of its operands.
private struct StructuralKey: Hashable {
  enum Head: Hashable {
    case column(ColumnID)
    case literal(Literal, LogicalType)
    case call(String, [LogicalType], LogicalType)
    case cast(CastMode, LogicalType)
    case and, or
    case coalesce(LogicalType)
    case conditional(hasElse: Bool, LogicalType)
  }

  let head: Head
  let children: [Int]
}
