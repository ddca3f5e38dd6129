package import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// A function or cast applied to evaluated arguments.
struct CallNode: EvaluationNode {
  let type: LogicalType
  let kernel: ScalarKernel
  let arguments: [any EvaluationNode]
  let lambdas: [LambdaNode]
  let isStrict: Bool
  let isDeterministic: Bool
  let isTotal: Bool
  /// Position among the nodes that may be evaluated over dictionaries; nil if this one may not.
  let dictionaryIndex: Int?
  /// Whether all arguments but one are literals, so that a result over a dictionary holds for other batches too.
  let hasOneVariable: Bool
  let span: SourceSpan?
  /// The column that a cast is for.
  var target: String?
  /// Whether the expression names no column.
  let isConstant: Bool
  var isTrivial: Bool { false }

  func evaluate(_ rows: EvaluationRows) throws(QueryError) -> Vector {
    var vectors: [Vector] = []
    vectors.reserveCapacity(arguments.count)
    var variable: Int?
    var variables = 0
    for (index, argument) in arguments.enumerated() {
      let vector = try argument.evaluate(rows)
      if isStrict, vector.isConstantNull { return .allNull(type, count: rows.count) }
      if !vector.isConstant {
        variable = index
        variables += 1
      }
      vectors.append(vector)
    }
    do throws(QueryError) {
      return try apply(vectors, variables, variable, rows)
    } catch {
      throw blamed(error)
    }
  }

  private func blamed(_ error: QueryError) -> QueryError {
    var error = error.at(span)
    if let target { error.message = "for the column \(target): \(error.message)" }
    if isConstant { error.isOfConstant = true }
    return error
  }

  private func apply(
    _ vectors: [Vector], _ variables: Int, _ variable: Int?, _ rows: EvaluationRows
  ) throws(QueryError) -> Vector {
    if variables == 0, isDeterministic, lambdas.isEmpty { return try onOneRow(vectors, rows) }
    if variables == 1, let variable, let dictionaryIndex, vectors[variable].encoding == .dictionary,
      let result = try onDictionary(vectors, variable, dictionaryIndex, rows)
    {
      return result
    }
    return try onRows(vectors, rows)
  }

  /// All arguments are constant, and so is the result.
  private func onOneRow(_ vectors: [Vector], _ rows: EvaluationRows) throws(QueryError) -> Vector {
    let call = KernelCall(
      arguments: vectors.map { $0.repeated(count: 1) }, count: 1, context: rows.scratch.context)
    return try kernel(call).asConstant(count: rows.count)
  }

  private func onRows(_ vectors: [Vector], _ rows: EvaluationRows) throws(QueryError) -> Vector {
    let flat = vectors.map { $0.encoding == .dictionary ? $0.flattened() : $0 }
    var validity: ValidityMask?
    if isStrict {
      for vector in flat where vector.isFlat {
        validity = ValidityMask.and(validity, vector.validity, count: rows.count)
      }
    }
    let call = KernelCall(
      arguments: flat, count: rows.count, validity: validity, context: rows.scratch.context,
      lambdas: lambdas.map { $0.body(over: rows) })
    return try kernel(call).masking(validity)
  }

  // MARK: Dictionaries

  /// The result by way of the dictionary's entries; nil where evaluating the rows is better.
  private func onDictionary(
    _ vectors: [Vector], _ variable: Int, _ node: Int, _ rows: EvaluationRows
  ) throws(QueryError) -> Vector? {
    let argument = vectors[variable]
    guard let dictionary = argument.dictionary, dictionary.count > 0 else { return nil }
    guard hasOneVariable else {
      if dictionary.count >= rows.count { return nil }
      guard let result = entries(of: dictionary, vectors, variable, rows) else { return nil }
      return spread(result, over: argument)
    }
    var known = rows.scratch.dictionaryResult(node, dictionary)
    known.rows += rows.count
    if case .pending = known.state, known.rows > dictionary.count {
      let result = entries(of: dictionary, vectors, variable, rows)
      known.state = result.map { .known($0) } ?? .failed
    }
    rows.scratch.keep(known, at: node)
    guard case .known(let result) = known.state else { return nil }
    return spread(result, over: argument)
  }

  /// The flat results for the entries; nil if one of them raises an error, which may be one that no row uses.
  private func entries(
    of dictionary: Vector, _ vectors: [Vector], _ variable: Int, _ rows: EvaluationRows
  ) -> Vector? {
    var arguments = vectors.map { $0.isConstant ? $0.repeated(count: dictionary.count) : $0 }
    arguments[variable] = dictionary
    let call = KernelCall(arguments: arguments, count: dictionary.count, context: rows.scratch.context)
    do throws(QueryError) {
      let result = try kernel(call)
      return result.isConstant ? result : result.flattened()
    } catch {
      return nil
    }
  }

  private func spread(_ result: Vector, over argument: Vector) -> Vector {
    if result.isConstant { return result.repeated(count: argument.count).masking(argument.validity) }
    if result.validity == nil, !type.isNested {
      return .dictionary(
        result, codes: argument.owner, at: argument.values, count: argument.count, validity: argument.validity)
    }
    return result.gathered(argument.codes, count: argument.count).masking(argument.validity)
  }
}

/// A lambda argument: its body with the slots that its parameters take.
struct LambdaNode: Sendable {
  let body: any EvaluationNode
  let firstParameter: Int

  func body(over rows: EvaluationRows) -> LambdaBody {
    LambdaBody {
      (parameters: [Vector], outerRows: UnsafePointer<UInt32>, count: Int) throws(QueryError) -> Vector in
      if count == 0 { return VectorConcatenation.emptyVector(body.type) }
      let elements = rows.elements(
        of: outerRows, count: count, firstParameter: firstParameter, parameters: parameters)
      let result = try body.evaluate(elements)
      return result.encoding == .dictionary ? result.flattened() : result
    }
  }
}

extension Vector {
  /// A vector of one row as a constant of many.
  package func asConstant(count: Int) -> Vector {
    if isConstant { return repeated(count: count) }
    let flat = flattened()
    let validity = flat.isValid(0) ? nil : ValidityMask(count: 1, allValid: false)
    return Vector(
      type: type, encoding: .constant, count: count, owner: flat.owner, values: flat.values, validity: validity,
      children: flat.children, heaps: flat.heaps)
  }

  /// The vector with further rows NULL; nil: none.
  func masking(_ mask: ValidityMask?) -> Vector {
    guard let mask, !isConstantNull else { return self }
    let open = isConstant ? flattened() : self
    return open.masked(ValidityMask.and(open.validity, mask, count: count))
  }
}
