import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The functions that yield several rows for one.
enum GeneratorFunctions {
  static let all: [GeneratorFunction] = [
    explode("explode", isOuter: false, withPosition: false),
    explode("explode_outer", isOuter: true, withPosition: false),
    explode("posexplode", isOuter: false, withPosition: true),
    explode("posexplode_outer", isOuter: true, withPosition: true),
    inline("inline", isOuter: false),
    inline("inline_outer", isOuter: true),
    GeneratorFunction(
      name: "stack", signature: "stack(n, expr, ...)", summary: "The values, laid out in n rows.",
      example: "SELECT stack(2, 1, 2, 3); -- (1, 2), (3, NULL)", resolve: stackOverload),
    GeneratorFunction(
      name: "json_tuple", signature: "json_tuple(json, field, ...)",
      summary: "The named fields of a JSON object as columns of text.",
      example: "SELECT json_tuple('{\"a\": 1, \"b\": 2}', 'a', 'b'); -- (1, 2)", resolve: JSONTuple.overload),
  ]

  private static func explode(_ name: String, isOuter: Bool, withPosition: Bool) -> GeneratorFunction {
    GeneratorFunction(
      name: name, signature: "\(name)(collection)",
      summary: "A row for each element of an array or entry of a map" + (withPosition ? ", with its position" : "")
        + (isOuter ? "; a row of NULLs where there is none." : "."),
      example: "SELECT \(name)(array(10, 20)); -- " + (withPosition ? "(0, 10), (1, 20)" : "10, 20"), isOuter: isOuter
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      var columns: [Field] = withPosition ? [Field("pos", .int, isNullable: isOuter)] : []
      switch arguments[0].type {
      case .array(let element, let hasNulls): columns.append(Field("col", element, isNullable: hasNulls || isOuter))
      case .map(let key, let value, let hasNulls):
        columns.append(Field("key", key, isNullable: isOuter))
        columns.append(Field("value", value, isNullable: hasNulls || isOuter))
      default: throw ArgumentCheck.mismatch(name, 0, expected: "an array or a map", arguments[0].type)
      }
      return GeneratorOverload(
        [arguments[0].type], columns: columns, rowCounts: ExplodedRows.counts
      ) { (call) throws(QueryError) in
        let rows = ExplodedRows(call.arguments[0], call.count)
        let parts = call.arguments[0].children.map { rows.gathered($0) }
        return rows.generated(withPosition ? [rows.positions()] + parts : parts)
      }
    }
  }

  private static func inline(_ name: String, isOuter: Bool) -> GeneratorFunction {
    GeneratorFunction(
      name: name, signature: "\(name)(arrayOfStructs)",
      summary: "A row for each struct of an array, with the fields as columns"
        + (isOuter ? "; a row of NULLs where there is none." : "."),
      example: "SELECT \(name)(array(struct(1, 'a'), struct(2, 'b'))); -- (1, a), (2, b)", isOuter: isOuter
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      guard case .array(.struct(let fields), _) = arguments[0].type else {
        throw ArgumentCheck.mismatch(name, 0, expected: "an array of structs", arguments[0].type)
      }
      let columns = fields.map { Field($0.name, $0.type) }
      return GeneratorOverload(
        [arguments[0].type], columns: columns, rowCounts: ExplodedRows.counts
      ) { (call) throws(QueryError) in
        let rows = ExplodedRows(call.arguments[0], call.count)
        let structs = rows.gathered(call.arguments[0].children[0])
        return rows.generated(fields.indices.map { CollectionFunctions.part($0, of: structs, rows.count) })
      }
    }
  }

