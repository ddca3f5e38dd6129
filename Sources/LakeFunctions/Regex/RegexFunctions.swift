import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// LIKE and the functions on regular expressions.
enum RegexFunctions {
  static let all: [ScalarFunction] = [
    like(
      "like", isCaseSensitive: true, "Whether a text matches a pattern with % and _",
      "SELECT 'Spark' LIKE '_park'; -- true"),
    like(
      "ilike", isCaseSensitive: false, "Whether a text matches a pattern with % and _, in any case",
      "SELECT 'Spark' ILIKE '_PARK'; -- true"),
    regex(
      "rlike", ["regexp", "regexp_like"], "rlike(str, regexp)", "Whether a part of a text matches a regular expression",
      "SELECT 'SystemDrive' RLIKE 'm.r'; -- true", .boolean, [.string, .string]
    ) { (call, cache) throws(QueryError) in try rlike(call, cache) },
    regex(
      "regexp_extract", [], "regexp_extract(str, regexp[, idx])",
      "A group (by default the first) of the first match; '' if there is none",
      "SELECT regexp_extract('100-200', '(\\\\d+)-(\\\\d+)', 1); -- 100", .string, [.string, .string, .int], optional: 1
    ) { (call, cache) throws(QueryError) in try extract(call, cache) },
    regex(
      "regexp_extract_all", [], "regexp_extract_all(str, regexp[, idx])", "A group of every match",
      "SELECT regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)', 1); -- [100, 300]",
      .array(element: .string, containsNull: true), [.string, .string, .int], optional: 1
    ) { (call, cache) throws(QueryError) in try extractAll(call, cache) },
    regex(
      "regexp_replace", [], "regexp_replace(str, regexp, rep[, position])",
      "The text with every match replaced; $1 is a group",
      "SELECT regexp_replace('100-200', '(\\\\d+)', 'num'); -- num-num",
      .string, [.string, .string, .string, .int], optional: 1
    ) { (call, cache) throws(QueryError) in try replace(call, cache) },
    regex(
      "regexp_count", [], "regexp_count(str, regexp)", "How often a regular expression matches",
      "SELECT regexp_count('Steven Jones and Stephen Smith', 'Ste(v|ph)en'); -- 2", .int, [.string, .string]
    ) { (call, cache) throws(QueryError) in
      var rows = RowMatcher(cache)
      return try Elementwise.fill(call, .int, Int32(0)) { (row) throws(QueryError) in
        var count: Int32 = 0
        try rows.matcher(call.text(1).bytes(row)).forEachMatch(call.text(0).bytes(row)) { (_) throws(QueryError) in
          count += 1
          return true
        }
        return count
      }
    },
    regex(
      "regexp_instr", [], "regexp_instr(str, regexp[, idx])",
      "The position of the first match, from 1; 0 if there is none",
      "SELECT regexp_instr('user@spark.apache.org', '@[^.]*'); -- 5", .int, [.string, .string, .int], optional: 1
    ) { (call, cache) throws(QueryError) in
      var rows = RowMatcher(cache)
      return try Elementwise.fill(call, .int, Int32(0)) { (row) throws(QueryError) in
        let text = call.text(0).bytes(row)
        let matcher = try rows.matcher(call.text(1).bytes(row))
        guard try matcher.find(text), let match = matcher.group(0) else { return 0 }
        return Int32(Utf8Text.length(Utf8Text.part(text, 0, match.lowerBound)) + 1)
      }
    },
    regex(
      "regexp_substr", [], "regexp_substr(str, regexp)", "The first match, or NULL",
      "SELECT regexp_substr('Steven Jones and Stephen Smith', 'Ste(v|ph)en'); -- Steven", .string, [.string, .string]
    ) { (call, cache) throws(QueryError) in
      var rows = RowMatcher(cache)
      return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
        let text = call.text(0).bytes(row)
        let matcher = try rows.matcher(call.text(1).bytes(row))
        guard try matcher.find(text), let match = matcher.group(0) else { return output.setNull(row) }
        output.set(row, bytes: Utf8Text.part(text, match.lowerBound, match.upperBound))
      }
    },
    regex(
      "split", [], "split(str, regex[, limit])", "The parts of a text between matches",
      "SELECT split('oneAtwoBthreeC', '[ABC]'); -- [one, two, three, ]",
      .array(element: .string, containsNull: false), [.string, .string, .int], optional: 1
    ) { (call, cache) throws(QueryError) in try TextSplit.kernel(call, cache) },
  ]

  private static func like(
    _ name: String, isCaseSensitive: Bool, _ summary: String, _ example: String
  ) -> ScalarFunction {
    let kernel = LikeKernel(isCaseSensitive: isCaseSensitive)
    return .fixed(
      name, "str \(name.uppercased()) pattern [ESCAPE escape]", summary, example, [.string, .string, .string],
      optional: 1, returns: .boolean
    ) { (call) throws(QueryError) in try kernel.evaluate(call) }
  }

  /// Every bound call has a cache of its own.
  private static func regex(
    _ name: String, _ aliases: [String], _ signature: String, _ summary: String, _ example: String,
    _ result: LogicalType, _ parameters: [LogicalType], optional: Int = 0,
    _ kernel: @escaping @Sendable (KernelCall, RegexCache) throws(QueryError) -> Vector
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: signature, summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      let types = try ArgumentCheck.match(name, arguments, parameters, optional: optional)
      let cache = RegexCache()
      return ScalarOverload(
        types, result, kernel: foldingConstants { (call) throws(QueryError) in try kernel(call, cache) })
    }
  }

  private static func rlike(_ call: KernelCall, _ cache: RegexCache) throws(QueryError) -> Vector {
    let (source, patterns) = (call.text(0), call.text(1))
    var rows = RowMatcher(cache)
    return try Elementwise.fillBoolean(call) { (row) throws(QueryError) in
      let matcher = try rows.matcher(patterns.bytes(row))
      if let literal = matcher.regex.literal {
        return literal.withUnsafeBufferPointer { ByteSearch.find($0, in: source.bytes(row)) != nil }
      }
      return try matcher.find(source.bytes(row))
    }
  }

  private static func groupIndex(
    _ name: String, _ call: KernelCall, _ row: Int, _ regex: CompiledRegex
  ) throws(QueryError) -> Int {
    let index = call.arguments.count > 2 ? Int(call.column(2, Int32.self)[row]) : 1
    if index >= 0, index <= regex.groupCount { return index }
    throw QueryError(
      .invalidParameter, .execute, "the regular expression of \(name) has \(regex.groupCount) groups, not \(index)")
  }

  private static func extract(_ call: KernelCall, _ cache: RegexCache) throws(QueryError) -> Vector {
    let (source, patterns) = (call.text(0), call.text(1))
    var rows = RowMatcher(cache)
    return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
      let text = source.bytes(row)
      let matcher = try rows.matcher(patterns.bytes(row))
      guard try matcher.find(text) else { return output.setEmpty(row) }
      let index = try groupIndex("regexp_extract", call, row, matcher.regex)
      guard let group = matcher.group(index) else { return output.setEmpty(row) }
      output.set(row, bytes: Utf8Text.part(text, group.lowerBound, group.upperBound))
    }
  }

  private static func extractAll(_ call: KernelCall, _ cache: RegexCache) throws(QueryError) -> Vector {
    let builder = VectorBuilder(.array(element: .string, containsNull: true), capacity: call.count)
    let live = call.liveRows
    var rows = RowMatcher(cache)
    for row in 0..<call.count {
      guard live.isValid(row) else {
        builder.appendNull()
        continue
      }
      let text = call.text(0).bytes(row)
      let matcher = try rows.matcher(call.text(1).bytes(row))
      let index = try groupIndex("regexp_extract_all", call, row, matcher.regex)
      var count = 0
      try matcher.forEachMatch(text) { (_) throws(QueryError) in
        let group = matcher.group(index) ?? 0..<0
        builder.children[0].append(bytes: Utf8Text.part(text, group.lowerBound, group.upperBound))
        count += 1
        return true
      }
      builder.appendList(count: count)
    }
    return builder.finish()
  }

  private static func replace(_ call: KernelCall, _ cache: RegexCache) throws(QueryError) -> Vector {
    let (source, patterns, replacements) = (call.text(0), call.text(1), call.text(2))
    let positions = call.arguments.count > 3 ? call.column(3, Int32.self) : nil
    var rows = RowMatcher(cache)
    var prepared: RegexReplacement?
    let isConstant = call.arguments[1].isConstant && call.arguments[2].isConstant
    return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
      let text = source.bytes(row)
      let matcher = try rows.matcher(patterns.bytes(row))
      if prepared == nil || !isConstant { prepared = try RegexReplacement(replacements.bytes(row), matcher.regex) }
      guard let replacement = prepared else { return }
      let position = positions.map { Int($0[row]) } ?? 1
      guard position > 0 else {
        throw QueryError(.invalidParameter, .execute, "the position of regexp_replace counts from 1: \(position)")
      }
      let start = Utf8Text.offset(text, ofCharacter: position - 1)
      if start >= text.count, position > 1 { return output.set(row, bytes: text) }
      var copied = 0
      try matcher.forEachMatch(text, from: start) { (match) throws(QueryError) in
        output.scratch.append(contentsOf: Utf8Text.part(text, copied, match.lowerBound))
        replacement.append(matcher, text, to: &output.scratch)
        copied = match.upperBound
        return true
      }
      output.scratch.append(contentsOf: Utf8Text.part(text, copied, text.count))
      output.setScratch(row)
    }
  }
}

