import LakeColumnar
import LakeDiagnostics
import LakeTypes

extension CollectionFunctions {
  static let sortFunctions: [ScalarFunction] = [
    ScalarFunction(
      name: "sort_array", signature: "sort_array(array[, isAscending])",
      summary: "The elements in order; NULLs first, or last where the order is descending.",
      example: "SELECT sort_array(array('b', NULL, 'a'), true); -- [NULL, a, b]"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("sort_array", arguments, 1...2)
      let type = try sortable("sort_array", arguments)
      return ScalarOverload(arguments.count == 2 ? [type, .boolean] : [type], type) { (call) throws(QueryError) in
        let directions = call.arguments.count == 2 ? call.column(1, UInt8.self) : nil
        return sorted(call, type, nullsFirst: true) { row in directions.map { $0[row] != 0 } ?? true }
      }
    },
    ScalarFunction(
      name: "array_sort", signature: "array_sort(array[, (a, b) -> order])",
      summary: "The elements in ascending order with NULLs last, or in the order of a lambda that yields a negative "
        + "number, 0 or a positive one.",
      example: "SELECT array_sort(array(5, 6, 1), (a, b) -> b - a); -- [6, 5, 1]",
      lambdaParameters: { (types, _, count) throws(QueryError) in
        guard count == 2, case .array(let element, _)? = types.first else {
          throw QueryError(.datatypeMismatch, .bind, "array_sort takes an array and a lambda of two parameters")
        }
        return [element, element]
      },
      resolve: { (arguments) throws(QueryError) in
        try ArgumentCheck.count("array_sort", arguments, 1...2)
        if arguments.count == 1 {
          let type = try sortable("array_sort", arguments)
          return ScalarOverload([type], type) { (call) throws(QueryError) in
            sorted(call, type, nullsFirst: false) { _ in true }
          }
        }
        _ = try ArgumentCheck.element("array_sort", arguments, 0)
        guard arguments[1].isLambda, arguments[1].type.isInteger else {
          throw ArgumentCheck.mismatch("array_sort", 1, expected: "a lambda that yields an integer", arguments[1].type)
        }
        return ScalarOverload([arguments[0].type, .int], arguments[0].type) { (call) throws(QueryError) in
          try ComparatorSort.sort(call)
        }
      }),
  ]

  private static func sortable(_ name: String, _ arguments: [FunctionArgument]) throws(QueryError) -> LogicalType {
    let element = try ArgumentCheck.element(name, arguments, 0)
    guard element.isOrderable else {
      throw ArgumentCheck.mismatch(name, 0, expected: "an array of orderable elements", arguments[0].type)
    }
    return arguments[0].type
  }

  /// Sorts each array; with `nullsFirst`, NULLs come first ascending and last descending, else last.
  private static func sorted(
    _ call: KernelCall, _ type: LogicalType, nullsFirst: Bool, _ isAscending: (Int) -> Bool
  ) -> Vector {
    let lists = call.lists(0)
    let elements = lists.elements
    return listKernel(call, type) { row, picks in
      for element in lists.range(row) { picks.pick(element) }
      let ascending = isAscending(row)
      picks.sortOpen { a, b in
        let (isThere, isOtherThere) = (elements.isValid(a), elements.isValid(b))
        guard isThere, isOtherThere else {
          if isThere == isOtherThere { return false }
          return isThere != (nullsFirst && ascending)
        }
        let order = RowComparison.compare(elements, a, elements, b)
        return ascending ? order < 0 : order > 0
      }
    }
  }
}

/// Merge sort of many arrays at once, so that the comparing lambda sees many pairs at a time.
enum ComparatorSort {
  private struct Merge {
    var left: Int
    var middle: Int
    var right: Int
    var end: Int
    var target: Int
    var row: UInt32
    var isOpen: Bool { left < middle && right < end }
  }

  static func sort(_ call: KernelCall) throws(QueryError) -> Vector {
    guard let lambda = call.lambdas.first else { throw .internal("array_sort without its lambda") }
    let lists = call.lists(0)
    let live = call.liveRows
    var order: [UInt32] = []
    var ranges: [(range: Range<Int>, row: UInt32)] = []
    for row in 0..<call.count where live.isValid(row) {
      let start = order.count
      for element in lists.range(row) { order.append(UInt32(truncatingIfNeeded: element)) }
      ranges.append((start..<order.count, UInt32(truncatingIfNeeded: row)))
    }
    let longest = ranges.map(\.range.count).max() ?? 0
    var width = 1
    while width < longest {
      order = try mergePass(order, ranges, width, lists.elements, lambda)
      width *= 2
    }
    var next = 0
    return CollectionFunctions.listKernel(call, call.arguments[0].type) { row, picks in
      for _ in lists.range(row) {
        picks.pick(Int(order[next]))
        next += 1
      }
    }
  }

  /// Merges neighbouring runs of `width`, one comparison of every merge at a time.
  private static func mergePass(
    _ order: [UInt32], _ ranges: [(range: Range<Int>, row: UInt32)], _ width: Int, _ elements: Vector,
    _ lambda: LambdaBody
  ) throws(QueryError) -> [UInt32] {
    var merged = order
    var open: [Merge] = []
    for (range, row) in ranges {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: width * 2) {
        let middle = min(start + width, range.upperBound)
        let end = min(start + width * 2, range.upperBound)
        if middle < end {
          open.append(Merge(left: start, middle: middle, right: middle, end: end, target: start, row: row))
        }
      }
    }
    while !open.isEmpty {
      let rightFirst = try compare(open, order, elements, lambda)
      for index in open.indices {
        let source = rightFirst[index] ? open[index].right : open[index].left
        merged[open[index].target] = order[source]
        open[index].target += 1
        if rightFirst[index] { open[index].right += 1 } else { open[index].left += 1 }
        if !open[index].isOpen { drain(open[index], order, &merged) }
      }
      open.removeAll { !$0.isOpen }
    }
    return merged
  }

  /// Copies what is left of a merge of which one side has run out.
  private static func drain(_ merge: Merge, _ order: [UInt32], _ merged: inout [UInt32]) {
    var target = merge.target
    for source in Array(merge.left..<merge.middle) + Array(merge.right..<merge.end) {
      merged[target] = order[source]
      target += 1
    }
  }

  /// For each merge whether the right element goes first.
  private static func compare(
    _ open: [Merge], _ order: [UInt32], _ elements: Vector, _ lambda: LambdaBody
  ) throws(QueryError) -> [Bool] {
    let count = open.count
    let rows = Buffer(byteCount: count * 12)
    let lefts = rows.base.assumingMemoryBound(to: UInt32.self)
    let rights = lefts + count
    let outer = rights + count
    for (index, merge) in open.enumerated() {
      lefts[index] = order[merge.left]
      rights[index] = order[merge.right]
      outer[index] = merge.row
    }
    let pair = [
      elements.gathered(lefts, count: count).flattened(), elements.gathered(rights, count: count).flattened(),
    ]
    let result = try lambda.evaluate(pair, UnsafePointer(outer), count).flattened()
    withExtendedLifetime(rows) {}
    var rightFirst: [Bool] = []
    for index in 0..<count {
      guard case .integer(let value) = result.literal(at: index) else {
        throw QueryError(.invalidParameter, .execute, "the lambda of array_sort must not yield NULL")
      }
      rightFirst.append(value > 0)
    }
    return rightFirst
  }
}
