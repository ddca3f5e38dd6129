import LakeDiagnostics
import LakeTypes

/// Puts the columns of several files together by name, each at a type that holds the values of all.
struct SchemaMerge {
  private(set) var fields: [Field] = []

  /// Adds the columns of a file.
  mutating func add(_ columns: [Field], of path: String) throws(QueryError) {
    fields = try Self.union(fields, columns, path)
  }

  private static func union(_ known: [Field], _ new: [Field], _ path: String) throws(QueryError) -> [Field] {
    var result = known
    var names: [String: String] = [:]
    for field in new {
      if let other = names.updateValue(field.name, forKey: field.name.lowercased()), other != field.name {
        throw QueryError(
          .columnAlreadyExists, .bind, "the file has columns whose names differ in case only: \(other), \(field.name)",
          hint: "name the columns that are wanted, as the file spells them: schema => '\(field.name) ...'",
          file: FileLocation(path: path))
      }
      guard let index = Schema(result).index(of: field.name) else {
        result.append(field)
        continue
      }
      guard let type = try widened(result[index].type, field.type, path) else {
        throw QueryError(
          .unsupportedFile, .bind,
          "column \(field.name) is \(result[index].type) in other files, but \(field.type) here",
          hint: "name the columns and their types: schema => '...'", file: FileLocation(path: path))
      }
      result[index].type = type
    }
    return result
  }

  /// The narrowest type that a Parquet file with either type can be read as; nil if there is none.
  private static func widened(_ a: LogicalType, _ b: LogicalType, _ path: String) throws(QueryError) -> LogicalType? {
    if a == b || b == .void { return a }
    switch (a, b) {
    case (.void, _): return b
    case (.float, .double), (.double, .float): return .double
    case (.decimal(let p, let s), .decimal(let q, let t)) where s == t: return .decimal(precision: max(p, q), scale: s)
    case (.struct(let x), .struct(let y)): return .struct(try union(x, y, path))
    case (.array(let x, _), .array(let y, _)): return try widened(x, y, path).map { .array($0) }
    case (.map(let key, let x, _), .map(let otherKey, let y, _)):
      guard let wideKey = try widened(key, otherKey, path) else { return nil }
      return try widened(x, y, path).map { .map(wideKey, $0) }
    default:
      let integers: [LogicalType] = [.tinyint, .smallint, .int, .bigint]
      guard let x = integers.firstIndex(of: a), let y = integers.firstIndex(of: b) else { return nil }
      return integers[max(x, y)]
    }
  }
}
