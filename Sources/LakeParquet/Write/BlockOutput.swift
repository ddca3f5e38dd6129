import LakeColumnar

/// Bytes that grow at the end without ever being moved: in blocks, which double up to a mebibyte.
struct BlockOutput {
  private var blocks: [(buffer: Buffer, count: Int)] = []
  private(set) var count = 0
  private var room = 0

  private static let firstBlock = 16 << 10
  private static let largestBlock = 1 << 20

  mutating func append(_ more: UnsafeRawBufferPointer) {
    var rest = more
    while let start = rest.baseAddress, rest.count > 0 {
      if room == 0 { addBlock() }
      let last = blocks.count - 1
      let step = min(room, rest.count)
      (blocks[last].buffer.base + blocks[last].count).copyMemory(from: start, byteCount: step)
      blocks[last].count += step
      count += step
      room -= step
      rest = UnsafeRawBufferPointer(rebasing: rest[step...])
    }
  }

  mutating func append(_ more: [UInt8]) { more.withUnsafeBytes { append($0) } }

  private mutating func addBlock() {
    let doubled = (blocks.last.map { ($0.buffer.byteCount + Buffer.padding) * 2 }) ?? Self.firstBlock
    // With its padding a block has a size that the pool of large blocks keeps.
    room = min(doubled, Self.largestBlock) - Buffer.padding
    blocks.append((Buffer(byteCount: room), 0))
  }

  func forEachBlock<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    for block in blocks {
      try withExtendedLifetime(block.buffer) { () throws(E) in
        try body(UnsafeRawBufferPointer(start: block.buffer.base, count: block.count))
      }
    }
  }
}
