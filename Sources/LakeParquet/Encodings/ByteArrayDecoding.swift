import LakeColumnar

/// Decoding of variable-length values into views. The bytes must lie in a `Buffer` (views are made by wide loads).
enum ByteArrayDecoding {
  /// What one page of delta-encoded byte arrays may expand to.
  static let largestExpansion = 1 << 28

  /// A view of bytes that stay where they are; 12 bytes behind the start must be readable.
  @inline(__always)
  static func view(_ start: UnsafePointer<UInt8>, _ count: Int) -> StringView {
    let raw = UnsafeRawPointer(start)
    if count <= 12 {
      let words = raw.loadUnaligned(as: UInt32.self)
      let rest = raw.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
      let headBits = UInt64(truncatingIfNeeded: min(count, 4) &* 8)
      let tailBits = UInt64(truncatingIfNeeded: max(count &- 4, 0) &* 8)
      let head = UInt64(words) & ((1 &<< headBits) &- 1)
      let tailMask: UInt64 = tailBits == 64 ? ~0 : (1 &<< tailBits) &- 1
      return StringView(head: UInt64(truncatingIfNeeded: count) | head &<< 32, tail: rest & tailMask)
    }
    let prefix = raw.loadUnaligned(as: UInt32.self)
    return StringView(
      head: UInt64(truncatingIfNeeded: count) | UInt64(prefix) &<< 32, tail: UInt64(UInt(bitPattern: start)))
  }

  static let endsEarly = FormatFault.corrupt("a byte array reaches beyond its page")

  /// A view of a PLAIN value, whose length stands in front of its bytes as it does in the view.
  @inline(__always)
  private static func view(behindLength start: UnsafePointer<UInt8>, _ count: Int) -> StringView {
    let head = UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    if count > StringView.inlineCapacity { return StringView(head: head, tail: UInt64(UInt(bitPattern: start + 4))) }
    let tail = UnsafeRawPointer(start).loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    let headMask = ~UInt64(0) &>> UInt64(truncatingIfNeeded: 32 &- 8 &* min(count, 4))
    // In two steps, because a shift by all 64 bits is none.
    let halfShift = UInt64(truncatingIfNeeded: 4 &* (max(count, 4) &- 4))
    return StringView(head: head & headMask, tail: tail & ~((~0 &<< halfShift) &<< halfShift))
  }

  /// PLAIN: each value has its length as four bytes in front.
  static func decodePlain(
    _ cursor: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, count: Int,
    into target: UnsafeMutablePointer<StringView>
  ) throws(FormatFault) {
    var position = cursor
    for index in 0..<count {
      // The padding behind the page is read where a length is missing; the guard refuses that.
      let length = Int(UnsafeRawPointer(position).loadUnaligned(as: UInt32.self))
      guard end - position &- 4 >= length else { throw endsEarly }
      target[index] = view(behindLength: position, length)
      position += 4 &+ length
    }
    cursor = position
  }

  static func skipPlain(
    _ cursor: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, count: Int
  ) throws(FormatFault) {
    var position = cursor
    for _ in 0..<count {
      guard end - position >= 4 else { throw endsEarly }
      let length = Int(UnsafeRawPointer(position).loadUnaligned(as: UInt32.self))
      guard end - position &- 4 >= length else { throw endsEarly }
      position += 4 &+ length
    }
    cursor = position
  }

  /// PLAIN values at ascending positions, which count from `base`, the position of the next value.
  static func pickPlain(
    _ cursor: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, _ positions: UnsafePointer<UInt32>, count: Int,
    base: Int, into target: UnsafeMutablePointer<StringView>
  ) throws(FormatFault) {
    var next = base
    for index in 0..<count {
      try skipPlain(&cursor, end: end, count: Int(positions[index]) &- next)
      try decodePlain(&cursor, end: end, count: 1, into: target + index)
      next = Int(positions[index]) &+ 1
    }
  }

  /// DELTA_LENGTH_BYTE_ARRAY: the lengths, then all bytes; the views point into the page.
  static func decodeDeltaLength(
    _ bytes: UnsafePointer<UInt8>, count: Int, limit: Int
  ) throws(FormatFault) -> (views: Buffer, count: Int) {
    let lengths = try DeltaDecoder.decode(bytes, count: count, limit: limit)
    defer { withExtendedLifetime(lengths) {} }
    let views = Buffer(byteCount: max(lengths.count, 1) * 16)
    let target = views.base.assumingMemoryBound(to: StringView.self)
    var offset = lengths.byteCount
    for index in 0..<lengths.count {
      let length = lengths.integers[index]
      guard length >= 0, length <= Int64(count - offset) else { throw endsEarly }
      target[index] = view(bytes + offset, Int(length))
      offset += Int(length)
    }
    return (views, lengths.count)
  }

