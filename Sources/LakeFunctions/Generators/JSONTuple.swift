import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// `json_tuple`: one row for each input row, a column of text for each field.
enum JSONTuple {
  static let overload: @Sendable ([FunctionArgument]) throws(QueryError) -> GeneratorOverload = {
    (arguments) throws(QueryError) in
    try ArgumentCheck.count("json_tuple", arguments, 2...Int.max)
    for (index, argument) in arguments.enumerated() where !ArgumentCheck.accepts(argument.type, as: .string) {
      throw ArgumentCheck.mismatch("json_tuple", index, expected: "a string", argument.type)
    }
    let columns = (0..<arguments.count - 1).map { Field("c\($0)", .string) }
    return GeneratorOverload(
      arguments.map { _ in .string }, columns: columns, rowCounts: { [Int](repeating: 1, count: $0.count) }
    ) { (call) throws(QueryError) in
      rows(call)
    }
  }

  private static func rows(_ call: KernelCall) -> GeneratedRows {
    let inputs = Buffer(byteCount: call.count * 4)
    let target = inputs.base.assumingMemoryBound(to: UInt32.self)
    let fields = call.arguments.count - 1
    let builders = (0..<fields).map { _ in VectorBuilder(.string, capacity: call.count) }
    var evaluator = JSONPathEvaluator()
    var names = Names(call)
    for row in 0..<call.count {
      target[row] = UInt32(truncatingIfNeeded: row)
      names.load(row)
      var values = [[UInt8]?](repeating: nil, count: fields)
      if call.arguments[0].isValid(row) { values = evaluator.members(names.bytes, of: call.text(0).bytes(row)) }
      for (column, builder) in builders.enumerated() {
        if let value = values[column], names.isThere[column] {
          value.withUnsafeBufferPointer { builder.append(bytes: $0) }
        } else {
          builder.appendNull()
        }
      }
    }
    return GeneratedRows(inputRows: inputs, count: call.count, columns: builders.map { $0.finish() })
  }

  /// The field names of a row, read once where they are constants.
  private struct Names {
    private let columns: [Vector]
    private let areConstant: Bool
    private var isLoaded = false
    private(set) var bytes: [[UInt8]] = []
    private(set) var isThere: [Bool] = []

    init(_ call: KernelCall) {
      columns = Array(call.arguments.dropFirst())
      areConstant = columns.allSatisfy(\.isConstant)
    }

    mutating func load(_ row: Int) {
      if isLoaded, areConstant { return }
      isLoaded = true
      isThere = columns.map { $0.isValid(row) }
      bytes = columns.map { column in
        column.isValid(row) ? Array(ColumnReader<StringView>(column).bytes(row)) : []
      }
    }
  }
}
