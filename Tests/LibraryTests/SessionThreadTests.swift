import LakeDiagnostics
import Testing

@testable import LakeSQL

@Suite struct SessionThreadTests {
  @Test func aThreadThatCannotStartIsAnError() {
    // More than the address space holds.
    let thread = SessionThread(stackBytes: 1 << 50)
    let error = #expect(throws: QueryError.self) { try thread.enqueue {} }
    #expect(error?.code == .insufficientResources)
  }
}
