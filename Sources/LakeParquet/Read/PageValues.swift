import LakeColumnar

/// The values of one data page and how far they have been read; NULLs have no value here.
struct PageValues {
  enum Form {
    /// Dictionary codes.
    case codes
    /// Booleans.
    case bits
    /// Byte arrays with their lengths in front.
    case variable
    /// Values of one width.
    case fixed
  }

  let form: Form
  /// Codes and bits.
  var hybrid: HybridDecoder
  /// Variable and fixed values.
  private(set) var cursor: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private let width: Int
  /// What keeps the bytes alive that views point to.
  let owners: [Buffer]

  private init(
    _ form: Form, hybrid: HybridDecoder, _ start: UnsafePointer<UInt8>, count: Int, width: Int, owners: [Buffer]
  ) {
    self.form = form
    self.hybrid = hybrid
    cursor = start
    end = start + count
    self.width = width
    self.owners = owners
  }

  /// Opens the value part of a page; `limit` is the most values it may hold.
  init(
    _ bytes: PageBytes, encoding: PageEncoding?, leaf: LeafType, limit: Int
  ) throws(FormatFault) {
    let start = bytes.start
    let count = bytes.count
    switch encoding {
    case .plainDictionary, .rleDictionary: self = try Self.codes(bytes)
    // Where all values are NULL, some writers leave out even the header of encoded values.
    case _? where count == 0: self = Self.plain(bytes, leaf)
    case .plain where leaf.kind == .boolean:
      let hybrid = HybridDecoder(packedBits: start, count: count)
      self.init(.bits, hybrid: hybrid, start, count: count, width: 1, owners: [])
    case .plain: self = Self.plain(bytes, leaf)
    case .rle where leaf.kind == .boolean: self = try Self.runs(bytes)
    case .deltaBinaryPacked where leaf.kind == .int32 || leaf.kind == .int64:
      self = try Self.deltas(bytes, leaf, limit)
    case .deltaLengthByteArray where leaf.kind == .byteArray:
      let (views, total) = try ByteArrayDecoding.decodeDeltaLength(start, count: count, limit: limit)
      self = Self.buffered(views, total, width: 16, owners: [bytes.owner])
    case .deltaByteArray where leaf.kind == .byteArray || leaf.kind == .fixedByteArray:
      self = try Self.prefixed(bytes, leaf, limit)
    case .byteStreamSplit where leaf.kind != .byteArray && leaf.kind != .boolean && leaf.kind != .int96:
      let (values, total) = try ByteStreamSplit.decode(start, count: count, width: leaf.rawWidth)
      self = Self.buffered(values, total, width: leaf.rawWidth, owners: [values])
    default:
      throw .unsupported("encoding \(encoding.map { "\($0)" } ?? "of unknown number") of \(leaf.kind) values")
    }
  }

  private static func buffered(_ values: Buffer, _ count: Int, width: Int, owners: [Buffer]) -> PageValues {
    let start = UnsafePointer(values.base.assumingMemoryBound(to: UInt8.self))
    let idle = HybridDecoder(start, count: 0, width: 0)
    return PageValues(
      .fixed, hybrid: idle, start, count: count * width, width: width, owners: owners + [values])
  }

  private static func plain(_ bytes: PageBytes, _ leaf: LeafType) -> PageValues {
    PageValues(
      leaf.kind == .byteArray ? .variable : .fixed, hybrid: HybridDecoder(bytes.start, count: 0, width: 0),
      bytes.start, count: bytes.count, width: leaf.rawWidth, owners: [bytes.owner])
  }

  private static func codes(_ bytes: PageBytes) throws(FormatFault) -> PageValues {
    let start = bytes.start
    let width = bytes.count > 0 ? Int(start.pointee) : 1
    guard width <= 32 else { throw .corrupt("dictionary codes of \(width) bits") }
    let count = max(bytes.count - 1, 0)
    let hybrid = HybridDecoder(bytes.count > 0 ? start + 1 : start, count: count, width: width)
    return PageValues(.codes, hybrid: hybrid, start, count: 0, width: 4, owners: [bytes.owner])
  }

  private static func runs(_ bytes: PageBytes) throws(FormatFault) -> PageValues {
    guard bytes.count >= 4 else { throw .corrupt("a page of booleans ends early") }
    let length = Int(UnsafeRawPointer(bytes.start).loadUnaligned(as: UInt32.self))
    guard length <= bytes.count - 4 else { throw .corrupt("a page of booleans ends early") }
    let hybrid = HybridDecoder(bytes.start + 4, count: length, width: 1)
    return PageValues(.bits, hybrid: hybrid, bytes.start, count: 0, width: 1, owners: [bytes.owner])
  }

