import LakeDiagnostics

/// Collects bytes and hands them on in pieces of about 64 KiB.
final class TextOutput {
  private static let pieceSize = 64 << 10

  var bytes: [UInt8] = []
  private let sink: TextSink

  init(_ sink: @escaping TextSink) {
    self.sink = sink
    bytes.reserveCapacity(Self.pieceSize + 4096)
  }

  func flushIfFull() throws(QueryError) {
    if bytes.count >= Self.pieceSize { try flush() }
  }

  func flush() throws(QueryError) {
    let sink = sink
    let result: Result<Void, QueryError> = bytes.withUnsafeBytes { piece in
      do throws(QueryError) { return .success(try sink(piece)) } catch { return .failure(error) }
    }
    try result.get()
    bytes.removeAll(keepingCapacity: true)
  }
}
