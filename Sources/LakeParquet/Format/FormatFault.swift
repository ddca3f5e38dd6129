import LakeDiagnostics

/// What is wrong with the bytes of a file, found where the file and column are not known yet.
struct FormatFault: Error {
  enum Kind { case corrupt, unsupported, mismatch }

  let kind: Kind
  let message: String

  static func corrupt(_ message: String) -> FormatFault { FormatFault(kind: .corrupt, message: message) }
  static func unsupported(_ message: String) -> FormatFault { FormatFault(kind: .unsupported, message: message) }
  /// The file holds the column in a type that can't be read as the wanted one.
  static func mismatch(_ message: String) -> FormatFault { FormatFault(kind: .mismatch, message: message) }

  /// The fault as the engine's error, with the place it was found at.
  func error(in path: String, column: String? = nil, rowGroup: Int? = nil, page: String? = nil) -> QueryError {
    var place = ""
    if let column { place += "column \(column), " }
    if let rowGroup { place += "row group \(rowGroup), " }
    if let page { place += "\(page), " }
    let code: ErrorCode =
      switch kind {
      case .corrupt: .corruptFile
      case .unsupported: .unsupportedFile
      case .mismatch: .datatypeMismatch
      }
    let subject = kind == .corrupt ? "the Parquet file is corrupt" : "the Parquet file can't be read"
    return QueryError(code, .storage, "\(subject): \(place)\(message)").inFile(path)
  }
}
