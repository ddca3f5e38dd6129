import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The functions of arrays, maps and structs.
enum CollectionFunctions {
  static let all: [ScalarFunction] =
    constructionFunctions + accessFunctions + searchFunctions + setFunctions + sortFunctions + mapFunctions
    + sequenceFunctions
}

extension CollectionFunctions {
  static let constructionFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "array", signature: "array(expr, ...)", summary: "An array of the values.",
      example: "SELECT array(1, 2, 3); -- [1, 2, 3]", nulls: .custom
    ) { (arguments) throws(QueryError) in
      let element = try ArgumentCheck.common("array", arguments)
      let type = LogicalType.array(element: element, containsNull: true)
      return ScalarOverload(
        arguments.map { _ in element }, type,
        kernel: foldingConstants { (call) throws(QueryError) in
          interleaved(call, type)
        })
    },
    ScalarFunction(
      name: "named_struct", signature: "named_struct(name, value, ...)", summary: "A struct of named values.",
      example: "SELECT named_struct('a', 1, 'b', 'x'); -- {1, x}", nulls: .custom
    ) { (arguments) throws(QueryError) in
      guard arguments.count.isMultiple(of: 2), !arguments.isEmpty else {
        throw QueryError(.wrongArgumentCount, .bind, "named_struct takes pairs of name and value")
      }
      var fields: [Field] = []
      for index in stride(from: 0, to: arguments.count, by: 2) {
        guard let name = ArgumentCheck.constantText(arguments[index]) else {
          throw ArgumentCheck.mismatch("named_struct", index, expected: "a constant string", arguments[index].type)
        }
        fields.append(Field(name, arguments[index + 1].type))
      }
      let type = LogicalType.struct(fields)
      return ScalarOverload(arguments.map(\.type), type) { (call) throws(QueryError) in
        structure(type, stride(from: 1, to: call.arguments.count, by: 2).map { call.arguments[$0] }, call.count)
      }
    },
    ScalarFunction(
      name: "struct", signature: "struct(expr, ...)",
      summary: "A struct of the values; columns keep their names, others are called col1, col2, ...",
      example: "SELECT struct(1, 'x'); -- {1, x}", nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("struct", arguments, 1...Int.max)
      let fields = arguments.enumerated().map { index, argument in
        Field(argument.name ?? "col\(index + 1)", argument.type)
      }
      let type = LogicalType.struct(fields)
      return ScalarOverload(arguments.map(\.type), type) { (call) throws(QueryError) in
        structure(type, call.arguments, call.count)
      }
    },
    ScalarFunction(
      name: "array_repeat", signature: "array_repeat(value, n)", summary: "An array of n times the value.",
      example: "SELECT array_repeat('a', 2); -- [a, a]", nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("array_repeat", arguments, 2...2)
      let element = arguments[0].type
      return ScalarOverload([element, .int], .array(element)) { (call) throws(QueryError) in
        let counts = call.column(1, Int32.self)
        var picks = ListPicks(rows: call.count)
        var nulls = NullRows(count: call.count)
        var total = 0
        for row in 0..<call.count {
          if call.arguments[1].isValid(row) {
            total += max(0, Int(counts[row]))
            try call.context.checkResult(elements: total, of: element)
            for _ in 0..<max(0, counts[row]) { picks.pick(call.arguments[0].isConstant ? 0 : row) }
          } else {
            nulls.set(row)
          }
          picks.close()
        }
        return picks.finish(.array(element), from: [call.arguments[0]], nulls: nulls.mask)
      }
    },
  ]

  /// Arrays of the arguments' values, row by row.
  private static func interleaved(_ call: KernelCall, _ type: LogicalType) -> Vector {
    let builder = VectorBuilder(type, capacity: call.count)
    for row in 0..<call.count {
      for argument in call.arguments { builder.children[0].append(argument, row: row) }
      builder.appendList(count: call.arguments.count)
    }
    return builder.finish()
  }

  static func structure(_ type: LogicalType, _ parts: [Vector], _ count: Int) -> Vector {
    if parts.allSatisfy(\.isConstant) {
      return Vector(
        type: type, encoding: .constant, count: count, owner: Buffer(byteCount: 0),
        children: parts.map { $0.repeated(count: 1).flattened() })
    }
    return Vector.flat(type, count: count, children: parts.map { $0.flattened() })
  }
}
