/// A text format for results.
public enum ResultFormat: String, CaseIterable, Sendable {
  /// Aligned columns for people, as psql draws them.
  case table
  /// Comma-separated values (RFC 4180): NULL is empty, the empty string is `""`.
  case csv
  /// Tab-separated values as PostgreSQL's COPY escapes them: NULL is `\N`.
  case tsv
  /// One array of objects, a row a line.
  case json
  /// An object a line.
  case jsonl
}
