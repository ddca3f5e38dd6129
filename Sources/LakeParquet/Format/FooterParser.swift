/// Parses the footer's Thrift structs.
struct FooterParser {
  private var reader: ThriftReader
  private let keepsDetails: Bool

  init(_ bytes: UnsafeRawBufferPointer, keepingDetails: Bool = false) {
    reader = ThriftReader(bytes)
    keepsDetails = keepingDetails
  }

  mutating func parse() throws(FormatFault) -> FileMetadata {
    var file = FileMetadata()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: file.version = try reader.integer(field)
      case 2: file.schema = try schema(field)
      case 3: file.rowCount = try reader.natural(field)
      case 4: file.rowGroups = try rowGroups(field)
      case 5: file.keyValues = try keyValues(field)
      case 6: file.createdBy = try reader.string(field)
      case 7:
        for _ in 0..<(try reader.list(field, of: .structure)) { file.columnOrders.append(try reader.unionElement()) }
      case 8: throw .unsupported("it is encrypted")
      default: try reader.skip(field)
      }
    }
    return file
  }

  private mutating func schema(_ field: ThriftReader.Field) throws(FormatFault) -> [SchemaElement] {
    let count = try reader.list(field, of: .structure)
    var elements: [SchemaElement] = []
    for _ in 0..<count { elements.append(try schemaElement()) }
    return elements
  }

  private mutating func schemaElement() throws(FormatFault) -> SchemaElement {
    var element = SchemaElement()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: element.kind = try named(PhysicalKind(rawValue: try reader.integer(field)), "physical type")
      case 2: element.typeLength = try reader.natural(field)
      case 3: element.statedRepetition = try named(Repetition(rawValue: try reader.integer(field)), "repetition")
      case 4: element.name = try reader.string(field)
      case 5: element.childCount = try reader.natural(field)
      case 6: element.converted = ConvertedKind(rawValue: try reader.integer(field))
      case 7: element.scale = try reader.integer(field)
      case 8: element.precision = try reader.integer(field)
      case 9: element.fieldID = try reader.integer(field)
      case 10: element.annotation = try logicalType(field)
      default: try reader.skip(field)
      }
    }
    element.hasLogicalType = element.annotation != nil
    if element.annotation == nil { element.annotation = element.convertedAnnotation }
    return element
  }

  private func named<T>(_ value: T?, _ what: String) throws(FormatFault) -> T {
    guard let value else { throw .corrupt("unknown \(what) in the schema") }
    return value
  }

  private mutating func logicalType(_ field: ThriftReader.Field) throws(FormatFault) -> Annotation? {
    guard field.type == .structure else { throw .corrupt("a logical type is not a struct") }
    var result: Annotation?
    var last = 0
    while let member = try reader.nextField(&last) {
      switch member.id {
      case 5: result = try decimalType()
      case 7:
        let (unit, isUTC) = try timeType()
        result = .time(unit, isUTC: isUTC)
      case 8:
        let (unit, isUTC) = try timeType()
        result = .timestamp(unit, isUTC: isUTC)
      case 10: result = try integerType()
      default:
        result = Self.plainLogicalTypes[member.id]
        try reader.skip(member)
      }
    }
    return result
  }

  private static let plainLogicalTypes: [Int: Annotation] = [
    1: .string, 2: .map, 3: .list, 4: .enum, 6: .date, 11: .unknown, 12: .json, 13: .bson, 14: .uuid,
    15: .float16,
  ]

  private mutating func decimalType() throws(FormatFault) -> Annotation {
    var scale = 0
    var precision = 0
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: scale = try reader.integer(field)
      case 2: precision = try reader.integer(field)
      default: try reader.skip(field)
      }
    }
    return .decimal(precision: precision, scale: scale)
  }

  private mutating func timeType() throws(FormatFault) -> (unit: TimeUnit, isUTC: Bool) {
    var unit = TimeUnit.micros
    var isUTC = false
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: isUTC = try reader.bool(field)
      case 2: unit = try timeUnit(field)
      default: try reader.skip(field)
      }
    }
    return (unit, isUTC)
  }

  private mutating func timeUnit(_ field: ThriftReader.Field) throws(FormatFault) -> TimeUnit {
    guard field.type == .structure else { throw .corrupt("a time unit is not a struct") }
    var unit: TimeUnit?
    var last = 0
    while let member = try reader.nextField(&last) {
      unit = TimeUnit(rawValue: member.id)
      try reader.skip(member)
    }
    return try named(unit, "time unit")
  }

  private mutating func integerType() throws(FormatFault) -> Annotation {
    var bits = 32
    var isSigned = true
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: bits = try reader.integer(field)
      case 2: isSigned = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
    return .integer(bits: bits, isSigned: isSigned)
  }

  private mutating func keyValues(_ field: ThriftReader.Field) throws(FormatFault) -> [String: String] {
    var result: [String: String] = [:]
    for _ in 0..<(try reader.list(field, of: .structure)) {
      var key = ""
      var value = ""
      var last = 0
      while let member = try reader.nextField(&last) {
        switch member.id {
        case 1: key = try reader.string(member)
        case 2: value = try reader.string(member)
        default: try reader.skip(member)
        }
      }
      result[key] = value
    }
    return result
  }

  private mutating func rowGroups(_ field: ThriftReader.Field) throws(FormatFault) -> [RowGroupMetadata] {
    let count = try reader.list(field, of: .structure)
    var groups: [RowGroupMetadata] = []
    for _ in 0..<count { groups.append(try rowGroup()) }
    return groups
  }

  private mutating func rowGroup() throws(FormatFault) -> RowGroupMetadata {
    var group = RowGroupMetadata()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1:
        let count = try reader.list(field, of: .structure)
        group.chunks.reserveCapacity(count)
        for _ in 0..<count { group.chunks.append(try columnChunk()) }
      case 2: group.totalByteCount = try reader.natural(field)
      case 3: group.rowCount = try reader.natural(field)
      case 6: group.compressedByteCount = try reader.natural(field)
      default: try reader.skip(field)
      }
    }
    return group
  }

  private mutating func columnChunk() throws(FormatFault) -> ChunkMetadata {
    var chunk = ChunkMetadata()
    var offsetIndex = ByteSpan()
    var columnIndex = ByteSpan()
    var fileOffset = 0
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: chunk.isExternal = try !reader.binary(field).isEmpty
      case 2: fileOffset = try reader.integer(field)
      case 3:
        guard field.type == .structure else { throw .corrupt("a column chunk's metadata is not a struct") }
        try columnMetadata(&chunk, fileOffset)
        chunk.isComplete = true
      case 4: offsetIndex.offset = try reader.natural(field)
      case 5: offsetIndex.count = try reader.natural(field)
      case 6: columnIndex.offset = try reader.natural(field)
      case 7: columnIndex.count = try reader.natural(field)
      case 8, 9:
        chunk.isEncrypted = true
        try reader.skip(field)
      default: try reader.skip(field)
      }
    }
    if offsetIndex.count > 0 { chunk.offsetIndex = offsetIndex }
    if columnIndex.count > 0 { chunk.columnIndex = columnIndex }
    return chunk
  }

  private mutating func columnMetadata(_ chunk: inout ChunkMetadata, _ fileOffset: Int) throws(FormatFault) {
    var encodings: [Int] = []
    var indexPageOffset: Int?
    var bloomFilterLength: Int?
    var pairs: [String: String] = [:]
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: chunk.kind = try named(PhysicalKind(rawValue: try reader.integer(field)), "physical type")
      case 2 where keepsDetails: encodings = try reader.integers(field)
      case 4: chunk.codec = try codec(reader.integer(field))
      case 5: chunk.valueCount = try reader.natural(field)
      case 6: chunk.uncompressedSize = try reader.natural(field)
      case 7: chunk.compressedSize = try reader.natural(field)
      case 8 where keepsDetails: pairs = try keyValues(field)
      case 9: chunk.dataPageOffset = try reader.natural(field)
      case 10: indexPageOffset = try reader.integer(field)
      case 11: chunk.dictionaryPageOffset = try reader.natural(field)
      case 12:
        guard field.type == .structure else { throw .corrupt("statistics are not a struct") }
        chunk.statistics = try Self.statistics(&reader)
      case 14: chunk.bloomFilterOffset = try reader.natural(field)
      case 15: bloomFilterLength = try reader.integer(field)
      default: try reader.skip(field)
      }
    }
    if keepsDetails {
      chunk.details = ChunkDetails(
        fileOffset: fileOffset, encodings: encodings, indexPageOffset: indexPageOffset,
        bloomFilterLength: bloomFilterLength, keyValues: pairs)
    }
  }

  private func codec(_ number: Int) throws(FormatFault) -> CodecKind {
    guard let codec = CodecKind(rawValue: number) else { throw .unsupported("codec \(number) is not known") }
    return codec
  }

  /// Parses a Statistics struct, which page headers hold too.
  static func statistics(_ reader: inout ThriftReader) throws(FormatFault) -> ChunkStatistics {
    var result = ChunkStatistics()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: result.oldMax = try reader.binary(field)
      case 2: result.oldMin = try reader.binary(field)
      case 3: result.nullCount = try reader.integer(field)
      case 4: result.distinctCount = try reader.integer(field)
      case 5: result.max = try reader.binary(field)
      case 6: result.min = try reader.binary(field)
      case 7: result.isMaxExact = try reader.bool(field)
      case 8: result.isMinExact = try reader.bool(field)
      case 9 where field.type == .int64: result.nanCount = try reader.integer(field)
      default: try reader.skip(field)
      }
    }
    return result
  }
}

extension SchemaElement {
  /// What the older converted type says, in terms of the newer annotations.
  var convertedAnnotation: Annotation? {
    switch converted {
    case nil: nil
    case .utf8: .string
    case .map, .mapKeyValue: .map
    case .list: .list
    case .enum: .enum
    case .decimal: .decimal(precision: precision, scale: scale)
    case .date: .date
    case .timeMillis: .time(.millis, isUTC: true)
    case .timeMicros: .time(.micros, isUTC: true)
    case .timestampMillis: .timestamp(.millis, isUTC: true)
    case .timestampMicros: .timestamp(.micros, isUTC: true)
    case .uint8: .integer(bits: 8, isSigned: false)
    case .uint16: .integer(bits: 16, isSigned: false)
    case .uint32: .integer(bits: 32, isSigned: false)
    case .uint64: .integer(bits: 64, isSigned: false)
    case .int8: .integer(bits: 8, isSigned: true)
    case .int16: .integer(bits: 16, isSigned: true)
    case .int32: .integer(bits: 32, isSigned: true)
    case .int64: .integer(bits: 64, isSigned: true)
    case .json: .json
    case .bson: .bson
    case .interval: .interval
    }
  }
}
