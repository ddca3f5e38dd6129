import LakeColumnar

/// A JSONPath as Hive and Spark know it: `$`, `.name`, `['name']`, `[n]`, `[*]`.
///
/// `.*` is accepted and finds nothing, as in Spark.
struct JSONPath: Sendable {
  enum Step: Sendable, Equatable {
    case named([UInt8])
    case anyMember
    case index(Int)
    case anyElement
  }
  private(set) var steps: [Step] = []

  /// nil for text of another form.
  init?(_ text: TextBytes) {
    guard text.first == 0x24 else { return nil }
    var index = 1
    while index < text.count {
      if text[index] == 0x2E {
        guard let step = Self.dotted(text, &index) else { return nil }
        steps.append(step)
      } else if text[index] == 0x5B {
        guard let step = Self.bracketed(text, &index) else { return nil }
        steps.append(step)
      } else {
        return nil
      }
    }
  }

  private static func dotted(_ text: TextBytes, _ index: inout Int) -> Step? {
    index += 1
    let start = index
    while index < text.count, text[index] != 0x2E, text[index] != 0x5B { index += 1 }
    guard index > start else { return nil }
    let name = Array(text[start..<index])
    return name == [0x2A] ? .anyMember : .named(name)
  }

  private static func bracketed(_ text: TextBytes, _ index: inout Int) -> Step? {
    guard let end = text[index...].firstIndex(of: 0x5D) else { return nil }
    let inner = text[(index + 1)..<end]
    if inner.first == 0x27 {
      guard let close = text[(index + 2)...].firstIndex(of: 0x27), close + 1 < text.count, text[close + 1] == 0x5D,
        close > index + 2
      else { return nil }
      let name = Array(text[(index + 2)..<close])
      index = close + 2
      return name == [0x2A] ? .anyMember : .named(name)
    }
    index = end + 1
    if inner.elementsEqual([0x2A]) { return .anyElement }
    guard !inner.isEmpty, inner.allSatisfy({ $0 &- 0x30 <= 9 }) else { return nil }
    return Int(String(decoding: inner, as: UTF8.self)).map { .index($0) }
  }
}

/// Evaluates JSONPaths and keys on texts; keep one for a batch, since it reuses its memory.
///
/// The treatment of wildcards is Hive's: one match stands alone, several become an array, and two wildcards in a row
/// flatten.
package struct JSONPathEvaluator {
  private enum Style { case raw, quoted, flatten }

  private var tape = JSONTape()
  private var output: [UInt8] = []
  /// For each open array of the output whether it has an element already.
  private var hasElement: [Bool] = []

  package init() {}

  /// Appends what the path finds to `target`; false where it finds nothing or the text is malformed.
  mutating func evaluate(_ path: JSONPath, _ text: TextBytes, into target: inout [UInt8]) -> Bool {
    guard tape.read(text) else { return false }
    swap(&output, &target)
    let start = output.count
    hasElement.removeAll(keepingCapacity: true)
    let isFound = evaluate(0, path.steps[...], .raw)
    if !isFound { output.removeLast(output.count - start) }
    swap(&output, &target)
    return isFound
  }

  /// The top-level members of a JSON object by name, as `json_tuple` yields them; nil where a member is missing or
  /// null, all nil where the text is no object.
  package mutating func members(_ names: [[UInt8]], of text: UnsafeBufferPointer<UInt8>) -> [[UInt8]?] {
    var values = [[UInt8]?](repeating: nil, count: names.count)
    guard tape.read(text), tape.nodes[0].kind == .object else { return values }
    var key = 1
    while key < tape.nodes[0].next {
      let value = key + 1
      for (position, name) in names.enumerated() where values[position] == nil && tape.isKey(key, name) {
        guard tape.nodes[value].kind != .null else { continue }
        var bytes: [UInt8] = []
        if tape.isString(value) {
          tape.appendString(value, to: &bytes)
        } else {
          tape.appendJSON(value, to: &bytes, normalizesNumbers: true)
        }
        values[position] = bytes
      }
      key = tape.nodes[value].next
    }
    return values
  }

  // MARK: Output

  private mutating func beginValue() {
    guard let isFollowing = hasElement.last else { return }
    if isFollowing { output.append(0x2C) }
    hasElement[hasElement.count - 1] = true
  }

  private mutating func openArray() {
    beginValue()
    output.append(0x5B)
    hasElement.append(false)
  }

  private mutating func closeArray() {
    output.append(0x5D)
    hasElement.removeLast()
  }

  // MARK: Evaluation

  private mutating func evaluate(_ node: Int, _ path: ArraySlice<JSONPath.Step>, _ style: Style) -> Bool {
    guard let step = path.first else { return emit(node, style) }
    let rest = path.dropFirst()
    switch (tape.nodes[node].kind, step) {
    case (.object, .named(let name)): return member(node, name, rest, style)
    case (.array, .anyElement): return elements(node, rest, style)
    case (.array, .index(let index)):
      guard let element = element(node, index) else { return false }
      return evaluate(element, rest, rest.first == .anyElement ? .quoted : style)
    default: return false
    }
  }

  private mutating func emit(_ node: Int, _ style: Style) -> Bool {
    if style == .raw, tape.isString(node) {
      tape.appendString(node, to: &output)
      return true
    }
    if style == .flatten, tape.nodes[node].kind == .array {
      var isFound = false
      forEachElement(node) { isFound = $0.evaluate($1, [], style) || isFound }
      return isFound
    }
    beginValue()
    tape.appendJSON(node, to: &output, normalizesNumbers: true)
    return true
  }

  private mutating func member(
    _ node: Int, _ name: [UInt8], _ rest: ArraySlice<JSONPath.Step>, _ style: Style
  ) -> Bool {
    var key = node + 1
    while key < tape.nodes[node].next {
      let value = key + 1
      if tape.isKey(key, name), tape.nodes[value].kind != .null, evaluate(value, rest, style) { return true }
      key = tape.nodes[value].next
    }
    return false
  }

  private mutating func elements(_ node: Int, _ rest: ArraySlice<JSONPath.Step>, _ style: Style) -> Bool {
    if rest.first == .anyElement { return collect(node, rest.dropFirst(), .flatten) }
    if style == .quoted { return collect(node, rest, .quoted) }
    let start = output.count
    let wasFollowing = hasElement.last
    openArray()
    let opened = output.count
    var matches = 0
    forEachElement(node) { if $0.evaluate($1, rest, style == .raw ? .quoted : .flatten) { matches += 1 } }
    closeArray()
    if matches > 1 { return true }
    let single = Array(output[opened..<(output.count - 1)])
    output.removeLast(output.count - start)
    if let wasFollowing { hasElement[hasElement.count - 1] = wasFollowing }
    guard matches == 1 else { return false }
    beginValue()
    output += single
    return true
  }

  private mutating func collect(_ node: Int, _ rest: ArraySlice<JSONPath.Step>, _ style: Style) -> Bool {
    var isFound = false
    openArray()
    forEachElement(node) { isFound = $0.evaluate($1, rest, style) || isFound }
    closeArray()
    return isFound
  }

  private mutating func forEachElement(_ node: Int, _ body: (inout JSONPathEvaluator, Int) -> Void) {
    var child = node + 1
    let end = tape.nodes[node].next
    while child < end {
      let next = tape.nodes[child].next
      body(&self, child)
      child = next
    }
  }

  private func element(_ node: Int, _ index: Int) -> Int? {
    var child = node + 1
    var left = index
    while child < tape.nodes[node].next {
      if left == 0 { return child }
      left -= 1
      child = tape.nodes[child].next
    }
    return nil
  }
}
