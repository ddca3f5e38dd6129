import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions on JSON texts.
enum JSONFunctions {
  static let all: [ScalarFunction] = [
    .fixed(
      "get_json_object", "get_json_object(json, path)", "What a path finds in a JSON text, or NULL",
      "SELECT get_json_object('{\"a\":\"b\"}', '$.a'); -- b", [.string, .string], returns: .string
    ) { (call) throws(QueryError) in try getObject(call) },
    ScalarFunction(
      name: "from_json", signature: "from_json(json, schema[, options])",
      summary: "A JSON text as a value of a type; what does not fit is NULL",
      example: "SELECT from_json('{\"a\":1}', 'a INT'); -- {1}"
    ) { (arguments) throws(QueryError) in try fromJSON(arguments) },
    ScalarFunction(
      name: "to_json", signature: "to_json(expr[, options])", summary: "A struct, map or array as JSON",
      example: "SELECT to_json(named_struct('a', 1, 'b', 2)); -- {\"a\":1,\"b\":2}"
    ) { (arguments) throws(QueryError) in try toJSON(arguments) },
    ScalarFunction(
      name: "schema_of_json", signature: "schema_of_json(json)", summary: "The schema of a JSON text, as DDL",
      example: "SELECT schema_of_json('[{\"a\":0}]'); -- ARRAY<STRUCT<a: BIGINT>>"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("schema_of_json", arguments, [.string])
      return ScalarOverload(
        types, .string,
        kernel: foldingConstants { (call) throws(QueryError) in
          var tape = JSONTape()
          return try Elementwise.fillText(call) { row, output in
            let type = tape.read(call.text(0).bytes(row)) ? JSONInference.type(of: 0, in: tape) : .string
            output.set(row, string: JSONInference.ddl(type))
          }
        })
    },
    .fixed(
      "json_array_length", "json_array_length(json)", "How many elements a JSON array has, or NULL",
      "SELECT json_array_length('[1,2,3]'); -- 3", [.string], returns: .int
    ) { (call) throws(QueryError) in
      var tape = JSONTape()
      return try Elementwise.fill(call, .int, Int32(0)) { row in
        guard tape.read(call.text(0).bytes(row)), tape.nodes[0].kind == .array else { return nil }
        return Int32(tape.childCount(0))
      }
    },
    ScalarFunction(
      name: "json_object_keys", signature: "json_object_keys(json)", summary: "The keys of a JSON object, or NULL",
      example: "SELECT json_object_keys('{\"a\":1,\"b\":2}'); -- [a, b]"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("json_object_keys", arguments, [.string])
      return ScalarOverload(
        types, .array(.string), kernel: foldingConstants { (call) throws(QueryError) in objectKeys(call) })
    },
  ]

  private static func getObject(_ call: KernelCall) throws(QueryError) -> Vector {
    let (source, paths) = (call.text(0), call.text(1))
    var evaluator = JSONPathEvaluator()
    var path: JSONPath?
    var isReady = false
    return try Elementwise.fillText(call) { row, output in
      if !isReady || !call.arguments[1].isConstant {
        path = JSONPath(paths.bytes(row))
        isReady = true
      }
      if let path, evaluator.evaluate(path, source.bytes(row), into: &output.scratch) {
        output.setScratch(row)
      } else {
        output.setNull(row)
      }
    }
  }

  private static func objectKeys(_ call: KernelCall) -> Vector {
    let builder = VectorBuilder(.array(.string), capacity: call.count)
    let live = call.liveRows
    var tape = JSONTape()
    for row in 0..<call.count {
      guard live.isValid(row), tape.read(call.text(0).bytes(row)), tape.nodes[0].kind == .object else {
        builder.appendNull()
        continue
      }
      var count = 0
      var key = 1
      while key < tape.nodes[0].next {
        builder.children[0].append(string: tape.string(key))
        count += 1
        key = tape.nodes[key + 1].next
      }
      builder.appendList(count: count)
    }
    return builder.finish()
  }

  // MARK: from_json

  private static func fromJSON(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("from_json", arguments, 2...3)
    guard ArgumentCheck.accepts(arguments[0].type, as: .string) else {
      throw ArgumentCheck.mismatch("from_json", 0, expected: "string", arguments[0].type)
    }
    guard let schema = ArgumentCheck.constantText(arguments[1]) else {
      throw ArgumentCheck.mismatch("from_json", 1, expected: "a constant schema", arguments[1].type)
    }
    let type = try DDLType.parse(schema)
    guard type.isNested else {
      throw ArgumentCheck.mismatch("from_json", 1, expected: "the schema of a struct, array or map", type)
    }
    let options = try JSONOptions("from_json", arguments.count > 2 ? arguments[2] : nil)
    let types = [LogicalType.string] + arguments.dropFirst().map(\.type)
    return ScalarOverload(
      types, type,
      kernel: foldingConstants { (call) throws(QueryError) in
        try decode(call, type, options)
      })
  }

