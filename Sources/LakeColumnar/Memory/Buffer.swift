import Glibc

/// A block of raw memory with 64 bytes of readable padding behind its end, freed with its last reference.
///
/// Whoever allocates a buffer may write to it until it is shared; from then on nobody does.
/// `@unchecked Sendable`: the memory is not written after it is published to another thread.
package final class Buffer: @unchecked Sendable {
  /// 64-byte aligned from 64 KiB on, 16-byte aligned below.
  package let base: UnsafeMutableRawPointer
  /// Usable bytes.
  package let byteCount: Int
  private let release: Release

  private enum Release {
    case free
    case pool
    /// Memory of somebody else (such as a mapped file), who lives as long as this buffer.
    case owner(AnyObject)
  }

  /// Bytes behind the end that may be read (not written with meaning), for wide loads.
  package static let padding = 64

  /// Allocates uninitialised memory; large blocks come from the process-wide pool.
  package init(byteCount: Int) {
    self.byteCount = byteCount
    let size = byteCount + Self.padding
    if size >= LargeBlockPool.smallestBlock {
      base = LargeBlockPool.shared.allocate(size)
      release = .pool
    } else {
      guard let memory = malloc(size) else { fatalError("out of memory: malloc of \(size) bytes failed") }
      base = memory
      release = .free
    }
  }

  /// Wraps memory that `owner` keeps alive; the padding must be readable there too.
  package init(wrapping memory: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
    base = memory
    self.byteCount = byteCount
    release = .owner(owner)
  }

  /// Allocates memory filled with zero bytes, padding included.
  package static func zeroed(byteCount: Int) -> Buffer {
    let buffer = Buffer(byteCount: byteCount)
    memset(buffer.base, 0, byteCount + padding)
    return buffer
  }

  deinit {
    switch release {
    case .free: free(base)
    case .pool: LargeBlockPool.shared.recycle(base, size: byteCount + Self.padding)
    case .owner: break
    }
  }
}
