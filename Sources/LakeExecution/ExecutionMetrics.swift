package import LakeColumnar

/// What a query did: rows and time of each operator, what scans read, memory.
package struct ExecutionMetrics: Sendable {
  /// The operators with their counters; nil before the query was planned.
  package let root: OperatorNode?
  private let scans: [TableScan]
  /// From the first pipeline to the last.
  package let nanoseconds: Int
  /// The most bytes that large structures held at once.
  package let peakMemory: Int

  init(root: OperatorNode?, scans: [TableScan], nanoseconds: Int, peakMemory: Int) {
    self.root = root
    self.scans = scans
    self.nanoseconds = nanoseconds
    self.peakMemory = peakMemory
  }

  /// A counter summed over all scans.
  package func scanned(_ counter: ScanCounters.Counter) -> Int {
    scans.reduce(0) { $0 + $1.counters.value(counter) }
  }

  /// What one operator's scan did; nil for other operators.
  func counters(of node: OperatorNode) -> ScanCounters? { scans.first { $0.node === node }?.counters }

  /// Rows and bytes that scans have read so far, for progress displays.
  package var rowsScanned: Int { scanned(.rowsRead) }
}
