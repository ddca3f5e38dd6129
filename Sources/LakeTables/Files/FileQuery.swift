import LakeAvro
package import LakeDiagnostics
package import LakeFileSystem
import LakeParquet
package import LakeText
package import LakeTypes

/// Finds the files of `read_files(...)` and of `` csv.`path` ``, their columns and the values of their folders.
package enum FileQuery {
  /// How many files are looked at, at most, to infer text columns.
  private static let inferenceFiles = 256

  /// Plans reading the files that a glob matches; without `schema` the columns are inferred. An empty format means
  /// what the endings of the files say.
  ///
  /// Folders of the form `column=value` right above the files (below the option `basePath`, if it is given) become
  /// columns, typed as Spark infers them or as `schema` says.
  package static func source(
    format name: String, glob: String, options: [String: String] = [:], schema: Schema? = nil,
    zone: TextTimeZone = .utc, fileSystem: any FileSystem
  ) throws(QueryError) -> FileScanSource {
    var name = name
    if name.isEmpty { name = try formatName(of: matching(glob, fileSystem), options) }
    let format = try DataFormat(name: name, options: options)
    try format.checkOptions(options)
    return try source(format, glob, options, schema, zone, fileSystem)
  }

  private static func matching(_ glob: String, _ fileSystem: any FileSystem) throws(QueryError) -> [FileStatus] {
    let files = try fileSystem.files(matching: glob)
    if files.isEmpty { throw QueryError(.pathNotFound, .bind, "no file matches \(glob)") }
    return files
  }

  private static func source(
    _ format: DataFormat, _ glob: String, _ options: [String: String], _ schema: Schema?, _ zone: TextTimeZone,
    _ fileSystem: any FileSystem
  ) throws(QueryError) -> FileScanSource {
    let files = try matching(glob, fileSystem)
    let basePath = options.first { $0.key.lowercased() == "basepath" }?.value
    let partitions = try PathPartitions(files, basePath: basePath, declared: schema)
    let isDeclared = schema != nil
    let parquetFiles = SharedParquetFiles(fileSystem)
    let data: Schema
    if let schema { data = schema } else { data = try inferred(format, files, options, zone, fileSystem, parquetFiles) }
    var fileFields: [Field] = []
    var fields: [Field] = []
    var columns: [FileScanSource.Column] = []
    for field in data.fields {
      fields.append(field)
      if let index = partitions.index(of: field.name) {
        fields[fields.count - 1].type = partitions.types[index]
        columns.append(.partition(index))
        // A declared column of the folders does not stand in the files; an inferred one was found in them.
        if isDeclared { continue }
      } else {
        columns.append(.file(fileFields.count))
      }
      fileFields.append(field)
    }
    for (index, column) in partitions.names.enumerated() where data.index(of: column) == nil {
      fields.append(Field(column, partitions.types[index]))
      columns.append(.partition(index))
    }
    return FileScanSource(
      fields: fields, columns: columns, fileSchema: Schema(fileFields), format: format,
      listing: .fixed(partitions.files), name: glob, zone: zone, fileSystem: fileSystem, parquetFiles: parquetFiles)
  }

  /// The format that the endings of all files agree on.
  private static func formatName(of files: [FileStatus], _ options: [String: String]) throws(QueryError) -> String {
    let names = Set(files.map { DataFormat.name(ofFile: $0.path) })
    if names.count == 1, let name = names.first ?? nil { return name }
    for option in options.keys.sorted() where NearestName.of(option, among: ["format"]) != nil {
      throw QueryError(.invalidParameter, .bind, "unknown option: \(option)", hint: "did you mean format?")
    }
    let path = files.first { DataFormat.name(ofFile: $0.path) == nil }?.path ?? files[0].path
    throw QueryError(
      .invalidParameter, .bind,
      names.count == 1 ? "the ending of the file tells no format: \(path)" : "the files differ in format: \(path)",
      hint: "name it: format => 'csv', 'json', 'parquet', 'text' or 'avro'")
  }

  /// The columns of files, for tables that are created over them.
  package static func inferredSchema(
    format name: String, glob: String, options: [String: String], zone: TextTimeZone = .utc,
    fileSystem: any FileSystem
  ) throws(QueryError) -> Schema {
    let format = try DataFormat(name: name, options: options)
    let source = try source(format, glob, options, nil, zone, fileSystem)
    return Schema(Array(source.schema.fields.dropLast(source.metadataColumnCount)))
  }

  private static func inferred(
    _ format: DataFormat, _ files: [FileStatus], _ options: [String: String], _ zone: TextTimeZone,
    _ fileSystem: any FileSystem, _ parquetFiles: SharedParquetFiles
  ) throws(QueryError) -> Schema {
    let nonEmpty = files.filter { $0.size > 0 }
    let merges = try merges(options)
    switch format {
    case .parquet:
      var merged = SchemaMerge()
      let first = nonEmpty.first ?? files[0]
      for file in merges && !nonEmpty.isEmpty ? nonEmpty : [first] {
        let parquet = try parquetFiles.shared(file.path).file()
        try parquet.requireReadableTypes()
        try merged.add(parquet.schema.fields.map(plain), of: file.path)
      }
      return Schema(merged.fields)
    case .avro where merges:
      throw QueryError(
        .unsupported, .bind, "the option mergeSchema is not supported for Avro files", hint: "name the columns: schema")
    case .avro:
      let first = nonEmpty.first ?? files[0]
      return Schema(try AvroReader(try fileSystem.open(first.path).allBytes()).schema.columns().fields.map(plain))
    case .text(let text):
      var opened: [any ReadableFile] = []
      for file in nonEmpty.prefix(inferenceFiles) { opened.append(try fileSystem.open(file.path)) }
      return try TextSchemaInference.infer(text, files: opened, zone: zone)
    }
  }

  /// Whether the columns of all files are wanted, rather than those of the first one; of text all files are looked at.
  private static func merges(_ options: [String: String]) throws(QueryError) -> Bool {
    guard let text = options.first(where: { $0.key.lowercased() == "mergeschema" })?.value else { return false }
    switch text.lowercased() {
    case "true": return true
    case "false": return false
    default: throw QueryError(.invalidParameter, .bind, "the option mergeSchema must be true or false: '\(text)'")
    }
  }

  /// A column as SQL sees it: without field id, and nullable, as Spark reads files.
  private static func plain(_ field: Field) -> Field {
    Field(field.name, plain(field.type), comment: field.comment)
  }

  private static func plain(_ type: LogicalType) -> LogicalType {
    switch type {
    case .array(let element, _): .array(plain(element))
    case .map(let key, let value, _): .map(plain(key), plain(value))
    case .struct(let fields): .struct(fields.map { plain($0) })
    default: type
    }
  }
}

