/// The header in front of each page.
struct PageHeader {
  var kind: PageKind?
  var uncompressedSize = 0
  var compressedSize = 0
  /// CRC-32 of the stored bytes.
  var checksum: UInt32?
  /// Values with NULLs (and, in repeated columns, empty lists).
  var valueCount = 0
  var encoding: PageEncoding?
  var definitionEncoding: PageEncoding? = .rle
  var repetitionEncoding: PageEncoding? = .rle
  /// Version 2 only.
  var rowCount: Int?
  var definitionByteCount = 0
  var repetitionByteCount = 0
  var isCompressed = true

  /// Parses the header at the start of the bytes and returns it with its length.
  static func parse(_ bytes: UnsafeRawBufferPointer) throws(FormatFault) -> (header: PageHeader, length: Int) {
    var reader = ThriftReader(bytes)
    var header = PageHeader()
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: header.kind = PageKind(rawValue: try reader.integer(field))
      case 2: header.uncompressedSize = try reader.natural(field)
      case 3: header.compressedSize = try reader.natural(field)
      case 4: header.checksum = UInt32(truncatingIfNeeded: try reader.integer(field))
      case 5, 7: try header.parseVersion1(&reader, field)
      case 8: try header.parseVersion2(&reader, field)
      default: try reader.skip(field)
      }
    }
    // Thrift's 32-bit fields hold no more.
    guard max(header.uncompressedSize, header.compressedSize, header.valueCount) <= Int(Int32.max),
      max(header.rowCount ?? 0, header.repetitionByteCount, header.definitionByteCount) <= Int(Int32.max)
    else { throw .corrupt("a size or count in the page's header is out of range") }
    return (header, reader.offset)
  }

  /// A data page of version 1, or a dictionary page, whose first two fields are the same.
  private mutating func parseVersion1(
    _ reader: inout ThriftReader, _ outer: ThriftReader.Field
  ) throws(FormatFault) {
    guard outer.type == .structure else { throw .corrupt("a page header's part is not a struct") }
    var last = 0
    while let field = try reader.nextField(&last) {
      switch (field.id, outer.id) {
      case (1, _): valueCount = try reader.natural(field)
      case (2, _): encoding = PageEncoding(rawValue: try reader.integer(field))
      case (3, 5): definitionEncoding = PageEncoding(rawValue: try reader.integer(field))
      case (4, 5): repetitionEncoding = PageEncoding(rawValue: try reader.integer(field))
      default: try reader.skip(field)
      }
    }
  }

  private mutating func parseVersion2(
    _ reader: inout ThriftReader, _ outer: ThriftReader.Field
  ) throws(FormatFault) {
    guard outer.type == .structure else { throw .corrupt("a page header's part is not a struct") }
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: valueCount = try reader.natural(field)
      case 3: rowCount = try reader.natural(field)
      case 4: encoding = PageEncoding(rawValue: try reader.integer(field))
      case 5: definitionByteCount = try reader.natural(field)
      case 6: repetitionByteCount = try reader.natural(field)
      case 7: isCompressed = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
  }
}
