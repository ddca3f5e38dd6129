import LakeColumnar

/// Decodes the hybrid of run lengths and bit-packed runs ("RLE/Bit-Packing Hybrid" in parquet-format's Encodings.md)
/// that levels, dictionary codes and booleans are written in.
///
/// The bytes must lie in a `Buffer`, whose padding the unpacking reads ahead into.
struct HybridDecoder {
  private var cursor: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private let width: Int
  /// Values left in the current run.
  private var left = 0
  private var isPacked = false
  /// The value of a repeating run.
  private var value: UInt32 = 0
  /// The current packed run and the next value in it.
  private var packed: UnsafePointer<UInt8>
  private var packedIndex = 0
  private var owner: Buffer?

  /// Width 0 stands for zeros without end.
  init(_ start: UnsafePointer<UInt8>, count: Int, width: Int) {
    cursor = start
    end = start + count
    packed = start
    self.width = width
    if width == 0 { left = .max }
  }

  /// Bits without headers, as PLAIN booleans are.
  init(packedBits start: UnsafePointer<UInt8>, count: Int) {
    self.init(start, count: 0, width: 1)
    isPacked = true
    left = count &* 8
  }

  /// One packed run in a buffer of its own.
  init(packed buffer: Buffer, count: Int, width: Int) {
    self.init(UnsafePointer(buffer.base.assumingMemoryBound(to: UInt8.self)), count: 0, width: width)
    owner = buffer
    isPacked = true
    left = count
  }

  private mutating func nextRun() throws(FormatFault) {
    while left == 0 {
      let header = try runHeader()
      if header & 1 == 1 {
        try openPacked(groups: header >> 1)
      } else {
        isPacked = false
        left = header >> 1
        value = try repeatedValue()
      }
    }
  }

  private static let endsEarly = FormatFault.corrupt("levels or codes end early")

  private mutating func runHeader() throws(FormatFault) -> Int {
    var result = 0
    var shift = 0
    while true {
      guard cursor < end, shift <= 28 else { throw Self.endsEarly }
      let byte = cursor.pointee
      cursor += 1
      result |= Int(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return result }
      shift += 7
    }
  }

  /// A packed run may be cut off at the end of the page, as long as the values that are wanted are there.
  private mutating func openPacked(groups: Int) throws(FormatFault) {
    let available = end - cursor
    isPacked = true
    packed = cursor
    packedIndex = 0
    if groups &* width <= available {
      left = groups &* 8
      cursor += groups &* width
    } else {
      left = available &* 8 / width
      cursor = end
      if left == 0 { throw Self.endsEarly }
    }
  }

  private mutating func repeatedValue() throws(FormatFault) -> UInt32 {
    let bytes = (width &+ 7) &>> 3
    guard end - cursor >= bytes else { throw Self.endsEarly }
    var result: UInt32 = 0
    for index in 0..<bytes { result |= UInt32(cursor[index]) << UInt32(8 &* index) }
    cursor += bytes
    return result
  }

  /// Whether the next `count` values are one run of `expected`.
  mutating func isRun(of expected: UInt32, count: Int) throws(FormatFault) -> Bool {
    if count == 0 { return true }
    if left == 0 { try nextRun() }
    return !isPacked && value == expected && left >= count
  }

  mutating func skip(_ count: Int) throws(FormatFault) {
    var rest = count
    while rest > 0 {
      if left == 0 { try nextRun() }
      let step = min(left, rest)
      consume(step)
      rest &-= step
    }
  }

  @inline(__always)
  private mutating func consume(_ count: Int) {
    if isPacked { packedIndex &+= count }
    if width != 0 { left &-= count }
  }

  /// Decodes the next values.
  @inline(__always)
  private mutating func decodeValues<T: FixedWidthInteger>(
    into target: UnsafeMutablePointer<T>, count: Int
  ) throws(FormatFault) {
    var done = 0
    while done < count {
      if left == 0 { try nextRun() }
      let step = min(left, count &- done)
      if isPacked {
        unpack(step, target + done)
      } else {
        (target + done).update(repeating: T(truncatingIfNeeded: value), count: step)
      }
      consume(step)
      done &+= step
    }
  }

