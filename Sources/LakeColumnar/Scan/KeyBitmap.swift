/// The integer keys of a join's build side: a bit for each number from the least to the greatest.
package final class KeyBitmap: Sendable {
  private let least: Int64
  private let bitCount: UInt64
  private let words: [UInt64]
  /// Numbers that are keys.
  package let keyCount: Int

  /// Bytes for keys in a range; nil for one that is too large.
  package static func byteCount(from least: Int64, through greatest: Int64) -> Int? {
    let (span, overflow) = greatest.subtractingReportingOverflow(least)
    return overflow || span < 0 || span >= largest ? nil : Int(span >> 6 + 1) * 8
  }

  /// A range of more numbers takes too much memory to be looked up fast.
  private static let largest: Int64 = 1 << 26

  /// Notes the keys, all of which are in the range, for which there is a `byteCount`.
  package init(from least: Int64, through greatest: Int64, _ forEachKey: ((Int64) -> Void) -> Void) {
    self.least = least
    bitCount = UInt64(greatest - least) + 1
    var words = [UInt64](repeating: 0, count: Int((bitCount + 63) >> 6))
    words.withUnsafeMutableBufferPointer { words in
      forEachKey { key in
        let bit = UInt64(bitPattern: key &- least)
        words[Int(bit >> 6)] |= 1 << (bit & 63)
      }
    }
    self.words = words
    keyCount = words.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  /// The numbers from the least to the greatest key.
  package var span: Int { Int(bitCount) }

  /// Clears the flags of slots that are no keys.
  package func test(_ slots: UnsafePointer<Int32>, count: Int, flags: UnsafeMutablePointer<UInt8>) {
    clear(slots, count, flags)
  }

  package func test(_ slots: UnsafePointer<Int64>, count: Int, flags: UnsafeMutablePointer<UInt8>) {
    clear(slots, count, flags)
  }

  @inline(__always)
  private func clear<T: FixedWidthInteger>(
    _ slots: UnsafePointer<T>, _ count: Int, _ flags: UnsafeMutablePointer<UInt8>
  ) {
    words.withUnsafeBufferPointer { words in
      for index in 0..<count {
        let bit = UInt64(bitPattern: Int64(truncatingIfNeeded: slots[index]) &- least)
        let isInside = bit < bitCount
        let word = words[isInside ? Int(truncatingIfNeeded: bit &>> 6) : 0]
        let found = UInt8(truncatingIfNeeded: word &>> (bit & 63) & 1)
        flags[index] &= isInside ? found : 0
      }
    }
  }
}

extension KeyBitmap: Hashable {
  package static func == (left: KeyBitmap, right: KeyBitmap) -> Bool { left === right }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
