package import LakeCatalog
package import LakeColumnar
package import LakeDiagnostics
import LakeFileSystem
package import LakeText
package import LakeTypes

/// An external table in the Hive layout as a transaction sees it.
package final class HiveTable: Sendable {
  package let definition: ExternalTable
  /// The registered partitions, by name.
  package let partitions: [ExternalPartition]
  private let state: ExternalState
  private let fileSystem: any FileSystem

  init(_ state: ExternalState, _ fileSystem: any FileSystem) throws(QueryError) {
    self.state = state
    self.fileSystem = fileSystem
    definition = state.definition
    partitions = (state.partitions ?? [:]).values.sorted { $0.name < $1.name }
  }

  package var name: TableName { definition.name }

  /// All columns, the partition columns last.
  package var schema: Schema { definition.schema }

  /// Plans reading the table; `zone` is for timestamps in text.
  package func scan(zone: TextTimeZone = .utc) throws(QueryError) -> any ScanSource {
    let dataCount = schema.count - definition.partitionColumns.count
    var columns: [FileScanSource.Column] = (0..<dataCount).map { .file($0) }
    columns += definition.partitionColumns.indices.map { .partition($0) }
    return FileScanSource(
      fields: schema.fields, columns: columns, fileSchema: Schema(Array(schema.fields.prefix(dataCount))),
      format: try DataFormat(definition),
      listing: .hive(try HivePartitions(state)), name: "\(name)", zone: zone, fileSystem: fileSystem)
  }
}

/// The folders of tables in the Hive layout.
enum HiveLayout {
  /// The partitions that the folders below a table's location spell, by name.
  static func partitions(
    of table: ExternalTable, _ fileSystem: any FileSystem
  ) throws(QueryError) -> [ExternalPartition] {
    let root = try FilePath.path(fromURI: table.location)
    var found: [String: ExternalPartition] = [:]
    guard try fileSystem.status(of: root) != nil else { return [] }
    for file in try fileSystem.files(under: root, recursive: true) {
      let relative = file.path.dropFirst(root.utf8.count).split(separator: "/")
      let folders = relative.dropLast().map(String.init)
      if relative.contains(where: { $0.hasPrefix("_") && !$0.contains("=") || $0.hasPrefix(".") }) { continue }
      guard folders.count >= table.partitionColumns.count else { continue }
      var values: [String?] = []
      for (column, folder) in zip(table.partitionColumns, folders) {
        guard let part = HivePartitionPath.parse(segment: folder), part.column.lowercased() == column.lowercased()
        else { break }
        values.append(part.value)
      }
      guard values.count == table.partitionColumns.count else { continue }
      var partition = table.partition(inOrder: values)
      let folder = folders.prefix(table.partitionColumns.count).joined(separator: "/")
      // Folders that are spelt in another way keep their own place.
      if folder != partition.name { partition.location = FilePath.fileURI(FilePath.join(root, folder)) }
      found[partition.name] = found[partition.name] ?? partition
    }
    return found.values.sorted { $0.name < $1.name }
  }
}
