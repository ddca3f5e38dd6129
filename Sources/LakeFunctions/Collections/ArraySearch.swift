import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension CollectionFunctions {
  static let searchFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "size", aliases: ["cardinality"], signature: "size(collection)",
      summary: "The number of elements of an array or entries of a map.",
      example: "SELECT size(array('b', 'd', 'c', 'a')); -- 4"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("size", arguments, 1...1)
      switch arguments[0].type {
      case .array, .map: return ScalarOverload([arguments[0].type], .int) { (call) throws(QueryError) in sizes(call) }
      default: throw ArgumentCheck.mismatch("size", 0, expected: "an array or a map", arguments[0].type)
      }
    },
    ScalarFunction(
      name: "array_size", signature: "array_size(array)", summary: "The number of elements.",
      example: "SELECT array_size(array('b', 'd')); -- 2"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("array_size", arguments, 1...1)
      _ = try ArgumentCheck.element("array_size", arguments, 0)
      return ScalarOverload([arguments[0].type], .int) { (call) throws(QueryError) in sizes(call) }
    },
    search(
      "array_contains", "Whether the array holds the value; NULL if only a NULL might be it.",
      "SELECT array_contains(array(1, 2, 3), 2); -- true", .boolean
    ) { (call) throws(QueryError) in
      let lists = call.lists(0)
      return try Elementwise.fillBoolean(call) { (row) throws(QueryError) in
        if position(of: call.arguments[1], row, in: lists) != nil { return true }
        return lists.range(row).contains { !lists.elements.isValid($0) } ? nil : false
      }
    },
    search(
      "array_position", "The position of the first such element, from 1; 0 if there is none.",
      "SELECT array_position(array(3, 2, 1), 1); -- 3", .bigint
    ) { (call) throws(QueryError) in
      let lists = call.lists(0)
      return try Elementwise.fill(call, .bigint, Int64(0)) { (row) throws(QueryError) in
        position(of: call.arguments[1], row, in: lists).map { Int64($0 - lists.range(row).lowerBound + 1) } ?? 0
      }
    },
    extreme(
      "array_min", .smallest, "The smallest element that is not NULL.", "SELECT array_min(array(1, 20, NULL, 3)); -- 1"),
    extreme(
      "array_max", .greatest, "The greatest element that is not NULL.", "SELECT array_max(array(1, 20, NULL, 3)); -- 20"
    ),
    ScalarFunction(
      name: "arrays_overlap", signature: "arrays_overlap(array1, array2)",
      summary: "Whether the arrays share an element that is not NULL; NULL if only NULLs might be shared.",
      example: "SELECT arrays_overlap(array(1, 2, 3), array(3, 4, 5)); -- true"
    ) { (arguments) throws(QueryError) in
      let type = try commonArray("arrays_overlap", arguments)
      return ScalarOverload([type, type], .boolean) { (call) throws(QueryError) in try overlap(call) }
    },
    ScalarFunction(
      name: "array_join", signature: "array_join(array, delimiter[, nullReplacement])",
      summary: "The elements joined by a delimiter; NULLs are left out or replaced.",
      example: "SELECT array_join(array('hello', NULL, 'world'), ' '); -- hello world", nulls: .strict
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("array_join", arguments, 2...3)
      _ = try ArgumentCheck.element("array_join", arguments, 0)
      let types: [LogicalType] = [.array(.string), .string, .string]
      return ScalarOverload(Array(types.prefix(arguments.count)), .string) { (call) throws(QueryError) in
        try join(call)
      }
    },
  ]

  private static func sizes(_ call: KernelCall) -> Vector {
    Elementwise.map(call, .int, ListEntry.self, Int32.self) { Int32(truncatingIfNeeded: $0.count) }
  }

  private static func search(
    _ name: String, _ summary: String, _ example: String, _ type: LogicalType, kernel: @escaping ScalarKernel
  ) -> ScalarFunction {
    ScalarFunction(name: name, signature: "\(name)(array, value)", summary: summary, example: example) {
      (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...2)
      let element = try ArgumentCheck.element(name, arguments, 0)
      let common = try ArgumentCheck.common(name, element: element, with: 1, arguments)
      return ScalarOverload([.array(common), common], type, kernel: kernel)
    }
  }

  /// The child row of the first element equal to a value that is not NULL.
  private static func position(of values: Vector, _ row: Int, in lists: ListColumn) -> Int? {
    lists.range(row).first {
      lists.elements.isValid($0) && RowComparison.compare(lists.elements, $0, values, row) == 0
    }
  }

  private static func extreme(
    _ name: String, _ extreme: Extreme, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(name: name, signature: "\(name)(array)", summary: summary, example: example) {
      (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      let element = try ArgumentCheck.element(name, arguments, 0)
      guard element.isOrderable else {
        throw ArgumentCheck.mismatch(name, 0, expected: "an array of orderable elements", arguments[0].type)
      }
      return ScalarOverload([arguments[0].type], element) { (call) throws(QueryError) in
        let lists = call.lists(0)
        let live = call.liveRows
        return try picked(call, from: lists.elements) { (row) throws(QueryError) in
          live.isValid(row) ? best(lists, row, extreme) : nil
        }
      }
    }
  }

  private static func best(_ lists: ListColumn, _ row: Int, _ extreme: Extreme) -> Int? {
    var best: Int?
    for element in lists.range(row) where lists.elements.isValid(element) {
      guard let old = best else {
        best = element
        continue
      }
      let order = RowComparison.compare(lists.elements, element, lists.elements, old)
      if extreme == .smallest ? order < 0 : order > 0 { best = element }
    }
    return best
  }

  /// The array type that two arrays meet at.
  static func commonArray(_ name: String, _ arguments: [FunctionArgument]) throws(QueryError) -> LogicalType {
    try ArgumentCheck.count(name, arguments, 2...2)
    _ = try ArgumentCheck.element(name, arguments, 0)
    _ = try ArgumentCheck.element(name, arguments, 1)
    return try ArgumentCheck.common(name, arguments)
  }

  private static func overlap(_ call: KernelCall) throws(QueryError) -> Vector {
    let (left, right) = (call.lists(0), call.lists(1))
    var index = ElementIndex()
    return try Elementwise.fillBoolean(call) { (row) throws(QueryError) in
      let (a, b) = (left.range(row), right.range(row))
      index.reset(a.count)
      for element in a where left.elements.isValid(element) { _ = index.insert(left.elements, element) }
      for element in b where right.elements.isValid(element) && index.contains(right.elements, element) { return true }
      if a.isEmpty || b.isEmpty { return false }
      let hasNull = a.contains { !left.elements.isValid($0) } || b.contains { !right.elements.isValid($0) }
      return hasNull ? nil : false
    }
  }

  private static func join(_ call: KernelCall) throws(QueryError) -> Vector {
    let lists = call.lists(0)
    let delimiters = call.text(1)
    let replacements = call.arguments.count > 2 ? call.text(2) : nil
    let elements = lists.elements.flattened()
    let views = elements.slots(StringView.self)
    return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
      var isFirst = true
      for element in lists.range(row) {
        let isThere = elements.isValid(element)
        guard isThere || replacements != nil else { continue }
        if !isFirst { output.scratch += delimiters.bytes(row) }
        isFirst = false
        if isThere {
          output.scratch += (views + element).valueBytes
        } else if let replacements {
          output.scratch += replacements.bytes(row)
        }
      }
      output.setScratch(row)
    }
  }
}
