import Glibc

/// Finds fields by the names that JSON objects give them, exactly or else ignoring case.
struct JSONFieldNames {
  private let exact: [[UInt8]]
  private let folded: [[UInt8]]

  init(_ names: [String]) {
    exact = names.map { Array($0.utf8) }
    folded = names.map { Array($0.lowercased().utf8) }
  }

  var count: Int { exact.count }

  /// The position of a name; `expected` is looked at first, because objects tend to keep their order.
  func position(of name: UnsafeBufferPointer<UInt8>, expected: Int) -> Int? {
    if expected < exact.count, Self.isSame(exact[expected], name) { return expected }
    for (position, candidate) in exact.enumerated() where Self.isSame(candidate, name) { return position }
    guard let start = name.baseAddress else { return nil }
    if UTF8Text.isASCII(start, name.count) {
      return folded.firstIndex { Self.isSameFolded($0, name) }
    }
    let lower = Array(String(decoding: name, as: UTF8.self).lowercased().utf8)
    return folded.firstIndex(of: lower)
  }

  @inline(__always)
  private static func isSame(_ name: [UInt8], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard name.count == text.count else { return false }
    guard let start = text.baseAddress, !name.isEmpty else { return true }
    return memcmp(name, start, name.count) == 0
  }

  private static func isSameFolded(_ name: [UInt8], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard name.count == text.count else { return false }
    for index in 0..<name.count {
      let byte = text[index]
      if name[index] != (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) { return false }
    }
    return true
  }
}