/// `split` by a regular expression, with the rules of Java's `String.split`.
enum TextSplit {
  static func kernel(_ call: KernelCall, _ cache: RegexCache) throws(QueryError) -> Vector {
    let builder = VectorBuilder(.array(element: .string, containsNull: false), capacity: call.count)
    let (source, patterns) = (call.text(0), call.text(1))
    let limits = call.arguments.count > 2 ? call.column(2, Int32.self) : nil
    let live = call.liveRows
    var rows = RowMatcher(cache)
    builder.children[0].retain(heaps: call.arguments[0].heaps)
    for row in 0..<call.count {
      guard live.isValid(row) else {
        builder.appendNull()
        continue
      }
      let limit = limits.map { Int($0[row]) } ?? -1
      let count = try split(source.bytes(row), patterns.bytes(row), limit, &rows, builder.children[0])
      builder.appendList(count: count)
    }
    return builder.finish()
  }

  private static func split(
    _ text: TextBytes, _ pattern: TextBytes, _ limit: Int, _ rows: inout RowMatcher, _ parts: VectorBuilder
  ) throws(QueryError) -> Int {
    if pattern.isEmpty, !text.isEmpty { return splitCharacters(text, limit, parts) }
    let matcher = try rows.matcher(pattern)
    var count = 0
    var start = 0
    if let literal = literal(pattern) ?? matcher.regex.literal, !literal.isEmpty {
      literal.withUnsafeBufferPointer { wanted in
        while limit <= 0 || count < limit - 1, let found = ByteSearch.find(wanted, in: text, from: start) {
          append(text, start, found, parts)
          count += 1
          start = found + wanted.count
        }
      }
    } else {
      try matcher.forEachMatch(text) { (match) throws(QueryError) in
        if limit > 0, count >= limit - 1 { return false }
        if match.isEmpty, match.lowerBound == 0 { return true }
        // A match of nothing at the end splits nothing off before it.
        append(text, start, match.lowerBound, parts)
        count += 1
        start = match.upperBound
        return true
      }
    }
    append(text, start, text.count, parts)
    return count + 1
  }

  /// The one character behind a backslash, as in `\\|`.
  private static func literal(_ pattern: TextBytes) -> [UInt8]? {
    guard pattern.count == 2, pattern[0] == 0x5C, "\\^$.|?*+()[]{}".utf8.contains(pattern[1]) else { return nil }
    return [pattern[1]]
  }

  private static func splitCharacters(_ text: TextBytes, _ limit: Int, _ parts: VectorBuilder) -> Int {
    let length = Utf8Text.length(text)
    let wanted = limit <= 0 || limit > length ? length : limit
    var offset = 0
    for _ in 0..<(wanted - 1) {
      let next = min(text.count, offset + Utf8Text.width(text[offset]))
      append(text, offset, next, parts)
      offset = next
    }
    append(text, offset, text.count, parts)
    return wanted
  }

  /// The parts point into the source's bytes, which the builder keeps alive.
  private static func append(_ text: TextBytes, _ start: Int, _ end: Int, _ parts: VectorBuilder) {
    guard let base = text.baseAddress, end > start else { return parts.append(view: .empty) }
    parts.append(view: StringView(base + start, count: end - start))
  }
}
