/// Encodes levels and dictionary codes in the hybrid of runs and bit-packed groups.
enum HybridEncoder {
  /// Appends values of `width` bits, 1 to 32.
  static func encode<T: FixedWidthInteger>(
    _ values: UnsafePointer<T>, count: Int, width: Int, into output: inout ByteOutput
  ) {
    var packedStart = 0
    var index = 0
    while index < count {
      var run = runLength(values + index, count &- index)
      let misfit = (index &- packedStart) & 7
      let padding = misfit == 0 ? 0 : 8 &- misfit
      guard run &- padding >= 8 else {
        index += run
        continue
      }
      index += padding
      run -= padding
      pack(values + packedStart, index - packedStart, width, &output)
      output.append(varint: run << 1)
      append(UInt64(truncatingIfNeeded: values[index]), bytes: (width + 7) >> 3, &output)
      index += run
      packedStart = index
    }
    pack(values + packedStart, count - packedStart, width, &output)
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
    let target = output.reserve(groups * width).assumingMemoryBound(to: UInt8.self)
    var word: UInt64 = 0
    var bits = 0
    var position = 0
    for index in 0..<groups &* 8 {
      let value = index < count ? UInt64(truncatingIfNeeded: values[index]) : 0
      word |= value &<< UInt64(bits)
      bits &+= width
      while bits >= 8 {
        target[position] = UInt8(truncatingIfNeeded: word)
        word &>>= 8
        bits &-= 8
        position &+= 1
      }
    }
  }
}
