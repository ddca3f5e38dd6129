/// Finds the values of a JSON file: one after the other, or the elements of one array.
struct JSONValueSplitter {
  private enum State {
    case start, values, elements, done
  }
  let allowsSingleQuotes: Bool
  let allowsComments: Bool
  private var state = State.start

  init(allowsSingleQuotes: Bool, allowsComments: Bool) {
    self.allowsSingleQuotes = allowsSingleQuotes
    self.allowsComments = allowsComments
  }

  mutating func next(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool
  ) -> RecordSplitter.Result {
    let before = state
    let result = find(bytes, start, end, isLast)
    // The same bytes come again when more of the file is there.
    if case .incomplete = result { state = before }
    return result
  }

  private mutating func find(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool
  ) -> RecordSplitter.Result {
    if state == .done { return .finished }
    guard var index = skipSpace(bytes, start, end) else { return isLast ? .finished : .incomplete }
    if state == .start {
      let isArray = bytes[index] == UInt8(ascii: "[")
      guard isArray else {
        state = .values
        return value(bytes, index, end, isLast)
      }
      guard let first = skipSpace(bytes, index + 1, end) else {
        return isLast ? .record(.init(start: index, end: end, next: end)) : .incomplete
      }
      state = .elements
      index = first
      if bytes[index] == UInt8(ascii: "]") { return finish() }
    }
    return state == .values ? value(bytes, index, end, isLast) : element(bytes, index, end, isLast)
  }

  private mutating func finish() -> RecordSplitter.Result {
    state = .done
    return .finished
  }

  private func value(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool
  ) -> RecordSplitter.Result {
    guard let behind = endOfValue(bytes, start, end, isLast) else { return .incomplete }
    return .record(.init(start: start, end: behind, next: behind))
  }

  /// An element with the comma behind it, or the last one with the bracket.
  private mutating func element(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool
  ) -> RecordSplitter.Result {
    guard let behind = endOfValue(bytes, start, end, isLast) else { return .incomplete }
    guard let next = skipSpace(bytes, behind, end) else {
      if !isLast { return .incomplete }
      state = .done
      return .record(.init(start: start, end: behind, next: end))
    }
    switch bytes[next] {
    case UInt8(ascii: ","): return .record(.init(start: start, end: behind, next: next + 1))
    case UInt8(ascii: "]"):
      state = .done
      return .record(.init(start: start, end: behind, next: next + 1))
    default:
      // Neither a comma nor the end: nothing behind this can be told apart any more.
      if !isLast { return .incomplete }
      state = .done
      return .record(.init(start: start, end: end, next: end))
    }
  }

  private func skipSpace(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var index = start
    while index < end {
      if bytes[index] <= 0x20 {
        index += 1
      } else if allowsComments, bytes[index] == UInt8(ascii: "/"), let behind = endOfComment(bytes, index, end) {
        index = behind
      } else {
        return index
      }
    }
    return nil
  }

  private func endOfComment(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard start + 1 < end else { return nil }
    var index = start + 2
    if bytes[start + 1] == UInt8(ascii: "/") {
      while index < end, bytes[index] != 0x0A { index += 1 }
      return index
    }
    guard bytes[start + 1] == UInt8(ascii: "*") else { return nil }
    while index + 1 < end {
      if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") { return index + 2 }
      index += 1
    }
    return end
  }

  /// Behind the value; nil if it goes on behind the block. Only brackets and quotes are looked at.
  private func endOfValue(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool) -> Int? {
    var depth = 0
    var index = start
    while index < end {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") || (allowsSingleQuotes && byte == UInt8(ascii: "'")) {
        guard let behind = endOfString(bytes, index, end) else { return isLast ? end : nil }
        index = behind
        if depth == 0 { return index }
        continue
      }
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        if depth == 0 { return max(index, start + 1) }
        depth -= 1
        if depth == 0 { return index + 1 }
      } else if depth == 0, byte == UInt8(ascii: ",") || byte <= 0x20 {
        return max(index, start + 1)
      } else if allowsComments, byte == UInt8(ascii: "/"), let behind = endOfComment(bytes, index, end) {
        index = behind
        continue
      }
      index += 1
    }
    return isLast ? end : nil
  }

  private func endOfString(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var index = start + 1
    while index < end {
      if bytes[index] == bytes[start] { return index + 1 }
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
