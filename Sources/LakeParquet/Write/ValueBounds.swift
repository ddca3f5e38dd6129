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

  /// Takes the bounds of a part in.
  mutating func merge(_ other: ValueBounds) {
    nanCount += other.nanCount
    if let least = other.lower, let greatest = other.upper { widen(least, greatest) }
  }

  private mutating func widen(_ least: Value, _ greatest: Value) {
    if lower.map({ least.isLess(than: $0) }) ?? true { lower = Self.kept(least, in: &lowerBytes) }
    if upper.map({ $0.isLess(than: greatest) }) ?? true { upper = Self.kept(greatest, in: &upperBytes) }
  }

  private static func kept(_ value: Value, in heap: inout StringHeap?) -> Value {
    guard let view = value as? StringView else { return value }
    var fresh = StringHeap()
    let copy = fresh.copy(view)
    heap = fresh
    return copy as? Value ?? value
  }
}

/// Bounds as bytes of the file and as literals.
enum BoundEncoding {
  /// Longer bounds are left out of the file's statistics.
  private static let longest = 256

  /// The PLAIN form (byte arrays without a length); zeros are signed so that they bound both zeros.
  static func bytes<Value: StoredValue>(_ value: Value, _ storage: LeafStorage, isLower: Bool) -> [UInt8]? {
    switch value {
    case let view as StringView: return view.count > longest ? nil : view.bytes
    case let number as Int128:
      guard case .fixed(let length) = storage else { return nil }
      return withUnsafeBytes(of: number.bigEndian) { Array($0.suffix(length)) }
    case let number as Float: return raw(number == 0 ? (isLower ? -0.0 : 0.0) : number)
    case let number as Double: return raw(number == 0 ? (isLower ? -0.0 : 0.0) : number)
    default: return raw(value)
    }
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
