import LakeColumnar
import LakeDiagnostics
import LakeExecution

/// Carries a statement's batches from the session's thread to an asynchronous reader, a few at a time.
///
/// This is the one place where the engine's threads and Swift's tasks meet. `@unchecked Sendable`: all state is
/// touched under the monitor only.
final class ResultChannel: @unchecked Sendable {
  private enum Phase {
    case pending
    case open
    case ended(SQLError?)
  }

  /// Batches that may wait for the reader.
  private static let capacity = 8

  /// Of the statement.
  let cancellation = CancellationToken()
  private let monitor = Monitor()
  private var phase = Phase.pending
  private var header: ResultHeader?
  private var batches: [Batch] = []
  private var isClosed = false
  private var headerReader: CheckedContinuation<ResultHeader, any Error>?
  private var batchReader: CheckedContinuation<Batch?, any Error>?

  // MARK: The session's thread

  /// Publishes the columns; batches may follow.
  func open(_ header: ResultHeader) {
    let reader = monitor.locked { () -> CheckedContinuation<ResultHeader, any Error>? in
      phase = .open
      self.header = header
      defer { headerReader = nil }
      return headerReader
    }
    reader?.resume(returning: header)
  }

  /// Hands a batch over, and waits while the reader is behind; false where nobody reads any more. A statement that is
  /// cancelled does not wait, so that it comes to its end.
  func send(_ batch: Batch) -> Bool {
    let (isWanted, reader) = monitor.locked { () -> (Bool, CheckedContinuation<Batch?, any Error>?) in
      while batches.count >= Self.capacity, !isClosed, !cancellation.isCancelled { monitor.wait() }
      if isClosed { return (false, nil) }
      if let reader = batchReader {
        batchReader = nil
        return (true, reader)
      }
      batches.append(batch)
      return (true, nil)
    }
    reader?.resume(returning: batch)
    return isWanted
  }

  /// Ends the result, with an error or well.
  func finish(_ error: SQLError?) {
    let (first, second) = monitor.locked {
      phase = .ended(error)
      defer {
        headerReader = nil
        batchReader = nil
      }
      return (headerReader, batchReader)
    }
    if let error {
      first?.resume(throwing: error)
      second?.resume(throwing: error)
    } else {
      first?.resume(throwing: Self.withoutHeader)
      second?.resume(returning: nil)
    }
  }

  private static var withoutHeader: SQLError {
    SQLError(.internal("a statement has ended without a result"), source: "", name: nil)
  }

  // MARK: The reader

  /// Asks the statement to stop.
  func cancel() {
    cancellation.cancel()
    monitor.locked { monitor.wake() }
  }

  /// Waits for the columns, or throws what the statement failed with before it had any.
  func opened() async throws -> ResultHeader {
    try await withCheckedThrowingContinuation { continuation in
      let ready = monitor.locked { () -> Result<ResultHeader, any Error>? in
        if let header { return .success(header) }
        if case .ended(let error) = phase { return .failure(error ?? Self.withoutHeader) }
        headerReader = continuation
        return nil
      }
      if let ready { continuation.resume(with: ready) }
    }
  }

  /// The next batch, nil at the end.
  func next() async throws -> Batch? {
    try await withCheckedThrowingContinuation { continuation in
      let ready = monitor.locked { () -> Result<Batch?, any Error>? in
        if !batches.isEmpty {
          monitor.wake()
          return .success(batches.removeFirst())
        }
        if case .ended(let error) = phase {
          if let error { return .failure(error) }
          return .success(nil)
        }
        batchReader = continuation
        return nil
      }
      if let ready { continuation.resume(with: ready) }
    }
  }

  /// Tells the statement that nobody reads any more.
  func close() {
    monitor.locked {
      isClosed = true
      batches = []
      monitor.wake()
    }
  }
}
