package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

/// What the binder knows of an argument when it resolves a call.
package struct FunctionArgument {
  package var type: LogicalType
  /// The value, where the argument is a constant; computed when a function asks.
  package var constant: Literal? { compute() }
  private let compute: () -> Literal?
  /// The result type of a lambda's body; `type` is then the same.
  package var isLambda: Bool
  /// The name of a column or field reference, for functions that take names from their arguments (`struct(a, b)`).
  package var name: String?

  package init(
    _ type: LogicalType, constant: @autoclosure @escaping () -> Literal? = nil, isLambda: Bool = false,
    name: String? = nil
  ) {
    self.type = type
    compute = constant
    self.isLambda = isLambda
    self.name = name
  }
}

/// A scalar function or operator: one record serves binder, evaluator, documentation and SHOW FUNCTIONS.
package struct ScalarFunction: Sendable {
  package enum NullHandling: Sendable {
    /// The result is NULL where any argument is. The evaluator sees to that: it passes the rows where no argument is
    /// NULL as `KernelCall.validity` and masks the result; the kernel may compute anything in the other rows but
    /// must not throw because of them.
    case strict
    /// The kernel looks at the arguments' masks itself.
    case custom
  }

  package var name: String
  package var aliases: [String] = []
  /// As the documentation shows it, such as `substring(str, pos[, len])`.
  package var signature: String
  package var summary: String
  /// One or more lines `SELECT ...;` with the result behind `-- `.
  package var example: String
  package var nulls: NullHandling = .strict
  /// Whether equal arguments give equal results within one statement (false: `rand`, `uuid`).
  package var isDeterministic = true
  /// Types of a lambda argument's parameters, given the types of all arguments (a lambda's is `.void`), the lambda's
  /// position and its parameter count. nil for functions without lambdas.
  package var lambdaParameters:
    (@Sendable (_ types: [LogicalType], _ lambda: Int, _ count: Int) throws(QueryError) -> [LogicalType])?
  /// Picks the overload; throws `.wrongArgumentCount` or `.datatypeMismatch` naming the argument.
  package var resolve: @Sendable ([FunctionArgument]) throws(QueryError) -> ScalarOverload
}

/// A scalar function bound to argument types.
package struct ScalarOverload: Sendable {
  /// What the binder casts each argument to.
  package var argumentTypes: [LogicalType]
  package var returnType: LogicalType
  package var kernel: ScalarKernel

  package init(_ argumentTypes: [LogicalType], _ returnType: LogicalType, kernel: @escaping ScalarKernel) {
    self.argumentTypes = argumentTypes
    self.returnType = returnType
    self.kernel = kernel
  }
}

/// Computes a vector of `call.count` rows and the overload's return type; it may be constant or carry more NULLs.
package typealias ScalarKernel = @Sendable (_ call: KernelCall) throws(QueryError) -> Vector

/// The arguments of one kernel call.
package struct KernelCall {
  /// Each flat with `count` rows, or constant; never dictionary-encoded.
  package var arguments: [Vector]
  package var count: Int
  /// Rows in which no argument is NULL; nil = all (strict functions only).
  package var validity: ValidityMask?
  package var context: EvaluationContext
  /// The lambda arguments, in order.
  package var lambdas: [LambdaBody]

  package init(
    arguments: [Vector], count: Int, validity: ValidityMask? = nil, context: EvaluationContext,
    lambdas: [LambdaBody] = []
  ) {
    self.arguments = arguments
    self.count = count
    self.validity = validity
    self.context = context
    self.lambdas = lambdas
  }
}

/// Evaluates a lambda over many elements at once.
package struct LambdaBody {
  private let body:
    (_ parameters: [Vector], _ outerRows: UnsafePointer<UInt32>, _ count: Int) throws(QueryError) -> Vector

  package init(
    _ body:
      @escaping (
        _ parameters: [Vector], _ outerRows: UnsafePointer<UInt32>, _ count: Int
      ) throws(QueryError) -> Vector
  ) {
    self.body = body
  }

  /// The lambda's results.
  ///
  /// - Parameters:
  ///   - parameters: one vector of `count` rows each.
  ///   - outerRows: for each element the row of the enclosing call it belongs to, for columns that the body captures.
  package func evaluate(
    _ parameters: [Vector], _ outerRows: UnsafePointer<UInt32>, _ count: Int
  ) throws(QueryError) -> Vector {
    try body(parameters, outerRows, count)
  }
}
