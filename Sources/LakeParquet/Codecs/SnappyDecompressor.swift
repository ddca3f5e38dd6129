import Glibc
import LakeColumnar

/// Decompresses snappy blocks ("Snappy compressed format description", google/snappy), two in one loop where two are
/// given: the chain from each tag to the next element is long, and a second block fills the time that the first waits.
///
/// There are two loops. Columns of numbers compress to an unending row of short literals and copies, which the one takes
/// in pairs; the other takes any literal or copy. Neither has a branch that depends on what an element says, as far as
/// elements are such as the loop is made for: the first elements of a block decide which one that is.
final class SnappyDecompressor: Decompressor {
  /// A copy of 64 bytes takes three.
  let largestRatio = 64
  let gainsFromPairs = true
  private let elements = SnappyElement.table()
  private let copies = SnappyElement.copyTable()

  deinit {
    elements.deallocate()
    copies.deallocate()
  }

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    var waitingNumbers: SnappyBlock?
    var waitingText: SnappyBlock?
    for job in jobs {
      guard var block = SnappyBlock(job) else { throw .badBlock("snappy") }
      let isOfNumbers = block.begin(UnsafePointer(copies))
      guard let first = isOfNumbers ? waitingNumbers : waitingText else {
        if isOfNumbers { waitingNumbers = block } else { waitingText = block }
        continue
      }
      if isOfNumbers {
        waitingNumbers = nil
        try Self.decodeNumbers(first, block, UnsafePointer(copies))
      } else {
        waitingText = nil
        try decodeText(first, block)
      }
    }
    if let last = waitingNumbers { try Self.decodeNumbers(last, UnsafePointer(copies)) }
    if let last = waitingText { try decodeText(last) }
  }

  @inline(never)
  private static func decodeNumbers(_ block: SnappyBlock, _ copies: UnsafePointer<UInt64>) throws(FormatFault) {
    var place = block.place
    while true {
      var steps = block.stepsWithRoom(place)
      if steps <= 0 { break }
      while steps > 0 {
        steps &-= 1
        if !block.fusedStep(&place, copies) {
          place = block.shortStep(place)
          steps = 0
        }
      }
    }
    try finish(block, place)
  }

  @inline(never)
  private static func decodeNumbers(
    _ first: SnappyBlock, _ second: SnappyBlock, _ copies: UnsafePointer<UInt64>
  ) throws(FormatFault) {
    var a = first.place
    var b = second.place
    while true {
      var steps = min(first.stepsWithRoom(a), second.stepsWithRoom(b))
      if steps <= 0 { break }
      while steps > 0 {
        steps &-= 1
        if !first.fusedStep(&a, copies) {
          a = first.shortStep(a)
          steps = 0
        }
        if !second.fusedStep(&b, copies) {
          b = second.shortStep(b)
          steps = 0
        }
      }
    }
    while first.hasRoom(a) { if !first.fusedStep(&a, copies) { a = first.shortStep(a) } }
    while second.hasRoom(b) { if !second.fusedStep(&b, copies) { b = second.shortStep(b) } }
    try finish(first, a)
    try finish(second, b)
  }

  private func decodeText(_ block: SnappyBlock) throws(FormatFault) {
    let table = UnsafePointer(elements)
    var place = block.place
    while block.hasWideRoom(place) {
      if !block.wideStep(&place, table) { place = block.step(place) }
    }
    try Self.finish(block, place)
  }

  private func decodeText(_ first: SnappyBlock, _ second: SnappyBlock) throws(FormatFault) {
    let table = UnsafePointer(elements)
    var a = first.place
    var b = second.place
    while first.hasWideRoom(a) && second.hasWideRoom(b) {
      if !first.wideStep(&a, table) { a = first.step(a) }
      if !second.wideStep(&b, table) { b = second.step(b) }
    }
    while first.hasWideRoom(a) { if !first.wideStep(&a, table) { a = first.step(a) } }
    while second.hasWideRoom(b) { if !second.wideStep(&b, table) { b = second.step(b) } }
    try Self.finish(first, a)
    try Self.finish(second, b)
  }

  private static func finish(_ block: SnappyBlock, _ reached: SnappyBlock.Place) throws(FormatFault) {
    var place = reached
    while block.hasMore(place) { place = block.step(place) }
    if !block.isComplete(place) { throw .badBlock("snappy") }
  }
}

/// What the first byte of an element says about it.
struct SnappyElement: BitwiseCopyable {
  /// Bytes that it yields.
  var count: UInt8 = 0
  /// Bytes that it takes, itself and a literal's text included.
  var length: UInt8 = 0
  var isLiteral: UInt8 = 0
  /// Which bits of the two bytes behind belong to a copy's offset, and what is added to them.
  var offsetMask: UInt16 = 0
  var offsetStart: UInt16 = 0
  /// A copy from fewer bytes back overlaps itself; no offset is as large for elements that are taken one by one.
  var smallestOffset: UInt16 = .max