  @inline(__always)
  private func unpack<T: FixedWidthInteger>(_ count: Int, _ target: UnsafeMutablePointer<T>) {
    var done = 0
    while done < count, (packedIndex &+ done) & 7 != 0 {
      target[done] = T(truncatingIfNeeded: BitUnpacking.value(packed, packedIndex &+ done, width: width))
      done &+= 1
    }
    let groups = (count &- done) &>> 3
    let start = packed + ((packedIndex &+ done) &>> 3) &* width
    BitUnpacking.unpackGroups(start, groups, width: width, target + done)
    done &+= groups &* 8
    while done < count {
      target[done] = T(truncatingIfNeeded: BitUnpacking.value(packed, packedIndex &+ done, width: width))
      done &+= 1
    }
  }

  mutating func decode(into target: UnsafeMutablePointer<UInt32>, count: Int) throws(FormatFault) {
    try decodeValues(into: target, count: count)
  }

  /// Decodes values below 256, such as levels.
  mutating func decode(into target: UnsafeMutablePointer<UInt8>, count: Int) throws(FormatFault) {
    try decodeValues(into: target, count: count)
  }

  /// Decodes the values at ascending positions, counted from the next value; consumes up to the last of them.
  mutating func pick(
    _ positions: UnsafePointer<UInt32>, count: Int, base: Int, into target: UnsafeMutablePointer<UInt32>
  ) throws(FormatFault) {
    var start = base
    var index = 0
    while index < count {
      if left == 0 { try nextRun() }
      let runEnd = left > Int(UInt32.max) ? .max : start &+ left
      if isPacked {
        let shift = packedIndex &- start
        while index < count, Int(positions[index]) < runEnd {
          target[index] = BitUnpacking.value(packed, Int(positions[index]) &+ shift, width: width)
          index &+= 1
        }
      } else {
        while index < count, Int(positions[index]) < runEnd {
          target[index] = value
          index &+= 1
        }
      }
      let step = index == count ? Int(positions[count &- 1]) &+ 1 &- start : left
      consume(step)
      start &+= step
    }
  }

  /// Decodes values of one bit into a mask in which all bits are 1 so far; returns how many are 1.
  mutating func decodeBits(
    into words: UnsafeMutablePointer<UInt64>, at offset: Int, count: Int
  ) throws(FormatFault) -> Int {
    var done = 0
    var ones = 0
    while done < count {
      if left == 0 { try nextRun() }
      let step = min(left, count &- done)
      if isPacked {
        ones &+= copyBits(step, into: words, at: offset &+ done)
      } else if value == 0 {
        Self.clear(words, from: offset &+ done, count: step)
      } else if value == 1 {
        ones &+= step
      } else {
        throw .corrupt("a definition level is above its maximum")
      }
      consume(step)
      done &+= step
    }
    return ones
  }

  private func copyBits(_ count: Int, into words: UnsafeMutablePointer<UInt64>, at offset: Int) -> Int {
    var done = 0
    var ones = 0
    while done < count {
      let bit = offset &+ done
      let source = packedIndex &+ done
      let step = min(count &- done, 64 &- (bit & 63), 56)
      let mask: UInt64 = (1 &<< UInt64(step)) &- 1
      let bits = (BitUnpacking.load64(packed + source &>> 3) &>> UInt64(source & 7)) & mask
      words[bit &>> 6] &= ~((~bits & mask) &<< UInt64(bit & 63))
      ones &+= bits.nonzeroBitCount
      done &+= step
    }
    return ones
  }

  private static func clear(_ words: UnsafeMutablePointer<UInt64>, from start: Int, count: Int) {
    var done = 0
    while done < count {
      let bit = start &+ done
      let step = min(count &- done, 64 &- (bit & 63))
      let mask: UInt64 = step == 64 ? ~0 : (1 &<< UInt64(step)) &- 1
      words[bit &>> 6] &= ~(mask &<< UInt64(bit & 63))
      done &+= step
    }
  }
}
