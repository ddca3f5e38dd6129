import LakeColumnar
import LakeDiagnostics

/// Counts the memory that one reader holds for column chunks and pages, so that a file which claims far more than it
/// holds, or decompresses to far more, ends in an error.
///
/// A reader may hold `allowance` bytes; what goes beyond comes out of the query's budget. Used by one thread.
final class ReaderMemory {
  /// Bytes that a reader may hold beside the query's budget.
  static let allowance = 256 << 20

  private let budget: MemoryBudget?
  private var held = 0
  /// The part of `held` that the budget was asked for.
  private var charged = 0

  init(budget: MemoryBudget?) { self.budget = budget }

  deinit { budget?.release(charged) }

  /// Takes bytes, or throws `.outOfMemory`.
  func hold(_ bytes: Int) throws(QueryError) {
    let wanted = max(0, held + bytes - Self.allowance)
    if wanted > charged {
      try budget?.reserve(wanted - charged, for: "column chunks and pages of a Parquet file")
      charged = wanted
    }
    held += bytes
  }

  func release(_ bytes: Int) {
    held -= bytes
    let needed = max(0, held - Self.allowance)
    if needed < charged {
      budget?.release(charged - needed)
      charged = needed
    }
  }
}

/// The memory of one column chunk: its stored bytes, its dictionary, and its largest page so far.
final class ChunkMemory {
  private let memory: ReaderMemory
  private var stored = 0
  private var dictionary = 0
  private var page = 0
  private var entries = 0

  init(_ memory: ReaderMemory) { self.memory = memory }

  deinit { memory.release(stored + dictionary + page + entries) }

  func holdStored(_ bytes: Int) throws(QueryError) {
    try memory.hold(bytes)
    stored += bytes
  }

  func releaseStored(_ bytes: Int) {
    memory.release(bytes)
    stored -= bytes
  }

  func holdDictionary(_ bytes: Int) throws(QueryError) {
    try memory.hold(bytes)
    dictionary += bytes
  }

  /// Pages follow each other in the same memory.
  func holdPage(_ bytes: Int) throws(QueryError) {
    if bytes <= page { return }
    try memory.hold(bytes - page)
    page = bytes
  }

  /// What the entries of the rows that are read at once take, in columns of lists.
  func holdEntries(_ bytes: Int) throws(QueryError) {
    if bytes <= entries { return }
    try memory.hold(bytes - entries)
    entries = bytes
  }
}
