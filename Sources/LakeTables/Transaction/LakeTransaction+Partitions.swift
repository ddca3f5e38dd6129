package import LakeCatalog
package import LakeDiagnostics
import LakeFileSystem
package import LakeTypes

/// What MSCK REPAIR does.
package enum RepairMode: Hashable, Sendable {
  /// Registers folders that are not known yet.
  case add
  /// Forgets partitions whose folders are gone.
  case drop
  case sync
}

/// What MSCK REPAIR did.
package struct RepairCounts: Hashable, Sendable {
  package var added: Int
  package var dropped: Int

  package init(added: Int, dropped: Int) {
    self.added = added
    self.dropped = dropped
  }
}

extension LakeTransaction {
  /// The names of a table's partitions, such as `dt=2026-01-31/country=PT`, sorted.
  package func partitions(of name: TableName) throws(QueryError) -> [String] {
    switch try table(name) {
    case .managed(let table): return try table.partitionNames()
    case .external(let table):
      if table.definition.partitionColumns.isEmpty { throw Self.notPartitioned(name) }
      return table.partitions.map(\.name)
    case .view: throw QueryError(.notAllowed, .bind, "a view has no partitions: \(name)")
    case nil: throw tableNotFound(name)
    }
  }

  static func notPartitioned(_ name: TableName) -> QueryError {
    QueryError(.notAllowed, .bind, "the table is not partitioned: \(name)")
  }

  /// Registers a partition of an external table; `values` by column name, nil for the default partition.
  package func addPartition(
    _ name: TableName, values: [String: String?], location: String? = nil, ifNotExists: Bool = false
  ) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      var table = try state.loadPartitions(of: name, try state.requireExternal(name))
      var partition = try table.definition.partition(values)
      if table.partitions?[partition.name] != nil {
        if ifNotExists { return }
        throw QueryError(.tableAlreadyExists, .catalog, "the partition exists already: \(partition.name)")
      }
      let base = try FilePath.path(fromURI: table.definition.location)
      if let location {
        partition.location = try Self.uri(location, relativeTo: base)
      } else {
        try self.warehouse.fileSystem.createDirectory(FilePath.join(base, partition.name))
      }
      table.partitions?[partition.name] = partition
      state.set(name, .external(table))
    }
  }

  /// Forgets the partitions of an external table that have the given values, which may be only some of the
  /// partition columns'; their files stay. Returns how many there were.
  @discardableResult
  package func dropPartitions(
    _ name: TableName, values: [String: String?], ifExists: Bool = false
  ) throws(QueryError) -> Int {
    try withState { (state) throws(QueryError) in
      var table = try state.loadPartitions(of: name, try state.requireExternal(name))
      let wanted = try table.definition.partitionValues(values)
      let matching = (table.partitions ?? [:]).filter { entry in
        wanted.allSatisfy { entry.value.values[$0.key] == $0.value }
      }
      if matching.isEmpty, !ifExists {
        throw QueryError(.partitionNotFound, .catalog, "the table \(name) has no such partition")
      }
      for key in matching.keys { table.partitions?[key] = nil }
      state.set(name, .external(table))
      return matching.count
    }
  }

  /// Makes the registered partitions of an external table agree with its folders.
  package func repair(_ name: TableName, mode: RepairMode = .add) throws(QueryError) -> RepairCounts {
    try withState { (state) throws(QueryError) in
      var table = try state.loadPartitions(of: name, try state.requireExternal(name))
      if table.definition.partitionColumns.isEmpty { throw Self.notPartitioned(name) }
      let found = try HiveLayout.partitions(of: table.definition, self.warehouse.fileSystem)
      var counts = RepairCounts(added: 0, dropped: 0)
      if mode != .drop {
        for partition in found where table.partitions?[partition.name] == nil {
          table.partitions?[partition.name] = partition
          counts.added += 1
        }
      }
      if mode != .add {
        let names = Set(found.map(\.name))
        for (key, partition) in table.partitions ?? [:] where !names.contains(key) {
          let path = try table.definition.path(of: partition)
          if try self.warehouse.fileSystem.status(of: path) != nil { continue }
          table.partitions?[key] = nil
          counts.dropped += 1
        }
      }
      state.set(name, .external(table))
      return counts
    }
  }

  /// Removes all rows, or those of the partitions with the given values; not those of an external table somewhere else,
  /// whose files others may have written.
  package func truncate(_ name: TableName, partition: [String: Literal]? = nil) throws(QueryError) {
    try withState { (state) throws(QueryError) in
      guard case .external(let table) = try state.require(name) else { return }
      let folder = FilePath.parent(try FilePath.path(fromURI: table.definition.location))
      for database in try state.allDatabases() where try FilePath.path(fromURI: database.location) == folder { return }
      throw QueryError(
        .notAllowed, .catalog, "TRUNCATE would remove the files of an external table: \(name)",
        hint: "INSERT OVERWRITE replaces its rows; ALTER TABLE ... DROP PARTITION forgets some and keeps the files")
    }
    let sink = try stageOverwrite(name, mode: partition.map { .partitions($0) } ?? .all)
    _ = try sink.complete()
  }
}

