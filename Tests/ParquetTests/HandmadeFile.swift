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
    }
    var kind: PhysicalKind
    var codec = CodecKind.uncompressed.rawValue
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

  var bytes: [UInt8] {
    var file = Array("PAR1".utf8)
    var places: [(start: Int, count: Int)] = []
    for column in columns {
      let start = file.count
      for page in column.pages { file += Self.header(page) + page.body }
      places.append((start, file.count - start))
    }
    let footer = footer(places)
    file += footer
    file += withUnsafeBytes(of: UInt32(footer.count)) { Array($0) }
    return file + Array("PAR1".utf8)
  }

  private static func header(_ page: Column.Page) -> [UInt8] {
    var thrift = ThriftWriter()
    thrift.element {
      $0.integer(1, 0)
      $0.integer(2, page.size ?? page.body.count)
      $0.integer(3, page.body.count)
      if let checksum = page.checksum { $0.integer(4, checksum) }
      $0.structure(5) {
        $0.integer(1, page.count)
        $0.integer(2, page.encoding)
        $0.integer(3, page.levels)
        $0.integer(4, page.levels)
      }
    }
    return thrift.bytes
  }

  private func footer(_ places: [(start: Int, count: Int)]) -> [UInt8] {
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

  private static func write(_ column: Column, _ place: (start: Int, count: Int), _ thrift: inout ThriftWriter) {
    thrift.element { chunk in
      chunk.int64(2, place.start)
      chunk.structure(3) {
        $0.integer(1, column.kind.rawValue)
        $0.integer(4, column.codec)
        $0.int64(5, column.count)
        $0.int64(6, place.count)
        $0.int64(7, place.count)
        $0.int64(9, place.start)
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
    let groups = (values.count + 7) / 8
    var packed = [UInt8](repeating: 0, count: groups * width)
    for (index, value) in values.enumerated() {
      for bit in 0..<width where value >> UInt8(bit) & 1 == 1 {
        packed[(index * width + bit) / 8] |= 1 << UInt8((index * width + bit) % 8)
      }
    }
    let run = [UInt8(groups << 1 | 1)] + packed
    return littleEndian([UInt32(run.count)]) + run
  }
}
