/// Encodes levels and dictionary codes in the hybrid of runs and bit-packed groups.
enum HybridEncoder {
  /// Appends values of `width` bits, 1 to 32.
  static func encode<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, count: Int, width: Int, into output: inout ByteOutput
  ) {
    // Runs that save nothing over bit-packing would only cut it into pieces.
    let shortest = width < 4 ? 32 : 8
    var packedStart = 0
    var index = 0
    while index &+ 8 <= count {
      guard isUniform(values + index) else {
        index &+= 8
        continue
      }
      let run = runLength(values + index, count &- index)
      guard run >= shortest else {
        index &+= run & ~7
        continue
      }
      pack(values + packedStart, index &- packedStart, width, &output)
      output.append(varint: run << 1)
      append(UInt64(truncatingIfNeeded: values[index]), bytes: (width + 7) >> 3, &output)
      index &+= run
      packedStart = index
    }
    pack(values + packedStart, count &- packedStart, width, &output)
  }

  /// Whether eight values are the same.
  @inline(__always)
  private static func isUniform<T: FixedWidthInteger>(_ values: UnsafePointer<T>) -> Bool {
    let first = values[0]
    var difference: T = 0
    for index in 1..<8 { difference |= values[index] ^ first }
    return difference == 0
  }

  /// Appends one run of a value.
  static func encode(repeating value: Int, count: Int, width: Int, into output: inout ByteOutput) {
    if count == 0 { return }
    output.append(varint: count << 1)
    append(UInt64(value), bytes: (width + 7) >> 3, &output)
  }

  @inline(__always)
  private static func runLength<T: FixedWidthInteger>(_ values: UnsafePointer<T>, _ count: Int) -> Int {
    let first = values[0]
    var run = 1
    while run < count, values[run] == first { run &+= 1 }
    return run
  }

  private static func append(_ value: UInt64, bytes: Int, _ output: inout ByteOutput) {
    for index in 0..<bytes { output.append(byte: UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  /// One packed run, the last group filled up with zeros.
  @inline(__always)
  private static func pack<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, _ count: Int, _ width: Int, _ output: inout ByteOutput
  ) {
    if count == 0 { return }
    let groups = (count + 7) >> 3
    output.append(varint: groups << 1 | 1)
    // Words of eight bytes are written, of which the last may reach beyond what is wanted.
    let size = groups * width
    let target = output.reserve(size + 8)
    var word: UInt64 = 0
    var bits = 0
    var place = 0
    for index in 0..<count {
      let value = UInt64(truncatingIfNeeded: values[index])
      word |= value &<< UInt64(truncatingIfNeeded: bits)
      bits &+= width
      if bits >= 64 {
        target.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
        place &+= 8
        bits &-= 64
        word = value &>> UInt64(truncatingIfNeeded: width &- bits)
      }
    }
    while place < size {
      target.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
      place &+= 8
      word = 0
    }
    output.shrink(by: 8)
  }
}
