// Names and numbers of `parquet.thrift` in apache/parquet-format.

/// How a column's values are stored.
enum PhysicalKind: Int, Sendable {
  case boolean, int32, int64, int96, float, double, byteArray, fixedByteArray
}

enum PageEncoding: Int, Sendable {
  case plain = 0
  case plainDictionary = 2
  case rle = 3
  case bitPacked = 4
  case deltaBinaryPacked = 5
  case deltaLengthByteArray = 6
  case deltaByteArray = 7
  case rleDictionary = 8
  case byteStreamSplit = 9

  var isDictionary: Bool { self == .plainDictionary || self == .rleDictionary }
}

enum CodecKind: Int, Sendable {
  case uncompressed, snappy, gzip, lzo, brotli, lz4, zstd, lz4Raw
}

enum PageKind: Int, Sendable {
  case dataV1, index, dictionary, dataV2
}

enum Repetition: Int, Sendable {
  case required, optional, repeated
}

/// The older annotations of a schema element.
enum ConvertedKind: Int, Sendable {
  case utf8, map, mapKeyValue, list, `enum`, decimal, date, timeMillis, timeMicros, timestampMillis
  case timestampMicros, uint8, uint16, uint32, uint64, int8, int16, int32, int64, json, bson, interval
}

enum TimeUnit: Int, Sendable {
  case millis = 1
  case micros, nanos
}

/// What a schema element means, from its logical type or its older converted type.
enum Annotation: Hashable, Sendable {
  case string, map, list, `enum`, date, json, bson, uuid, float16, interval
  /// Every value is NULL.
  case unknown
  case decimal(precision: Int, scale: Int)
  case time(TimeUnit, isUTC: Bool)
  case timestamp(TimeUnit, isUTC: Bool)
  case integer(bits: Int, isSigned: Bool)
}
