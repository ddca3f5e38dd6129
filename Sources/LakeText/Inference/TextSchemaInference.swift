import LakeColumnar
package import LakeDiagnostics
package import LakeFileSystem
package import LakeTypes

/// Finds out a schema from the text itself, after Spark's rules.
package enum TextSchemaInference {
  /// Reads the files, up to `sampleRows` records of all together (nil for all of them, as Spark does).
  ///
  /// CSV: names from the header or `_c0`, `_c1`, ...; all strings unless the options ask for types.
  /// JSON: fields sorted by name, objects and arrays merged. Files without data are an error.
  package static func infer(
    _ format: TextFormat, files: [any ReadableFile], sampleRows: Int? = nil, zone: TextTimeZone = .utc
  ) throws(QueryError) -> Schema {
    let schema: Schema
    switch format {
    case .text: return Schema([Field("value", .string)])
    case .csv(let options):
      var inference = try CSVInference(options, zone: zone, limit: sampleRows ?? .max)
      for file in files { try inference.read(file) }
      schema = inference.schema
    case .json(let options):
      let inference = try JSONInference(options, zone: zone, limit: sampleRows ?? .max)
      for file in files { try inference.read(file) }
      schema = inference.schema
    }
    if schema.count == 0 {
      throw QueryError(
        .invalidParameter, .bind, "no columns can be inferred: the files hold no data",
        hint: "declare the schema", file: files.first.map { FileLocation(path: $0.path) })
    }
    return schema
  }
}
