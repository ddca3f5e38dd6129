package import LakeColumnar
package import LakeDiagnostics
package import LakeTypes

extension AvroSchema {
  /// The SQL type of the schema's values.
  package func sqlType() throws(QueryError) -> LogicalType {
    switch (kind, logicalType) {
    case (.int, .date): return .date
    case (.long, .timestampMillis), (.long, .timestampMicros), (.long, .timestampNanos): return .timestamp
    case (.long, .localTimestampMillis), (.long, .localTimestampMicros), (.long, .localTimestampNanos):
      return .timestampNTZ
    case (.bytes, .decimal(let precision, let scale)), (.fixed, .decimal(let precision, let scale)):
      guard precision <= LogicalType.maxDecimalPrecision else {
        throw QueryError(.unsupportedFile, .storage, "Avro decimals of more than 38 digits: \(precision)")
      }
      return .decimal(precision: precision, scale: scale)
    case (.array(let items), .map) where items.fields.count == 2:
      let value = items.fields[1].schema
      return .map(
        key: try items.fields[0].schema.sqlType(), value: try value.sqlType(), valueContainsNull: value.isNullable)
    default: return try plainType()
    }
  }

  private func plainType() throws(QueryError) -> LogicalType {
    switch kind {
    case .null: return .void
    case .boolean: return .boolean
    case .int: return .int
    case .long: return .bigint
    case .float: return .float
    case .double: return .double
    case .bytes, .fixed: return .binary
    case .string, .enumeration: return .string
    case .array(let items): return .array(element: try items.sqlType(), containsNull: items.isNullable)
    case .map(let values): return .map(key: .string, value: try values.sqlType(), valueContainsNull: values.isNullable)
    case .record(_, let fields): return .struct(try Self.sqlFields(fields))
    case .union:
      let branch = nonNull
      if case .union = branch.kind {
        throw QueryError(.unsupportedFile, .storage, "Avro unions of several types are not supported as columns")
      }
      return try branch.sqlType()
    }
  }

  private static func sqlFields(_ fields: [AvroField]) throws(QueryError) -> [Field] {
    var result: [Field] = []
    for field in fields {
      result.append(
        Field(
          field.name, try field.schema.sqlType(), isNullable: field.schema.isNullable,
          comment: field.properties["doc"]?.string, fieldID: field.fieldID))
    }
    return result
  }

  /// The columns of a file whose records have this schema.
  package func columns() throws(QueryError) -> Schema {
    guard case .record(_, let fields) = kind else {
      throw QueryError(.unsupportedFile, .storage, "an Avro table needs records, not \(json.compactText)")
    }
    return Schema(try Self.sqlFields(fields))
  }
}

/// Yields the records of an Avro file as batches, with the columns that the file's own schema gives.
package final class AvroTableReader: BatchReader {
  /// The file's columns.
  package let schema: Schema
  private let fields: [AvroField]
  private let projection: [Int]
  private let batchSize: Int
  private let path: String
  private let builders: [VectorBuilder]
  private var reader: AvroReader
  /// Rows before the latest batch, and up to its end.
  private var rowsBefore = 0
  private var rowsRead = 0

  /// Opens a file in memory; `projection` counts in `reader.schema`'s columns, `path` is for errors.
  package init(
    _ reader: AvroReader, path: String, projection: [Int], batchSize: Int = Batch.capacity
  ) throws(QueryError) {
    self.reader = reader
    self.path = path
    self.projection = projection
    self.batchSize = batchSize
    let schema = try reader.schema.columns()
    self.schema = schema
    fields = reader.schema.fields
    builders = projection.map { VectorBuilder(schema[$0].type, capacity: batchSize) }
  }

  package func next() throws(QueryError) -> Batch? {
    var count = 0
    while count < batchSize, case .record(let values)? = try reader.next() {
      for (builder, column) in zip(builders, projection) {
        try builder.append(values[column], fields[column].schema.nonNull)
      }
      count += 1
    }
    rowsBefore = rowsRead
    rowsRead += count
    return count == 0 ? nil : Batch(columns: builders.map { $0.finish() }, count: count)
  }

  package func location(ofRow row: Int) -> FileLocation? { FileLocation(path: path, row: rowsBefore + row + 1) }
}

extension VectorBuilder {
  /// Appends an Avro value of a schema whose SQL type is the builder's.
  fileprivate func append(_ value: AvroValue, _ schema: AvroSchema) throws(QueryError) {
    switch value {
    case .null: appendNull()
    case .boolean(let value): append(bool: value)
    case .int(let value): append(int32: value)
    case .long(let value): append(int64: schema.logicalType.map { $0.micros(value) } ?? value)
    case .float(let value): append(float: value)
    case .double(let value): append(double: value)
    case .string(let value): append(string: value)
    case .bytes(let bytes), .fixed(let bytes): try append(bytes, schema)
    case .enumeration(let position):
      guard case .enumeration(_, let symbols) = schema.kind else { return appendNull() }
      append(string: symbols[position])
    case .array(let elements): try append(elements, schema)
    case .map(let entries):
      guard case .map(let values) = schema.kind else { return appendNull() }
      for entry in entries {
        children[0].append(string: entry.key)
        try children[1].append(entry.value, values.nonNull)
      }
      appendList(count: entries.count)
    case .record(let values):
      for (child, (value, field)) in zip(children, zip(values, schema.fields)) {
        try child.append(value, field.schema.nonNull)
      }
      appendStruct()
    }
  }

  private func append(_ bytes: [UInt8], _ schema: AvroSchema) throws(QueryError) {
    guard case .decimal(let precision, _) = type else { return bytes.withUnsafeBufferPointer { append(bytes: $0) } }
    guard let value = BigEndianInteger.value(of: bytes), DecimalText.fits(value, precision: precision) else {
      throw QueryError(.corruptFile, .storage, "corrupt Avro data: a decimal of more than \(precision) digits")
    }
    append(unscaled: value)
  }

  private func append(_ elements: [AvroValue], _ schema: AvroSchema) throws(QueryError) {
    guard case .array(let items) = schema.kind else { return appendNull() }
    if case .map = type {
      for case .record(let pair) in elements {
        try children[0].append(pair[0], items.fields[0].schema.nonNull)
        try children[1].append(pair[1], items.fields[1].schema.nonNull)
      }
    } else {
      for element in elements { try children[0].append(element, items.nonNull) }
    }
    appendList(count: elements.count)
  }
}

extension AvroLogicalType {
  /// A long of this type in the engine's unit, microseconds where it is a time.
  fileprivate func micros(_ value: Int64) -> Int64 {
    switch self {
    case .timestampMillis, .localTimestampMillis: value.multipliedReportingOverflow(by: 1000).partialValue
    case .timestampNanos, .localTimestampNanos: DateTimeText.floorDivide(value, 1000)
    default: value
    }
  }
}
