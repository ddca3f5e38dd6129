import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The functions that need OVER.
enum WindowFunctions {
  static let all: [WindowFunction] = rankingFunctions + offsetFunctions + frameFunctions

  static let rankingFunctions: [WindowFunction] = [
    ranking("row_number", "The row's number within the partition, from 1.", .int, "1, 2, 3", RankingKernels.rowNumber),
    ranking("rank", "1 + the number of rows before the row's peers.", .int, "1, 1, 3", RankingKernels.rank),
    ranking(
      "dense_rank", "1 + the number of distinct values before the row's.", .int, "1, 1, 2", RankingKernels.denseRank),
    ranking("percent_rank", "(rank - 1) / (rows - 1).", .double, "0.0, 0.0, 1.0", RankingKernels.percentRank),
    ranking(
      "cume_dist", "The share of rows at or before the row's peers.", .double,
      "0.6666666666666666, 0.6666666666666666, 1.0", RankingKernels.cumulativeShare),
    WindowFunction(
      name: "ntile", signature: "ntile(n)", summary: "Splits the partition into n buckets of nearly equal size.",
      example: "SELECT ntile(2) OVER (ORDER BY v) FROM VALUES (1), (2), (3) AS t(v); -- 1, 1, 2", usesFrame: false
    ) { (arguments, _) throws(QueryError) in
      try ArgumentCheck.count("ntile", arguments, 0...1)
      let buckets = arguments.isEmpty ? 1 : try ArgumentCheck.constantInteger("ntile", arguments, 0) ?? 0
      guard buckets > 0 else {
        throw QueryError(.invalidParameter, .bind, "the number of buckets of ntile must be positive: \(buckets)")
      }
      return WindowOverload(arguments.isEmpty ? [] : [.int], .int) { (partition) throws(QueryError) in
        RankingKernels.tile(partition, buckets: Int(buckets))
      }
    },
  ]

  private static func ranking(
    _ name: String, _ summary: String, _ type: LogicalType, _ results: String,
    _ kernel: @escaping @Sendable (WindowPartition) -> Vector
  ) -> WindowFunction {
    WindowFunction(
      name: name, signature: "\(name)()", summary: summary,
      example: "SELECT \(name)() OVER (ORDER BY v) FROM VALUES (1), (1), (2) AS t(v); -- \(results)", usesFrame: false
    ) { (arguments, _) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 0...0)
      return WindowOverload([], type) { (partition) throws(QueryError) in kernel(partition) }
    }
  }
}

extension WindowFunctions {
  static let offsetFunctions: [WindowFunction] = [
    offset("lag", direction: -1, "The value some rows before the row (1 by default).", "-- NULL, 1, 2"),
    offset("lead", direction: 1, "The value some rows behind the row (1 by default).", "-- 2, 3, NULL"),
  ]

  private static func offset(
    _ name: String, direction: Int, _ summary: String, _ result: String
  ) -> WindowFunction {
    WindowFunction(
      name: name, signature: "\(name)(expr[, offset[, default]]) [IGNORE NULLS]", summary: summary,
      example: "SELECT \(name)(v) OVER (ORDER BY v) FROM VALUES (1), (2), (3) AS t(v); \(result)", usesFrame: false
    ) { (arguments, ignoresNulls) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...3)
      let offset = arguments.count > 1 ? try ArgumentCheck.constantInteger(name, arguments, 1) ?? 0 : 1
      guard offset.magnitude <= UInt64(Int32.max) else {
        throw ArgumentCheck.mismatch(name, 1, expected: "a 32-bit integer", arguments[1].type)
      }
      let type = arguments.count > 2 ? try ArgumentCheck.common(name, [arguments[0], arguments[2]]) : arguments[0].type
      var types = [type]
      if arguments.count > 1 { types.append(arguments[1].type) }
      if arguments.count > 2 { types.append(type) }
      let distance = direction * Int(offset)
      return WindowOverload(types, type) { (partition) throws(QueryError) in
        ValueKernels.shifted(partition, by: distance, ignoresNulls: ignoresNulls)
      }
    }
  }

  static let frameFunctions: [WindowFunction] = [
    framed("first_value", "The first value of the frame.", .first, "1, 1"),
    framed("first", "The first value of the frame.", .first, "1, 1"),
    framed("any_value", "A value of the frame.", .first, "1, 1"),
    framed("last_value", "The last value of the frame.", .last, "1, 2"),
    framed("last", "The last value of the frame.", .last, "1, 2"),
    WindowFunction(
      name: "nth_value", signature: "nth_value(expr, n) [IGNORE NULLS]",
      summary: "The n-th value of the frame, from 1; NULL where the frame has fewer.",
      example: "SELECT nth_value(v, 2) OVER (ORDER BY v) FROM VALUES (1), (2), (3) AS t(v); -- NULL, 2, 2",
      usesFrame: true
    ) { (arguments, ignoresNulls) throws(QueryError) in
      try ArgumentCheck.count("nth_value", arguments, 2...2)
      let position = try ArgumentCheck.constantInteger("nth_value", arguments, 1) ?? 0
      guard position > 0 else {
        throw QueryError(.invalidParameter, .bind, "the position of nth_value must be positive: \(position)")
      }
      // No partition has more rows than a 32-bit number counts.
      let row = Int(min(position, Int64(Int32.max)))
      return WindowOverload(arguments.map(\.type), arguments[0].type) { (partition) throws(QueryError) in
        ValueKernels.framed(partition, .nth(row), ignoresNulls: ignoresNulls)
      }
    },
  ]

  private static func framed(
    _ name: String, _ summary: String, _ pick: ValueKernels.Pick, _ results: String
  ) -> WindowFunction {
    WindowFunction(
      name: name, signature: "\(name)(expr[, isIgnoreNull]) [IGNORE NULLS]", summary: summary,
      example: "SELECT \(name)(v) OVER (ORDER BY v) FROM VALUES (1), (2) AS t(v); -- \(results)", usesFrame: true
    ) { (arguments, ignoresNulls) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...2)
      let flag = try AggregateFunctions.constantFlag(name, arguments, 1)
      return WindowOverload(arguments.map(\.type), arguments[0].type) { (partition) throws(QueryError) in
        ValueKernels.framed(partition, pick, ignoresNulls: ignoresNulls || flag)
      }
    }
  }
}
