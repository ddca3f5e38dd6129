import LakeColumnar
import LakeTypes

/// One value of any type a group, which may be replaced; copies of strings stand in an arena.
struct ValueStates {
  /// What a group holds.
  enum Content: UInt8 {
    case nothing, value, null
  }
  let type: LogicalType
  private var contents = StateColumn<UInt8>(Content.nothing.rawValue)
  /// Fixed-width values in the low bytes, or views.
  private var slots = StateColumn(StringView.empty)
  private var heap = StringHeap()
  /// Bytes of the heap that no view points to any more.
  private var waste = 0
  /// Nested values, one row each.
  private var rows: [Vector?] = []
  private var isNested: Bool { type.isNested }

  init(_ type: LogicalType) { self.type = type }

  var byteCount: Int { contents.byteCount + slots.byteCount + heap.byteCount + rows.count * 64 }

  mutating func resize(_ count: Int) {
    contents.resize(count)
    if isNested {
      while rows.count < count { rows.append(nil) }
    } else {
      slots.resize(count)
    }
  }

  @inline(__always)
  func content(_ group: Int) -> Content { Content(rawValue: contents.base[group]) ?? .nothing }

  /// The view that a group of a string or binary type holds.
  @inline(__always)
  func view(_ group: Int) -> StringView { slots.base[group] }

  mutating func setNull(_ group: Int) { contents.base[group] = Content.null.rawValue }

  /// Replaces a group's value by a row, which may be NULL.
  mutating func set(_ group: Int, _ vector: Vector, row: Int) {
    guard vector.isValid(row) else { return setNull(group) }
    contents.base[group] = Content.value.rawValue
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch type.physical {
    case .bool, .int8: slots.base[group].head = UInt64(source.slots(UInt8.self)[slot])
    case .int16: slots.base[group].head = UInt64(source.slots(UInt16.self)[slot])
    case .int32, .float32: slots.base[group].head = UInt64(source.slots(UInt32.self)[slot])
    case .int64, .float64: slots.base[group].head = source.slots(UInt64.self)[slot]
    case .int128: slots.base[group] = source.slots(StringView.self)[slot]
    case .view: setView(group, source.slots(StringView.self)[slot])
    case .list, .structure: rows[group] = Self.copy(vector, row)
    }
  }

  /// Replaces a group's string by a copy of the view.
  mutating func setView(_ group: Int, _ view: StringView) {
    contents.base[group] = Content.value.rawValue
    let old = slots.base[group]
    if !old.isInline { waste += old.count }
    slots.base[group] = heap.copy(view)
    if waste > 1 << 20, waste > heap.byteCount / 2 { compact() }
  }

  /// Copies the living strings to a new arena.
  private mutating func compact() {
    var fresh = StringHeap()
    for group in 0..<slots.count { slots.base[group] = fresh.copy(slots.base[group]) }
    heap = fresh
    waste = 0
  }

  static func copy(_ vector: Vector, _ row: Int) -> Vector {
    let builder = VectorBuilder(vector.type, capacity: 1)
    builder.append(vector, row: row)
    return builder.finish()
  }

  /// How a group's value sorts against a row; both must be values.
  func compare(_ group: Int, _ vector: Vector, row: Int) -> Int {
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    let low = slots.base[isNested ? 0 : group].head
    switch type.physical {
    case .bool: return order(UInt8(truncatingIfNeeded: low), source.slots(UInt8.self)[slot])
    case .int8: return order(Int8(truncatingIfNeeded: low), source.slots(Int8.self)[slot])
    case .int16: return order(Int16(truncatingIfNeeded: low), source.slots(Int16.self)[slot])
    case .int32: return order(Int32(truncatingIfNeeded: low), source.slots(Int32.self)[slot])
    case .int64: return order(Int64(bitPattern: low), source.slots(Int64.self)[slot])
    case .int128: return order(Self.wide(slots.base[group]), source.slots(Int128.self)[slot])
    case .float32:
      return order(
        OrderedFloat(value: Float(bitPattern: UInt32(truncatingIfNeeded: low))), source.slots(OrderedFloat.self)[slot])
    case .float64:
      return order(OrderedDouble(value: Double(bitPattern: low)), source.slots(OrderedDouble.self)[slot])
    case .view: return slots.base[group].compare(source.slots(StringView.self)[slot])
    case .list, .structure:
      guard let mine = rows[group] else { return 0 }
      return RowComparison.compare(mine, 0, vector, row)
    }
  }

  private static func wide(_ slot: StringView) -> Int128 {
    Int128(Int64(bitPattern: slot.tail)) << 64 | Int128(slot.head)
  }

  @inline(__always)
  private func order<T: Comparable>(_ a: T, _ b: T) -> Int { bit(b < a) &- bit(a < b) }

  /// The values of groups as a vector; groups without a value are NULL.
  func vector(from start: Int, count: Int) -> Vector {
    let builder = VectorBuilder(type, capacity: count)
    for group in start..<start + count {
      guard content(group) == .value else {
        builder.appendNull()
        continue
      }
      let low = isNested ? 0 : slots.base[group].head
      switch type.physical {
      case .bool, .int8: builder.append(int8: Int8(truncatingIfNeeded: low))
      case .int16: builder.append(int16: Int16(truncatingIfNeeded: low))
      case .int32: builder.append(int32: Int32(truncatingIfNeeded: low))
      case .float32: builder.append(float: Float(bitPattern: UInt32(truncatingIfNeeded: low)))
      case .int64: builder.append(int64: Int64(bitPattern: low))
      case .float64: builder.append(double: Double(bitPattern: low))
      case .int128: builder.append(int128: Self.wide(slots.base[group]))
      case .view: slots.base[group].withBytes { builder.append(bytes: $0) }
      case .list, .structure: if let row = rows[group] { builder.append(row, row: 0) }
      }
    }
    return builder.finish()
  }

  /// What groups hold: whether it is a value or NULL, and the value.
  func states(from start: Int, count: Int) -> [Vector] {
    [contents.bytes(from: start, count: count), vector(from: start, count: count)]
  }

  /// Takes what `states` returned as what the first groups hold.
  mutating func load(_ vectors: ArraySlice<Vector>, count: Int) {
    resize(count)
    guard let kinds = vectors.first?.slots(UInt8.self), let values = vectors.last else { return }
    for group in 0..<count where kinds[group] != Content.nothing.rawValue { set(group, values, row: group) }
  }
}
