import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that put texts (or arrays) together.
enum JoinFunctions {
  static let all: [ScalarFunction] = [
    ScalarFunction(
      name: "concat", signature: "concat(expr, ...)", summary: "Strings, binaries or arrays, one behind the other",
      example: "SELECT concat('Spark', 'SQL'); -- SparkSQL"
    ) { (arguments) throws(QueryError) in try concat("concat", arguments, 0...Int.max) },
    ScalarFunction(
      name: "||", signature: "expr1 || expr2", summary: "Strings, binaries or arrays, one behind the other",
      example: "SELECT 'Spark' || 'SQL'; -- SparkSQL"
    ) { (arguments) throws(QueryError) in try concat("||", arguments, 2...Int.max) },
    ScalarFunction(
      name: "concat_ws", signature: "concat_ws(sep, [str | array<str>], ...)",
      summary: "Strings and arrays of strings with a separator between; NULLs are left out",
      example: "SELECT concat_ws(' ', 'Spark', NULL, 'SQL'); -- Spark SQL", nulls: .custom
    ) { (arguments) throws(QueryError) in try concatWithSeparator(arguments) },
    ScalarFunction(
      name: "elt", signature: "elt(n, input1, input2, ...)", summary: "The n-th of the inputs",
      example: "SELECT elt(1, 'scala', 'java'); -- scala", nulls: .custom
    ) { (arguments) throws(QueryError) in try elt(arguments) },
    .fixed(
      "repeat", "repeat(str, n)", "The text, several times", "SELECT repeat('123', 2); -- 123123", [.string, .int],
      returns: .string
    ) { (call) throws(QueryError) in
      let (source, count) = (call.text(0), call.column(1, Int32.self))
      return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
        let bytes = source.bytes(row)
        let times = max(0, Int(count[row]))
        try TextLimit.check(bytes.count &* times, "repeat")
        output.make(row, byteCount: bytes.count * times) { target in
          for index in 0..<(bytes.count * times) { target[index] = bytes[index % bytes.count] }
        }
      }
    },
    .fixed("space", "space(n)", "That many spaces", "SELECT concat(space(2), '1'); --   1", [.int], returns: .string) {
      (call) throws(QueryError) in
      let count = call.column(0, Int32.self)
      return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
        let length = max(0, Int(count[row]))
        try TextLimit.check(length, "space")
        output.make(row, byteCount: length) { $0.update(repeating: 0x20, count: length) }
      }
    },
    ScalarFunction(
      name: "reverse", signature: "reverse(expr)", summary: "A string or an array back to front",
      example: "SELECT reverse('Spark SQL'); -- LQS krapS"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("reverse", arguments, 1...1)
      if case .array = arguments[0].type {
        let type = arguments[0].type
        return ScalarOverload(
          [type], type,
          kernel: foldingConstants { (call) throws(QueryError) in
            reversedArrays(call, type)
          })
      }
      let types = try ArgumentCheck.match("reverse", arguments, [.string])
      return ScalarOverload(types, .string, kernel: foldingConstants(reversed))
    },
    .fixed(
      "replace", "replace(str, search[, replace])", "The text with every occurrence of another replaced (or removed)",
      "SELECT replace('ABCabc', 'abc', 'DEF'); -- ABCDEF", [.string, .string, .string], optional: 1, returns: .string
    ) { (call) throws(QueryError) in
      let (source, wanted) = (call.text(0), call.text(1))
      let replacement = call.arguments.count > 2 ? call.text(2) : nil
      return try Elementwise.fillText(call) { row, output in
        let new = replacement?.bytes(row) ?? TextBytes(start: nil, count: 0)
        replace(source.bytes(row), wanted.bytes(row), new, &output.scratch)
        output.setScratch(row)
      }
    },
  ]

  // MARK: concat

  private static func concat(
    _ name: String, _ arguments: [FunctionArgument], _ range: ClosedRange<Int>
  ) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count(name, arguments, range)
    if arguments.contains(where: { if case .array = $0.type { true } else { false } }) {
      let type = try ArgumentCheck.common(name, arguments)
      return ScalarOverload(
        Array(repeating: type, count: arguments.count), type,
        kernel: foldingConstants { (call) throws(QueryError) in
          concatArrays(call, type)
        })
    }
    let isBinary = !arguments.isEmpty && arguments.allSatisfy { $0.type == .binary }
    let type: LogicalType = isBinary ? .binary : .string
    for (position, argument) in arguments.enumerated() where argument.type != .binary {
      guard ArgumentCheck.accepts(argument.type, as: .string) else {
        throw ArgumentCheck.mismatch(name, position, expected: "a string, binary or array", argument.type)
      }
    }
    return ScalarOverload(
      Array(repeating: type, count: arguments.count), type,
      kernel: foldingConstants { (call) throws(QueryError) in
        try concatTexts(call, type)
      })
  }

  private static func concatTexts(_ call: KernelCall, _ type: LogicalType) throws(QueryError) -> Vector {
    let parts = call.arguments.indices.map { call.text($0) }
    return try Elementwise.fillText(call, type) { (row, output) throws(QueryError) in
      var total = 0
      for part in parts { total &+= part.bytes(row).count }
      try TextLimit.check(total, "concat")
      output.make(row, byteCount: total) { target in
        var place = target
        for part in parts {
          let bytes = part.bytes(row)
          guard let start = bytes.baseAddress, bytes.count > 0 else { continue }
          place.update(from: start, count: bytes.count)
          place += bytes.count
        }
      }
    }
  }

  private static func concatArrays(_ call: KernelCall, _ type: LogicalType) -> Vector {
    let builder = VectorBuilder(type, capacity: call.count)
    let live = call.liveRows
    for row in 0..<call.count {
      guard live.isValid(row) else {
        builder.appendNull()
        continue
      }
      var total = 0
      for array in call.arguments {
        let entry = array.slots(ListEntry.self)[array.slotIndex(row)]
        for index in 0..<Int(entry.count) {
          builder.children[0].append(array.children[0], row: Int(entry.offset) + index)
        }
        total += Int(entry.count)
      }
      builder.appendList(count: total)
    }
    return builder.finish()
  }

  private static func concatWithSeparator(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("concat_ws", arguments, 1...Int.max)
    var types: [LogicalType] = []
    for (position, argument) in arguments.enumerated() {
      if position > 0, case .array(let element, _) = argument.type, ArgumentCheck.accepts(element, as: .string) {
        types.append(.array(.string))
      } else if ArgumentCheck.accepts(argument.type, as: .string) || argument.type == .binary {
        types.append(.string)
      } else {
        throw ArgumentCheck.mismatch("concat_ws", position, expected: "a string or an array of strings", argument.type)
      }
    }
    return ScalarOverload(types, .string, kernel: foldingConstants(joinWithSeparator))
  }

  private static let joinWithSeparator: ScalarKernel = { (call) throws(QueryError) in
    let separators = call.text(0)
    return try Elementwise.fillText(call) { row, output in
      guard call.arguments[0].isValid(row) else { return output.setNull(row) }
      let separator = separators.bytes(row)
      var isFirst = true
      func add(_ bytes: TextBytes, _ output: inout TextOutput) {
        if !isFirst { output.scratch.append(contentsOf: separator) }
        isFirst = false
        output.scratch.append(contentsOf: bytes)
      }
      for argument in call.arguments.dropFirst() where argument.isValid(row) {
        let slot = argument.slotIndex(row)
        guard argument.physical == .list else {
          add((argument.slots(StringView.self) + slot).valueBytes, &output)
          continue
        }
        let entry = argument.slots(ListEntry.self)[slot]
        let child = argument.children[0]
        for index in Int(entry.offset)..<Int(entry.offset + entry.count) where child.isValid(index) {
          add((child.slotVector.slots(StringView.self) + child.slotIndex(index)).valueBytes, &output)
        }
      }
      output.setScratch(row)
    }
  }

  // MARK: Others

  private static func elt(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("elt", arguments, 2...Int.max)
    let isBinary = arguments.dropFirst().allSatisfy { $0.type == .binary }
    let type: LogicalType = isBinary ? .binary : .string
    let types = [LogicalType.int] + Array(repeating: type, count: arguments.count - 1)
    _ = try ArgumentCheck.match("elt", arguments, types)
    return ScalarOverload(
      types, type,
      kernel: foldingConstants { (call) throws(QueryError) in
        let number = call.column(0, Int32.self)
        let inputs = Array(call.arguments.dropFirst())
        let mask = RowMask(call.arguments[0])
        if call.context.isANSI {
          for row in 0..<call.count where mask.isValid(row) && !(1...inputs.count).contains(Int(number[row])) {
            throw QueryError(
              .invalidArrayIndex, .execute, "elt has \(inputs.count) inputs and was asked for number \(number[row])")
          }
        }
        return RowChoice.choose(type, from: inputs, count: call.count) { row in
          let index = Int(number[row])
          return mask.isValid(row) && (1...inputs.count).contains(index) ? UInt32(index - 1) : RowChoice.null
        }
      })
  }

  private static let reversed: ScalarKernel = { (call) throws(QueryError) in
    let source = call.text(0)
    return try Elementwise.fillText(call) { row, output in
      let bytes = source.bytes(row)
      output.make(row, byteCount: bytes.count) { target in
        var offset = 0
        while offset < bytes.count {
          let width = min(Utf8Text.width(bytes[offset]), bytes.count - offset)
          for index in 0..<width { target[bytes.count - offset - width + index] = bytes[offset + index] }
          offset += width
        }
      }
    }
  }

  private static func reversedArrays(_ call: KernelCall, _ type: LogicalType) -> Vector {
    let builder = VectorBuilder(type, capacity: call.count)
    let array = call.arguments[0]
    for row in 0..<call.count {
      guard array.isValid(row) else {
        builder.appendNull()
        continue
      }
      let entry = array.slots(ListEntry.self)[array.slotIndex(row)]
      for index in (0..<Int(entry.count)).reversed() {
        builder.children[0].append(array.children[0], row: Int(entry.offset) + index)
      }
      builder.appendList(count: Int(entry.count))
    }
    return builder.finish()
  }

  static func replace(_ bytes: TextBytes, _ wanted: TextBytes, _ new: TextBytes, _ target: inout [UInt8]) {
    var start = 0
    while !wanted.isEmpty, let found = ByteSearch.find(wanted, in: bytes, from: start) {
      target.append(contentsOf: Utf8Text.part(bytes, start, found))
      target.append(contentsOf: new)
      start = found + wanted.count
    }
    target.append(contentsOf: Utf8Text.part(bytes, start, bytes.count))
  }
}
