import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension CollectionFunctions {
  static let accessFunctions: [ScalarFunction] = [
    access(
      "element_at", .position, isTry: false,
      "The element at a position from 1 (negative: from the end), or the value of a key (NULL if absent).",
      "SELECT element_at(array(1, 2, 3), 2); -- 2"),
    access(
      "try_element_at", .position, isTry: true,
      "As element_at, but NULL for a position out of range.", "SELECT try_element_at(array(1, 2), 5); -- NULL"),
    access(
      "get", .index, isTry: true, "The element at an index from 0; NULL out of range.",
      "SELECT get(array(1, 2), 0); -- 1"),
    access(
      "[]", .index, isTry: false, "The element at an index from 0, or the value of a key (NULL if absent).",
      "SELECT array(1, 2)[0]; -- 1"),
    ScalarFunction(
      name: ".", signature: "struct.field", summary: "A field of a struct, or of every struct in an array.",
      example: "SELECT named_struct('a', 1).a; -- 1", nulls: .custom
    ) { (arguments) throws(QueryError) in try fieldOverload(arguments) },
  ]

  /// How an access counts.
  private enum Counting { case position, index }

  private static func access(
    _ name: String, _ counting: Counting, isTry: Bool, _ summary: String, _ example: String
  ) -> ScalarFunction {
    let signature = name == "[]" ? "collection[index]" : "\(name)(collection, index)"
    return ScalarFunction(name: name, signature: signature, summary: summary, example: example) {
      (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...2)
      switch arguments[0].type {
      case .array(let element, _):
        guard arguments[1].type.isInteger || ArgumentCheck.accepts(arguments[1].type, as: .int) else {
          throw ArgumentCheck.mismatch(name, 1, expected: "an integer", arguments[1].type)
        }
        return ScalarOverload([arguments[0].type, .bigint], element) { (call) throws(QueryError) in
          try elements(call, name, counting, isTry: isTry)
        }
      case .map(let key, let value, let hasNulls):
        let common = try ArgumentCheck.common(name, element: key, with: 1, arguments)
        let type = LogicalType.map(key: common, value: value, valueContainsNull: hasNulls)
        return ScalarOverload([type, common], value) { (call) throws(QueryError) in valuesOfKeys(call) }
      default:
        throw ArgumentCheck.mismatch(name, 0, expected: "an array or a map", arguments[0].type)
      }
    }
  }

  private static func elements(
    _ call: KernelCall, _ name: String, _ counting: Counting, isTry: Bool
  ) throws(QueryError) -> Vector {
    let lists = call.lists(0)
    let indexes = call.column(1, Int64.self)
    let live = call.liveRows
    let isNullOutside = isTry || !call.context.isANSI
    return try picked(call, from: lists.elements) { (row) throws(QueryError) in
      guard live.isValid(row) else { return nil }
      let range = lists.range(row)
      var index = indexes[row]
      if counting == .position {
        if index == 0 {
          throw QueryError(.elementAtIndexZero, .execute, "positions of \(name) start at 1 (or -1 from the end), not 0")
        }
        index = index > 0 ? index - 1 : Int64(range.count) &+ index
      }
      if index >= 0, index < Int64(range.count) { return range.lowerBound + Int(index) }
      if isNullOutside { return nil }
      throw QueryError(
        .invalidArrayIndex, .execute,
        "the index is out of range of an array of \(range.count) elements: \(indexes[row])",
        hint: "use try_element_at or get to get NULL")
    }
  }

  /// A vector of the rows of `source` that `row` names; nil is NULL.
  static func picked(
    _ call: KernelCall, from source: Vector, _ row: (Int) throws(QueryError) -> Int?
  ) throws(QueryError) -> Vector {
    let buffer = Buffer(byteCount: call.count * 4)
    let rows = buffer.base.assumingMemoryBound(to: UInt32.self)
    for index in 0..<call.count {
      rows[index] = try row(index).map { UInt32(truncatingIfNeeded: $0) } ?? .max
    }
    return withExtendedLifetime(buffer) {
      source.gatheredOrNull(UnsafePointer(rows), count: call.count).flattened()
    }
  }

  private static func valuesOfKeys(_ call: KernelCall) -> Vector {
    let maps = call.lists(0)
    let keys = call.arguments[1]
    let live = call.liveRows
    let buffer = Buffer(byteCount: call.count * 4)
    let rows = buffer.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<call.count {
      let entry = live.isValid(row) ? key(keys, row, in: maps) : nil
      rows[row] = entry.map { UInt32(truncatingIfNeeded: $0) } ?? .max
    }
    return withExtendedLifetime(buffer) {
      maps.values.gatheredOrNull(UnsafePointer(rows), count: call.count).flattened()
    }
  }

  /// The entry of a row's map that has the key in the same row of `keys`.
  static func key(_ keys: Vector, _ row: Int, in maps: ListColumn) -> Int? {
    maps.range(row).first { RowComparison.compare(maps.elements, $0, keys, row) == 0 }
  }

  private static func fieldOverload(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("field access", arguments, 2...2)
    guard let name = ArgumentCheck.constantText(arguments[1]) else {
      throw ArgumentCheck.mismatch("field access", 1, expected: "the name of a field", arguments[1].type)
    }
    switch arguments[0].type {
    case .struct(let fields):
      let index = try field(name, of: fields)
      return ScalarOverload([arguments[0].type, .string], fields[index].type) { (call) throws(QueryError) in
        part(index, of: call.arguments[0], call.count)
      }
    case .array(.struct(let fields), let hasNulls):
      let index = try field(name, of: fields)
      let type = LogicalType.array(element: fields[index].type, containsNull: hasNulls || fields[index].isNullable)
      return ScalarOverload([arguments[0].type, .string], type) { (call) throws(QueryError) in
        let lists = call.arguments[0]
        let structs = lists.children[0]
        return Vector(
          type: type, encoding: lists.encoding, count: call.count, owner: lists.owner, values: lists.values,
          validity: lists.validity, children: [part(index, of: structs, structs.count)])
      }
    default:
      throw ArgumentCheck.mismatch("field access", 0, expected: "a struct or an array of structs", arguments[0].type)
    }
  }

  private static func field(_ name: String, of fields: [Field]) throws(QueryError) -> Int {
    let wanted = name.lowercased()
    if let index = fields.firstIndex(where: { $0.name.lowercased() == wanted }) { return index }
    let near = NearestName.of(name, among: fields.map(\.name))
    throw QueryError(
      .unresolvedField, .bind, "the struct has no field \(name); it has \(fields.map(\.name).joined(separator: ", "))",
      hint: near.map { "did you mean \($0)?" })
  }

  /// A struct's child, NULL where the struct is.
  static func part(_ index: Int, of structs: Vector, _ count: Int) -> Vector {
    let child = structs.children[index]
    if structs.isConstant {
      return structs.isConstantNull || !child.isValid(0)
        ? .allNull(child.type, count: count) : child.flattened().spread(over: count)
    }
    if child.isConstant {
      let flat = child.repeated(count: count).flattened()
      return flat.masked(ValidityMask.and(flat.validity, structs.validity, count: count))
    }
    guard let mask = structs.validity else { return child }
    return child.masked(ValidityMask.and(child.validity, mask, count: count))
  }
}