  private static func deltas(_ bytes: PageBytes, _ leaf: LeafType, _ limit: Int) throws(FormatFault) -> PageValues {
    let result = try DeltaDecoder.decode(bytes.start, count: bytes.count, limit: limit)
    if leaf.kind == .int32 {
      let narrow = result.values.base.assumingMemoryBound(to: Int32.self)
      for index in 0..<result.count { narrow[index] = Int32(truncatingIfNeeded: result.integers[index]) }
    }
    return buffered(result.values, result.count, width: leaf.rawWidth, owners: [])
  }

  private static func prefixed(
    _ bytes: PageBytes, _ leaf: LeafType, _ limit: Int
  ) throws(FormatFault) -> PageValues {
    let (views, heap, total) = try ByteArrayDecoding.decodeDeltaPrefix(
      bytes.start, count: bytes.count, limit: limit)
    if leaf.kind == .byteArray { return buffered(views, total, width: 16, owners: [heap]) }
    let slots = views.base.assumingMemoryBound(to: StringView.self)
    for index in 0..<total where slots[index].count != leaf.byteLength {
      throw .corrupt("a fixed-length value has another length")
    }
    return buffered(heap, total, width: leaf.byteLength, owners: [])
  }

  private static let endsEarly = FormatFault.corrupt("a page holds fewer values than its header says")

  mutating func skip(_ count: Int) throws(FormatFault) {
    switch form {
    case .codes, .bits: try hybrid.skip(count)
    case .variable: try ByteArrayDecoding.skipPlain(&cursor, end: end, count: count)
    case .fixed: _ = try takeFixed(count)
    }
  }

  /// The next values of one width, which are then read.
  mutating func takeFixed(_ count: Int) throws(FormatFault) -> UnsafePointer<UInt8> {
    guard count <= (end - cursor) / width else { throw Self.endsEarly }
    defer { cursor += count * width }
    return cursor
  }

  /// Decodes the next values, which are not codes, into slots. Returns a buffer that slots point into, if made.
  mutating func decode(
    _ count: Int, with converter: ValueConverter, into target: UnsafeMutableRawPointer
  ) throws(FormatFault) -> Buffer? {
    switch form {
    case .codes: return nil
    case .bits:
      try hybrid.decode(into: target.assumingMemoryBound(to: UInt8.self), count: count)
      return nil
    case .fixed: return try converter.convert(takeFixed(count), count, into: target)
    case .variable:
      if converter.conversion == .identity {
        try decodeViews(count, target.assumingMemoryBound(to: StringView.self))
        return nil
      }
      let scratch = Buffer(byteCount: count * 16)
      defer { withExtendedLifetime(scratch) {} }
      try decodeViews(count, scratch.base.assumingMemoryBound(to: StringView.self))
      return try converter.convert(scratch.base.assumingMemoryBound(to: UInt8.self), count, into: target)
    }
  }

  /// Decodes the values at ascending positions, which count from `base`, the position of the next value; consumes up to
  /// the last of them. Returns a buffer that slots point into, if made. Not for codes and bits.
  mutating func pick(
    _ positions: UnsafePointer<UInt32>, count: Int, base: Int, with converter: ValueConverter,
    into target: UnsafeMutableRawPointer
  ) throws(FormatFault) -> Buffer? {
    let isIdentity = converter.conversion == .identity
    let stored = isIdentity ? nil : Buffer(byteCount: count * width)
    let raw = stored?.base ?? target
    switch form {
    case .codes, .bits: return nil
    case .fixed:
      let source = try takeFixed(Int(positions[count - 1]) + 1 - base)
      SlotSpreading.pick(source, width: width, positions, count: count, base: base, into: raw)
    case .variable:
      let views = raw.assumingMemoryBound(to: StringView.self)
      try ByteArrayDecoding.pickPlain(&cursor, end: end, positions, count: count, base: base, into: views)
    }
    guard let stored else { return nil }
    let heap = try converter.convert(stored.base.assumingMemoryBound(to: UInt8.self), count, into: target)
    // Views of fixed-length values point to what they were made from.
    return heap ?? stored
  }

  private mutating func decodeViews(
    _ count: Int, _ target: UnsafeMutablePointer<StringView>
  ) throws(FormatFault) {
    try ByteArrayDecoding.decodePlain(&cursor, end: end, count: count, into: target)
  }
}

/// Bytes of a page, in a buffer whose padding follows them.
struct PageBytes {
  var start: UnsafePointer<UInt8>
  var count: Int
  let owner: Buffer

  /// Takes bytes off the front.
  mutating func take(_ length: Int) throws(FormatFault) -> UnsafePointer<UInt8> {
    guard length >= 0, length <= count else { throw .corrupt("a page's levels reach beyond it") }
    defer {
      start += length
      count -= length
    }
    return start
  }
}
