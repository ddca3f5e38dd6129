import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// How rows stand in temporary files: column by column, every vector flat, each part aligned to 16 bytes.
///
/// - a word that says whether there is a mask, then the mask's words if there is one
/// - fixed-width types: the slots
/// - strings: the views, and behind their length the bytes of the long ones in the order of the rows
/// - arrays and maps: a 32-bit length a row, then the elements of all rows as vectors
/// - structs: the fields as vectors
enum SpillFormat {
  static let alignment = 16

  // MARK: Writing

  /// Appends rows; the vectors may have any encoding.
  static func write(_ vectors: [Vector], count: Int, to output: inout SpillBytes) {
    for vector in vectors { write(vector, count: count, to: &output) }
  }

  private static func write(_ vector: Vector, count: Int, to output: inout SpillBytes) {
    let flat = vector.flattened()
    output.append(word: flat.validity == nil ? 0 : 1)
    if let mask = flat.validity { output.append(mask.words, ValidityMask.wordCount(count) * 8) }
    switch flat.physical {
    case .view: writeText(flat, count, &output)
    case .list: writeLists(flat, count, &output)
    case .structure: for child in flat.children { write(child, count: count, to: &output) }
    default: output.append(flat.values, count * flat.physical.width)
    }
  }

  private static func writeText(_ flat: Vector, _ count: Int, _ output: inout SpillBytes) {
    let source = flat.slots(StringView.self)
    let mask = flat.validity?.words
    var total = 0
    let views = output.reserve(count * 16).assumingMemoryBound(to: StringView.self)
    for row in 0..<count {
      let isValid = mask.map { $0.isValid(row) } ?? true
      views[row] = isValid ? source[row] : .empty
      if !views[row].isInline { total += views[row].count }
    }
    output.append(word: total)
    var target = output.reserve(total)
    for row in 0..<count where mask.map({ $0.isValid(row) }) ?? true {
      let view = source[row]
      if view.isInline { continue }
      view.withBytes { bytes in if let base = bytes.baseAddress { memcpy(target, base, bytes.count) } }
      target += view.count
    }
  }

  private static func writeLists(_ flat: Vector, _ count: Int, _ output: inout SpillBytes) {
    let entries = flat.slots(ListEntry.self)
    let lengths = output.reserve(count * 4).assumingMemoryBound(to: UInt32.self)
    var total = 0
    for row in 0..<count {
      lengths[row] = flat.isValid(row) ? entries[row].count : 0
      total += Int(lengths[row])
    }
    let positions = Buffer(byteCount: total * 4)
    let target = positions.base.assumingMemoryBound(to: UInt32.self)
    var filled = 0
    for row in 0..<count where flat.isValid(row) {
      for element in 0..<entries[row].count {
        target[filled] = entries[row].offset + element
        filled += 1
      }
    }
    for child in flat.children {
      let elements = child.gathered(target, count: total)
      write(elements, count: total, to: &output)
    }
    withExtendedLifetime(positions) {}
  }

  // MARK: Reading

  /// The vectors of rows that `write` put into a buffer, whose memory they use.
  static func read(_ types: [LogicalType], count: Int, from buffer: Buffer) -> [Vector] {
    var input = SpillInput(buffer)
    return types.map { read($0, count, &input) }
  }

  private static func read(_ type: LogicalType, _ count: Int, _ input: inout SpillInput) -> Vector {
    let mask = input.word() == 0 ? nil : input.mask(count)
    switch type.physical {
    case .view: return readText(type, count, mask, &input)
    case .list: return readLists(type, count, mask, &input)
    case .structure:
      let children = childTypes(type).map { read($0, count, &input) }
      return Vector(
        type: type, encoding: .flat, count: count, owner: input.buffer, validity: mask, children: children)
    default:
      let values = input.take(count * type.physical.width)
      return Vector(type: type, encoding: .flat, count: count, owner: input.buffer, values: values, validity: mask)
    }
  }

  private static func readText(
    _ type: LogicalType, _ count: Int, _ mask: ValidityMask?, _ input: inout SpillInput
  ) -> Vector {
    let values = input.take(count * 16)
    let views = values.assumingMemoryBound(to: StringView.self)
    var text = input.take(input.word())
    for row in 0..<count where !views[row].isInline {
      views[row].tail = UInt64(UInt(bitPattern: text))
      text += views[row].count
    }
    return Vector(
      type: type, encoding: .flat, count: count, owner: input.buffer, values: values, validity: mask,
      heaps: [input.buffer])
  }

  private static func readLists(
    _ type: LogicalType, _ count: Int, _ mask: ValidityMask?, _ input: inout SpillInput
  ) -> Vector {
    let lengths = input.take(count * 4).assumingMemoryBound(to: UInt32.self)
    let owner = Buffer(byteCount: count * 8)
    let entries = owner.base.assumingMemoryBound(to: ListEntry.self)
    var total: UInt32 = 0
    for row in 0..<count {
      entries[row] = ListEntry(offset: total, count: lengths[row])
      total += lengths[row]
    }
    let children = childTypes(type).map { read($0, Int(total), &input) }
    return Vector(type: type, encoding: .flat, count: count, owner: owner, validity: mask, children: children)
  }

  private static func childTypes(_ type: LogicalType) -> [LogicalType] {
    switch type {
    case .array(let element, _): [element]
    case .map(let key, let value, _): [key, value]
    case .struct(let fields): fields.map(\.type)
    default: []
    }
  }
}

/// Bytes that are written one behind the other, each part from a multiple of 16 on; memory is kept for the next rows.
struct SpillBytes {
  private(set) var buffer = Buffer(byteCount: 0)
  private(set) var count = 0

  mutating func removeAll() { count = 0 }

  /// Takes uninitialised bytes; valid until the next call.
  mutating func reserve(_ more: Int) -> UnsafeMutableRawPointer {
    let start = count
    count = (start + more + SpillFormat.alignment - 1) & ~(SpillFormat.alignment - 1)
    if count > buffer.byteCount {
      let larger = Buffer(byteCount: max(count, 2 * buffer.byteCount))
      memcpy(larger.base, buffer.base, start)
      buffer = larger
    }
    return buffer.base + start
  }

  mutating func append(_ source: UnsafeRawPointer, _ byteCount: Int) { memcpy(reserve(byteCount), source, byteCount) }

  mutating func append(word: Int) { reserve(8).storeBytes(of: word, as: Int.self) }
}

/// Reads what `SpillBytes` holds.
private struct SpillInput {
  let buffer: Buffer
  private var position = 0

  init(_ buffer: Buffer) { self.buffer = buffer }

  mutating func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let start = buffer.base + position
    position = (position + byteCount + SpillFormat.alignment - 1) & ~(SpillFormat.alignment - 1)
    return start
  }

  mutating func word() -> Int { take(8).load(as: Int.self) }

  mutating func mask(_ count: Int) -> ValidityMask {
    let mask = ValidityMask(count: count, allValid: true)
    let byteCount = ValidityMask.wordCount(count) * 8
    memcpy(mask.words, take(byteCount), byteCount)
    return mask
  }
}
