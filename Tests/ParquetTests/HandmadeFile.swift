@testable import LakeParquet

/// Builds small files of one row group, field by field, for what no writer at hand makes.
struct HandmadeFile {
  /// One element of the schema; numbers as in parquet.thrift.
  struct Element {
    var name: String
    var kind: PhysicalKind?
    var repetition: Repetition? = .optional
    var children: Int?
    var length: Int?
    var converted: ConvertedKind?
    var decimal: (precision: Int, scale: Int)?
    /// The member of the LogicalType union, without fields of its own.
    var logical: Int?
  }

  /// One column chunk with a page for each of `pages`, written one after the other.
  struct Column {
    struct Page {
      var body: [UInt8]
      var count: Int
      var encoding = PageEncoding.plain.rawValue
      var levels = PageEncoding.rle.rawValue
      var checksum: Int?
      /// Bytes when decompressed, where that differs.
      var size: Int?
      /// A page of version 2: the lengths of its levels, which its body starts with without their lengths.
      var version2: (repetition: Int, definition: Int, rows: Int, isCompressed: Bool)?
    }
    var kind: PhysicalKind
    var codec = CodecKind.uncompressed.rawValue
    var dictionary: Page?
    /// Whether the footer says where the dictionary is, and counts its header, as old writers did not.
    var isDictionaryKnown = true
    var pages: [Page]
    var old: (min: [UInt8], max: [UInt8])?
    var new: (min: [UInt8], max: [UInt8])?
    var isEncrypted = false

    var count: Int { pages.reduce(0) { $0 + $1.count } }
  }

  var schema: [Element]
  var columns: [Column]
  var rowCount: Int
  var columnOrders: [Int] = []
  var createdBy: String?

  /// Where a column chunk lies.
  private struct Place {
    var start: Int
    var dataStart: Int
    var count: Int
  }

  var bytes: [UInt8] {
    var file = Array("PAR1".utf8)
    var places: [Place] = []
    for column in columns {
      let start = file.count
      var uncounted = 0
      if let dictionary = column.dictionary {
        let header = Self.header(dictionary, isDictionary: true)
        uncounted = column.isDictionaryKnown ? 0 : header.count
        file += header + dictionary.body
      }
      let dataStart = column.isDictionaryKnown ? file.count : start
      for page in column.pages { file += Self.header(page) + page.body }
      places.append(Place(start: start, dataStart: dataStart, count: file.count - start - uncounted))
    }
    let footer = footer(places)
    file += footer
    file += withUnsafeBytes(of: UInt32(footer.count)) { Array($0) }
    return file + Array("PAR1".utf8)
  }

  private static func header(_ page: Column.Page, isDictionary: Bool = false) -> [UInt8] {
    let kind: PageKind = isDictionary ? .dictionary : page.version2 == nil ? .dataV1 : .dataV2
    var thrift = ThriftWriter()
    thrift.element {
      $0.integer(1, kind.rawValue)
      $0.integer(2, page.size ?? page.body.count)
      $0.integer(3, page.body.count)
      if let checksum = page.checksum { $0.integer(4, checksum) }
      switch page.version2 {
      case nil: version1(page, kind, &$0)
      case let levels?: version2(page, levels, &$0)
      }
    }
    return thrift.bytes
  }

  private static func version1(_ page: Column.Page, _ kind: PageKind, _ thrift: inout ThriftWriter) {
    thrift.structure(kind == .dictionary ? 7 : 5) {
      $0.integer(1, page.count)
      $0.integer(2, page.encoding)
      if kind == .dictionary { return }
      $0.integer(3, page.levels)
      $0.integer(4, page.levels)
    }
  }

  private static func version2(
    _ page: Column.Page, _ levels: (repetition: Int, definition: Int, rows: Int, isCompressed: Bool),
    _ thrift: inout ThriftWriter
  ) {
    thrift.structure(8) {
      $0.integer(1, page.count)
      $0.integer(2, 0)
      $0.integer(3, levels.rows)
      $0.integer(4, page.encoding)
      $0.integer(5, levels.definition)
      $0.integer(6, levels.repetition)
      $0.bool(7, levels.isCompressed)
    }
  }

