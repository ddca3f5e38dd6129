import CSnappy
import Glibc
import LakeColumnar

/// Decompresses snappy blocks ("Snappy compressed format description", google/snappy).
///
/// Columns of eight-byte numbers compress to an unending row of short literals and copies. Those are decoded here, two
/// blocks in one loop where two are given: the chain from each tag to the next element is long, and a second block
/// fills the time that the first one waits. Blocks that turn out to be of another kind go to the library.
final class SnappyDecompressor: Decompressor {
  /// A copy of 64 bytes takes three.
  let largestRatio = 64

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    try Self.decompress(jobs, preferringLibrary: true)
  }

  /// Decodes blocks that are not rows of numbers by the library or, for tests, here like the others.
  static func decompress(_ jobs: [DecompressionJob], preferringLibrary: Bool) throws(FormatFault) {
    var waiting: SnappyBlock?
    for job in jobs {
      guard let block = SnappyBlock(job) else { throw .badBlock("snappy") }
      if preferringLibrary, !block.isOfNumbers {
        try useLibrary(job)
        continue
      }
      if let first = waiting {
        waiting = nil
        try decode(first, block)
      } else {
        waiting = block
      }
    }
    if let last = waiting { try decode(last) }
  }

  private static func useLibrary(_ job: DecompressionJob) throws(FormatFault) {
    let source = UnsafeRawPointer(job.source).assumingMemoryBound(to: CChar.self)
    let target = UnsafeMutableRawPointer(job.target).assumingMemoryBound(to: CChar.self)
    var length = 0
    guard snappy_uncompressed_length(source, job.sourceCount, &length) == SNAPPY_OK, length == job.targetCount,
      snappy_uncompress(source, job.sourceCount, target, &length) == SNAPPY_OK
    else { throw .badBlock("snappy") }
  }

  private static func decode(_ block: SnappyBlock) throws(FormatFault) {
    var place = block.start
    while block.hasRoom(place) {
      if block.fusedStep(&place) { continue }
      place = block.step(place)
    }
    try finish(block, place)
  }

  private static func decode(_ first: SnappyBlock, _ second: SnappyBlock) throws(FormatFault) {
    var a = first.start
    var b = second.start
    while first.hasRoom(a) && second.hasRoom(b) {
      if !first.fusedStep(&a) { a = first.step(a) }
      if !second.fusedStep(&b) { b = second.step(b) }
    }
    while first.hasRoom(a) { if !first.fusedStep(&a) { a = first.step(a) } }
    while second.hasRoom(b) { if !second.fusedStep(&b) { b = second.step(b) } }
    try finish(first, a)
    try finish(second, b)
  }

  private static func finish(_ block: SnappyBlock, _ reached: SnappyBlock.Place) throws(FormatFault) {
    var place = reached
    while block.hasMore(place) { place = block.step(place) }
    if !block.isComplete(place) { throw .badBlock("snappy") }
  }
}

/// The bounds of one block that is being decoded.
private struct SnappyBlock {
  /// How far decoding has come.
  struct Place {
    var source: UnsafePointer<UInt8>
    var target: UnsafeMutablePointer<UInt8>
  }

  let start: Place
  private let sourceEnd: UnsafePointer<UInt8>
  private let targetEnd: UnsafeMutablePointer<UInt8>
  /// The last places from which a step may read 24 and write 16 bytes ahead.
  private let lastSource: UnsafePointer<UInt8>
  private let lastTarget: UnsafeMutablePointer<UInt8>

  /// Reads the length in front of the block; nil if it is not the expected one.
  init?(_ job: DecompressionJob) {
    var source = job.source
    sourceEnd = job.source + job.sourceCount
    targetEnd = job.target + job.targetCount
    lastSource = sourceEnd - 25
    lastTarget = targetEnd - 17
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
    start = Place(source: source, target: job.target)
  }

