import LakeColumnar

/// Sums of doubles in 16 lanes: row i in lane i % 16, lanes added pairwise at the end.
enum LaneSum {
  /// The sum of a function of each value; `term` must not depend on the order.
  @inline(__always)
  static func total(_ values: UnsafePointer<Double>, _ count: Int, _ term: (Double) -> Double) -> Double {
    var lanes = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    var row = 0
    while row &+ 16 <= count {
      for lane in 0..<8 {
        lanes.0[lane] += term(values[row &+ lane])
        lanes.1[lane] += term(values[row &+ 8 &+ lane])
      }
      row &+= 16
    }
    var total = (lanes.0 + lanes.1).sum()
    while row < count {
      total += term(values[row])
      row &+= 1
    }
    return total
  }

  /// The sum of the values whose bit is 1.
  static func total(_ values: UnsafePointer<Double>, _ words: UnsafeMutablePointer<UInt64>, _ count: Int) -> Double {
    let raw = UnsafeRawPointer(values)
    let places = SIMD8<UInt64>(1, 2, 4, 8, 16, 32, 64, 128)
    var lanes = SIMD8<Double>.zero
    var row = 0
    while row &+ 8 <= count {
      let bits = SIMD8<UInt64>(repeating: words[row >> 6] >> UInt64(row & 63))
      let isNull = (bits & places) .== SIMD8<UInt64>.zero
      let slots = raw.loadUnaligned(fromByteOffset: row &* 8, as: SIMD8<Double>.self)
      lanes += slots.replacing(with: 0, where: isNull)
      row &+= 8
    }
    var total = lanes.sum()
    while row < count {
      if words.isValid(row) { total += values[row] }
      row &+= 1
    }
    return total
  }
}
