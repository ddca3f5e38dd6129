import Glibc

/// Owns the bytes of long strings that views of one or more vectors point to.
///
/// Bytes never move; memory is taken in blocks that double up to 1 MiB.
package struct StringHeap {
  package private(set) var buffers: [Buffer] = []
  package private(set) var byteCount = 0
  private var cursor: UnsafeMutablePointer<UInt8>?
  private var room = 0
  private var nextBlock = 4096

  package init() {}

  /// Copies the bytes unless they fit inline, and returns a view of the copy.
  package mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> StringView {
    guard let source = bytes.baseAddress else { return .empty }
    if bytes.count <= StringView.inlineCapacity { return StringView(source, count: bytes.count) }
    let target = reserve(bytes.count)
    memcpy(target, source, bytes.count)
    return StringView(target, count: bytes.count)
  }

  /// Copies what a view points to.
  package mutating func copy(_ view: StringView) -> StringView {
    if view.isInline { return view }
    return view.withBytes { copy($0) }
  }

  /// Takes uninitialised bytes that stay where they are, to be filled by the caller.
  package mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if let start = cursor, room >= count {
      cursor = start + count
      room -= count
      return start
    }
    let block = Buffer(byteCount: max(count, nextBlock))
    nextBlock = min(nextBlock * 2, 1 << 20)
    buffers.append(block)
    byteCount += block.byteCount
    let start = block.base.assumingMemoryBound(to: UInt8.self)
    cursor = start + count
    room = block.byteCount - count
    return start
  }

  /// Keeps somebody else's buffers alive too; ones that are held already are not added twice.
  package mutating func retain(_ others: [Buffer]) {
    for other in others where !buffers.contains(where: { $0 === other }) { buffers.append(other) }
    room = 0
    cursor = nil
  }
}
