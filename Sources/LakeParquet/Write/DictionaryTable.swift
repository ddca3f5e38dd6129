import Glibc
import LakeColumnar

/// The distinct values of a column chunk, numbered in the order of their first occurrence.
struct DictionaryTable<Value: StoredValue> {
  private var entries: Buffer
  private var hashes: Buffer
  private var places: Buffer
  private var mask: Int
  private(set) var count = 0
  /// Bytes of the values in PLAIN form.
  private(set) var byteCount = 0
  private var heap = StringHeap()
  private let storage: LeafStorage

  init(_ storage: LeafStorage) {
    self.storage = storage
    mask = 1023
    places = Buffer.zeroed(byteCount: 1024 * 4)
    entries = Buffer(byteCount: 512 * MemoryLayout<Value>.stride)
    hashes = Buffer(byteCount: 512 * 8)
  }

  /// The values in the order of their codes.
  var values: UnsafeMutablePointer<Value> { entries.base.assumingMemoryBound(to: Value.self) }

  /// Finds or adds the codes of values.
  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  mutating func encode(_ source: UnsafePointer<Value>, count: Int, into codes: UnsafeMutablePointer<UInt32>) {
    for index in 0..<count { codes[index] = code(of: source[index]) }
  }

  /// Finds or adds the codes of values that have codes of another dictionary; `known` maps those that were met before.
  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  mutating func translate(
    _ source: UnsafePointer<UInt32>, count: Int, of values: UnsafePointer<Value>,
    known: UnsafeMutablePointer<UInt32>, into target: UnsafeMutablePointer<UInt32>
  ) {
    for index in 0..<count {
      let code = Int(source[index])
      var translated = known[code]
      if translated == CodeTranslation.unknown {
        translated = self.code(of: values[code])
        known[code] = translated
      }
      target[index] = translated
    }
  }

  /// Copies the values of codes.
  @_specialize(where Value == UInt8)
  @_specialize(where Value == Int32)
  @_specialize(where Value == Int64)
  @_specialize(where Value == Int128)
  @_specialize(where Value == Float)
  @_specialize(where Value == Double)
  @_specialize(where Value == StringView)
  static func gather(
    _ values: UnsafePointer<Value>, _ codes: UnsafePointer<UInt32>, count: Int, into target: UnsafeMutablePointer<Value>
  ) {
    for index in 0..<count { target[index] = values[Int(codes[index])] }
  }

  /// Finds or adds the code of a value.
  @inline(__always)
  mutating func code(of value: Value) -> UInt32 {
    let hash = value.dictionaryHash
    let slots = places.base.assumingMemoryBound(to: UInt32.self)
    var place = Int(truncatingIfNeeded: hash &>> 20) & mask
    while slots[place] != 0 {
      let code = slots[place] &- 1
      if Value.isSame(values[Int(code)], value) { return code }
      place = (place &+ 1) & mask
    }
    return add(value, hash, place)
  }

  @inline(__always)
  private mutating func add(_ value: Value, _ hash: UInt64, _ place: Int) -> UInt32 {
    if (count + 1) * 2 > mask + 1 {
      enlarge()
      return insert(value, hash, freePlace(hash))
    }
    return insert(value, hash, place)
  }

  private mutating func insert(_ value: Value, _ hash: UInt64, _ place: Int) -> UInt32 {
    values[count] = value.kept(in: &heap)
    hashes.base.assumingMemoryBound(to: UInt64.self)[count] = hash
    byteCount += PlainEncoder.size(value, storage)
    count += 1
    places.base.assumingMemoryBound(to: UInt32.self)[place] = UInt32(truncatingIfNeeded: count)
    return UInt32(truncatingIfNeeded: count - 1)
  }

  private func freePlace(_ hash: UInt64) -> Int {
    let slots = places.base.assumingMemoryBound(to: UInt32.self)
    var place = Int(truncatingIfNeeded: hash &>> 20) & mask
    while slots[place] != 0 { place = (place &+ 1) & mask }
    return place
  }

  private mutating func enlarge() {
    let capacity = (mask + 1) * 2
    mask = capacity - 1
    places = Buffer.zeroed(byteCount: capacity * 4)
    entries = Self.grown(entries, to: capacity / 2 * MemoryLayout<Value>.stride)
    hashes = Self.grown(hashes, to: capacity / 2 * 8)
    let known = hashes.base.assumingMemoryBound(to: UInt64.self)
    let slots = places.base.assumingMemoryBound(to: UInt32.self)
    for code in 0..<count { slots[freePlace(known[code])] = UInt32(truncatingIfNeeded: code + 1) }
  }

  private static func grown(_ buffer: Buffer, to byteCount: Int) -> Buffer {
    let larger = Buffer(byteCount: byteCount)
    memcpy(larger.base, buffer.base, buffer.byteCount)
    return larger
  }
}
