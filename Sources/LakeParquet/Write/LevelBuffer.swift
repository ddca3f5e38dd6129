import LakeColumnar

/// The levels of the page that is being filled; kept as a mere count as long as all are the maximum.
struct LevelBuffer {
  private let maximum: Int
  private var levels: [UInt8] = []
  private(set) var count = 0

  init(maximum: Int) { self.maximum = maximum }

  /// Levels of a page in the hybrid encoding, and how many there are of each; both are empty where all are 0.
  struct Encoded {
    var bytes: [UInt8] = []
    var histogram: [Int] = []
  }

  /// Adds levels that are all the maximum.
  mutating func append(full more: Int) {
    if !levels.isEmpty { levels.append(contentsOf: repeatElement(UInt8(maximum), count: more)) }
    count += more
  }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if levels.isEmpty { levels = [UInt8](repeating: UInt8(maximum), count: count) }
    levels.append(contentsOf: more)
    count += more.count
  }

  /// Encodes the levels and starts anew.
  mutating func encode() -> Encoded {
    defer {
      levels.removeAll(keepingCapacity: true)
      count = 0
    }
    if maximum == 0 { return Encoded() }
    var output = ByteOutput()
    var histogram = [Int](repeating: 0, count: maximum + 1)
    let width = PageLevels.width(maximum)
    if levels.isEmpty {
      HybridEncoder.encode(repeating: maximum, count: count, width: width, into: &output)
      histogram[maximum] = count
    } else {
      levels.withUnsafeBufferPointer { buffer in
        if let start = buffer.baseAddress {
          HybridEncoder.encode(start, count: buffer.count, width: width, into: &output)
        }
        for level in buffer { histogram[Int(level)] += 1 }
      }
    }
    return Encoded(bytes: Array(output.bytes), histogram: histogram)
  }
}
