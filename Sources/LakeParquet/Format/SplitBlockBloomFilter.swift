import Glibc
import LakeColumnar

/// A split-block bloom filter ("BloomFilter.md" in apache/parquet-format): blocks of eight 32-bit words, in each of
/// which a value sets one bit. The hash of a value is the xxHash64 of its PLAIN form, seed 0.
struct SplitBlockBloomFilter {
  static let blockByteCount = 32
  private(set) var words: Buffer
  private(set) var blockCount: Int
  private static let salt = SIMD8<UInt32>(
    0x47B6_137B, 0x4497_4D91, 0x8824_AD5B, 0xA2B7_289D, 0x7054_95C7, 0x2DF1_424B, 0x9EFC_4947, 0x5C6B_FB31)

  var byteCount: Int { blockCount * Self.blockByteCount }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: words.base, count: byteCount) }

  /// An empty filter.
  init(blockCount: Int) {
    self.blockCount = blockCount
    words = Buffer.zeroed(byteCount: blockCount * Self.blockByteCount)
  }

  /// A filter as it stands in a file, of whole blocks.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(blockCount: bytes.count / Self.blockByteCount)
    if let start = bytes.baseAddress { memcpy(words.base, start, byteCount) }
  }

  private var blocks: UnsafeMutablePointer<SIMD8<UInt32>> { words.base.assumingMemoryBound(to: SIMD8<UInt32>.self) }

  /// The block of a filter in which a hash has its bits.
  @inline(__always)
  static func block(of hash: UInt64, blockCount: Int) -> Int {
    Int(truncatingIfNeeded: ((hash &>> 32) &* UInt64(truncatingIfNeeded: blockCount)) &>> 32)
  }

  /// Whether a block has all bits of a hash.
  @inline(__always)
  static func holds(_ block: UnsafeRawPointer, _ hash: UInt64) -> Bool {
    let mask = Self.mask(hash)
    return block.loadUnaligned(as: SIMD8<UInt32>.self) & mask == mask
  }

  private func place(_ hash: UInt64) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(blocks + Self.block(of: hash, blockCount: blockCount))
  }

  @inline(__always)
  private static func mask(_ hash: UInt64) -> SIMD8<UInt32> {
    let key = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: hash))
    return SIMD8<UInt32>(repeating: 1) &<< ((key &* salt) &>> SIMD8<UInt32>(repeating: 27))
  }

  /// Takes a value's hash in; only before the filter is shared.
  @inline(__always)
  func insert(_ hash: UInt64) {
    let place = place(hash)
    let block = place.loadUnaligned(as: SIMD8<UInt32>.self)
    place.storeBytes(of: block | Self.mask(hash), as: SIMD8<UInt32>.self)
  }

  /// Whether a value with that hash may have been inserted.
  func mayContain(_ hash: UInt64) -> Bool { Self.holds(place(hash), hash) }

  /// Blocks (a power of two) that keep false positives below a probability for so many distinct values.
  static func blocks(distinctCount: Double, falsePositives: Double) -> Int {
    let bits = -8 * distinctCount / log(1 - pow(falsePositives, 1.0 / 8))
    var count = 1
    while Double(count * blockByteCount * 8) < bits, count < 1 << 30 { count *= 2 }
    return count
  }

  /// About how many distinct values were inserted, from the share of bits that are set.
  private var distinctCount: Double {
    var ones = 0
    let source = words.base.assumingMemoryBound(to: UInt64.self)
    for index in 0..<blockCount * 4 { ones &+= source[index].nonzeroBitCount }
    let share = min(Double(ones) / Double(byteCount * 8), 0.999_999)
    return Double(blockCount) * log(1 - share) / log(1 - 1.0 / 32)
  }

  /// Halves the filter as long as that keeps false positives below a probability; its block count is a power of two.
  mutating func fold(falsePositives: Double) {
    let target = Self.blocks(distinctCount: distinctCount, falsePositives: falsePositives)
    let source = words.base.assumingMemoryBound(to: UInt64.self)
    while blockCount > target {
      for block in 0..<blockCount / 2 {
        for word in 0..<4 { source[block * 4 + word] = source[block * 8 + word] | source[block * 8 + 4 + word] }
      }
      blockCount /= 2
    }
  }
}
