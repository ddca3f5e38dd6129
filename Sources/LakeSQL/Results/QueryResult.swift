import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes

/// What a statement yields: columns and their rows as an asynchronous sequence of batches, or a count of rows changed.
///
/// The statement runs ahead by a few batches at most. Dropping the result stops it. The session takes up its next
/// statement when this one has ended. Where the task that waits for a batch is cancelled, so is the statement.
public struct QueryResult: AsyncSequence, Sendable {
  public typealias Element = ResultBatch

  /// Empty for statements without rows.
  public let columns: [ResultColumn]
  /// Rows that INSERT, UPDATE, DELETE or MERGE has changed; nil for other statements.
  public let affectedRows: Int?
  /// When the statement was handed to its session.
  public let started: ContinuousClock.Instant
  /// In which timestamps are shown.
  let timeZone: TimeZoneRules
  private let channel: ResultChannel
  private let guardian: ResultGuardian

  init(_ header: ResultHeader, _ channel: ResultChannel, started: ContinuousClock.Instant) {
    self.started = started
    columns = header.schema.fields.map(ResultColumn.init)
    affectedRows = header.affectedRows
    timeZone = header.timeZone
    self.channel = channel
    guardian = ResultGuardian(channel)
  }

  public func makeAsyncIterator() -> Iterator { Iterator(channel: channel, guardian: guardian) }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let channel: ResultChannel
    fileprivate let guardian: ResultGuardian

    /// The next batch, or nil at the end; throws `SQLError` where the statement failed on its way.
    public mutating func next() async throws -> ResultBatch? {
      try await withTaskCancellationHandler {
        try await channel.next().map(ResultBatch.init)
      } onCancel: { [channel] in
        channel.cancel()
      }
    }
  }

  /// All rows, for small results.
  public func rows() async throws -> [[Value]] {
    var rows: [[Value]] = []
    for try await batch in self {
      for index in 0..<batch.rowCount { rows.append(batch.row(index)) }
    }
    return rows
  }
}

/// What is known of a result before its first row.
struct ResultHeader: Sendable {
  var schema: Schema
  var affectedRows: Int?
  /// The session's, when the statement began.
  var timeZone = TimeZoneRules.utc
}

/// Closes the channel when nobody can read from it any more.
final class ResultGuardian: Sendable {
  private let channel: ResultChannel

  init(_ channel: ResultChannel) { self.channel = channel }

  deinit { channel.close() }
}
