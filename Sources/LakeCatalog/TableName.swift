/// The name of a table or view within its database, as it was written; equal without regard to ASCII case.
package struct TableName: Sendable {
  package var database: String
  package var table: String

  package init(_ database: String, _ table: String) {
    self.database = database
    self.table = table
  }

  /// A name folded as the metastore compares it: ASCII letters in lower case.
  package static func folded(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else { return name }
    return String(decoding: name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}

extension TableName: Hashable {
  package static func == (a: TableName, b: TableName) -> Bool {
    folded(a.table) == folded(b.table) && folded(a.database) == folded(b.database)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(Self.folded(table))
    hasher.combine(Self.folded(database))
  }
}

extension TableName: CustomStringConvertible {
  package var description: String { "\(database).\(table)" }
}
