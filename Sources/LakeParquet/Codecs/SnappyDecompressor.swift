import Glibc
import LakeColumnar

/// Decompresses snappy blocks ("Snappy compressed format description", google/snappy).
///
/// Two blocks are decoded in one loop where two are given: the chain from each tag to the next element is long, and
/// a second block fills the time that the first one waits.
final class SnappyDecompressor: Decompressor {
  /// A copy of 64 bytes takes three.
  let largestRatio = 64

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    var index = 0
    while index < jobs.count {
      if index + 1 < jobs.count {
        try Self.decodePair(jobs[index], jobs[index + 1])
        index += 2
      } else {
        try Self.decode(jobs[index])
        index += 1
      }
    }
  }

  private static func decode(_ job: DecompressionJob) throws(FormatFault) {
    guard var block = SnappyBlock(job) else { throw .badBlock("snappy") }
    while block.hasMore {
      if block.hasRoom, block.fusedStep() { continue }
      if !block.step() { throw .badBlock("snappy") }
    }
    if !block.isComplete { throw .badBlock("snappy") }
  }

  private static func decodePair(_ first: DecompressionJob, _ second: DecompressionJob) throws(FormatFault) {
    guard var a = SnappyBlock(first), var b = SnappyBlock(second) else { throw .badBlock("snappy") }
    while a.hasRoom && b.hasRoom {
      if !a.fusedStep(), !a.step() { throw .badBlock("snappy") }
      if !b.fusedStep(), !b.step() { throw .badBlock("snappy") }
    }
    while a.hasMore {
      if a.hasRoom, a.fusedStep() { continue }
      if !a.step() { throw .badBlock("snappy") }
    }
    while b.hasMore {
      if b.hasRoom, b.fusedStep() { continue }
      if !b.step() { throw .badBlock("snappy") }
    }
    if !a.isComplete || !b.isComplete { throw .badBlock("snappy") }
  }
}

/// The state of one block while it is decoded.
private struct SnappyBlock {
  private var source: UnsafePointer<UInt8>
  private let sourceEnd: UnsafePointer<UInt8>
  private var target: UnsafeMutablePointer<UInt8>
  private let targetStart: UnsafeMutablePointer<UInt8>
  private let targetEnd: UnsafeMutablePointer<UInt8>

  /// Reads the length in front of the block; nil if it is not the expected one.
  init?(_ job: DecompressionJob) {
    source = job.source
    sourceEnd = job.source + job.sourceCount
    target = job.target
    targetStart = job.target
    targetEnd = job.target + job.targetCount
    var length: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard source < sourceEnd, shift <= 28 else { return nil }
      let byte = source.pointee
      source += 1
      length |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { break }
      shift += 7
    }
    guard length == UInt64(job.targetCount) else { return nil }
  }

  @inline(__always) var hasMore: Bool { source < sourceEnd }
  @inline(__always) var isComplete: Bool { target == targetEnd && source == sourceEnd }
  /// Far enough from both ends for steps that read 24 and write 16 bytes ahead.
  @inline(__always) var hasRoom: Bool { sourceEnd - source > 24 && targetEnd - target > 16 }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
  }

  @inline(__always)
  private static func store(_ pointer: UnsafeMutablePointer<UInt8>, _ value: UInt64) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: UInt64.self)
  }

  /// Takes a literal of up to four bytes and the copy behind it in one blend and one store, without a branch that
  /// depends on the data, where the copy is at least eight bytes back and both make up to eight bytes: what columns
  /// of eight-byte numbers mostly consist of. Returns false where the next elements are not such a pair.
  @inline(__always)
  mutating func fusedStep() -> Bool {
    let word = Self.load(source)
    let tag = word & 0xFF
    let behind = word &>> (2 &* tag &+ 16)
    let isLong = (behind &>> 1) & 1
    let copyTag = behind & 0xFF
    let shortOffset = ((behind & 0xE0) &<< 3) | ((behind &>> 8) & 0xFF)
    let longOffset = (behind &>> 8) & 0xFFFF
    let offset = isLong != 0 ? longOffset : shortOffset
    let copied = isLong != 0 ? (copyTag &>> 2) &+ 1 : ((copyTag &>> 2) & 7) &+ 4
    let literal = (tag &>> 2) &+ 1
    let fits =
      bit(Int(truncatingIfNeeded: offset) <= target - targetStart) & bit(tag & 0xF3 == 0)
      & bit((behind ^ (behind &>> 1)) & 1 != 0) & bit(offset >= 8) & bit(literal &+ copied <= 8)
    if fits == 0 { return false }
    let mask: UInt64 = (1 &<< (literal &* 8)) &- 1
    let earlier = Self.load(UnsafePointer(target) - Int(truncatingIfNeeded: offset))
    Self.store(target, (earlier & ~mask) | ((word &>> 8) & mask))
    target += Int(truncatingIfNeeded: literal &+ copied)
    source += Int(truncatingIfNeeded: (tag &>> 2) &+ isLong) &+ 4
    return true
  }

  /// Takes one element; false if it reaches beyond either block.
  @inline(__always)
  mutating func step() -> Bool {
    let tag = Int(source.pointee)
    return tag & 3 == 0 ? literalStep(tag) : copyStep(tag)
  }

  @inline(__always)
  private mutating func literalStep(_ tag: Int) -> Bool {
    var count = (tag &>> 2) &+ 1
    if count <= 16, hasRoom {
      Self.store(target, Self.load(source + 1))
      Self.store(target + 8, Self.load(source + 9))
      source += 1 &+ count
      target += count
      return true
    }
    source += 1
    if count > 60 {
      let bytes = count &- 60
      if sourceEnd - source < bytes { return false }
      let mask: UInt64 = (1 &<< UInt64(8 &* bytes)) &- 1
      count = Int(truncatingIfNeeded: Self.load(source) & mask) &+ 1
      source += bytes
    }
    if count > sourceEnd - source || count > targetEnd - target { return false }
    memcpy(target, source, count)
    source += count
    target += count
    return true
  }

  @inline(__always)
  private mutating func copyStep(_ tag: Int) -> Bool {
    let word = Self.load(source + 1)
    let count: Int
    let offset: Int
    let length: Int
    switch tag & 3 {
    case 1:
      count = ((tag &>> 2) & 7) &+ 4
      offset = (tag &>> 5) &<< 8 | Int(truncatingIfNeeded: word & 0xFF)
      length = 2
    case 2:
      count = (tag &>> 2) &+ 1
      offset = Int(truncatingIfNeeded: word & 0xFFFF)
      length = 3
    default:
      count = (tag &>> 2) &+ 1
      offset = Int(truncatingIfNeeded: word & 0xFFFF_FFFF)
      length = 5
    }
    if length > sourceEnd - source || offset == 0 || offset > target - targetStart { return false }
    if count > targetEnd - target { return false }
    source += length
    copy(count, from: offset)
    return true
  }

  /// Copies from `offset` bytes back, in steps of eight where they do not overlap; writes up to seven bytes too many.
  @inline(__always)
  private mutating func copy(_ count: Int, from offset: Int) {
    let earlier = UnsafePointer(target) - offset
    if offset >= 8 {
      var done = 0
      repeat {
        Self.store(target + done, Self.load(earlier + done))
        done &+= 8
      } while done < count
    } else {
      for index in 0..<count { target[index] = earlier[index] }
    }
    target += count
  }
}
