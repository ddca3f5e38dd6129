import Glibc
import LakeColumnar
import LakeTypes

/// The packed keys of one batch, with their hashes; its memory is reused from batch to batch by one worker.
final class KeyRows {
  let layout: KeyLayout
  private(set) var count = 0
  private var storage = Buffer(byteCount: 0)
  private var hashStorage = Buffer(byteCount: 0)
  private var nullStorage = Buffer(byteCount: 0)
  private var writtenHeap = StringHeap()
  /// Flattened copies that views of the current rows may point into.
  private var kept: [Vector] = []

  init(_ layout: KeyLayout) { self.layout = layout }

  /// `count * stride` words, row by row.
  var words: UnsafeMutablePointer<UInt64> { storage.base.assumingMemoryBound(to: UInt64.self) }
  var hashes: UnsafeMutablePointer<UInt64> { hashStorage.base.assumingMemoryBound(to: UInt64.self) }
  /// For each row whether a key that may not be NULL is (then its words mean nothing).
  private(set) var hasNulls = false
  var isNull: UnsafeMutablePointer<UInt8> { nullStorage.base.assumingMemoryBound(to: UInt8.self) }

  /// Packs and hashes the rows of key columns.
  func encode(_ vectors: [Vector], count: Int) {
    self.count = count
    kept.removeAll(keepingCapacity: true)
    writtenHeap = StringHeap()
    reserve(count)
    memset(storage.base, 0, count * layout.stride * 8)
    hasNulls = false
    for (vector, column) in zip(vectors, layout.columns) { encode(vector, column) }
    hash()
  }

  /// The memory that views of written-out values point into; the caller keeps it.
  func takeWrittenBuffers() -> [Buffer] { writtenHeap.buffers }

  private func reserve(_ count: Int) {
    let bytes = max(count, Batch.capacity) * 8
    if storage.byteCount < bytes * layout.stride { storage = Buffer(byteCount: bytes * layout.stride) }
    if hashStorage.byteCount < bytes { hashStorage = Buffer(byteCount: bytes) }
  }

  // MARK: Packing

  private func encode(_ vector: Vector, _ column: KeyLayout.Column) {
    let flat = vector.isConstant || vector.encoding == .dictionary ? vector.flattened() : vector
    switch column.form {
    case .bits(let shift): encodeBits(flat, column.word, shift)
    case .wide: encodeWide(flat, column.word)
    case .text:
      kept.append(flat)
      encodeWide(flat, column.word)
    case .written: encodeWritten(flat, column.word)
    }
    if let words = flat.validity?.words { encodeNulls(flat, words, column) }
  }

  private func encodeBits(_ flat: Vector, _ word: Int, _ shift: UInt64) {
    switch flat.physical {
    case .bool: pack(flat, word, shift) { (value: UInt8) in UInt64(value & 1) }
    case .int8: pack(flat, word, shift) { (value: UInt8) in UInt64(value) }
    case .int16: pack(flat, word, shift) { (value: UInt16) in UInt64(value) }
    case .int32: pack(flat, word, shift) { (value: UInt32) in UInt64(value) }
    case .int64: pack(flat, word, shift) { (value: UInt64) in value }
    case .float32: pack(flat, word, shift) { (value: Float) in UInt64(value.groupingBits) }
    case .float64: pack(flat, word, shift) { (value: Double) in value.groupingBits }
    case .int128, .view, .list, .structure: break
    }
  }

  @inline(__always)
  private func pack<T: BitwiseCopyable>(_ flat: Vector, _ word: Int, _ shift: UInt64, _ bits: (T) -> UInt64) {
    let source = flat.slots(T.self)
    let stride = layout.stride
    var target = words + word
    for row in 0..<count {
      target.pointee |= bits(source[row]) << shift
      target += stride
    }
  }

  private func encodeWide(_ flat: Vector, _ word: Int) {
    let source = flat.slots(StringView.self)
    let stride = layout.stride
    var target = words + word
    for row in 0..<count {
      let value = source[row]
      target[0] = value.head
      target[1] = value.tail
      target += stride
    }
  }

  private func encodeWritten(_ flat: Vector, _ word: Int) {
    var bytes: [UInt8] = []
    for row in 0..<count where flat.isValid(row) {
      bytes.removeAll(keepingCapacity: true)
      NestedKey.write(flat, row, to: &bytes)
      let view = bytes.withUnsafeBufferPointer { writtenHeap.copy($0) }
      words[row * layout.stride + word] = view.head
      words[row * layout.stride + word + 1] = view.tail
    }
  }

