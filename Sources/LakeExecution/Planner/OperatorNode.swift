import Synchronization

/// One operator of a physical plan, as EXPLAIN shows it, with counters that running workers add to.
package final class OperatorNode: Sendable {
  package let name: String
  /// What the operator does, such as its keys.
  package let details: String
  package let children: [OperatorNode]
  private let rowCount = Atomic<Int>(0)
  private let batchCount = Atomic<Int>(0)
  private let time = Atomic<Int>(0)
  private let spilled = Atomic<Int>(0)
  private let notes = Mutex<[String]>([])
  private let features = Mutex<[String]>([])

  init(_ name: String, _ details: String = "", _ children: [OperatorNode] = []) {
    self.name = name
    self.details = details
    self.children = children
  }

  /// Rows and batches that the operator yielded.
  package var rows: Int { rowCount.load(ordering: .relaxed) }
  package var batches: Int { batchCount.load(ordering: .relaxed) }
  /// Time spent in the operator itself, summed over threads.
  package var nanoseconds: Int { time.load(ordering: .relaxed) }
  /// Bytes that the operator wrote to temporary files.
  package var spilledBytes: Int { spilled.load(ordering: .relaxed) }
  /// Remarks about the run, such as how many files a scan skipped.
  package var remarks: [String] { notes.withLock { $0 } }

  func add(rows: Int = 0, batches: Int = 0, nanoseconds: Int) {
    rowCount.wrappingAdd(rows, ordering: .relaxed)
    batchCount.wrappingAdd(batches, ordering: .relaxed)
    time.wrappingAdd(nanoseconds, ordering: .relaxed)
  }

  func add(spilled bytes: Int) { spilled.wrappingAdd(bytes, ordering: .relaxed) }

  /// Adds the counters of a tree of the same shape, which ran in place of this one.
  func absorb(_ other: OperatorNode) {
    add(rows: other.rows, batches: other.batches, nanoseconds: other.nanoseconds)
    add(spilled: other.spilledBytes)
    for (mine, theirs) in zip(children, other.children) { mine.absorb(theirs) }
  }

  /// What the planner added to the operator.
  package var extras: [String] { features.withLock { $0 } }

  func describe(_ text: String) { features.withLock { $0.append(text) } }

  func remark(_ text: String) { notes.withLock { $0.append(text) } }
}
