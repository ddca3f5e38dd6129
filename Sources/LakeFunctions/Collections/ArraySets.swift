import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension CollectionFunctions {
  static let setFunctions: [ScalarFunction] = [
    arrayToArray(
      "array_distinct", "The elements without repetitions.",
      "SELECT array_distinct(array(1, 2, 1, NULL)); -- [1, 2, NULL]"
    ) { (lists, range, picks, index) in
      index.reset(range.count)
      for element in range where index.insert(lists.elements, element) { picks.pick(element) }
    },
    arrayToArray(
      "array_compact", "The elements that are not NULL.", "SELECT array_compact(array(1, NULL, 2)); -- [1, 2]"
    ) { (lists, range, picks, _) in
      for element in range where lists.elements.isValid(element) { picks.pick(element) }
    },
    combination(
      "array_union", "The distinct elements of both arrays.",
      "SELECT array_union(array(1, 2), array(2, 3)); -- [1, 2, 3]"
    ) {
      (left, a, right, b, index, builder) in
      var count = 0
      index.reset(a.count + b.count)
      for element in a where index.insert(left, element) {
        builder.append(left, row: element)
        count += 1
      }
      for element in b where index.insert(right, element) {
        builder.append(right, row: element)
        count += 1
      }
      return count
    },
    combination(
      "array_intersect", "The distinct elements that both arrays hold.",
      "SELECT array_intersect(array(1, 2, 3), array(1, 3, 5)); -- [1, 3]"
    ) { (left, a, right, b, index, builder) in
      index.reset(b.count)
      for element in b { _ = index.insert(right, element) }
      var seen = ElementIndex()
      seen.reset(a.count)
      var count = 0
      for element in a where index.contains(left, element) && seen.insert(left, element) {
        builder.append(left, row: element)
        count += 1
      }
      return count
    },
    combination(
      "array_except", "The distinct elements of the first array that the second does not hold.",
      "SELECT array_except(array(1, 2, 3), array(1, 3, 5)); -- [2]"
    ) { (left, a, right, b, index, builder) in
      index.reset(a.count + b.count)
      for element in b { _ = index.insert(right, element) }
      var count = 0
      for element in a where index.insert(left, element) {
        builder.append(left, row: element)
        count += 1
      }
      return count
    },
    ScalarFunction(
      name: "array_remove", signature: "array_remove(array, value)",
      summary: "The array without elements equal to the value.",
      example: "SELECT array_remove(array(1, 2, 3, NULL, 3), 3); -- [1, 2, NULL]"
    ) { (arguments) throws(QueryError) in
      let (type, element) = try withElement("array_remove", arguments)
      return ScalarOverload([type, element], type) { (call) throws(QueryError) in
        let lists = call.lists(0)
        return listKernel(call, type) { row, picks in
          for element in lists.range(row)
          where !lists.elements.isValid(element)
            || RowComparison.compare(lists.elements, element, call.arguments[1], row) != 0
          { picks.pick(element) }
        }
      }
    },
    insertion(
      "array_append", "The array with a value at its end.", "SELECT array_append(array(1), 2); -- [1, 2]",
      isFront: false),
    insertion(
      "array_prepend", "The array with a value at its front.", "SELECT array_prepend(array(1), 2); -- [2, 1]",
      isFront: true),
    ScalarFunction(
      name: "array_insert", signature: "array_insert(array, position, value)",
      summary: "The array with a value put at a position from 1 (negative: from the end); gaps become NULL.",
      example: "SELECT array_insert(array(1, 2, 3), 2, 9); -- [1, 9, 2, 3]", nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("array_insert", arguments, 3...3)
      let element = try ArgumentCheck.element("array_insert", arguments, 0)
      let common = try ArgumentCheck.common("array_insert", element: element, with: 2, arguments)
      return ScalarOverload([.array(common), .int, common], .array(common)) { (call) throws(QueryError) in
        try insert(call, .array(common))
      }
    },
    ScalarFunction(
      name: "slice", signature: "slice(array, start, length)",
      summary: "Some elements from a position from 1 (negative: from the end).",
      example: "SELECT slice(array(1, 2, 3, 4), 2, 2); -- [2, 3]"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("slice", arguments, 3...3)
      _ = try ArgumentCheck.element("slice", arguments, 0)
      return ScalarOverload([arguments[0].type, .int, .int], arguments[0].type) { (call) throws(QueryError) in
        try slice(call)
      }
    },
    ScalarFunction(
      name: "flatten", signature: "flatten(arrayOfArrays)", summary: "The elements of the inner arrays in one array.",
      example: "SELECT flatten(array(array(1, 2), array(3))); -- [1, 2, 3]"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("flatten", arguments, 1...1)
      let inner = try ArgumentCheck.element("flatten", arguments, 0)
      guard case .array = inner else {
        throw ArgumentCheck.mismatch("flatten", 0, expected: "an array of arrays", arguments[0].type)
      }
      return ScalarOverload([arguments[0].type], inner) { (call) throws(QueryError) in flatten(call, inner) }
    },
    ScalarFunction(
      name: "arrays_zip", signature: "arrays_zip(array, ...)",
      summary: "An array of structs of the elements at the same positions; shorter arrays give NULLs.",
      example: "SELECT arrays_zip(array(1, 2), array('a', 'b')); -- [{1, a}, {2, b}]"
    ) { (arguments) throws(QueryError) in
      var fields: [Field] = []
      for index in arguments.indices {
        let element = try ArgumentCheck.element("arrays_zip", arguments, index)
        fields.append(Field(arguments[index].name ?? "\(index)", element))
      }
      let element = LogicalType.struct(fields)
      return ScalarOverload(arguments.map(\.type), .array(element: element, containsNull: false)) {
        (call) throws(QueryError) in zip(call, element)
      }
    },
  ]

  /// Runs `body` for each live row to pick the elements of one array of the first argument's elements.
  static func listKernel(
    _ call: KernelCall, _ type: LogicalType, _ body: (Int, inout ListPicks) -> Void
  ) -> Vector {
    let live = call.liveRows
    var picks = ListPicks(rows: call.count)
    for row in 0..<call.count {
      if live.isValid(row) { body(row, &picks) }
      picks.close()
    }
    return picks.finish(type, from: [call.arguments[0].children[0]])
  }

  private static func arrayToArray(
    _ name: String, _ summary: String, _ example: String,
    _ body: @escaping @Sendable (ListColumn, Range<Int>, inout ListPicks, inout ElementIndex) -> Void
  ) -> ScalarFunction {
    ScalarFunction(name: name, signature: "\(name)(array)", summary: summary, example: example) {
      (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      _ = try ArgumentCheck.element(name, arguments, 0)
      let type = arguments[0].type
      return ScalarOverload([type], type) { (call) throws(QueryError) in
        let lists = call.lists(0)
        var index = ElementIndex()
        return listKernel(call, type) { row, picks in body(lists, lists.range(row), &picks, &index) }
      }
    }
  }

  private typealias Combine =
    @Sendable (
      _ left: Vector, _ a: Range<Int>, _ right: Vector, _ b: Range<Int>, _ index: inout ElementIndex,
      _ builder: VectorBuilder
    ) -> Int

  private static func combination(
    _ name: String, _ summary: String, _ example: String, _ body: @escaping Combine
  ) -> ScalarFunction {
    ScalarFunction(name: name, signature: "\(name)(array1, array2)", summary: summary, example: example) {
      (arguments) throws(QueryError) in
      let type = try commonArray(name, arguments)
      return ScalarOverload([type, type], type) { (call) throws(QueryError) in
        let (left, right) = (call.lists(0), call.lists(1))
        let live = call.liveRows
        let builder = VectorBuilder(type, capacity: call.count)
        var index = ElementIndex()
        for row in 0..<call.count {
          var count = 0
          if live.isValid(row) {
            count = body(
              left.elements, left.range(row), right.elements, right.range(row), &index, builder.children[0])
          }
          builder.appendList(count: count)
        }
        return builder.finish()
      }
    }
  }

  private static func withElement(
    _ name: String, _ arguments: [FunctionArgument]
  ) throws(QueryError) -> (LogicalType, LogicalType) {
    try ArgumentCheck.count(name, arguments, 2...2)
    let element = try ArgumentCheck.element(name, arguments, 0)
    let common = try ArgumentCheck.common(name, element: element, with: 1, arguments)
    return (.array(common), common)
  }

  private static func insertion(
    _ name: String, _ summary: String, _ example: String, isFront: Bool
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(array, value)", summary: summary, example: example, nulls: .custom
    ) { (arguments) throws(QueryError) in
      let (type, element) = try withElement(name, arguments)
      return ScalarOverload([type, element], type) { (call) throws(QueryError) in
        let lists = call.lists(0)
        let builder = VectorBuilder(type, capacity: call.count)
        let elements = builder.children[0]
        for row in 0..<call.count {
          guard call.arguments[0].isValid(row) else {
            builder.appendNull()
            continue
          }
          if isFront { elements.append(call.arguments[1], row: row) }
          for element in lists.range(row) { elements.append(lists.elements, row: element) }
          if !isFront { elements.append(call.arguments[1], row: row) }
          builder.appendList(count: lists.range(row).count + 1)
        }
        return builder.finish()
      }
    }
  }

  private static func insert(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let lists = call.lists(0)
    let positions = call.column(1, Int32.self)
    let builder = VectorBuilder(type, capacity: call.count)
    let elements = builder.children[0]
    for row in 0..<call.count {
      guard call.arguments[0].isValid(row), call.arguments[1].isValid(row) else {
        builder.appendNull()
        continue
      }
      let range = lists.range(row)
      let position = Int(positions[row])
      if position == 0 {
        throw QueryError(
          .elementAtIndexZero, .execute, "positions of array_insert start at 1 (or -1 from the end), not 0")
      }
      // Elements in front of the new one, and NULLs between it and the array's edge.
      let before = position > 0 ? min(position - 1, range.count) : max(0, range.count + position + 1)
      let gapAfter = position < 0 ? max(0, -position - 1 - range.count) : 0
      let gapBefore = position > 0 ? max(0, position - 1 - range.count) : 0
      guard gapBefore + gapAfter + range.count < 1 << 30 else {
        throw QueryError(.limitExceeded, .execute, "the array of array_insert would be too long: \(position)")
      }
      try call.context.checkResult(elements: elements.count + range.count + gapBefore + gapAfter, of: elements.type)
      for element in range.prefix(before) { elements.append(lists.elements, row: element) }
      for _ in 0..<gapBefore { elements.appendNull() }
      elements.append(call.arguments[2], row: row)
      for _ in 0..<gapAfter { elements.appendNull() }
      for element in range.dropFirst(before) { elements.append(lists.elements, row: element) }
      builder.appendList(count: range.count + 1 + gapBefore + gapAfter)
    }
    return builder.finish()
  }

  /// Only the entries are new; the elements are shared.
  private static func slice(_ call: KernelCall) throws(QueryError) -> Vector {
    let lists = call.lists(0)
    let (starts, lengths) = (call.column(1, Int32.self), call.column(2, Int32.self))
    let live = call.liveRows
    let owner = Buffer(byteCount: call.count * MemoryLayout<ListEntry>.stride)
    let entries = owner.base.assumingMemoryBound(to: ListEntry.self)
    for row in 0..<call.count {
      entries[row] = ListEntry(offset: 0, count: 0)
      guard live.isValid(row) else { continue }
      let range = lists.range(row)
      let (start, length) = (Int(starts[row]), Int(lengths[row]))
      if start == 0 {
        throw QueryError(.invalidParameter, .execute, "positions of slice start at 1 (or -1 from the end), not 0")
      }
      if length < 0 {
        throw QueryError(.invalidParameter, .execute, "the length of slice must not be negative: \(length)")
      }
      let first = start > 0 ? start - 1 : range.count + start
      guard first >= 0, first < range.count else { continue }
      entries[row] = ListEntry(
        offset: UInt32(truncatingIfNeeded: range.lowerBound + first),
        count: UInt32(truncatingIfNeeded: min(length, range.count - first)))
    }
    return Vector(
      type: call.arguments[0].type, encoding: .flat, count: call.count, owner: owner,
      children: call.arguments[0].children)
  }

  private static func flatten(_ call: KernelCall, _ type: LogicalType) -> Vector {
    let outer = call.lists(0)
    let arrays = outer.elements.flattened()
    let inner = ListColumn(arrays)
    let live = call.liveRows
    var picks = ListPicks(rows: call.count)
    var nulls = NullRows(count: call.count)
    for row in 0..<call.count {
      if live.isValid(row) {
        let range = outer.range(row)
        if range.contains(where: { !arrays.isValid($0) }) {
          nulls.set(row)
        } else {
          for array in range {
            for element in inner.range(array) { picks.pick(element) }
          }
        }
      }
      picks.close()
    }
    return picks.finish(type, from: [inner.elements], nulls: nulls.mask)
  }

  private static func zip(_ call: KernelCall, _ element: LogicalType) -> Vector {
    let columns = call.arguments.indices.map { call.lists($0) }
    let live = call.liveRows
    var picks = columns.map { _ in ListPicks(rows: call.count) }
    var lengths = ListPicks(rows: call.count)
    var total = 0
    for row in 0..<call.count {
      let longest = live.isValid(row) ? columns.map { $0.range(row).count }.max() ?? 0 : 0
      for (index, column) in columns.enumerated() {
        let range = live.isValid(row) ? column.range(row) : 0..<0
        for offset in 0..<longest {
          if offset < range.count { picks[index].pick(range.lowerBound + offset) } else { picks[index].pickNull() }
        }
        picks[index].close()
      }
      for offset in 0..<longest { lengths.pick(total + offset) }
      total += longest
      lengths.close()
    }
    let parts = columns.indices.map { index in
      picks[index].finish(.array(columns[index].elements.type), from: [columns[index].elements]).children[0].flattened()
    }
    let structs = Vector.flat(element, count: total, children: parts)
    return lengths.finish(.array(element: element, containsNull: false), from: [structs])
  }
}