  static func table() -> UnsafeMutablePointer<SnappyElement> {
    let table = UnsafeMutablePointer<SnappyElement>.allocate(capacity: 256)
    for tag in 0..<256 { (table + tag).initialize(to: element(UInt8(tag))) }
    return table
  }

  /// What the first byte of a copy says, as one number: in its lowest byte how many bytes the copy yields (255 where the
  /// byte begins no copy that `fusedStep` takes), from bit 16 on the offset's mask, from bit 32 on its start.
  static func copyTable() -> UnsafeMutablePointer<UInt64> {
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
    for tag in 0..<256 {
      let element = element(UInt8(tag))
      let isCopy = tag & 3 == 1 || tag & 3 == 2
      let count = isCopy ? UInt64(element.count) : 255
      (table + tag).initialize(to: count | UInt64(element.offsetMask) << 16 | UInt64(element.offsetStart) << 32)
    }
    return table
  }

  private static func element(_ tag: UInt8) -> SnappyElement {
    var element = SnappyElement()
    let upper = tag >> 2
    switch tag & 3 {
    case 0 where upper < 60:
      element.count = upper + 1
      element.length = upper + 2
      element.isLiteral = 1
      element.smallestOffset = 0
    case 1:
      element.count = (upper & 7) + 4
      element.length = 2
      element.offsetMask = 0xFF
      element.offsetStart = UInt16(tag >> 5) << 8
      element.smallestOffset = UInt16(element.count)
    case 2:
      element.count = upper + 1
      element.length = 3
      element.offsetMask = 0xFFFF
      element.smallestOffset = UInt16(min(element.count, 32))
    default: break
    }
    return element
  }
}

/// The bounds of one block that is being decoded.
private struct SnappyBlock {
  /// How far decoding has come.
  struct Place {
    var source: UnsafePointer<UInt8>
    var target: UnsafeMutablePointer<UInt8>
  }

  private let start: UnsafeMutablePointer<UInt8>
  /// Where decoding goes on.
  private(set) var place: Place
  private let sourceEnd: UnsafePointer<UInt8>
  private let targetEnd: UnsafeMutablePointer<UInt8>
  /// The last places from which a step may read 24 and write 16 bytes ahead.
  private let lastSource: UnsafePointer<UInt8>
  private let lastTarget: UnsafeMutablePointer<UInt8>
  /// The last places from which a step may take a literal of 60 bytes, or a copy of 64.
  private let lastWideSource: UnsafePointer<UInt8>
  private let lastWideTarget: UnsafeMutablePointer<UInt8>

  /// Reads the length in front of the block; nil if it is not the expected one.
  init?(_ job: DecompressionJob) {
    var source = job.source
    sourceEnd = job.source + job.sourceCount
    targetEnd = job.target + job.targetCount
    lastSource = sourceEnd - 25
    lastTarget = targetEnd - 17
    lastWideSource = sourceEnd - 61
    lastWideTarget = targetEnd - 64
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
    start = job.target
    place = Place(source: source, target: job.target)
  }

  @inline(__always) func hasMore(_ place: Place) -> Bool { place.source < sourceEnd }
  @inline(__always) func isComplete(_ place: Place) -> Bool {
    place.target == targetEnd && place.source == sourceEnd
  }
  @inline(__always) func hasRoom(_ place: Place) -> Bool {
    place.source <= lastSource && place.target <= lastTarget
  }

  @inline(__always) func hasWideRoom(_ place: Place) -> Bool {
    place.source <= lastWideSource && place.target <= lastWideTarget
  }

  /// Where an invalid element leads: neither at the end nor anywhere that decoding goes on from.
  private var invalid: Place { Place(source: sourceEnd + 1, target: targetEnd) }

  /// Decodes the first elements; whether most of them were such as `fusedStep` takes.
  @inline(never)
  mutating func begin(_ copies: UnsafePointer<UInt64>) -> Bool {
    var misses = 0
    var steps = 0
    while steps < Self.sample, hasRoom(place) {
      if !fusedStep(&place, copies) {
        place = shortStep(place)
        misses += steps < Self.sample / 2 ? 0 : 1
      }
      steps += 1
    }
    return misses * 10 < Self.sample * 3
  }

