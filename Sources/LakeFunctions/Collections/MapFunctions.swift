import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension CollectionFunctions {
  static let mapFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "map", signature: "map(key, value, ...)", summary: "A map of the given keys and values.",
      example: "SELECT map(1.0, '2', 3.0, '4'); -- {1.0 -> 2, 3.0 -> 4}", nulls: .custom
    ) { (arguments) throws(QueryError) in try mapOverload(arguments) },
    ScalarFunction(
      name: "map_from_arrays", signature: "map_from_arrays(keys, values)",
      summary: "A map of two arrays of equal length.",
      example: "SELECT map_from_arrays(array(1, 3), array('2', '4')); -- {1 -> 2, 3 -> 4}"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("map_from_arrays", arguments, 2...2)
      let key = try ArgumentCheck.element("map_from_arrays", arguments, 0)
      let value = try ArgumentCheck.element("map_from_arrays", arguments, 1)
      return ScalarOverload(arguments.map(\.type), .map(key, value)) { (call) throws(QueryError) in
        try fromArrays(call, .map(key, value))
      }
    },
    ScalarFunction(
      name: "map_from_entries", signature: "map_from_entries(arrayOfPairs)",
      summary: "A map of an array of structs of key and value.",
      example: "SELECT map_from_entries(array(struct(1, 'a'), struct(2, 'b'))); -- {1 -> a, 2 -> b}"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("map_from_entries", arguments, 1...1)
      guard case .struct(let fields) = try ArgumentCheck.element("map_from_entries", arguments, 0), fields.count == 2
      else { throw ArgumentCheck.mismatch("map_from_entries", 0, expected: "an array of pairs", arguments[0].type) }
      let type = LogicalType.map(fields[0].type, fields[1].type)
      return ScalarOverload([arguments[0].type], type) { (call) throws(QueryError) in try fromEntries(call, type) }
    },
    ofMap("map_keys", "The keys of a map.", "SELECT map_keys(map(1, 'a', 2, 'b')); -- [1, 2]") { (call, key, _) in
      let map = call.arguments[0]
      return child(0, of: map, as: .array(element: key, containsNull: false))
    },
    ofMap("map_values", "The values of a map.", "SELECT map_values(map(1, 'a', 2, 'b')); -- [a, b]") {
      (call, _, value) in
      let map = call.arguments[0]
      return child(1, of: map, as: .array(value))
    },
    ScalarFunction(
      name: "map_entries", signature: "map_entries(map)", summary: "An array of structs of the map's keys and values.",
      example: "SELECT map_entries(map(1, 'a')); -- [{1, a}]"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("map_entries", arguments, 1...1)
      let (key, value) = try ArgumentCheck.map("map_entries", arguments, 0)
      let pair = LogicalType.struct([Field("key", key, isNullable: false), Field("value", value)])
      let type = LogicalType.array(element: pair, containsNull: false)
      return ScalarOverload([arguments[0].type], type) { (call) throws(QueryError) in
        let map = call.arguments[0]
        let count = min(map.children[0].count, map.children[1].count)
        let pairs = Vector.flat(pair, count: count, children: map.children.map { $0.sliced(from: 0, count: count) })
        return Vector(
          type: type, encoding: map.encoding, count: map.count, owner: map.owner, values: map.values,
          validity: map.validity, children: [pairs])
      }
    },
    ScalarFunction(
      name: "map_contains_key", signature: "map_contains_key(map, key)", summary: "Whether the map has the key.",
      example: "SELECT map_contains_key(map(1, 'a'), 1); -- true"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("map_contains_key", arguments, 2...2)
      let (key, value) = try ArgumentCheck.map("map_contains_key", arguments, 0)
      let common = try ArgumentCheck.common("map_contains_key", element: key, with: 1, arguments)
      return ScalarOverload([.map(common, value), common], .boolean) { (call) throws(QueryError) in
        let maps = call.lists(0)
        return try Elementwise.fillBoolean(call) { (row) throws(QueryError) in
          CollectionFunctions.key(call.arguments[1], row, in: maps) != nil
        }
      }
    },
    ScalarFunction(
      name: "map_concat", signature: "map_concat(map, ...)", summary: "The entries of all the maps in one.",
      example: "SELECT map_concat(map(1, 'a'), map(2, 'b')); -- {1 -> a, 2 -> b}"
    ) { (arguments) throws(QueryError) in
      for index in arguments.indices { _ = try ArgumentCheck.map("map_concat", arguments, index) }
      let type = arguments.isEmpty ? .map(.string, .string) : try ArgumentCheck.common("map_concat", arguments)
      return ScalarOverload(arguments.map { _ in type }, type) { (call) throws(QueryError) in try concat(call, type) }
    },
    ScalarFunction(
      name: "str_to_map", signature: "str_to_map(text[, pairDelimiter[, keyValueDelimiter]])",
      summary: "A map of text such as a:1,b:2.", example: "SELECT str_to_map('a:1,b:2', ',', ':'); -- {a -> 1, b -> 2}"
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match("str_to_map", arguments, [.string, .string, .string], optional: 2)
      return ScalarOverload(types, .map(.string, .string)) { (call) throws(QueryError) in try textToMap(call) }
    },
  ]

  private static func ofMap(
    _ name: String, _ summary: String, _ example: String,
    _ body: @escaping @Sendable (KernelCall, LogicalType, LogicalType) -> Vector
  ) -> ScalarFunction {
    ScalarFunction(name: name, signature: "\(name)(map)", summary: summary, example: example) {
      (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      let (key, value) = try ArgumentCheck.map(name, arguments, 0)
      let type: LogicalType = name == "map_keys" ? .array(element: key, containsNull: false) : .array(value)
      return ScalarOverload([arguments[0].type], type) { (call) throws(QueryError) in body(call, key, value) }
    }
  }

  /// One child of a map as an array over the same entries.
  private static func child(_ index: Int, of map: Vector, as type: LogicalType) -> Vector {
    Vector(
      type: type, encoding: map.encoding, count: map.count, owner: map.owner, values: map.values,
      validity: map.validity, children: [map.children[index]])
  }

  private static func mapOverload(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    guard arguments.count.isMultiple(of: 2) else {
      throw QueryError(.wrongArgumentCount, .bind, "map takes pairs of key and value, not \(arguments.count) arguments")
    }
    let keys = stride(from: 0, to: arguments.count, by: 2).map { arguments[$0] }
    let values = stride(from: 1, to: arguments.count, by: 2).map { arguments[$0] }
    let key = try ArgumentCheck.common("map", keys)
    let value = try ArgumentCheck.common("map", values)
    if case .map = key { throw ArgumentCheck.mismatch("map", 0, expected: "no map as a key", key) }
    let types = arguments.indices.map { $0.isMultiple(of: 2) ? key : value }
    let type = LogicalType.map(key, value)
    return ScalarOverload(
      types, type,
      kernel: foldingConstants { (call) throws(QueryError) in
        let builder = VectorBuilder(type, capacity: call.count)
        let count = call.arguments.count
        for row in 0..<call.count {
          for index in stride(from: 0, to: count, by: 2) {
            builder.children[0].append(call.arguments[index], row: row)
            builder.children[1].append(call.arguments[index + 1], row: row)
          }
          builder.appendList(count: count / 2)
        }
        return try checked(builder.finish())
      })
  }

  /// The map vector itself, or an error if a row has a NULL key or a key twice.
  static func checked(_ map: Vector, live: RowMask? = nil) throws(QueryError) -> Vector {
    let maps = ListColumn(map)
    var index = ElementIndex()
    for row in 0..<(map.isConstant ? 1 : map.count) where map.isValid(row) && (live?.isValid(row) ?? true) {
      let range = maps.range(row)
      index.reset(range.count)
      for entry in range {
        guard maps.elements.isValid(entry) else {
          throw QueryError(.nullMapKey, .execute, "a map's key must not be NULL")
        }
        if index.insert(maps.elements, entry) { continue }
        throw QueryError(.duplicatedMapKey, .execute, "a map's key occurs twice: \(shown(maps.elements, entry))")
      }
    }
    return map
  }

  private static func shown(_ vector: Vector, _ row: Int) -> String {
    switch vector.literal(at: row) {
    case .string(let text): "'\(text)'"
    case .integer(let value): "\(value)"
    case .date(let days): DateTimeText.dateString(days)
    default: "of type \(vector.type)"
    }
  }

  private static func fromArrays(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let (keys, values) = (call.lists(0), call.lists(1))
    let live = call.liveRows
    var keyPicks = ListPicks(rows: call.count)
    var valuePicks = ListPicks(rows: call.count)
    for row in 0..<call.count {
      if live.isValid(row) {
        guard keys.range(row).count == values.range(row).count else {
          throw QueryError(
            .invalidParameter, .execute,
            "map_from_arrays needs arrays of equal length, not \(keys.range(row).count) and \(values.range(row).count)")
        }
        for element in keys.range(row) { keyPicks.pick(element) }
        for element in values.range(row) { valuePicks.pick(element) }
      }
      keyPicks.close()
      valuePicks.close()
    }
    let keyLists = keyPicks.finish(.array(keys.elements.type), from: [keys.elements])
    let valueLists = valuePicks.finish(.array(values.elements.type), from: [values.elements])
    return try checked(
      Vector(
        type: type, encoding: .flat, count: call.count, owner: keyLists.owner,
        children: [keyLists.children[0], valueLists.children[0]]))
  }

  private static func fromEntries(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let lists = call.arguments[0].isConstant ? call.arguments[0].flattened() : call.arguments[0]
    let structs = lists.children[0]
    let column = ListColumn(lists)
    let live = call.liveRows
    var nulls = NullRows(count: call.count)
    for row in 0..<call.count where live.isValid(row) && column.range(row).contains(where: { !structs.isValid($0) }) {
      nulls.set(row)
    }
    let map = Vector(
      type: type, encoding: .flat, count: call.count, owner: lists.owner, values: lists.values,
      validity: ValidityMask.and(lists.validity, nulls.mask, count: call.count),
      children: [part(0, of: structs, structs.count), part(1, of: structs, structs.count)])
    return try checked(map, live: live)
  }

  private static func concat(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let maps = call.arguments.indices.map { call.lists($0) }
    let live = call.liveRows
    let builder = VectorBuilder(type, capacity: call.count)
    for row in 0..<call.count {
      var count = 0
      for map in maps where live.isValid(row) {
        for entry in map.range(row) {
          builder.children[0].append(map.elements, row: entry)
          builder.children[1].append(map.values, row: entry)
          count += 1
        }
      }
      builder.appendList(count: count)
    }
    return try checked(builder.finish())
  }

  private static func textToMap(_ call: KernelCall) throws(QueryError) -> Vector {
    let texts = call.text(0)
    let live = call.liveRows
    let builder = VectorBuilder(.map(.string, .string), capacity: call.count)
    for row in 0..<call.count {
      var count = 0
      if live.isValid(row) {
        let pairDelimiter = call.arguments.count > 1 ? Array(call.text(1).bytes(row)) : [0x2C]
        let keyDelimiter = call.arguments.count > 2 ? Array(call.text(2).bytes(row)) : [0x3A]
        for pair in split(Array(texts.bytes(row))[...], pairDelimiter, limit: .max) {
          let parts = split(pair, keyDelimiter, limit: 2)
          Array(parts[0]).withUnsafeBufferPointer { builder.children[0].append(bytes: $0) }
          if parts.count == 2 {
            Array(parts[1]).withUnsafeBufferPointer { builder.children[1].append(bytes: $0) }
          } else {
            builder.children[1].appendNull()
          }
          count += 1
        }
      }
      builder.appendList(count: count)
    }
    return try checked(builder.finish())
  }

  private static func split(_ text: ArraySlice<UInt8>, _ delimiter: [UInt8], limit: Int) -> [ArraySlice<UInt8>] {
    if delimiter.isEmpty { return [text] }
    var parts: [ArraySlice<UInt8>] = []
    var start = text.startIndex
    var index = start
    while index + delimiter.count <= text.endIndex, parts.count + 1 < limit {
      if text[index..<index + delimiter.count].elementsEqual(delimiter) {
        parts.append(text[start..<index])
        index += delimiter.count
        start = index
      } else {
        index += 1
      }
    }
    parts.append(text[start...])
    return parts
  }
}
