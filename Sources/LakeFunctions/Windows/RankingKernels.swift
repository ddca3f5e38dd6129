import LakeColumnar
import LakeTypes

/// Kernels that number the rows of a partition.
enum RankingKernels {
  static func rowNumber(_ partition: WindowPartition) -> Vector {
    integers(partition) { Int32(truncatingIfNeeded: $0 &+ 1) }
  }

  static func rank(_ partition: WindowPartition) -> Vector { integers(partition) { partition.peerStart[$0] &+ 1 } }

  static func denseRank(_ partition: WindowPartition) -> Vector {
    var rank: Int32 = 0
    return integers(partition) { row in
      if Int(partition.peerStart[row]) == row { rank &+= 1 }
      return rank
    }
  }

  static func percentRank(_ partition: WindowPartition) -> Vector {
    let others = Double(partition.count - 1)
    return doubles(partition) { others == 0 ? 0 : Double(partition.peerStart[$0]) / others }
  }

  static func cumulativeShare(_ partition: WindowPartition) -> Vector {
    doubles(partition) { Double(partition.peerEnd[$0]) / Double(partition.count) }
  }

  /// The first `count % buckets` buckets hold one row more than the others.
  static func tile(_ partition: WindowPartition, buckets: Int) -> Vector {
    let size = partition.count / buckets
    let larger = partition.count % buckets
    let boundary = larger * (size + 1)
    return integers(partition) { row in
      let bucket = row < boundary ? row / (size + 1) : larger + (row - boundary) / max(size, 1)
      return Int32(truncatingIfNeeded: bucket + 1)
    }
  }

  @inline(__always)
  private static func integers(_ partition: WindowPartition, _ value: (Int) -> Int32) -> Vector {
    let result = Vector.flat(.int, count: partition.count)
    let target = result.slots(Int32.self)
    for row in 0..<partition.count { target[row] = value(row) }
    return result
  }

  @inline(__always)
  private static func doubles(_ partition: WindowPartition, _ value: (Int) -> Double) -> Vector {
    let result = Vector.flat(.double, count: partition.count)
    let target = result.slots(Double.self)
    for row in 0..<partition.count { target[row] = value(row) }
    return result
  }
}