  /// The first half of so many elements does not count: in it there is little yet that could be copied.
  private static let sample = 512

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
  }

  @inline(__always)
  private static func store(_ pointer: UnsafeMutablePointer<UInt8>, _ value: UInt64) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: UInt64.self)
  }

  /// Takes a literal of up to four bytes and the copy behind it in one blend and two stores, without a branch that
  /// depends on the data, where the copy is at least eight bytes back and both make up to 16 bytes. Returns false
  /// where the next elements are not such a pair.
  @inline(__always)
  func fusedStep(_ place: inout Place, _ copies: UnsafePointer<UInt64>) -> Bool {
    let word = Self.load(place.source)
    let tag = word & 0xFF
    let behind = word &>> (2 &* tag &+ 16)
    let copy = copies[Int(truncatingIfNeeded: behind & 0xFF)]
    let offset = ((behind &>> 8) & (copy &>> 16) & 0xFFFF) &+ (copy &>> 32)
    let total = (tag &>> 2) &+ 1 &+ (copy & 0xFF)
    let reach = UInt64(bitPattern: Int64(place.target - start))
    let misfit = (tag & 0xF3) | (((offset &- 8) | (16 &- total) | (reach &- offset)) &>> 63)
    if misfit != 0 { return false }
    let mask: UInt64 = ~0 &<< (2 &* tag &+ 8)
    let earlier = UnsafePointer(place.target) - Int(truncatingIfNeeded: offset)
    let text = word &>> 8
    Self.store(place.target, text ^ ((Self.load(earlier) ^ text) & mask))
    Self.store(place.target + 8, Self.load(earlier + 8))
    place.target += Int(truncatingIfNeeded: total)
    place.source += Int(truncatingIfNeeded: (tag &>> 2) &+ ((behind &>> 1) & 1) &+ 4)
    return true
  }

  /// Calls of `fusedStep` that there is certainly room for: each reads up to 8 bytes and writes 16.
  @inline(__always)
  func stepsWithRoom(_ place: Place) -> Int {
    min(lastSource - place.source, lastTarget - place.target) &>> 4
  }

  /// Takes one element; copies from eight bytes back and more, which follow each other in sorted numbers, without a call.
  @inline(__always)
  func shortStep(_ place: Place) -> Place {
    let word = Self.load(place.source)
    let tag = Int(truncatingIfNeeded: word & 0xFF)
    let isLong = tag & 2
    let behind = Int(truncatingIfNeeded: word &>> 8)
    let offset = isLong != 0 ? behind & 0xFFFF : (tag & 0xE0) &<< 3 | behind & 0xFF
    let count = isLong != 0 ? (tag &>> 2) &+ 1 : ((tag &>> 2) & 7) &+ 4
    let isCopy = (tag ^ (tag &>> 1)) & 1 != 0
    guard isCopy, offset >= 8, offset <= place.target - start, place.target <= lastWideTarget else {
      return step(place)
    }
    let earlier = UnsafePointer(place.target) - offset
    Self.store(place.target, Self.load(earlier))
    Self.store(place.target + 8, Self.load(earlier + 8))
    var done = 16
    while done < count {
      Self.store(place.target + done, Self.load(earlier + done))
      done &+= 8
    }
    return Place(source: place.source + 2 + (isLong &>> 1), target: place.target + count)
  }

  /// Takes a literal of up to 60 bytes, or a copy that does not overlap itself within 32 bytes, by moving 32 or 64
  /// bytes; which of both it is decides the table, not a branch. Returns false for any other element.
  @inline(__always)
  func wideStep(_ place: inout Place, _ table: UnsafePointer<SnappyElement>) -> Bool {
    let element = table[Int(place.source.pointee)]
    let behind = UnsafeRawPointer(place.source).loadUnaligned(fromByteOffset: 1, as: UInt16.self)
    let offset = Int((behind & element.offsetMask) &+ element.offsetStart)
    if offset < Int(element.smallestOffset) || offset > place.target - start { return false }
    let from = element.isLiteral != 0 ? place.source + 1 : UnsafePointer(place.target) - offset
    Self.move32(place.target, UnsafeRawPointer(from))
    let count = Int(element.count)
    if count > 32 { Self.move32(place.target + 32, UnsafeRawPointer(from + 32)) }
    place.target += count
    place.source += Int(element.length)
    return true
  }

  @inline(__always)
  private static func move32(_ target: UnsafeMutablePointer<UInt8>, _ source: UnsafeRawPointer) {
    UnsafeMutableRawPointer(target).storeBytes(
      of: source.loadUnaligned(as: SIMD32<UInt8>.self), as: SIMD32<UInt8>.self)
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
    if length > sourceEnd - place.source || offset == 0 || offset > place.target - start { return invalid }
    if count > targetEnd - place.target { return invalid }
    Self.copy(place.target, count, from: offset)
    return Place(source: place.source + length, target: place.target + count)
  }

  /// Copies from `offset` bytes back in steps of eight; writes up to ten bytes too many. A shorter period is doubled
  /// until it has eight bytes.
  @inline(__always)
  private static func copy(_ target: UnsafeMutablePointer<UInt8>, _ count: Int, from offset: Int) {
    let earlier = UnsafePointer(target) - offset
    var period = offset
    var done = 0
    while period < 8 {
      store(target + done, load(earlier))
      done &+= period
      period &+= period
    }
    while done < count {
      store(target + done, load(target + done - period))
      done &+= 8
    }
  }
}
