import LakeColumnar

/// Checks of UTF-8.
enum UTF8Text {
  /// Whether all bytes are below 0x80.
  static func isASCII(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let raw = UnsafeRawPointer(start)
    var bits: UInt64 = 0
    var index = 0
    while index &+ 8 <= count {
      bits |= raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    while index < count {
      bits |= UInt64(start[index])
      index &+= 1
    }
    return bits & 0x8080_8080_8080_8080 == 0
  }

  /// Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7).
  static func isValid(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var index = 0
    while index < count {
      let byte = start[index]
      if byte < 0x80 {
        index &+= 1
        continue
      }
      let length = sequenceLength(byte)
      guard length > 0, index &+ length <= count, isSequence(start + index, length) else { return false }
      index &+= length
    }
    return true
  }

  private static func sequenceLength(_ first: UInt8) -> Int {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  private static func isSequence(_ start: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    for index in 1..<length where start[index] & 0xC0 != 0x80 { return false }
    return switch start[0] {
    case 0xE0: start[1] >= 0xA0
    case 0xED: start[1] < 0xA0
    case 0xF0: start[1] >= 0x90
    case 0xF4: start[1] < 0x90
    default: true
    }
  }

  /// Appends text to a string column, with U+FFFD in place of what is not UTF-8.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to builder: VectorBuilder) {
    if let start = text.baseAddress, !isASCII(start, text.count), !isValid(start, text.count) {
      builder.append(string: String(decoding: text, as: UTF8.self))
    } else {
      builder.append(bytes: text)
    }
  }

  /// Copies text into a heap, with U+FFFD in place of what is not UTF-8.
  static func copy(_ text: UnsafeBufferPointer<UInt8>, to heap: inout StringHeap) -> StringView {
    guard let start = text.baseAddress else { return .empty }
    if isASCII(start, text.count) || isValid(start, text.count) { return heap.copy(text) }
    var repaired = String(decoding: text, as: UTF8.self)
    return repaired.withUTF8 { heap.copy($0) }
  }
}
