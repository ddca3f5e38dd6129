import LakeColumnar
import LakeTypes

/// All predicates on one column or field of a struct column, compiled to loops over values of its type.
///
/// A test that can't be compiled (a literal of another kind, a list) is left out: the engine filters again.
struct ColumnFilter {
  private let kernels: [FilterKernel]
  /// Whether a NULL passes.
  let acceptsNull: Bool
  /// Whether a value passes at all.
  let acceptsValues: Bool

  /// nil if none of the tests says anything that can be checked here.
  init?(_ tests: [ScanPredicate.Test], type: LogicalType) {
    var kernels: [FilterKernel] = []
    var acceptsNull = true
    var acceptsValues = true
    var isUseful = false
    for test in tests {
      switch test {
      case .isNull: acceptsValues = false
      case .isNotNull: acceptsNull = false
      case .compare, .isIn, .isKey:
        guard let kernel = FilterKernel.compile(test, type) else { continue }
        kernels.append(kernel)
        acceptsNull = false
      case .anyOf(let groups):
        let filters = groups.compactMap { ColumnFilter($0, type: type) }
        guard filters.count == groups.count else { continue }
        kernels.append(FilterKernel { vector, flags in Self.testAny(filters, vector, flags) })
        acceptsNull = acceptsNull && filters.contains(where: \.acceptsNull)
      }
      isUseful = true
    }
    if !isUseful { return nil }
    self.kernels = kernels
    self.acceptsNull = acceptsNull
    self.acceptsValues = acceptsValues
  }

  /// Clears the flags of the slots that pass none of the filters.
  private static func testAny(_ filters: [ColumnFilter], _ vector: Vector, _ flags: UnsafeMutablePointer<UInt8>) {
    let passing = Buffer.zeroed(byteCount: vector.count)
    let scratch = Buffer(byteCount: vector.count)
    defer { withExtendedLifetime((passing, scratch)) {} }
    let any = passing.base.assumingMemoryBound(to: UInt8.self)
    let one = scratch.base.assumingMemoryBound(to: UInt8.self)
    for filter in filters {
      filter.test(vector, into: one)
      for index in 0..<vector.count { any[index] |= one[index] }
    }
    for index in 0..<vector.count { flags[index] &= any[index] }
  }

  /// Writes 1 for each slot of a flat vector that passes, else 0; NULL is not looked at.
  func test(_ vector: Vector, into flags: UnsafeMutablePointer<UInt8>) {
    flags.update(repeating: acceptsValues ? 1 : 0, count: vector.count)
    if !acceptsValues { return }
    for kernel in kernels { kernel.run(vector, flags) }
  }
}

/// One compiled test: clears the flags of the slots that fail.
struct FilterKernel {
  let run: (Vector, UnsafeMutablePointer<UInt8>) -> Void

  static func compile(_ test: ScanPredicate.Test, _ type: LogicalType) -> FilterKernel? {
    if case .isKey(let keys) = test { return compile(keys, type) }
    return switch type.physical {
    case .bool: compile(test, UInt8.self) { if case .boolean(let value) = $0 { value ? 1 : 0 } else { nil } }
    case .int8: compile(test, Int8.self) { $0.fixed(type) }
    case .int16: compile(test, Int16.self) { $0.fixed(type) }
    case .int32: compile(test, Int32.self) { $0.fixed(type) }
    case .int64: compile(test, Int64.self) { $0.fixed(type) }
    case .int128: compile(test, Int128.self) { $0.fixed(type) }
    case .float32: compileFloating(test, Float.self) { if case .float(let value) = $0 { value } else { nil } }
    case .float64: compileFloating(test, Double.self) { if case .double(let value) = $0 { value } else { nil } }
    case .view: compileViews(test, type)
    case .list, .structure: nil
    }
  }

  private static func compile(_ keys: KeyBitmap, _ type: LogicalType) -> FilterKernel? {
    switch type.physical {
    case .int32: FilterKernel { keys.test($0.slots(Int32.self), count: $0.count, flags: $1) }
    case .int64: FilterKernel { keys.test($0.slots(Int64.self), count: $0.count, flags: $1) }
    default: nil
    }
  }

