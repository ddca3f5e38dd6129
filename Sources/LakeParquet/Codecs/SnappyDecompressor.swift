import Glibc
import LakeColumnar

/// Decompresses snappy blocks ("Snappy compressed format description", google/snappy), two in one loop where two are
/// given: the chain from each tag to the next element is long, and a second block fills the time that the first waits.
///
/// There are two loops. Columns of eight-byte numbers compress to an unending row of short literals and copies, which
/// the one takes in pairs; the other takes any literal or copy without a branch that depends on the data.
final class SnappyDecompressor: Decompressor {
  /// A copy of 64 bytes takes three.
  let largestRatio = 64
  let gainsFromPairs = true
  private let elements = SnappyElement.table()

  deinit { elements.deallocate() }

  func decompress(_ jobs: [DecompressionJob]) throws(FormatFault) {
    var waitingNumbers: SnappyBlock?
    var waitingText: SnappyBlock?
    for job in jobs {
      guard let block = SnappyBlock(job) else { throw .badBlock("snappy") }
      let isOfNumbers = block.isOfNumbers
      guard let first = isOfNumbers ? waitingNumbers : waitingText else {
        if isOfNumbers { waitingNumbers = block } else { waitingText = block }
        continue
      }
      if isOfNumbers {
        waitingNumbers = nil
        try Self.decodeNumbers(first, block)
      } else {
        waitingText = nil
        try decodeText(first, block)
      }
    }
    if let last = waitingNumbers { try Self.decodeNumbers(last) }
    if let last = waitingText { try decodeText(last) }
  }

  private static func decodeNumbers(_ block: SnappyBlock) throws(FormatFault) {
    var place = block.start
    while block.hasRoom(place) {
      if !block.fusedStep(&place) { place = block.step(place) }
    }
    try finish(block, place)
  }

  private static func decodeNumbers(_ first: SnappyBlock, _ second: SnappyBlock) throws(FormatFault) {
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

  private func decodeText(_ block: SnappyBlock) throws(FormatFault) {
    let table = UnsafePointer(elements)
    var place = block.start
    while block.hasWideRoom(place) {
      if !block.wideStep(&place, table) { place = block.step(place) }
    }
    try Self.finish(block, place)
  }

  private func decodeText(_ first: SnappyBlock, _ second: SnappyBlock) throws(FormatFault) {
    let table = UnsafePointer(elements)
    var a = first.start
    var b = second.start
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

  let start: Place
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
    start = Place(source: source, target: job.target)
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

  /// Takes a literal of up to 60 bytes, or a copy that does not overlap itself within 32 bytes, by moving 32 or 64
  /// bytes; which of both it is decides the table, not a branch. Returns false for any other element.
  @inline(__always)
  func wideStep(_ place: inout Place, _ table: UnsafePointer<SnappyElement>) -> Bool {
    let element = table[Int(place.source.pointee)]
    let behind = UnsafeRawPointer(place.source).loadUnaligned(fromByteOffset: 1, as: UInt16.self)
    let offset = Int((behind & element.offsetMask) &+ element.offsetStart)
    if offset < Int(element.smallestOffset) || offset > place.target - start.target { return false }
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
    if length > sourceEnd - place.source || offset == 0 || offset > place.target - start.target { return invalid }
    if count > targetEnd - place.target { return invalid }
    Self.copy(place.target, count, from: offset)
    return Place(source: place.source + length, target: place.target + count)
  }

  /// Copies from `offset` bytes back in steps of eight; writes up to seven bytes too many. A shorter period is doubled
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
