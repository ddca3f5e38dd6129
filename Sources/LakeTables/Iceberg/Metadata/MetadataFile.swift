import Glibc
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// The files `<V>-<uuid>.metadata.json` of a table.
enum MetadataFile {
  /// How many older metadata files the log names, unless the table says otherwise.
  private static let previousVersionsMax = 100

  static func read(_ location: String, _ fileSystem: any FileSystem) throws(QueryError) -> TableMetadata {
    let path = try FilePath.path(fromURI: location)
    if path.hasSuffix(".gz.metadata.json") {
      throw QueryError(.unsupportedFile, .storage, "compressed table metadata is not supported: \(path)")
    }
    do throws(QueryError) {
      return try TableMetadata(json: try JSONValue(parsing: try fileSystem.open(path).allBytes()))
    } catch {
      throw error.inFile(path)
    }
  }

  /// Writes the next metadata file of a table.
  ///
  /// `previous` is the file it follows, with the time it was written; the log takes it up.
  static func write(
    _ metadata: inout TableMetadata, after previous: (location: String, millis: Int64)?, path: String,
    _ fileSystem: any FileSystem
  ) throws(QueryError) {
    if let previous {
      metadata.metadataLog.append(LogEntry(timestampMillis: previous.millis, value: previous.location))
      let limit = metadata.properties["write.metadata.previous-versions-max"].flatMap { Int($0) } ?? previousVersionsMax
      metadata.metadataLog.removeFirst(max(0, metadata.metadataLog.count - max(1, limit)))
    }
    try fileSystem.writeWhole(metadata.json.serialized(indented: true), to: path)
  }

  /// The name of the metadata file that follows another one.
  static func name(after previous: String?) -> String {
    let version = previous.map { Self.version(of: $0) + 1 } ?? 0
    let digits = String(version)
    return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits + "-" + UUIDText.random()
      + ".metadata.json"
  }

  private static func version(of location: String) -> Int {
    let name = FilePath.lastComponent(location)
    let digits = (name.hasPrefix("v") ? name.dropFirst() : name[...]).prefix { $0 >= "0" && $0 <= "9" }
    return Int(digits) ?? 0
  }
}

/// Random identifiers.
enum UUIDText {
  /// A version 4 UUID (RFC 9562) in lower case.
  static func random() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let hex = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text += [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension FileSystem {
  /// Writes a file in one go and makes it durable; on an error nothing stays.
  func writeWhole(_ bytes: [UInt8], to path: String) throws(QueryError) {
    let file = try create(path)
    do throws(QueryError) {
      try file.write(bytes)
      try file.finish()
    } catch {
      file.discard()
      throw error
    }
  }
}
