import LakeDiagnostics

/// Hands bytes on in pieces of about 64 KiB.
final class TextOutput {
  private static let pieceSize = 64 << 10

  let bytes = ByteBuffer(capacity: TextOutput.pieceSize + 4096)
  private let sink: TextSink

  init(_ sink: @escaping TextSink) { self.sink = sink }

  func flushIfFull() throws(QueryError) {
    if bytes.count >= Self.pieceSize { try flush() }
  }

  func flush() throws(QueryError) {
    try sink(UnsafeRawBufferPointer(bytes.bytes))
    bytes.truncate(to: 0)
  }
}