  private static let stackOverload: @Sendable ([FunctionArgument]) throws(QueryError) -> GeneratorOverload = {
    (arguments) throws(QueryError) in
    try ArgumentCheck.count("stack", arguments, 2...Int.max)
    let rows = try ArgumentCheck.constantInteger("stack", arguments, 0) ?? 0
    guard rows > 0, rows <= 1 << 16 else {
      throw QueryError(.invalidParameter, .bind, "the number of rows of stack must be positive: \(rows)")
    }
    let values = Array(arguments.dropFirst())
    let width = (values.count + Int(rows) - 1) / Int(rows)
    var columns: [Field] = []
    for column in 0..<width {
      let members = stride(from: column, to: values.count, by: width).map { values[$0] }
      columns.append(Field("col\(column)", try ArgumentCheck.common("stack", members)))
    }
    let fields = columns
    let types = [.int] + values.indices.map { fields[$0 % width].type }
    return GeneratorOverload(
      types, columns: fields, rowCounts: { [Int](repeating: Int(rows), count: $0.count) }
    ) { (call) throws(QueryError) in
      stacked(call, fields, rows: Int(rows))
    }
  }

  private static func stacked(_ call: KernelCall, _ columns: [Field], rows: Int) -> GeneratedRows {
    let total = call.count * rows
    let inputs = Buffer(byteCount: total * 4)
    let target = inputs.base.assumingMemoryBound(to: UInt32.self)
    let builders = columns.map { VectorBuilder($0.type, capacity: total) }
    for row in 0..<call.count {
      for line in 0..<rows {
        target[row * rows + line] = UInt32(truncatingIfNeeded: row)
        for (column, builder) in builders.enumerated() {
          let index = 1 + line * columns.count + column
          if index < call.arguments.count {
            builder.append(call.arguments[index], row: row)
          } else {
            builder.appendNull()
          }
        }
      }
    }
    return GeneratedRows(inputRows: inputs, count: total, columns: builders.map { $0.finish() })
  }
}

/// The elements of all arrays or maps of a vector that are not NULL, in order.
struct ExplodedRows {
  let count: Int
  private let inputs: Buffer
  private let elements: Buffer
  private let starts: Buffer

  /// How many elements each row has.
  static let counts: @Sendable (KernelCall) -> [Int] = { call in
    let lists = call.arguments[0]
    let column = ListColumn(lists)
    return (0..<call.count).map { lists.isValid($0) ? column.range($0).count : 0 }
  }

  init(_ lists: Vector, _ rowCount: Int) {
    let column = ListColumn(lists)
    var total = 0
    for row in 0..<rowCount where lists.isValid(row) { total += column.range(row).count }
    count = total
    inputs = Buffer(byteCount: total * 4)
    elements = Buffer(byteCount: total * 4)
    starts = Buffer(byteCount: total * 4)
    let input = inputs.base.assumingMemoryBound(to: UInt32.self)
    let element = elements.base.assumingMemoryBound(to: UInt32.self)
    let start = starts.base.assumingMemoryBound(to: UInt32.self)
    var next = 0
    for row in 0..<rowCount where lists.isValid(row) {
      let range = column.range(row)
      for index in range {
        input[next] = UInt32(truncatingIfNeeded: row)
        element[next] = UInt32(truncatingIfNeeded: index)
        start[next] = UInt32(truncatingIfNeeded: range.lowerBound)
        next &+= 1
      }
    }
  }

  /// The elements' rows of a child.
  func gathered(_ child: Vector) -> Vector {
    child.gathered(UnsafePointer(elements.base.assumingMemoryBound(to: UInt32.self)), count: count)
  }

  /// Positions within the arrays, from 0.
  func positions() -> Vector {
    let result = Vector.flat(.int, count: count)
    let target = result.slots(Int32.self)
    let element = elements.base.assumingMemoryBound(to: UInt32.self)
    let start = starts.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<count { target[row] = Int32(truncatingIfNeeded: element[row] &- start[row]) }
    return result
  }

  func generated(_ columns: [Vector]) -> GeneratedRows {
    GeneratedRows(inputRows: inputs, count: count, columns: columns)
  }
}
