import Glibc
import LakeColumnar

/// Encodes DELTA_BINARY_PACKED and the delta encodings of byte arrays ("Delta Encoding" and after it in
/// parquet-format's Encodings.md), from values in PLAIN form.
enum DeltaEncoder {
  private static let blockSize = 128
  private static let miniblockSize = 32
  private static let miniblocks = 4

  /// Appends integers; differences wrap around at the width of the type, so that they never need more bits than it.
  static func append<T: FixedWidthInteger & SignedInteger>(
    _ values: UnsafePointer<T>, count: Int, to output: inout ByteOutput
  ) where T.Magnitude: FixedWidthInteger {
    output.append(varint: blockSize)
    output.append(varint: miniblocks)
    output.append(varint: count)
    output.append(zigzag: count > 0 ? Int(values[0]) : 0)
    var start = 1
    withUnsafeTemporaryAllocation(of: T.self, capacity: blockSize) { deltas in
      while start < count {
        let filled = min(blockSize, count - start)
        var least = values[start] &- values[start - 1]
        for index in 0..<filled {
          let delta = values[start + index] &- values[start + index - 1]
          deltas[index] = delta
          least = min(least, delta)
        }
        appendBlock(deltas, filled, least, &output)
        start += filled
      }
    }
  }

  private static func appendBlock<T: FixedWidthInteger & SignedInteger>(
    _ deltas: UnsafeMutableBufferPointer<T>, _ count: Int, _ least: T, _ output: inout ByteOutput
  ) where T.Magnitude: FixedWidthInteger {
    output.append(zigzag: Int(least))
    var widths: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &widths) { widths in
      for mini in 0..<miniblocks {
        var bits: T.Magnitude = 0
        for index in mini * miniblockSize..<max(mini * miniblockSize, min(count, (mini + 1) * miniblockSize)) {
          bits |= T.Magnitude(truncatingIfNeeded: deltas[index] &- least)
        }
        widths[mini] = UInt8(T.bitWidth - bits.leadingZeroBitCount)
      }
      output.append(UnsafeRawBufferPointer(widths))
      for mini in 0..<miniblocks where widths[mini] > 0 {
        let first = mini * miniblockSize
        pack(deltas, first..<min(count, first + miniblockSize), least, Int(widths[mini]), &output)
      }
    }
  }

  /// One miniblock, filled up with zeros.
  private static func pack<T: FixedWidthInteger & SignedInteger>(
    _ deltas: UnsafeMutableBufferPointer<T>, _ range: Range<Int>, _ least: T, _ width: Int,
    _ output: inout ByteOutput
  ) where T.Magnitude: FixedWidthInteger {
    let size = miniblockSize / 8 * width
    let target = output.reserve(size + 8)
    memset(target, 0, size + 8)
    var word: UInt64 = 0
    var bits = 0
    var place = 0
    for index in range {
      let value = UInt64(truncatingIfNeeded: T.Magnitude(truncatingIfNeeded: deltas[index] &- least))
      word |= value &<< UInt64(bits)
      bits += width
      if bits >= 64 {
        target.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
        place += 8
        bits -= 64
        word = bits == 0 ? 0 : value &>> UInt64(width - bits)
      }
    }
    target.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
    output.shrink(by: 8)
  }

  /// Appends the lengths of byte arrays and then their bytes (DELTA_LENGTH_BYTE_ARRAY).
  static func appendLengths(_ source: PlainByteArrays, to output: inout ByteOutput) {
    var lengths: [Int32] = []
    lengths.reserveCapacity(source.count)
    source.forEach { lengths.append(Int32(truncatingIfNeeded: $0.count)) }
    append(lengths, count: lengths.count, to: &output)
    source.forEach { output.append($0) }
  }

  /// Appends what each byte array shares with the one before it, and the rest of it (DELTA_BYTE_ARRAY).
  static func appendPrefixes(_ source: PlainByteArrays, to output: inout ByteOutput) {
    var prefixes: [Int32] = []
    var suffixes: [Int32] = []
    prefixes.reserveCapacity(source.count)
    suffixes.reserveCapacity(source.count)
    var tails = ByteOutput()
    var previous = UnsafeRawBufferPointer(start: nil, count: 0)
    source.forEach { bytes in
      let shared = sharedPrefix(previous, bytes)
      prefixes.append(Int32(truncatingIfNeeded: shared))
      suffixes.append(Int32(truncatingIfNeeded: bytes.count - shared))
      tails.append(UnsafeRawBufferPointer(rebasing: bytes[shared...]))
      previous = bytes
    }
    append(prefixes, count: prefixes.count, to: &output)
    append(suffixes, count: suffixes.count, to: &output)
    output.append(tails.bytes)
  }

  private static func sharedPrefix(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let limit = min(a.count, b.count)
    var shared = 0
    while shared < limit, a[shared] == b[shared] { shared += 1 }
    return shared
  }
}

/// Byte arrays in PLAIN form: each behind its length.
struct PlainByteArrays {
  let bytes: UnsafeRawBufferPointer
  let count: Int

  func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
    var offset = 0
    for _ in 0..<count {
      let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      body(UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + 4 + length]))
      offset += 4 + length
    }
  }
}
