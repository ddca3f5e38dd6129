import LakeColumnar
import LakeDiagnostics
import LakeExecution
@testable import LakePlan
import LakeTypes
import Testing

/// What operators keep is counted: the text of strings, orders, states.
@Suite struct MemoryTests {
  /// 20,000 rows with some 1200 bytes of text each, 24 MB together.
  private static let source = MemorySource(
    [("n", .int), ("t", .string)],
    (0..<20_000).map { (n: Int) in [i(n), s(String(repeating: "text \(n) ", count: 100))] })

  /// The limit is below the text and far above all else.
  private func expectTextIsCounted(
    _ query: Query, location: Testing.SourceLocation = #_sourceLocation
  ) throws {
    for threads in [1, 3] {
      let error = #expect(throws: QueryError.self, sourceLocation: location) {
        try query.rows(ExecutionSettings(threads: threads, memoryLimit: 3 << 20))
      }
      #expect(error?.code == .outOfMemory, sourceLocation: location)
      #expect(try !query.rows(ExecutionSettings(threads: threads, memoryLimit: 1 << 30)).isEmpty)
    }
  }

  @Test func firstRowsCountText() throws {
    let query = Query(Self.source)
    try expectTextIsCounted(query.sort([key(query["n"], descending: true)]).limit(19_000))
  }

  @Test func orderedAggregatesCountText() throws {
    let query = Query(Self.source)
    let first = aggregate("first", query["t"], order: [key(query["n"])])
    try expectTextIsCounted(query.aggregate(by: [], [first]))
  }

  @Test func windowsCountTheStatesOfFrames() throws {
    let rows = (0..<2000).map { [i($0)] }
    let query = Query(MemorySource([("n", .bigint)], rows))
    let frame = BoundFrame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
    let lists = aggregate("collect_list", query["n"], as: "lists")
    let call = WindowCall(
      column: lists.column, function: .aggregate(lists.function, lists.overload), arguments: lists.arguments,
      frame: frame)
    let window = Query(
      .window(WindowNode(input: query.plan, partitionBy: [], orderBy: [key(query["n"])], functions: [call])))
    // 2 million elements.
    let error = #expect(throws: QueryError.self) {
      try window.rows(ExecutionSettings(threads: 1, memoryLimit: 4 << 20))
    }
    #expect(error?.code == .outOfMemory)
    #expect(try window.rows(ExecutionSettings(threads: 1, memoryLimit: 1 << 30)).count == 2000)
  }

  @Test func memoryThatTheSystemLacksIsAnError() {
    let error = #expect(throws: QueryError.self) { try Buffer.allocated(byteCount: 1 << 60, for: "test") }
    #expect(error?.code == .outOfMemory)
  }
}
