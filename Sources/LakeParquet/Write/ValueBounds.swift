import LakeColumnar
import LakeTypes

/// The least and greatest value of a page or chunk, NaN left aside, and how many NaNs there were.
struct ValueBounds<Value: StoredValue> {
  private(set) var lower: Value?
  private(set) var upper: Value?
  private(set) var nanCount = 0
  /// Bytes of bounds that are long views; replaced when the bounds change.
  private var lowerBytes: StringHeap?
  private var upperBytes: StringHeap?

  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  mutating func update(_ values: UnsafePointer<Value>, count: Int) {
    var index = 0
    while index < count, values[index].isUnordered { index += 1 }
    nanCount += index
    guard index < count else { return }
    var least = values[index]
    var greatest = values[index]
    var nans = 0
    while index < count {
      let value = values[index]
      if value.isLess(than: least) { least = value }
      if greatest.isLess(than: value) { greatest = value }
      nans &+= bit(value.isUnordered)
      index &+= 1
    }
    nanCount += nans
    widen(least, greatest)
  }

  /// Takes in the values of codes. `marks` holds, for each code, the last page that has it; codes that are marked with
  /// this page are passed over.
  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  mutating func update(
    _ values: UnsafePointer<Value>, codes: UnsafePointer<UInt32>, count: Int, marks: UnsafeMutablePointer<UInt32>,
    page: UInt32
  ) {
    var least: Value?
    var greatest: Value?
    for index in 0..<count {
      let code = Int(codes[index])
      if Value.hasUnordered { nanCount &+= bit(values[code].isUnordered) }
      if marks[code] == page { continue }
      marks[code] = page
      let value = values[code]
      if value.isUnordered { continue }
      if let low = least { if value.isLess(than: low) { least = value } } else { least = value }
      if let high = greatest { if high.isLess(than: value) { greatest = value } } else { greatest = value }
    }
    if let least, let greatest { widen(least, greatest) }
  }

  /// Takes the bounds of a part in.
  mutating func merge(_ other: ValueBounds) {
    nanCount += other.nanCount
    if let least = other.lower, let greatest = other.upper { widen(least, greatest) }
  }

  private mutating func widen(_ least: Value, _ greatest: Value) {
    if lower.map({ least.isLess(than: $0) }) ?? true { lower = least.kept(in: &lowerBytes) }
    if upper.map({ $0.isLess(than: greatest) }) ?? true { upper = greatest.kept(in: &upperBytes) }
  }
}

/// A bound as the file holds it.
struct Bound {
  var bytes: [UInt8]
  /// Whether it is a value of the column and was not cut.
  var isExact = true
}

/// Bounds as bytes of the file and as literals.
enum BoundEncoding {
  /// The PLAIN form (byte arrays without a length, cut to `limit` bytes); zeros are signed so that they bound both
  /// zeros. nil where a cut bound can't be made an upper one.
  static func bound<Value: StoredValue>(_ value: Value, _ leaf: WriteLeaf, isLower: Bool, limit: Int) -> Bound? {
    switch value {
    case let view as StringView:
      if view.count <= limit { return Bound(bytes: view.bytes) }
      let cut = view.withBytes { Self.cut($0, to: limit, isText: leaf.type == .string) }
      return isLower ? Bound(bytes: cut, isExact: false) : raised(cut, isText: leaf.type == .string)
    case let number as Int128:
      guard case .fixed(let length) = leaf.storage else { return nil }
      return Bound(bytes: withUnsafeBytes(of: number.bigEndian) { Array($0.suffix(length)) })
    case let number as Float:
      let bound = number == 0 ? (isLower ? -0.0 : 0.0) : number
      return Bound(bytes: raw(bound), isExact: bound.sign == number.sign)
    case let number as Double:
      let bound = number == 0 ? (isLower ? -0.0 : 0.0) : number
      return Bound(bytes: raw(bound), isExact: bound.sign == number.sign)
    default: return Bound(bytes: raw(value))
    }
  }

  /// The first bytes of a value; text is cut between characters.
  private static func cut(_ bytes: UnsafeBufferPointer<UInt8>, to limit: Int, isText: Bool) -> [UInt8] {
    var end = limit
    while isText, end > 0, limit - end < 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(bytes[..<(end > 0 ? end : limit)])
  }

  /// The least short value above all that start with these bytes; nil where there is none.
  private static func raised(_ prefix: [UInt8], isText: Bool) -> Bound? {
    var bytes = prefix
    while let last = bytes.popLast() {
      if isText, last & 0x80 != 0 {
        var character = [last]
        while let next = bytes.last, character[0] & 0xC0 == 0x80 {
          character.insert(next, at: 0)
          bytes.removeLast()
        }
        if let next = successor(character) { return Bound(bytes: bytes + next, isExact: false) }
      } else if last < (isText ? 0x7F : 0xFF) {
        return Bound(bytes: bytes + [last + 1], isExact: false)
      }
    }
    return nil
  }

  /// The next character in UTF-8; nil behind the last one and where the bytes are not a character.
  private static func successor(_ character: [UInt8]) -> [UInt8]? {
    guard let scalar = String(validating: character, as: UTF8.self)?.unicodeScalars.first else { return nil }
    let next = scalar.value == 0xD7FF ? 0xE000 : scalar.value + 1
    return Unicode.Scalar(next).map { Array(String($0).utf8) }
  }

  private static func raw<T: BitwiseCopyable>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  static func literal<Value: StoredValue>(_ value: Value, _ type: LogicalType) -> Literal {
    switch value {
    case let view as StringView: type == .string ? .string(view.string) : .binary(view.bytes)
    case let flag as UInt8: .boolean(flag != 0)
    case let number as Float: .float(number)
    case let number as Double: .double(number)
    case let number as Int32: integer(Int64(number), type)
    case let number as Int64: integer(number, type)
    case let number as Int128: .decimal(number)
    default: .null
    }
  }

  private static func integer(_ value: Int64, _ type: LogicalType) -> Literal {
    switch type {
    case .date: .date(Int32(truncatingIfNeeded: value))
    case .timestamp, .timestampNTZ: .timestamp(value)
    case .decimal: .decimal(Int128(value))
    default: .integer(value)
    }
  }
}
