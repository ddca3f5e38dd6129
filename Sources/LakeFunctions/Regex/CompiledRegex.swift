import CPCRE2
import LakeDiagnostics
import Synchronization

/// A regular expression compiled by PCRE2, in the syntax of java.util.regex.
///
/// `@unchecked Sendable`: PCRE2 never changes compiled code; matching state lives in `RegexMatcher`.
final class CompiledRegex: @unchecked Sendable {
  fileprivate let code: OpaquePointer
  let groupCount: Int
  /// The bytes to look for, if the pattern is plain text.
  let literal: [UInt8]?
  private let pattern: [UInt8]

  init(_ pattern: TextBytes) throws(QueryError) {
    let translated = JavaPattern.translated(pattern)
    var errorCode: Int32 = 0
    var errorOffset = 0
    let context = pcre2_compile_context_create_8(nil)
    defer { pcre2_compile_context_free_8(context) }
    pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_ANYCRLF))
    let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF)
    let compiled = translated.withUnsafeBufferPointer { bytes in
      pcre2_compile_8(bytes.baseAddress ?? Self.empty, bytes.count, options, &errorCode, &errorOffset, context)
    }
    guard let compiled else {
      throw QueryError(
        .invalidRegex, .execute,
        "the regular expression is invalid, \(Self.message(errorCode)) at byte \(errorOffset): '\(String(decoding: pattern, as: UTF8.self))'"
      )
    }
    code = compiled
    _ = pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
    var count: UInt32 = 0
    _ = pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
    groupCount = Int(count)
    self.pattern = Array(pattern)
    let isPlain = !pattern.contains { "\\^$.|?*+()[]{}".utf8.contains($0) }
    literal = isPlain ? Array(pattern) : nil
  }

  deinit { pcre2_code_free_8(code) }

  /// A place to point to where there are no bytes; immutable.
  nonisolated(unsafe) fileprivate static let empty: UnsafePointer<UInt8> = {
    let place = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    place.initialize(to: 0)
    return UnsafePointer(place)
  }()

  static func message(_ code: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 256)
    let length = pcre2_get_error_message_8(code, &text, text.count)
    return length > 0 ? String(decoding: text.prefix(Int(length)), as: UTF8.self) : "error \(code)"
  }

  /// The number of a named group; nil if there is none.
  func group(named name: [UInt8]) -> Int? {
    let number = (name + [0]).withUnsafeBufferPointer { pcre2_substring_number_from_name_8(code, $0.baseAddress) }
    return number > 0 ? Int(number) : nil
  }

  func isSame(as other: TextBytes) -> Bool { pattern.withUnsafeBufferPointer { Utf8Text.equal($0, other) } }
}

/// Matches one compiled pattern on one thread.
final class RegexMatcher {
  let regex: CompiledRegex
  private let data: OpaquePointer
  private let context: OpaquePointer
  private var stack: OpaquePointer?

  /// Steps that one match may take; a pattern that needs more is refused rather than left running.
  private static let stepLimit: UInt32 = 20_000_000
  private static let largeStack = 16 << 20

  init(_ regex: CompiledRegex) throws(QueryError) {
    self.regex = regex
    guard let data = pcre2_match_data_create_from_pattern_8(regex.code, nil),
      let context = pcre2_match_context_create_8(nil)
    else { throw QueryError(.outOfMemory, .execute, "no memory for matching regular expressions") }
    pcre2_set_match_limit_8(context, Self.stepLimit)
    self.data = data
    self.context = context
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_match_context_free_8(context)
    if let stack { pcre2_jit_stack_free_8(stack) }
  }

  /// Looks for the first match from a byte offset on.
  func find(_ text: TextBytes, from start: Int = 0) throws(QueryError) -> Bool {
    let base = text.baseAddress ?? CompiledRegex.empty
    var result = pcre2_match_8(regex.code, base, text.count, start, 0, data, context)
    if result == PCRE2_ERROR_JIT_STACKLIMIT, stack == nil {
      stack = pcre2_jit_stack_create_8(32 << 10, Self.largeStack, nil)
      pcre2_jit_stack_assign_8(context, nil, stack.map { UnsafeMutableRawPointer($0) })
      result = pcre2_match_8(regex.code, base, text.count, start, 0, data, context)
    }
    if result >= 0 { return true }
    if result == PCRE2_ERROR_NOMATCH { return false }
    throw QueryError(
      .limitExceeded, .execute, "a regular expression could not be matched", cause: CompiledRegex.message(result))
  }

  /// The bytes of a group in the last match; nil if it took no part.
  func group(_ number: Int) -> Range<Int>? {
    guard let ends = pcre2_get_ovector_pointer_8(data), number <= regex.groupCount else { return nil }
    let (start, end) = (ends[2 * number], ends[2 * number + 1])
    guard start != Int.max, start >= 0, start != -1 else { return nil }
    // \K in a lookahead can put the end before the start.
    return start <= end ? start..<end : end..<start
  }

  /// Calls `body` for every match from left to right until it returns false.
  func forEachMatch(
    _ text: TextBytes, from start: Int = 0, _ body: (Range<Int>) throws(QueryError) -> Bool
  ) throws(QueryError) {
    var offset = start
    while offset <= text.count, try find(text, from: offset) {
      guard let match = group(0), try body(match) else { return }
      offset = match.upperBound
      if match.isEmpty { offset += offset < text.count ? Utf8Text.width(text[offset]) : 1 }
    }
  }
}

/// The compiled patterns of one expression: a constant pattern is compiled once.
final class RegexCache: Sendable {
  private let compiled = Mutex<[[UInt8]: CompiledRegex]>([:])
  private static let capacity = 64

  func regex(_ pattern: TextBytes) throws(QueryError) -> CompiledRegex {
    let key = Array(pattern)
    if let known = compiled.withLock({ $0[key] }) { return known }
    let fresh = try CompiledRegex(pattern)
    compiled.withLock { known in
      if known.count >= Self.capacity { known.removeAll() }
      known[key] = fresh
    }
    return fresh
  }
}

/// The matcher for the row at hand; it changes only when the pattern does.
struct RowMatcher {
  private let cache: RegexCache
  private var current: RegexMatcher?

  init(_ cache: RegexCache) { self.cache = cache }

  mutating func matcher(_ pattern: TextBytes) throws(QueryError) -> RegexMatcher {
    if let current, current.regex.isSame(as: pattern) { return current }
    let fresh = try RegexMatcher(try cache.regex(pattern))
    current = fresh
    return fresh
  }
}
