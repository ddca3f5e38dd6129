import LakeColumnar

/// The levels of the page that is being filled; kept as a mere count as long as all are the maximum.
struct LevelBuffer {
  private let maximum: Int
  private var levels: [UInt8] = []
  private(set) var count = 0

  init(maximum: Int) { self.maximum = maximum }

  /// Adds levels that are all the maximum.
  mutating func append(full more: Int) {
    if !levels.isEmpty { levels.append(contentsOf: repeatElement(UInt8(maximum), count: more)) }
    count += more
  }

  mutating func append(_ more: [UInt8]) {
    if levels.isEmpty { levels = [UInt8](repeating: UInt8(maximum), count: count) }
    levels.append(contentsOf: more)
    count += more.count
  }

  /// The levels in the hybrid encoding; nothing for columns without such levels. Starts anew.
  mutating func encode() -> [UInt8] {
    defer {
      levels.removeAll(keepingCapacity: true)
      count = 0
    }
    if maximum == 0 { return [] }
    var output = ByteOutput()
    let width = PageLevels.width(maximum)
    if levels.isEmpty {
      HybridEncoder.encode(repeating: maximum, count: count, width: width, into: &output)
    } else {
      levels.withUnsafeBufferPointer { buffer in
        if let start = buffer.baseAddress {
          HybridEncoder.encode(start, count: buffer.count, width: width, into: &output)
        }
      }
    }
    return Array(output.bytes)
  }
}