extension TransactionState {
  /// The external table with its partitions, read on first use.
  mutating func loadPartitions(of name: TableName, _ table: ExternalState) throws(QueryError) -> ExternalState {
    if table.partitions != nil { return table }
    var loaded = table
    loaded.partitions = [:]
    if !table.definition.partitionColumns.isEmpty {
      for partition in try warehouse.metastore().partitions(of: table.definition.name) {
        if let location = partition.location { try warehouse.requireFinished(try FilePath.path(fromURI: location)) }
        loaded.partitions?[partition.name] = partition
      }
    }
    if case .external(var base)? = tables[name]?.base, base.partitions == nil {
      base.partitions = loaded.partitions
      tables[name]?.base = .external(base)
    }
    set(name, .external(loaded))
    return loaded
  }
}

extension ExternalTable {
  /// Values by the position of their partition column; names that are no partition columns throw.
  func partitionValues(_ values: [String: String?]) throws(QueryError) -> [Int: String?] {
    var result: [Int: String?] = [:]
    for (column, value) in values {
      let wanted = column.lowercased()
      guard let index = partitionColumns.firstIndex(where: { $0.lowercased() == wanted }) else {
        throw QueryError(
          .invalidParameter, .bind, "the table \(name) is not partitioned by \(column)",
          hint: partitionColumns.isEmpty ? nil : "its partition columns are " + partitionColumns.joined(separator: ", ")
        )
      }
      result[index] = .some(value)
    }
    return result
  }

  /// The partition with values for all partition columns.
  func partition(_ values: [String: String?]) throws(QueryError) -> ExternalPartition {
    let known = try partitionValues(values)
    guard known.count == partitionColumns.count else {
      throw QueryError(
        .invalidParameter, .bind,
        "a partition of \(name) needs a value for each of "
          + partitionColumns.joined(separator: ", "))
    }
    return partition(inOrder: partitionColumns.indices.map { known[$0] ?? nil })
  }

  /// The partition with values in the order of the partition columns.
  func partition(inOrder values: [String?]) -> ExternalPartition {
    let segments = zip(partitionColumns, values).map { HivePartitionPath.segment(column: $0, value: $1) }
    let normalized = values.map { $0?.isEmpty ?? true ? nil : $0 }
    return ExternalPartition(name: segments.joined(separator: "/"), values: normalized)
  }

  /// The path of a partition's folder.
  func path(of partition: ExternalPartition) throws(QueryError) -> String {
    if let location = partition.location { return try FilePath.path(fromURI: location) }
    return FilePath.join(try FilePath.path(fromURI: location), partition.name)
  }
}
