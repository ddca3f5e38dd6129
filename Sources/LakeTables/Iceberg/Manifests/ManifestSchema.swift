import LakeAvro
import LakeDiagnostics
import LakeTypes

/// The Avro schemas of manifests and manifest lists in format versions 2 and 3, with Iceberg's field ids.
enum ManifestSchema {
  static func list(formatVersion: Int) -> AvroSchema {
    .record("manifest_file", listFields + (formatVersion >= 3 ? [.optional("first_row_id", .long, id: 520)] : []))
  }

  private static let listFields: [AvroField] = [
    AvroField("manifest_path", .string, id: 500), AvroField("manifest_length", .long, id: 501),
    AvroField("partition_spec_id", .int, id: 502), AvroField("content", .int, id: 517),
    AvroField("sequence_number", .long, id: 515), AvroField("min_sequence_number", .long, id: 516),
    AvroField("added_snapshot_id", .long, id: 503), AvroField("added_files_count", .int, id: 504),
    AvroField("existing_files_count", .int, id: 505), AvroField("deleted_files_count", .int, id: 506),
    AvroField("added_rows_count", .long, id: 512), AvroField("existing_rows_count", .long, id: 513),
    AvroField("deleted_rows_count", .long, id: 514),
    .optional("partitions", .array(partitionSummary, elementID: 508), id: 507),
    .optional("key_metadata", .bytes, id: 519),
  ]

  private static let partitionSummary = AvroSchema.record(
    "r508",
    [
      AvroField("contains_null", .boolean, id: 509), .optional("contains_nan", .boolean, id: 518),
      .optional("lower_bound", .bytes, id: 510), .optional("upper_bound", .bytes, id: 511),
    ])

  /// The schema of the entries of a manifest whose partition values have the given types.
  static func entries(
    _ spec: PartitionSpec, types: [LogicalType], formatVersion: Int
  ) throws(QueryError) -> AvroSchema {
    .record(
      "manifest_entry",
      [
        AvroField("status", .int, id: 0), .optional("snapshot_id", .long, id: 1),
        .optional("sequence_number", .long, id: 3), .optional("file_sequence_number", .long, id: 4),
        AvroField("data_file", try dataFile(spec, types, formatVersion), id: 2),
      ])
  }

  private static func dataFile(
    _ spec: PartitionSpec, _ types: [LogicalType], _ formatVersion: Int
  ) throws(QueryError) -> AvroSchema {
    let lineage: [AvroField] = formatVersion >= 3 ? [.optional("first_row_id", .long, id: 142)] : []
    return .record(
      "r2",
      [
        AvroField("content", .int, id: 134), AvroField("file_path", .string, id: 100),
        AvroField("file_format", .string, id: 101), AvroField("partition", try partition(spec, types), id: 102),
        AvroField("record_count", .long, id: 103), AvroField("file_size_in_bytes", .long, id: 104),
        statistics("column_sizes", .long, id: 108, keyID: 117, valueID: 118),
        statistics("value_counts", .long, id: 109, keyID: 119, valueID: 120),
        statistics("null_value_counts", .long, id: 110, keyID: 121, valueID: 122),
        statistics("nan_value_counts", .long, id: 137, keyID: 138, valueID: 139),
        statistics("lower_bounds", .bytes, id: 125, keyID: 126, valueID: 127),
        statistics("upper_bounds", .bytes, id: 128, keyID: 129, valueID: 130),
        .optional("key_metadata", .bytes, id: 131),
        .optional("split_offsets", .array(.long, elementID: 133), id: 132),
        .optional("equality_ids", .array(.int, elementID: 136), id: 135),
        .optional("sort_order_id", .int, id: 140),
      ] + lineage)
  }

  private static func statistics(_ name: String, _ value: AvroSchema, id: Int, keyID: Int, valueID: Int) -> AvroField {
    .optional(
      name,
      .keyValueArray(
        "k\(keyID)_v\(valueID)", key: AvroField("key", .int, id: keyID), value: AvroField("value", value, id: valueID)),
      id: id)
  }

  private static func partition(_ spec: PartitionSpec, _ types: [LogicalType]) throws(QueryError) -> AvroSchema {
    var fields: [AvroField] = []
    for (field, type) in zip(spec.fields, types) {
      fields.append(.optional(fieldName(field.name), try partitionValue(type, of: field), id: field.fieldID))
    }
    return .record("r102", fields)
  }

  /// Avro allows letters, digits and underscores in names; the others become `_x` and their code, as in Java.
  private static func fieldName(_ name: String) -> String {
    var result = ""
    for (index, scalar) in name.unicodeScalars.enumerated() {
      let isDigit = scalar >= "0" && scalar <= "9"
      let isLetter = scalar >= "a" && scalar <= "z" || scalar >= "A" && scalar <= "Z" || scalar == "_"
      if isLetter || isDigit && index > 0 {
        result.unicodeScalars.append(scalar)
      } else {
        result += isDigit ? "_\(scalar)" : "_x" + String(scalar.value, radix: 16, uppercase: true)
      }
    }
    return result
  }

  private static func partitionValue(_ type: LogicalType, of field: PartitionField) throws(QueryError) -> AvroSchema {
    switch type {
    case .boolean: .boolean
    case .int: .int
    case .bigint: .long
    case .float: .float
    case .double: .double
    case .string: .string
    case .binary: .bytes
    case .date: AvroSchema(.int, logicalType: .date)
    case .timestamp: AvroSchema(.long, logicalType: .timestampMicros, properties: ["adjust-to-utc": true])
    case .timestampNTZ: AvroSchema(.long, logicalType: .timestampMicros, properties: ["adjust-to-utc": false])
    case .decimal(let precision, let scale):
      AvroSchema(
        .fixed(name: "decimal_\(precision)_\(scale)", size: decimalSize(precision)),
        logicalType: .decimal(precision: precision, scale: scale))
    default:
      throw QueryError(.unsupported, .commit, "tables partitioned by \(field.name) of type \(type) cannot be written")
    }
  }

  /// The fewest bytes whose two's complement holds every decimal of a precision.
  static func decimalSize(_ precision: Int) -> Int {
    var size = 1
    while size < 16, Int128(1) << Int128(size * 8 - 1) < DecimalText.powersOfTen[precision] { size += 1 }
    return size
  }
}
