import LakeColumnar

/// A double in SQL's total order: NaN equals itself and is the largest, both zeros are equal.
struct OrderedDouble: Comparable, BitwiseCopyable {
  var value: Double

  @inline(__always)
  static func < (a: OrderedDouble, b: OrderedDouble) -> Bool {
    (bit(a.value < b.value) | (bit(a.value == a.value) & bit(b.value != b.value))) != 0
  }

  @inline(__always)
  static func <= (a: OrderedDouble, b: OrderedDouble) -> Bool {
    (bit(a.value <= b.value) | bit(b.value != b.value)) != 0
  }

  @inline(__always)
  static func == (a: OrderedDouble, b: OrderedDouble) -> Bool {
    (bit(a.value == b.value) | (bit(a.value != a.value) & bit(b.value != b.value))) != 0
  }

  /// Equal values have equal bits.
  @inline(__always)
  var normalizedBits: UInt64 {
    if value != value { return 0x7FF8_0000_0000_0000 }
    return value == 0 ? 0 : value.bitPattern
  }
}

/// A float in the same order.
struct OrderedFloat: Comparable, BitwiseCopyable {
  var value: Float

  @inline(__always)
  static func < (a: OrderedFloat, b: OrderedFloat) -> Bool {
    (bit(a.value < b.value) | (bit(a.value == a.value) & bit(b.value != b.value))) != 0
  }

  @inline(__always)
  static func <= (a: OrderedFloat, b: OrderedFloat) -> Bool {
    (bit(a.value <= b.value) | bit(b.value != b.value)) != 0
  }

  @inline(__always)
  static func == (a: OrderedFloat, b: OrderedFloat) -> Bool {
    (bit(a.value == b.value) | (bit(a.value != a.value) & bit(b.value != b.value))) != 0
  }

  @inline(__always)
  var normalizedBits: UInt32 {
    if value != value { return 0x7FC0_0000 }
    return value == 0 ? 0 : value.bitPattern
  }
}