  private static func decode(
    _ call: KernelCall, _ type: LogicalType, _ options: JSONOptions
  ) throws(QueryError) -> Vector {
    let builder = VectorBuilder(type, capacity: call.count)
    let live = call.liveRows
    let source = call.text(0)
    var tape = JSONTape()
    for row in 0..<call.count {
      let text = source.bytes(row)
      guard live.isValid(row), !JSONTape.isBlank(text) else {
        builder.appendNull()
        continue
      }
      let isRead = tape.read(text)
      if !isRead, options.isFailFast {
        throw QueryError(.badRecord, .execute, "from_json met a malformed record: '\(source.string(row))'")
      }
      if isRead, fits(tape.nodes[0].kind, type) {
        JSONDecoder(tape: tape, context: call.context).append(0, type, to: builder)
      } else {
        appendMalformed(type, to: builder)
      }
    }
    return builder.finish()
  }

  private static func fits(_ kind: JSONTape.Kind, _ type: LogicalType) -> Bool {
    switch type {
    case .struct, .map: kind == .object
    case .array: kind == .array
    default: true
    }
  }

  /// A malformed record is a struct of NULLs, or NULL for other types.
  private static func appendMalformed(_ type: LogicalType, to builder: VectorBuilder) {
    guard case .struct = type else { return builder.appendNull() }
    for child in builder.children { child.appendNull() }
    builder.appendStruct()
  }

  // MARK: to_json

  private static func toJSON(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("to_json", arguments, 1...2)
    let type = arguments[0].type
    guard type.isNested else { throw ArgumentCheck.mismatch("to_json", 0, expected: "a struct, map or array", type) }
    _ = try JSONOptions("to_json", arguments.count > 1 ? arguments[1] : nil)
    return ScalarOverload(
      arguments.map(\.type), .string,
      kernel: foldingConstants { (call) throws(QueryError) in
        let encoder = JSONEncoder(type, call.context)
        let source = call.arguments[0]
        return try Elementwise.fillText(call) { row, output in
          encoder.append(source, source.slotIndex(row), &output.scratch)
          output.setScratch(row)
        }
      })
  }
}

/// The options map of `from_json` and `to_json`, as far as it is known here.
struct JSONOptions: Sendable {
  /// An error rather than NULLs for a malformed record.
  var isFailFast = false

  init(_ name: String, _ argument: FunctionArgument?) throws(QueryError) {
    guard let argument else { return }
    guard case .map(let keys, let values)? = argument.constant else {
      throw QueryError(.datatypeMismatch, .bind, "the options of \(name) must be a constant map of strings")
    }
    for case (.string(let key), .string(let value)) in zip(keys, values) {
      switch (key.lowercased(), value.lowercased()) {
      case ("mode", "failfast"): isFailFast = true
      case ("mode", "permissive"), ("allowsinglequotes", "true"), ("ignorenullfields", "true"): break
      default: throw QueryError(.unsupported, .bind, "\(name) does not know the option \(key) = '\(value)'")
      }
    }
  }
}

/// Types of JSON values, for `schema_of_json`.
enum JSONInference {
  static func type(of node: Int, in tape: JSONTape) -> LogicalType {
    switch tape.nodes[node].kind {
    case .null: .string
    case .true, .false: .boolean
    case .integer: integer(tape.bytes(node))
    case .number: .double
    case .string, .escapedString: .string
    case .array: .array(element(of: node, in: tape))
    case .object: .struct(fields(of: node, in: tape))
    }
  }

  private static func integer(_ bytes: TextBytes) -> LogicalType {
    if NumberText.integer(bytes, allowsFraction: false) != nil { return .bigint }
    return bytes.count <= 38 ? .decimal(precision: bytes.count, scale: 0) : .double
  }

  private static func element(of node: Int, in tape: JSONTape) -> LogicalType {
    var result = LogicalType.void
    var child = node + 1
    while child < tape.nodes[node].next {
      if tape.nodes[child].kind != .null { result = merged(result, type(of: child, in: tape)) }
      child = tape.nodes[child].next
    }
    return result == .void ? .string : result
  }

  private static func fields(of node: Int, in tape: JSONTape) -> [Field] {
    var fields: [Field] = []
    var key = node + 1
    while key < tape.nodes[node].next {
      fields.append(Field(tape.string(key), type(of: key + 1, in: tape)))
      key = tape.nodes[key + 1].next
    }
    return fields.sorted { $0.name < $1.name }
  }

  private static func merged(_ a: LogicalType, _ b: LogicalType) -> LogicalType {
    switch (a, b) {
    case (.void, let other), (let other, .void): return other
    case (.array(let x, _), .array(let y, _)): return .array(merged(x, y))
    case (.struct(let x), .struct(let y)):
      var fields = x
      for field in y {
        if let index = fields.firstIndex(where: { $0.name == field.name }) {
          fields[index].type = merged(fields[index].type, field.type)
        } else {
          fields.append(field)
        }
      }
      return .struct(fields.sorted { $0.name < $1.name })
    default:
      if a == b { return a }
      return a.isNumeric && b.isNumeric ? TypeCoercion.commonType(a, b) ?? .string : .string
    }
  }

  /// The type as Spark's `DataType.sql` spells it.
  static func ddl(_ type: LogicalType) -> String {
    switch type {
    case .array(let element, _): "ARRAY<\(ddl(element))>"
    case .struct(let fields): "STRUCT<\(fields.map { "\($0.name): \(ddl($0.type))" }.joined(separator: ", "))>"
    default: type.description.uppercased()
    }
  }
}

extension JSONTape {
  func childCount(_ node: Int) -> Int {
    var count = 0
    var child = node + 1
    while child < nodes[node].next {
      count += 1
      child = nodes[child].next
    }
    return count
  }
}
