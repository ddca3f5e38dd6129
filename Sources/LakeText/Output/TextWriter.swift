package import LakeColumnar
package import LakeDiagnostics
package import LakeFileSystem
package import LakeTypes

/// Takes the bytes that a text writer makes, in pieces.
package typealias TextSink = (UnsafeRawBufferPointer) throws(QueryError) -> Void

/// Opens writers of text files.
package enum TextWriter {
  /// A writer into a file, which the caller finishes or discards after the writer's `finish()`.
  package static func open(
    _ format: TextFormat, schema: Schema, zone: TextTimeZone = .utc, file: any WritableFile
  ) throws(QueryError) -> any BatchWriter {
    try open(format, schema: schema, zone: zone) { (bytes) throws(QueryError) in try file.write(bytes) }
  }

  /// A writer into anything that takes bytes; types that a reader of the format could not read are refused.
  package static func open(
    _ format: TextFormat, schema: Schema, zone: TextTimeZone = .utc, sink: @escaping TextSink
  ) throws(QueryError) -> any BatchWriter {
    switch format {
    case .csv(let options):
      // What could not be read back is not written.
      for field in schema.fields where field.type.isNested && options.collectionDelimiter == nil {
        throw QueryError(
          .unsupported, .bind, "CSV files cannot hold the column \(field.name) of type \(field.type)",
          hint: "use JSON or Parquet")
      }
      return try CSVWriter(schema: schema, options: options, zone: zone, sink: sink)
    case .json(let options): return try JSONWriter(schema: schema, options: options, zone: zone, sink: sink)
    case .text:
      guard schema.count == 1, schema[0].type == .string else {
        throw QueryError(.invalidParameter, .bind, "the text format has exactly one column, a string")
      }
      var options = CSVOptions.hiveText(nullText: "")
      options.delimiter = [0x0A]
      return try CSVWriter(schema: schema, options: options, zone: zone, sink: sink)
    }
  }
}