  private static func compile<T: FixedWidthInteger & BitwiseCopyable>(
    _ test: ScanPredicate.Test, _ slot: T.Type, _ value: (Literal) -> T?
  ) -> FilterKernel? {
    switch test {
    case .compare(let comparison, let literal):
      guard let constant = value(literal) else { return nil }
      return compare(comparison, constant)
    case .isIn(let literals):
      let values = literals.compactMap(value)
      return values.count == literals.count ? membership(values) : nil
    case .isKey, .isNull, .isNotNull, .anyOf: return nil
    }
  }

  private static func compare<T: Comparable & BitwiseCopyable>(
    _ comparison: ScanPredicate.Comparison, _ constant: T
  ) -> FilterKernel {
    switch comparison {
    case .equal: FilterKernel { clear($0, $1, constant) { $0 == $1 } }
    case .less: FilterKernel { clear($0, $1, constant) { $0 < $1 } }
    case .lessOrEqual: FilterKernel { clear($0, $1, constant) { $0 <= $1 } }
    case .greater: FilterKernel { clear($0, $1, constant) { $0 > $1 } }
    case .greaterOrEqual: FilterKernel { clear($0, $1, constant) { $0 >= $1 } }
    }
  }

  @inline(__always)
  private static func clear<T: BitwiseCopyable>(
    _ vector: Vector, _ flags: UnsafeMutablePointer<UInt8>, _ constant: T, _ passes: (T, T) -> Bool
  ) {
    let slots = vector.slots(T.self)
    for index in 0..<vector.count { flags[index] &= unsafeBitCast(passes(slots[index], constant), to: UInt8.self) }
  }

  /// Few values are compared one by one, others looked up in a set.
  private static func membership<T: FixedWidthInteger & BitwiseCopyable>(_ values: [T]) -> FilterKernel {
    if values.count <= 8 {
      return FilterKernel { vector, flags in
        let slots = vector.slots(T.self)
        for index in 0..<vector.count {
          var found: UInt8 = 0
          for value in values { found |= unsafeBitCast(slots[index] == value, to: UInt8.self) }
          flags[index] &= found
        }
      }
    }
    return lookup(values)
  }

  private static func lookup<T: FixedWidthInteger & BitwiseCopyable>(_ values: [T]) -> FilterKernel {
    let keys = KeySet(values.map { HashMix.hash(UInt64(truncatingIfNeeded: $0)) })
    return FilterKernel { vector, flags in
      let slots = vector.slots(T.self)
      for index in 0..<vector.count where flags[index] != 0 {
        flags[index] = keys.contains(HashMix.hash(UInt64(truncatingIfNeeded: slots[index])))
      }
    }
  }

  // MARK: Floating point: NaN equals NaN and is greater than every number; zeros are equal.