  private func footer(_ places: [Place]) -> [UInt8] {
    var thrift = ThriftWriter()
    thrift.element { file in
      file.integer(1, 1)
      file.list(2, of: .structure, count: schema.count + 1)
      let top = schema.count - schema.reduce(0) { $0 + ($1.children ?? 0) }
      Self.write(Element(name: "root", repetition: nil, children: top), &file)
      for element in schema { Self.write(element, &file) }
      file.int64(3, rowCount)
      file.list(4, of: .structure, count: 1)
      file.element { group in
        group.list(1, of: .structure, count: columns.count)
        for (column, place) in zip(columns, places) { Self.write(column, place, &group) }
        group.int64(2, places.reduce(0) { $0 + $1.count })
        group.int64(3, rowCount)
      }
      if let createdBy { file.string(6, createdBy) }
      if !columnOrders.isEmpty {
        file.list(7, of: .structure, count: columnOrders.count)
        for order in columnOrders { file.element { $0.structure(order) { _ in } } }
      }
    }
    return thrift.bytes
  }

  private static func write(_ element: Element, _ thrift: inout ThriftWriter) {
    thrift.element {
      if let kind = element.kind { $0.integer(1, kind.rawValue) }
      if let length = element.length { $0.integer(2, length) }
      if let repetition = element.repetition { $0.integer(3, repetition.rawValue) }
      $0.string(4, element.name)
      if let children = element.children { $0.integer(5, children) }
      if let converted = element.converted { $0.integer(6, converted.rawValue) }
      if let decimal = element.decimal {
        $0.integer(7, decimal.scale)
        $0.integer(8, decimal.precision)
      }
      if let logical = element.logical { $0.structure(10) { $0.structure(logical) { _ in } } }
    }
  }

  private static func write(_ column: Column, _ place: Place, _ thrift: inout ThriftWriter) {
    thrift.element { chunk in
      chunk.int64(2, place.start)
      chunk.structure(3) {
        $0.integer(1, column.kind.rawValue)
        $0.integer(4, column.codec)
        $0.int64(5, column.count)
        $0.int64(6, place.count)
        $0.int64(7, place.count)
        $0.int64(9, place.dataStart)
        if column.dictionary != nil, column.isDictionaryKnown { $0.int64(11, place.start) }
        if column.old != nil || column.new != nil {
          $0.structure(12) {
            if let old = column.old {
              $0.binary(1, old.max)
              $0.binary(2, old.min)
            }
            if let new = column.new {
              $0.binary(5, new.max)
              $0.binary(6, new.min)
            }
          }
        }
      }
      if column.isEncrypted { chunk.structure(8) { _ in } }
    }
  }

  static func littleEndian<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  }

  /// Byte arrays in PLAIN encoding.
  static func texts(_ values: [String]) -> [UInt8] {
    values.flatMap { littleEndian([UInt32($0.utf8.count)]) + Array($0.utf8) }
  }

  /// Levels of up to three bits as one packed run, with the length that version 1 pages put in front.
  static func levels(_ values: [UInt8], width: Int) -> [UInt8] {
    let run = packed(values, width: width)
    return littleEndian([UInt32(run.count)]) + run
  }

  /// Levels or codes as one packed run.
  static func packed(_ values: [UInt8], width: Int) -> [UInt8] {
    let groups = (values.count + 7) / 8
    var packed = [UInt8](repeating: 0, count: groups * width)
    for (index, value) in values.enumerated() {
      for bit in 0..<width where value >> UInt8(bit) & 1 == 1 {
        packed[(index * width + bit) / 8] |= 1 << UInt8((index * width + bit) % 8)
      }
    }
    return [UInt8(groups << 1 | 1)] + packed
  }
}
