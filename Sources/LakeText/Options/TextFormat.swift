/// A text format of files, with how it is to be read or written.
package enum TextFormat: Sendable, Hashable {
  case csv(CSVOptions)
  case json(JSONOptions)
  /// One string column `value`; every line is a row.
  case text

  /// Whether a file may be read in parts, each starting at a line (compressed files and records over lines may not).
  package func isSplittable(path: String) -> Bool {
    if CompressionSuffix(path: path) != .none { return false }
    switch self {
    case .csv(let options): return !options.isMultiLine
    case .json(let options): return !options.isMultiLine
    case .text: return true
    }
  }

  /// The column that takes records which cannot be read, if the schema has it; nil for formats without such records.
  package var corruptRecordColumn: String? {
    switch self {
    case .csv(let options): options.corruptRecordColumn
    case .json(let options): options.corruptRecordColumn
    case .text: nil
    }
  }
}

/// What happens to a record that does not fit the schema; Spark's `mode`.
package enum BadRecordMode: String, Sendable, Hashable, CaseIterable {
  /// What can't be read is NULL, and the whole record goes to the corrupt-record column if there is one.
  case permissive
  /// The record is left out.
  case dropMalformed = "dropmalformed"
  /// The query fails with `.badRecord`.
  case failFast = "failfast"
}

/// How a file is compressed, by its name.
enum CompressionSuffix: Equatable {
  case none
  case gzip
  /// One that cannot be read.
  case unknown(String)

  init(path: String) {
    let lower = path.lowercased()
    if lower.hasSuffix(".gz") || lower.hasSuffix(".gzip") {
      self = .gzip
    } else if let suffix = [".bz2", ".zst", ".zstd", ".lz4", ".snappy", ".deflate", ".xz", ".br"]
      .first(where: { lower.hasSuffix($0) })
    {
      self = .unknown(suffix)
    } else {
      self = .none
    }
  }
}

/// Converts between wall-clock time and instants, for timestamps in text.
package struct TextTimeZone: Sendable {
  /// The instant of wall-clock microseconds in a region, or in the session's zone for nil; nil for an unknown region.
  package var instant: @Sendable (_ localMicros: Int64, _ region: String?) -> Int64?
  /// The wall-clock microseconds of an instant in the session's zone.
  package var wallClock: @Sendable (_ micros: Int64) -> Int64

  package init(
    instant: @escaping @Sendable (_ localMicros: Int64, _ region: String?) -> Int64?,
    wallClock: @escaping @Sendable (_ micros: Int64) -> Int64
  ) {
    self.instant = instant
    self.wallClock = wallClock
  }

  /// A session in UTC that knows no regions.
  package static let utc = TextTimeZone(instant: { micros, region in region == nil ? micros : nil }, wallClock: { $0 })
}
