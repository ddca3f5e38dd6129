import Glibc
import Synchronization

/// The memory that buffers have given back and that is kept for others.
package enum LargeBlocks {
  /// Gives what is kept beyond some bytes back to the system.
  package static func trim(to limit: Int) { LargeBlockPool.shared.trim(to: limit) }
}

/// Recycles blocks of 128 KiB and more, because the first touch of fresh pages is dear.
///
/// Sizes are rounded up to powers of two; blocks from 2 MiB on are advised to use huge pages.
/// `@unchecked Sendable` is not needed: all state sits behind the mutex.
final class LargeBlockPool: Sendable {
  static let shared = LargeBlockPool()
  static let smallestBlock = 128 << 10
  /// Bytes kept for reuse at most; what comes back beyond that is freed.
  private static let largestIdle = 256 << 20
  private static let hugePage = 2 << 20
  /// `MADV_HUGEPAGE` of Linux, which the C module does not export.
  private static let adviceHugePage: Int32 = 14

  private struct State {
    var idle: [Int: [UInt]] = [:]
    var idleBytes = 0
  }
  private let state = Mutex(State())

  /// A block of at least that many bytes; nil if the system has no more memory, even without what is kept here.
  func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    let rounded = Self.roundedSize(size)
    let reused: UInt? = state.withLock { state in
      guard let block = state.idle[rounded]?.popLast() else { return nil }
      state.idleBytes -= rounded
      return block
    }
    if let reused, let pointer = UnsafeMutableRawPointer(bitPattern: reused) { return pointer }
    if let fresh = Self.fresh(rounded) { return fresh }
    trim(to: 0)
    return Self.fresh(rounded)
  }

  /// Gives idle blocks back to the system until no more than some bytes are left.
  func trim(to limit: Int) {
    let freed = state.withLock { state in
      var freed: [UInt] = []
      while state.idleBytes > limit, let (size, blocks) = state.idle.first(where: { !$0.value.isEmpty }) {
        freed += blocks
        state.idle[size] = nil
        state.idleBytes -= size * blocks.count
      }
      return freed
    }
    for block in freed { free(UnsafeMutableRawPointer(bitPattern: block)) }
  }

  func recycle(_ block: UnsafeMutableRawPointer, size: Int) {
    let rounded = Self.roundedSize(size)
    let isKept: Bool = state.withLock { state in
      guard state.idleBytes + rounded <= Self.largestIdle else { return false }
      state.idle[rounded, default: []].append(UInt(bitPattern: block))
      state.idleBytes += rounded
      return true
    }
    if !isKept { free(block) }
  }

  /// Powers of two up to 1 MiB, then quarters of a power of two, so that at most a quarter is waste.
  private static func roundedSize(_ size: Int) -> Int {
    let power = 1 << (Int.bitWidth - (size - 1).leadingZeroBitCount)
    if power <= 1 << 20 { return power }
    let step = power / 8
    return (size + step - 1) / step * step
  }

  private static func fresh(_ size: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    let alignment = size >= hugePage ? hugePage : 64
    guard posix_memalign(&memory, alignment, size) == 0, let memory else { return nil }
    if size >= hugePage { _ = madvise(memory, size, adviceHugePage) }
    return memory
  }
}
