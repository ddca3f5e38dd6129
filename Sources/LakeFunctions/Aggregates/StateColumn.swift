import Glibc
import LakeColumnar
import LakeTypes

/// One fixed-width state a group (or entry) in raw memory, growing by doubling.
struct StateColumn<T: BitwiseCopyable> {
  /// Valid until the next `resize` or `append`.
  private(set) var base: UnsafeMutablePointer<T>
  private(set) var count = 0
  private var capacity: Int
  private var storage: Buffer
  private let initial: T

  init(_ initial: T, capacity: Int = 16) {
    self.initial = initial
    self.capacity = capacity
    storage = Buffer(byteCount: capacity * MemoryLayout<T>.stride)
    base = storage.base.assumingMemoryBound(to: T.self)
  }

  var byteCount: Int { storage.byteCount }

  /// Grows to `newCount` states; new ones are initial.
  mutating func resize(_ newCount: Int) {
    if newCount <= count { return }
    if newCount > capacity { enlarge(max(newCount, capacity * 2)) }
    (base + count).initialize(repeating: initial, count: newCount - count)
    count = newCount
  }

  /// Adds one state.
  @inline(__always)
  mutating func append(_ value: T) {
    if count == capacity { enlarge(capacity * 2) }
    base[count] = value
    count &+= 1
  }

  private mutating func enlarge(_ newCapacity: Int) {
    let larger = Buffer(byteCount: newCapacity * MemoryLayout<T>.stride)
    memcpy(larger.base, storage.base, count * MemoryLayout<T>.stride)
    storage = larger
    capacity = newCapacity
    base = storage.base.assumingMemoryBound(to: T.self)
  }

  /// States of a multiple of 8 bytes as vectors, one a word.
  func words(from start: Int, count: Int) -> [Vector] {
    let width = MemoryLayout<T>.stride / 8
    let source = UnsafeRawPointer(base + start).assumingMemoryBound(to: Int64.self)
    return (0..<width).map { word in
      let result = Vector.flat(.bigint, count: count)
      let target = result.slots(Int64.self)
      for index in 0..<count { target[index] = source[index &* width &+ word] }
      return result
    }
  }

  /// Takes what `words` returned as the first states.
  mutating func load(words vectors: ArraySlice<Vector>, count: Int) {
    resize(count)
    let width = MemoryLayout<T>.stride / 8
    let target = UnsafeMutableRawPointer(base).assumingMemoryBound(to: Int64.self)
    for (word, vector) in vectors.enumerated() {
      let source = vector.slots(Int64.self)
      for index in 0..<count { target[index &* width &+ word] = source[index] }
    }
  }

  /// Keeps the storage alive while `body` uses `base`.
  @inline(__always)
  func withBase<R>(_ body: (UnsafeMutablePointer<T>) -> R) -> R {
    withExtendedLifetime(storage) { body(base) }
  }
}

extension StateColumn where T == UInt8 {
  /// States of a byte as a vector.
  func bytes(from start: Int, count: Int) -> Vector {
    let result = Vector.flat(.tinyint, count: count)
    memcpy(result.values, base + start, count)
    return result
  }

  /// Takes what `bytes` returned as the first states.
  mutating func load(bytes vector: Vector, count: Int) {
    resize(count)
    memcpy(base, vector.values, count)
  }
}

/// Group numbers for rows that all go to group 0.
enum ZeroGroups {
  private static let usual = Buffer.zeroed(byteCount: Batch.capacity * 4)

  static func withZeros<R, E: Error>(
    _ count: Int, _ body: (UnsafePointer<UInt32>) throws(E) -> R
  ) throws(E) -> R {
    let buffer = count <= Batch.capacity ? usual : Buffer.zeroed(byteCount: count * 4)
    defer { withExtendedLifetime(buffer) {} }
    return try body(UnsafePointer(buffer.base.assumingMemoryBound(to: UInt32.self)))
  }
}