  /// DELTA_BYTE_ARRAY: shared prefix lengths, then the suffixes as DELTA_LENGTH_BYTE_ARRAY.
  static func decodeDeltaPrefix(
    _ bytes: UnsafePointer<UInt8>, count: Int, limit: Int
  ) throws(FormatFault) -> (views: Buffer, bytes: Buffer, count: Int) {
    let prefixes = try DeltaDecoder.decode(bytes, count: count, limit: limit)
    let rest = bytes + prefixes.byteCount
    let suffixes = try DeltaDecoder.decode(rest, count: count - prefixes.byteCount, limit: limit)
    guard prefixes.count == suffixes.count else { throw .corrupt("prefixes and suffixes differ in number") }
    let total = try expandedSize(prefixes, suffixes)
    let heap = Buffer(byteCount: total)
    let views = Buffer(byteCount: max(prefixes.count, 1) * 16)
    let start = prefixes.byteCount + suffixes.byteCount
    try join(prefixes, suffixes, bytes + start, count - start, heap, views)
    return (views, heap, prefixes.count)
  }

  private static func expandedSize(_ a: DeltaDecoder.Result, _ b: DeltaDecoder.Result) throws(FormatFault) -> Int {
    var total = 0
    for index in 0..<a.count {
      let x = a.integers[index]
      let y = b.integers[index]
      guard x >= 0, y >= 0, x <= Int64(largestExpansion), y <= Int64(largestExpansion) else { throw endsEarly }
      total += Int(x) + Int(y)
      if total > largestExpansion { throw .corrupt("delta-encoded byte arrays expand beyond 256 MiB") }
    }
    return total
  }

  private static func join(
    _ prefixes: DeltaDecoder.Result, _ suffixes: DeltaDecoder.Result, _ source: UnsafePointer<UInt8>,
    _ sourceCount: Int, _ heap: Buffer, _ views: Buffer
  ) throws(FormatFault) {
    let target = views.base.assumingMemoryBound(to: StringView.self)
    var output = heap.base.assumingMemoryBound(to: UInt8.self)
    var previous = output
    var previousCount = 0
    var offset = 0
    for index in 0..<prefixes.count {
      let prefix = Int(prefixes.integers[index])
      let suffix = Int(suffixes.integers[index])
      guard prefix <= previousCount, suffix <= sourceCount - offset else { throw endsEarly }
      copy(UnsafePointer(previous), prefix, to: output)
      copy(source + offset, suffix, to: output + prefix)
      target[index] = view(output, prefix + suffix)
      offset += suffix
      previous = output
      previousCount = prefix + suffix
      output += previousCount
    }
  }
}

extension ByteArrayDecoding {
  /// Copies in steps of 16 bytes, up to 15 too many: the values are short, and both sides have padding.
  @inline(__always)
  private static func copy(_ source: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(target)
    var done = 0
    while done < count {
      to.storeBytes(
        of: from.loadUnaligned(fromByteOffset: done, as: SIMD16<UInt8>.self), toByteOffset: done,
        as: SIMD16<UInt8>.self)
      done &+= 16
    }
  }
}

/// Decoding of BYTE_STREAM_SPLIT: byte k of every value, for each k in turn.
enum ByteStreamSplit {
  /// Joins the bytes of all values of a page; `width` bytes each.
  static func decode(
    _ bytes: UnsafePointer<UInt8>, count: Int, width: Int
  ) throws(FormatFault) -> (values: Buffer, count: Int) {
    guard count % width == 0 else { throw .corrupt("a BYTE_STREAM_SPLIT page has an incomplete value") }
    let total = count / width
    let buffer = Buffer(byteCount: count)
    switch width {
    case 4: join4(bytes, total, buffer.base.assumingMemoryBound(to: UInt32.self))
    case 8: join8(bytes, total, buffer.base.assumingMemoryBound(to: UInt64.self))
    default: join(bytes, total, width, buffer.base.assumingMemoryBound(to: UInt8.self))
    }
    return (buffer, total)
  }

  private static func join(
    _ bytes: UnsafePointer<UInt8>, _ total: Int, _ width: Int, _ target: UnsafeMutablePointer<UInt8>
  ) {
    for stream in 0..<width {
      let source = bytes + stream * total
      var position = stream
      for index in 0..<total {
        target[position] = source[index]
        position &+= width
      }
    }
  }

  /// Four bytes of four streams as one number.
  @inline(__always)
  private static func word(_ bytes: UnsafePointer<UInt8>, _ total: Int, _ index: Int) -> UInt32 {
    UInt32(bytes[index]) | UInt32(bytes[total &+ index]) &<< 8 | UInt32(bytes[2 &* total &+ index]) &<< 16
      | UInt32(bytes[3 &* total &+ index]) &<< 24
  }

  private static func join4(_ bytes: UnsafePointer<UInt8>, _ total: Int, _ target: UnsafeMutablePointer<UInt32>) {
    for index in 0..<total { target[index] = word(bytes, total, index) }
  }

  private static func join8(_ bytes: UnsafePointer<UInt8>, _ total: Int, _ target: UnsafeMutablePointer<UInt64>) {
    let upper = bytes + 4 &* total
    for index in 0..<total {
      target[index] = UInt64(word(bytes, total, index)) | UInt64(word(upper, total, index)) &<< 32
    }
  }
}
