import Glibc
package import LakeTypes

/// Grows a flat vector row by row: for readers, nested values and rare paths (kernels fill slots directly).
///
/// Arrays: append the elements to `children[0]`, then `appendList(count:)`. Maps: keys and values to both
/// children, then `appendList(count:)`. Structs: one row to each child, then `appendStruct()`.
package final class VectorBuilder {
  package let type: LogicalType
  package let physical: PhysicalType
  package private(set) var count = 0
  package let children: [VectorBuilder]
  private var capacity: Int
  private var storage: Buffer
  private var mask: ValidityMask?
  private var heap: StringHeap

  /// Starts an empty vector with room for `capacity` rows.
  package init(_ type: LogicalType, capacity: Int = 64) {
    self.type = type
    physical = type.physical
    self.capacity = max(capacity, 1)
    storage = Buffer(byteCount: self.capacity * type.physical.width)
    heap = StringHeap()
    switch type {
    case .array(let element, _): children = [VectorBuilder(element)]
    case .map(let key, let value, _): children = [VectorBuilder(key), VectorBuilder(value)]
    case .struct(let fields): children = fields.map { VectorBuilder($0.type, capacity: capacity) }
    default: children = []
    }
  }

  /// Bytes held, for memory accounting.
  package var byteCount: Int {
    storage.byteCount + heap.byteCount + children.reduce(0) { $0 + $1.byteCount }
  }

  package func append(bool value: Bool) { store(UInt8(value ? 1 : 0)) }
  package func append(int8 value: Int8) { store(value) }
  package func append(int16 value: Int16) { store(value) }
  package func append(int32 value: Int32) { store(value) }
  package func append(int64 value: Int64) { store(value) }
  package func append(int128 value: Int128) { store(value) }
  package func append(float value: Float) { store(value) }
  package func append(double value: Double) { store(value) }

  /// Appends a decimal's unscaled value in the width that the type is stored in.
  package func append(unscaled value: Int128) {
    if physical == .int64 { store(Int64(truncatingIfNeeded: value)) } else { store(value) }
  }

  /// Appends a copy of the bytes.
  package func append(bytes: UnsafeBufferPointer<UInt8>) { store(heap.copy(bytes)) }

  package func append(string: String) {
    var string = string
    string.withUTF8 { append(bytes: $0) }
  }

  /// Appends a view whose bytes the caller keeps alive through `retain(heaps:)`.
  package func append(view: StringView) { store(view) }

  /// Keeps buffers alive as long as the vector, for views appended without copying.
  package func retain(heaps: [Buffer]) { heap.retain(heaps) }

  /// Closes a list of the last `count` rows of the children.
  package func appendList(count: Int) {
    let end = children[0].count
    store(ListEntry(offset: UInt32(end - count), count: UInt32(count)))
  }

  /// Closes a struct whose children have got one row each.
  package func appendStruct() { grow() }

  /// Appends NULL; for structs also one NULL to each child.
  package func appendNull() {
    for child in children where physical == .structure { child.appendNull() }
    switch physical {
    case .bool, .int8: store(UInt8(0))
    case .int16: store(UInt16(0))
    case .int32, .float32: store(UInt32(0))
    case .int64, .float64, .list: store(UInt64(0))
    case .int128, .view: store(StringView.empty)
    case .structure: grow()
    }
    if mask == nil { mask = ValidityMask(count: capacity, allValid: true) }
    mask?.setNull(count - 1)
  }

  /// Makes room for one more row and counts it.
  private func grow() {
    if count == capacity { enlarge() }
    count += 1
  }

  private func enlarge() {
    let larger = capacity * 2
    let buffer = Buffer(byteCount: larger * physical.width)
    memcpy(buffer.base, storage.base, count * physical.width)
    storage = buffer
    if let old = mask {
      let new = ValidityMask(count: larger, allValid: true)
      memcpy(new.words, old.words, ValidityMask.wordCount(capacity) * 8)
      mask = new
    }
    capacity = larger
  }

  @inline(__always)
  private func store<T: BitwiseCopyable>(_ value: T) {
    grow()
    storage.base.assumingMemoryBound(to: T.self)[count - 1] = value
  }

  /// The rows so far as a vector; the builder starts anew, empty.
  package func finish() -> Vector {
    let vector = Vector(
      type: type, encoding: .flat, count: count, owner: storage, validity: mask,
      children: children.map { $0.finish() }, heaps: heap.buffers)
    capacity = max(64, min(capacity, 4096))
    storage = Buffer(byteCount: capacity * physical.width)
    count = 0
    mask = nil
    heap = StringHeap()
    return vector
  }
}

extension VectorBuilder {
  /// Appends a literal of the builder's type, or NULL; a literal of another kind is a fault of the caller.
  package func append(_ literal: Literal) {
    switch literal {
    case .null: appendNull()
    case .boolean(let value): append(bool: value)
    case .integer(let value): append(integer: value)
    case .float(let value): append(float: value)
    case .double(let value): append(double: value)
    case .decimal(let value): append(unscaled: value)
    case .string(let value): append(string: value)
    case .binary(let value): value.withUnsafeBufferPointer { append(bytes: $0) }
    case .date(let value): append(int32: value)
    case .timestamp(let value): append(int64: value)
    case .array(let elements):
      for element in elements { children[0].append(element) }
      appendList(count: elements.count)
    case .map(let keys, let values):
      for key in keys { children[0].append(key) }
      for value in values { children[1].append(value) }
      appendList(count: keys.count)
    case .struct(let parts):
      for (child, part) in zip(children, parts) { child.append(part) }
      appendStruct()
    }
  }

  /// Appends an integer in the width of the type.
  package func append(integer value: Int64) {
    switch physical {
    case .int8: append(int8: Int8(truncatingIfNeeded: value))
    case .int16: append(int16: Int16(truncatingIfNeeded: value))
    case .int32: append(int32: Int32(truncatingIfNeeded: value))
    default: append(int64: value)
    }
  }

  /// Appends a copy of one row of a vector of the same type.
  package func append(_ vector: Vector, row: Int) {
    guard vector.isValid(row) else { return appendNull() }
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch physical {
    case .bool, .int8: append(int8: source.slots(Int8.self)[slot])
    case .int16: append(int16: source.slots(Int16.self)[slot])
    case .int32: append(int32: source.slots(Int32.self)[slot])
    case .float32: append(float: source.slots(Float.self)[slot])
    case .int64: append(int64: source.slots(Int64.self)[slot])
    case .float64: append(double: source.slots(Double.self)[slot])
    case .int128: append(int128: source.slots(Int128.self)[slot])
    case .view: source.slots(StringView.self)[slot].withBytes { append(bytes: $0) }
    case .list: appendList(of: source, slot)
    case .structure:
      for (child, part) in zip(children, source.children) { child.append(part, row: part.isConstant ? 0 : slot) }
      appendStruct()
    }
  }

  private func appendList(of source: Vector, _ slot: Int) {
    let entry = source.slots(ListEntry.self)[slot]
    for (child, elements) in zip(children, source.children) {
      for index in 0..<Int(entry.count) { child.append(elements, row: Int(entry.offset) + index) }
    }
    appendList(count: Int(entry.count))
  }
}
