import LakeFileSystem
import LakeTypes

/// The row of `parquet_file_metadata` for a file.
struct FileInspection {
  let file: ParquetFile

  static let fields = [
    Field("file_name", .string), Field("created_by", .string), Field("num_rows", .bigint),
    Field("num_row_groups", .bigint), Field("format_version", .bigint), Field("encryption_algorithm", .string),
    Field("footer_signing_key_metadata", .string), Field("file_size_bytes", .bigint), Field("footer_size", .bigint),
    Field("column_orders", .array(.string)),
  ]

  var row: [Literal] {
    let metadata = file.metadata
    let orders = metadata.columnOrders.map { Literal.string(Self.text(ofOrder: $0)) }
    return [
      .string(file.file.path), .string(metadata.createdBy), Literal(metadata.rowCount),
      Literal(metadata.rowGroups.count), Literal(metadata.version), .null, .null, Literal(file.file.size),
      Literal(file.footerSize), orders.isEmpty ? .null : .array(orders),
    ]
  }

  private static func text(ofOrder id: Int) -> String {
    switch id {
    case 1: "ColumnOrder(TYPE_ORDER=TypeDefinedOrder())"
    case 2: "ColumnOrder(IEEE_754_TOTAL_ORDER=IEEE754TotalOrder())"
    default: "ColumnOrder(\(id))"
    }
  }
}
