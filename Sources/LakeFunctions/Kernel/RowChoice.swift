import LakeColumnar
import LakeTypes

/// Builds a vector by taking each row from one of several vectors of the same type.
enum RowChoice {
  /// The pick that stands for NULL.
  static let null = UInt32.max

  /// Row `i` of the result is row `i` of `sources[picks[i]]`, or NULL.
  static func choose(
    _ type: LogicalType, from sources: [Vector], _ picks: UnsafePointer<UInt32>, count: Int
  ) -> Vector {
    switch type.physical {
    case .bool, .int8: slots(UInt8.self, 0, type, sources, picks, count)
    case .int16: slots(UInt16.self, 0, type, sources, picks, count)
    case .int32, .float32: slots(UInt32.self, 0, type, sources, picks, count)
    case .int64, .float64: slots(UInt64.self, 0, type, sources, picks, count)
    case .int128, .view: slots(StringView.self, .empty, type, sources, picks, count)
    case .list, .structure: nested(type, sources, picks, count)
    }
  }

  private static func slots<T: BitwiseCopyable>(
    _ slot: T.Type, _ zero: T, _ type: LogicalType, _ sources: [Vector], _ picks: UnsafePointer<UInt32>, _ count: Int
  ) -> Vector {
    let mask = ValidityMask(count: count, allValid: true)
    let readers = sources.map { ColumnReader<T>($0) }
    let masks = sources.map { RowMask($0) }
    var heaps: [Buffer] = []
    for source in sources {
      for heap in source.heaps where !heaps.contains(where: { $0 === heap }) { heaps.append(heap) }
    }
    let result = Vector.flat(type, count: count, validity: mask, heaps: heaps)
    let target = result.slots(T.self)
    var nullCount = 0
    for row in 0..<count {
      target[row] = zero
      if picks[row] != null, masks[Int(picks[row])].isValid(row) {
        target[row] = readers[Int(picks[row])][row]
      } else {
        mask.setNull(row)
        nullCount += 1
      }
    }
    return nullCount == 0 ? result.masked(nil) : result
  }

  private static func nested(
    _ type: LogicalType, _ sources: [Vector], _ picks: UnsafePointer<UInt32>, _ count: Int
  ) -> Vector {
    let builder = VectorBuilder(type, capacity: count)
    for row in 0..<count {
      if picks[row] == null { builder.appendNull() } else { builder.append(sources[Int(picks[row])], row: row) }
    }
    return builder.finish()
  }

  /// Fills a scratch buffer of picks and chooses by it.
  @inline(__always)
  static func choose(
    _ type: LogicalType, from sources: [Vector], count: Int, _ pick: (Int) -> UInt32
  ) -> Vector {
    let buffer = Buffer(byteCount: count * 4)
    let picks = buffer.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<count { picks[row] = pick(row) }
    return withExtendedLifetime(buffer) { choose(type, from: sources, UnsafePointer(picks), count: count) }
  }
}
