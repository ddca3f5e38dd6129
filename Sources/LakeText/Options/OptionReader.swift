import LakeDiagnostics

/// Takes options by name off a dictionary, ignoring case, and refuses those that nobody took.
struct OptionReader {
  let format: String
  private var options: [String: (name: String, value: String)] = [:]
  private var known: [String] = []

  init(_ options: [String: String], format: String) {
    self.format = format
    for (name, value) in options { self.options[name.lowercased()] = (name, value) }
  }

  /// The text of the first of several names that is given.
  mutating func text(_ names: String...) -> String? {
    known += names
    var found: String?
    for name in names {
      guard let option = options.removeValue(forKey: name.lowercased()) else { continue }
      if found == nil { found = option.value }
    }
    return found
  }

  mutating func flag(_ name: String) throws(QueryError) -> Bool? {
    guard let value = text(name) else { return nil }
    switch value.lowercased() {
    case "true": return true
    case "false": return false
    default: throw failure(name, "must be true or false", value)
    }
  }

  mutating func number(_ name: String) throws(QueryError) -> Int? {
    guard let value = text(name) else { return nil }
    guard let number = Int(value), number >= 0 else { throw failure(name, "must be a number", value) }
    return number
  }

  /// One byte; an empty text is no byte.
  mutating func byte(_ name: String) throws(QueryError) -> UInt8?? {
    guard let value = text(name) else { return nil }
    let bytes = Self.unescaped(value)
    if bytes.isEmpty || bytes == [0] { return .some(nil) }
    guard bytes.count == 1 else { throw failure(name, "must be a single ASCII character", value) }
    return bytes[0]
  }

  /// Bytes with the escapes that Spark knows in delimiters.
  mutating func bytes(_ names: String...) throws(QueryError) -> [UInt8]? {
    known += names
    for name in names {
      guard let option = options.removeValue(forKey: name.lowercased()) else { continue }
      let bytes = Self.unescaped(option.value)
      if bytes.isEmpty { throw failure(name, "must not be empty", option.value) }
      return bytes
    }
    return nil
  }

  mutating func pattern(_ name: String) throws(QueryError) -> String? {
    guard let value = text(name) else { return nil }
    _ = try DateTimePattern(value)
    return value
  }

  mutating func mode() throws(QueryError) -> BadRecordMode? {
    guard let value = text("mode") else { return nil }
    guard let mode = BadRecordMode(rawValue: value.lowercased()) else {
      throw failure("mode", "must be PERMISSIVE, DROPMALFORMED or FAILFAST", value)
    }
    return mode
  }

  /// Options of which only the values that change nothing are supported.
  mutating func fixed(_ name: String, _ allowed: [String]) throws(QueryError) {
    guard let value = text(name) else { return }
    guard allowed.contains(where: { $0.lowercased() == value.lowercased() }) else {
      throw QueryError(
        .unsupported, .bind, "the \(format) option \(name) supports only \(allowed.joined(separator: ", ")): \(value)")
    }
  }

  /// Refuses what is left.
  func finish() throws(QueryError) {
    guard let left = options.values.map(\.name).sorted().first else { return }
    let nearest = NearestName.of(left, among: known + ["format", "schema", "path", "basePath"])
    throw QueryError(
      .invalidParameter, .bind, "unknown \(format) option: \(left)", hint: nearest.map { "did you mean \($0)?" })
  }

  private func failure(_ name: String, _ reason: String, _ value: String) -> QueryError {
    QueryError(.invalidParameter, .bind, "the \(format) option \(name) \(reason): \(value)")
  }

  /// Resolves `\t`, `\n`, `\r`, `\b`, `\f`, `\0`, `\\`, `\'`, `\"` and `\uXXXX`; a lone backslash is itself.
  static func unescaped(_ text: String) -> [UInt8] {
    let source = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    var index = 0
    while index < source.count {
      guard source[index] == "\\", index + 1 < source.count else {
        result.append(source[index])
        index += 1
        continue
      }
      if source[index + 1] == "u", index + 5 < source.count,
        let code = UInt32(String(String.UnicodeScalarView(source[(index + 2)..<(index + 6)])), radix: 16),
        let scalar = Unicode.Scalar(code)
      {
        result.append(scalar)
        index += 6
      } else {
        result.append(escapes[source[index + 1]] ?? source[index + 1])
        index += 2
      }
    }
    return Array(String(result).utf8)
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "t": "\t", "n": "\n", "r": "\r", "b": "\u{8}", "f": "\u{C}", "0": "\0",
  ]
}