/// The columns that folders of the form `column=value` above files give.
struct PathPartitions {
  private(set) var names: [String] = []
  private(set) var types: [LogicalType] = []
  private(set) var files: [ScannedFile] = []

  init(_ statuses: [FileStatus], basePath: String?, declared: Schema?) throws(QueryError) {
    let base = try basePath.map { (text) throws(QueryError) in try FilePath.path(fromURI: text) }
    let values = statuses.map { Self.values(of: $0.path, below: base) }
    for list in values {
      for item in list where index(of: item.column) == nil { names.append(item.column) }
    }
    for name in names {
      let texts = values.compactMap { list in list.first { $0.column.lowercased() == name.lowercased() }?.value }
      let declaredType = declared.flatMap { schema in schema.index(of: name).map { schema[$0].type } }
      types.append(declaredType ?? PartitionText.inferredType(texts))
    }
    for (status, list) in zip(statuses, values) {
      var literals: [Literal] = []
      for (name, type) in zip(names, types) {
        let text = list.first { $0.column.lowercased() == name.lowercased() }?.value
        literals.append(try Self.literal(text, type, column: name, path: status.path))
      }
      files.append(ScannedFile(path: status.path, size: status.size, modified: status.modified, partition: literals))
    }
  }

  func index(of name: String) -> Int? {
    let wanted = name.lowercased()
    return names.firstIndex { $0.lowercased() == wanted }
  }

  /// The unbroken run of `column=value` folders right above a file.
  private static func values(of path: String, below base: String?) -> [(column: String, value: String?)] {
    if let base { return HivePartitionPath.values(of: path, below: base) }
    var result: [(column: String, value: String?)] = []
    for segment in path.split(separator: "/").dropLast().reversed() {
      guard let part = HivePartitionPath.parse(segment: String(segment)) else { break }
      result.insert(part, at: 0)
    }
    return result
  }

  private static func literal(
    _ text: String?, _ type: LogicalType, column: String, path: String
  ) throws(QueryError) -> Literal {
    guard let text else { return .null }
    if let value = PartitionText.value(of: text, type: type) { return value }
    throw QueryError(
      .castInvalidInput, .storage, "the folder value of column \(column) is no \(type): '\(text)'",
      file: FileLocation(path: path))
  }
}