  /// Clears the value of NULL rows and sets their bit, or notes them where NULL never matches.
  private func encodeNulls(_ flat: Vector, _ mask: UnsafeMutablePointer<UInt64>, _ column: KeyLayout.Column) {
    if column.null == nil { startNulls() }
    let stride = layout.stride
    for row in 0..<count where !mask.isValid(row) {
      let target = words + row * stride
      switch column.form {
      case .bits(let shift):
        let width = column.type.physical == .bool ? 1 : UInt64(column.type.physical.width * 8)
        target[column.word] &= ~((width == 64 ? ~0 : (1 << width) &- 1) << shift)
      case .wide, .text, .written:
        target[column.word] = 0
        target[column.word + 1] = 0
      }
      if let null = column.null { target[null.word] |= 1 << null.shift } else { isNull[row] = 1 }
    }
  }

  private func startNulls() {
    if hasNulls { return }
    hasNulls = true
    if nullStorage.byteCount < count { nullStorage = Buffer(byteCount: max(count, Batch.capacity)) }
    memset(nullStorage.base, 0, count)
  }

  // MARK: Hashing

  private func hash() {
    let (hashes, words, stride, count) = (hashes, words, layout.stride, count)
    var isFirst = true
    for word in layout.plainWords {
      let source = words + word
      if isFirst {
        for row in 0..<count { hashes[row] = HashMix.hash(source[row &* stride]) }
      } else {
        for row in 0..<count { hashes[row] = HashMix.combine(hashes[row], source[row &* stride]) }
      }
      isFirst = false
    }
    for word in Swift.stride(from: 0, to: 2 * layout.textCount, by: 2) {
      let source = words + word
      for row in 0..<count {
        let view = StringView(head: source[row &* stride], tail: source[row &* stride &+ 1])
        let hash = view.contentHash
        hashes[row] = isFirst ? hash : HashMix.combine(hashes[row], hash)
      }
      isFirst = false
    }
  }
}

extension Float {
  /// Bits that are equal where grouping holds values equal: both zeros, all NaNs.
  @inline(__always)
  var groupingBits: UInt32 { self == 0 ? 0 : isNaN ? 0x7FC0_0000 : bitPattern }
}

extension Double {
  /// Bits that are equal where grouping holds values equal: both zeros, all NaNs.
  @inline(__always)
  var groupingBits: UInt64 { self == 0 ? 0 : isNaN ? 0x7FF8_0000_0000_0000 : bitPattern }
}

/// Writes nested values as bytes that are equal where the values are.
enum NestedKey {
  static func write(_ vector: Vector, _ row: Int, to bytes: inout [UInt8]) {
    guard vector.isValid(row) else { return bytes.append(0) }
    bytes.append(1)
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch vector.physical {
    case .bool, .int8: append(UInt64(source.slots(UInt8.self)[slot]), 1, &bytes)
    case .int16: append(UInt64(source.slots(UInt16.self)[slot]), 2, &bytes)
    case .int32: append(UInt64(source.slots(UInt32.self)[slot]), 4, &bytes)
    case .float32: append(UInt64(source.slots(Float.self)[slot].groupingBits), 4, &bytes)
    case .int64: append(source.slots(UInt64.self)[slot], 8, &bytes)
    case .float64: append(source.slots(Double.self)[slot].groupingBits, 8, &bytes)
    case .int128:
      let value = source.slots(StringView.self)[slot]
      append(value.head, 8, &bytes)
      append(value.tail, 8, &bytes)
    case .view:
      let view = source.slots(StringView.self)[slot]
      append(UInt64(view.count), 4, &bytes)
      view.withBytes { bytes.append(contentsOf: $0) }
    case .list: writeList(source, slot, to: &bytes)
    case .structure:
      for child in source.children { write(child, child.isConstant ? 0 : slot, to: &bytes) }
    }
  }

  private static func writeList(_ vector: Vector, _ slot: Int, to bytes: inout [UInt8]) {
    let entry = vector.slots(ListEntry.self)[slot]
    append(UInt64(entry.count), 4, &bytes)
    for child in vector.children {
      for index in 0..<Int(entry.count) { write(child, Int(entry.offset) + index, to: &bytes) }
    }
  }

  private static func append(_ value: UInt64, _ width: Int, _ bytes: inout [UInt8]) {
    for shift in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift * 8))) }
  }
}
