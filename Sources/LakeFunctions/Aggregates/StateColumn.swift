import Glibc
import LakeColumnar

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

  /// Keeps the storage alive while `body` uses `base`.
  @inline(__always)
  func withBase<R>(_ body: (UnsafeMutablePointer<T>) -> R) -> R {
    withExtendedLifetime(storage) { body(base) }
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
