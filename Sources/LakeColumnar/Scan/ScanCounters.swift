import Synchronization

/// Counts what a scan did, across its workers; tests and EXPLAIN ANALYZE read it.
package final class ScanCounters: Sendable {
  package enum Counter: Int, CaseIterable, Sendable {
    case partitionsPruned, filesRead, filesPruned, rowGroupsRead, rowGroupsPruned, pagesRead, pagesPruned, bytesRead,
      rowsRead
  }

  private let partitionsPruned = Atomic<Int>(0)
  private let filesRead = Atomic<Int>(0)
  private let filesPruned = Atomic<Int>(0)
  private let rowGroupsRead = Atomic<Int>(0)
  private let rowGroupsPruned = Atomic<Int>(0)
  private let pagesRead = Atomic<Int>(0)
  private let pagesPruned = Atomic<Int>(0)
  private let bytesRead = Atomic<Int>(0)
  private let rowsRead = Atomic<Int>(0)

  package init() {}

  package func add(_ amount: Int, to counter: Counter) {
    switch counter {
    case .partitionsPruned: partitionsPruned.wrappingAdd(amount, ordering: .relaxed)
    case .filesRead: filesRead.wrappingAdd(amount, ordering: .relaxed)
    case .filesPruned: filesPruned.wrappingAdd(amount, ordering: .relaxed)
    case .rowGroupsRead: rowGroupsRead.wrappingAdd(amount, ordering: .relaxed)
    case .rowGroupsPruned: rowGroupsPruned.wrappingAdd(amount, ordering: .relaxed)
    case .pagesRead: pagesRead.wrappingAdd(amount, ordering: .relaxed)
    case .pagesPruned: pagesPruned.wrappingAdd(amount, ordering: .relaxed)
    case .bytesRead: bytesRead.wrappingAdd(amount, ordering: .relaxed)
    case .rowsRead: rowsRead.wrappingAdd(amount, ordering: .relaxed)
    }
  }

  package func value(_ counter: Counter) -> Int {
    switch counter {
    case .partitionsPruned: partitionsPruned.load(ordering: .relaxed)
    case .filesRead: filesRead.load(ordering: .relaxed)
    case .filesPruned: filesPruned.load(ordering: .relaxed)
    case .rowGroupsRead: rowGroupsRead.load(ordering: .relaxed)
    case .rowGroupsPruned: rowGroupsPruned.load(ordering: .relaxed)
    case .pagesRead: pagesRead.load(ordering: .relaxed)
    case .pagesPruned: pagesPruned.load(ordering: .relaxed)
    case .bytesRead: bytesRead.load(ordering: .relaxed)
    case .rowsRead: rowsRead.load(ordering: .relaxed)
    }
  }
}
