import Glibc
package import LakeDiagnostics

/// A block of raw memory with 64 bytes of readable padding behind its end, freed with its last reference.
///
/// Whoever allocates a buffer may write to it until it is shared; from then on nobody does.
/// `@unchecked Sendable`: the memory is not written after it is published to another thread.
public final class Buffer: @unchecked Sendable {
  /// 64-byte aligned from 64 KiB on, 16-byte aligned below.
  public let base: UnsafeMutableRawPointer
  /// Usable bytes.
  public let byteCount: Int
  private let release: Release

  private enum Release {
    case free
    case pool
    /// Memory of somebody else (such as a mapped file), who lives as long as this buffer.
    case owner(AnyObject)
  }

  /// Bytes behind the end that may be read (not written with meaning), for wide loads.
  package static let padding = 64

  /// Allocates uninitialised memory of about a batch; large blocks come from the process-wide pool.
  ///
  /// Ends the process where the system has no memory for it, as Swift's own allocations do. What grows with the rows
  /// of a query is made by `allocated`.
  package convenience init(byteCount: Int) {
    guard let memory = Self.memory(byteCount) else { fatalError("out of memory: \(byteCount) bytes are not to be had") }
    self.init(memory, byteCount)
  }

  private init(_ memory: (base: UnsafeMutableRawPointer, release: Release), _ byteCount: Int) {
    self.byteCount = byteCount
    (base, release) = memory
  }

  private static func memory(_ byteCount: Int) -> (UnsafeMutableRawPointer, Release)? {
    let size = byteCount + padding
    if size >= LargeBlockPool.smallestBlock { return LargeBlockPool.shared.allocate(size).map { ($0, .pool) } }
    return malloc(size).map { ($0, .free) }
  }

  /// Allocates uninitialised memory for a structure of any size; throws `.outOfMemory` where the system has none.
  package static func allocated(byteCount: Int, for consumer: StaticString) throws(QueryError) -> Buffer {
    if let memory = memory(byteCount) { return Buffer(memory, byteCount) }
    throw QueryError(
      .outOfMemory, .execute, "the system has no memory for the \(consumer): it needs \(byteCount >> 10) KiB more",
      hint: "run with fewer threads, or a smaller lakesql.memory_limit")
  }

  /// As `allocated`, filled with zero bytes, padding included.
  package static func allocatedZeroed(byteCount: Int, for consumer: StaticString) throws(QueryError) -> Buffer {
    let buffer = try allocated(byteCount: byteCount, for: consumer)
    memset(buffer.base, 0, byteCount + padding)
    return buffer
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
