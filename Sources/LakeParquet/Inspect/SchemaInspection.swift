import LakeFileSystem
import LakeTypes

/// The rows of `parquet_schema` for a file.
struct SchemaInspection {
  let file: ParquetFile

  static let fields = [
    Field("file_name", .string), Field("name", .string), Field("type", .string), Field("type_length", .string),
    Field("repetition_type", .string), Field("num_children", .bigint), Field("converted_type", .string),
    Field("scale", .bigint), Field("precision", .bigint), Field("field_id", .bigint), Field("logical_type", .string),
    Field("lakesql_type", .string), Field("column_id", .bigint),
  ]

  var rows: [[Literal]] {
    var leaf = 0
    return file.metadata.schema.enumerated().map { index, element in
      var type: String?
      if index > 0, element.kind != nil, element.childCount == 0 {
        type = "\(file.leaves[leaf].type.type)"
        leaf += 1
      }
      return row(element, type, index)
    }
  }

  private func row(_ element: SchemaElement, _ type: String?, _ index: Int) -> [Literal] {
    let isDecimal = element.converted == .decimal
    return [
      .string(file.file.path), .string(element.name), Literal(element.kind?.formatName),
      Literal(element.typeLength > 0 ? String(element.typeLength) : nil),
      Literal(element.statedRepetition?.formatName), Literal(element.childCount > 0 ? element.childCount : nil),
      Literal(element.converted?.formatName), Literal(isDecimal ? element.scale : nil),
      Literal(isDecimal ? element.precision : nil), Literal(element.fieldID),
      Literal(element.hasLogicalType ? element.annotation?.formatText : nil), Literal(type), Literal(index),
    ]
  }
}

extension PhysicalKind {
  /// As parquet.thrift spells it.
  var formatName: String {
    switch self {
    case .boolean: "BOOLEAN"
    case .int32: "INT32"
    case .int64: "INT64"
    case .int96: "INT96"
    case .float: "FLOAT"
    case .double: "DOUBLE"
    case .byteArray: "BYTE_ARRAY"
    case .fixedByteArray: "FIXED_LEN_BYTE_ARRAY"
    }
  }
}

extension Repetition {
  fileprivate var formatName: String {
    switch self {
    case .required: "REQUIRED"
    case .optional: "OPTIONAL"
    case .repeated: "REPEATED"
    }
  }
}

extension ConvertedKind {
  private static let formatNames = [
    "UTF8", "MAP", "MAP_KEY_VALUE", "LIST", "ENUM", "DECIMAL", "DATE", "TIME_MILLIS", "TIME_MICROS",
    "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS", "UINT_8", "UINT_16", "UINT_32", "UINT_64", "INT_8", "INT_16", "INT_32",
    "INT_64", "JSON", "BSON", "INTERVAL",
  ]

  fileprivate var formatName: String { Self.formatNames[rawValue] }
}

extension Annotation {
  /// As Thrift prints the member of LogicalType.
  fileprivate var formatText: String {
    switch self {
    case .string: "StringType()"
    case .map: "MapType()"
    case .list: "ListType()"
    case .enum: "EnumType()"
    case .date: "DateType()"
    case .json: "JsonType()"
    case .bson: "BsonType()"
    case .uuid: "UUIDType()"
    case .float16: "Float16Type()"
    case .interval: "IntervalType()"
    case .unknown: "NullType()"
    case .decimal(let precision, let scale): "DecimalType(scale=\(scale), precision=\(precision))"
    case .time(let unit, let isUTC): "TimeType(isAdjustedToUTC=\(isUTC ? 1 : 0), unit=\(unit.formatText))"
    case .timestamp(let unit, let isUTC): "TimestampType(isAdjustedToUTC=\(isUTC ? 1 : 0), unit=\(unit.formatText))"
    case .integer(let bits, let isSigned): "IntType(bitWidth=\(bits), isSigned=\(isSigned ? 1 : 0))"
    }
  }
}

extension TimeUnit {
  fileprivate var formatText: String {
    switch self {
    case .millis: "TimeUnit(MILLIS=MilliSeconds(), MICROS=<null>, NANOS=<null>)"
    case .micros: "TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>)"
    case .nanos: "TimeUnit(MILLIS=<null>, MICROS=<null>, NANOS=NanoSeconds())"
    }
  }
}