  @inline(__always) func hasMore(_ place: Place) -> Bool { place.source < sourceEnd }
  @inline(__always) func isComplete(_ place: Place) -> Bool {
    place.target == targetEnd && place.source == sourceEnd
  }
  @inline(__always) func hasRoom(_ place: Place) -> Bool {
    place.source <= lastSource && place.target <= lastTarget
  }

  /// Where an invalid element leads: neither at the end nor anywhere that decoding goes on from.
  private var invalid: Place { Place(source: sourceEnd + 1, target: targetEnd) }

  /// Whether the first elements are mostly such as `fusedStep` takes.
  var isOfNumbers: Bool {
    var place = start
    var fused = 0
    var steps = 0
    while steps < 64, hasRoom(place) {
      if fusedStep(&place) { fused += 1 } else { place = step(place) }
      steps += 1
    }
    return fused * 2 > steps
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
  }

  @inline(__always)
  private static func store(_ pointer: UnsafeMutablePointer<UInt8>, _ value: UInt64) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: UInt64.self)
  }

  /// Takes a literal of up to four bytes and the copy behind it in one blend and one store, without a branch that
  /// depends on the data, where the copy is at least eight bytes back and both make up to eight bytes. Returns false
  /// where the next elements are not such a pair.
  @inline(__always)
  func fusedStep(_ place: inout Place) -> Bool {
    let word = Self.load(place.source)
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
      bit(Int(truncatingIfNeeded: offset) <= place.target - start.target) & bit(tag & 0xF3 == 0)
      & bit((behind ^ (behind &>> 1)) & 1 != 0) & bit(offset >= 8) & bit(literal &+ copied <= 8)
    if fits == 0 { return false }
    let mask: UInt64 = (1 &<< (literal &* 8)) &- 1
    let earlier = Self.load(UnsafePointer(place.target) - Int(truncatingIfNeeded: offset))
    Self.store(place.target, (earlier & ~mask) | ((word &>> 8) & mask))
    place.target += Int(truncatingIfNeeded: literal &+ copied)
    place.source += Int(truncatingIfNeeded: (tag &>> 2) &+ isLong) &+ 4
    return true
  }

  /// Takes one element.
  @inline(never)
  func step(_ place: Place) -> Place {
    let tag = Int(place.source.pointee)
    return tag & 3 == 0 ? literalStep(place, tag) : copyStep(place, tag)
  }

  @inline(__always)
  private func literalStep(_ place: Place, _ tag: Int) -> Place {
    var source = place.source + 1
    var count = (tag &>> 2) &+ 1
    if count <= 16, hasRoom(place) {
      Self.store(place.target, Self.load(source))
      Self.store(place.target + 8, Self.load(source + 8))
      return Place(source: source + count, target: place.target + count)
    }
    if count > 60 {
      let bytes = count &- 60
      if sourceEnd - source < bytes { return invalid }
      let mask: UInt64 = (1 &<< UInt64(8 &* bytes)) &- 1
      count = Int(truncatingIfNeeded: Self.load(source) & mask) &+ 1
      source += bytes
    }
    if count > sourceEnd - source || count > targetEnd - place.target { return invalid }
    memcpy(place.target, source, count)
    return Place(source: source + count, target: place.target + count)
  }

  @inline(__always)
  private func copyStep(_ place: Place, _ tag: Int) -> Place {
    let word = Self.load(place.source + 1)
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
    if length > sourceEnd - place.source || offset == 0 || offset > place.target - start.target { return invalid }
    if count > targetEnd - place.target { return invalid }
    Self.copy(place.target, count, from: offset)
    return Place(source: place.source + length, target: place.target + count)
  }

  /// Copies from `offset` bytes back, in steps of eight where they do not overlap; writes up to seven bytes too many.
  @inline(__always)
  private static func copy(_ target: UnsafeMutablePointer<UInt8>, _ count: Int, from offset: Int) {
    let earlier = UnsafePointer(target) - offset
    if offset >= 8 {
      var done = 0
      repeat {
        store(target + done, load(earlier + done))
        done &+= 8
      } while done < count
    } else {
      for index in 0..<count { target[index] = earlier[index] }
    }
  }
}
