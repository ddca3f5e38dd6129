package import LakeDiagnostics

extension ReadableFile {
  /// Some of the file's bytes; for small parts, because they are copied.
  package func bytes(at offset: Int, count: Int) throws(QueryError) -> [UInt8] {
    guard count > 0 else { return [] }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { buffer.deallocate() }
    try read(into: buffer, at: offset)
    return Array(buffer)
  }

  /// The whole file.
  package func allBytes() throws(QueryError) -> [UInt8] { try bytes(at: 0, count: size) }
}

extension WritableFile {
  /// Writes an array of bytes.
  package func write(_ bytes: [UInt8]) throws(QueryError) {
    let result: Result<Void, QueryError> = bytes.withUnsafeBytes { buffer in
      do throws(QueryError) { return .success(try write(buffer)) } catch { return .failure(error) }
    }
    try result.get()
  }

  /// Writes text as UTF-8.
  package func write(text: String) throws(QueryError) { try write(Array(text.utf8)) }
}