  private static func compileFloating<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ test: ScanPredicate.Test, _ slot: T.Type, _ value: (Literal) -> T?
  ) -> FilterKernel? {
    switch test {
    case .compare(let comparison, let literal):
      guard let constant = value(literal) else { return nil }
      if constant.isNaN { return compareToNaN(comparison, slot) }
      switch comparison {
      case .equal, .less, .lessOrEqual: return compare(comparison, constant)
      case .greater: return FilterKernel { clear($0, $1, constant) { !($0 <= $1) } }
      case .greaterOrEqual: return FilterKernel { clear($0, $1, constant) { !($0 < $1) } }
      }
    case .isIn(let literals):
      let values = literals.compactMap(value)
      guard values.count == literals.count, values.count <= 64 else { return nil }
      return FilterKernel { vector, flags in
        let slots = vector.slots(T.self)
        for index in 0..<vector.count where flags[index] != 0 {
          let isIn = values.contains { $0 == slots[index] || ($0.isNaN && slots[index].isNaN) }
          flags[index] = isIn ? 1 : 0
        }
      }
    case .isKey, .isNull, .isNotNull, .anyOf: return nil
    }
  }

  private static func compareToNaN<T: BinaryFloatingPoint & BitwiseCopyable>(
    _ comparison: ScanPredicate.Comparison, _ slot: T.Type
  ) -> FilterKernel {
    switch comparison {
    case .equal, .greaterOrEqual: FilterKernel { clear($0, $1, T.zero) { value, _ in value.isNaN } }
    case .less: FilterKernel { clear($0, $1, T.zero) { value, _ in !value.isNaN } }
    case .lessOrEqual: FilterKernel { _, _ in }
    case .greater: FilterKernel { clear($0, $1, T.zero) { _, _ in false } }
    }
  }

  // MARK: Strings and binary

  private static func compileViews(_ test: ScanPredicate.Test, _ type: LogicalType) -> FilterKernel? {
    switch test {
    case .compare(let comparison, let literal):
      guard let constant = ViewConstant(literal, type) else { return nil }
      switch comparison {
      case .equal: return views(constant) { $0 == $1 }
      case .less: return views(constant) { $0 < $1 }
      case .lessOrEqual: return views(constant) { $0.compare($1) <= 0 }
      case .greater: return views(constant) { $0.compare($1) > 0 }
      case .greaterOrEqual: return views(constant) { $0.compare($1) >= 0 }
      }
    case .isIn(let literals):
      let values = literals.compactMap { ViewConstant($0, type) }
      return values.count == literals.count ? viewMembership(values) : nil
    case .isKey, .isNull, .isNotNull, .anyOf: return nil
    }
  }

  private static func views(
    _ constant: ViewConstant, _ passes: @escaping (StringView, StringView) -> Bool
  ) -> FilterKernel {
    FilterKernel { vector, flags in
      withExtendedLifetime(constant) {
        let slots = vector.slots(StringView.self)
        for index in 0..<vector.count where flags[index] != 0 {
          flags[index] = passes(slots[index], constant.view) ? 1 : 0
        }
      }
    }
  }

  private static func viewMembership(_ values: [ViewConstant]) -> FilterKernel {
    let keys = KeySet(values.map(\.view.contentHash))
    return FilterKernel { vector, flags in
      let slots = vector.slots(StringView.self)
      for index in 0..<vector.count where flags[index] != 0 {
        flags[index] = keys.contains(slots[index].contentHash)
      }
    }
  }
}

extension Literal {
  /// The slot of a literal of a type that is stored as an integer; nil for another kind or a value out of range.
  fileprivate func fixed<T: FixedWidthInteger>(_ type: LogicalType) -> T? {
    switch (self, type) {
    case (.integer(let value), _) where type.isInteger || type.isInterval: T(exactly: value)
    case (.decimal(let value), .decimal): T(exactly: value)
    case (.date(let value), .date): T(exactly: value)
    case (.timestamp(let value), _) where type.isTimestamp: T(exactly: value)
    default: nil
    }
  }
}

/// A string or binary constant with its bytes.
private final class ViewConstant {
  let view: StringView
  private let heap: StringHeap

  init?(_ literal: Literal, _ type: LogicalType) {
    var heap = StringHeap()
    switch (literal, type) {
    case (.string(var text), .string): view = text.withUTF8 { heap.copy($0) }
    case (.binary(let bytes), .binary): view = bytes.withUnsafeBufferPointer { heap.copy($0) }
    default: return nil
    }
    self.heap = heap
  }
}

/// A set of hashes; a hash that collides with a member's counts as in, which a scan may let through.
private final class KeySet {
  private let slots: [UInt64]
  private let mask: UInt64
  private let hasZero: Bool

  init(_ hashes: [UInt64]) {
    let capacity = 1 << (Int.bitWidth - (hashes.count * 2).leadingZeroBitCount)
    var slots = [UInt64](repeating: 0, count: capacity)
    let mask = UInt64(capacity - 1)
    for hash in hashes where hash != 0 {
      var place = hash & mask
      while slots[Int(place)] != 0, slots[Int(place)] != hash { place = (place + 1) & mask }
      slots[Int(place)] = hash
    }
    self.slots = slots
    self.mask = mask
    hasZero = hashes.contains(0)
  }

  /// 1 if the hash is in, else 0.
  func contains(_ hash: UInt64) -> UInt8 {
    if hash == 0 { return hasZero ? 1 : 0 }
    var place = hash & mask
    while true {
      let slot = slots[Int(place)]
      if slot == hash { return 1 }
      if slot == 0 { return 0 }
      place = (place &+ 1) & mask
    }
  }
}
