import CZlib
import LakeDiagnostics

/// Turns the parts of pages into compressed pages with headers, for all columns of a file in turn.
final class PageWriter {
  private let compressor: Compressor
  private let version: ParquetWriteOptions.PageVersion
  private let writesChecksums: Bool
  private var body = ByteOutput()
  private var packed = ByteOutput()

  init(_ compressor: Compressor, _ options: ParquetWriteOptions) {
    self.compressor = compressor
    version = options.pageVersion
    writesChecksums = options.writesChecksums
  }

  /// What the header says of a data page.
  struct DataPage {
    var encoding: PageEncoding
    var rowCount: Int
    var entryCount: Int
    var missingCount: Int
    var repetition: [UInt8]
    var definition: [UInt8]
  }

  /// Appends a data page; returns the bytes it would take uncompressed.
  func write(
    _ page: DataPage, values: UnsafeRawBufferPointer, to output: inout BlockOutput
  ) throws(QueryError) -> Int {
    switch version {
    case .v1: try writeVersion1(page, values, &output)
    case .v2: try writeVersion2(page, values, &output)
    }
  }

  private func writeVersion1(
    _ page: DataPage, _ values: UnsafeRawBufferPointer, _ output: inout BlockOutput
  ) throws(QueryError) -> Int {
    let hasLevels = !page.repetition.isEmpty || !page.definition.isEmpty
    if hasLevels { join(page, values) }
    let whole = hasLevels ? body.bytes : values
    packed.removeAll()
    let size = try Self.checked(whole.count)
    let compressed = try compressor.compress(whole, into: &packed)
    let header = pageHeader(.dataV1, size, compressed, checksum([packed.bytes])) { writer in
      writer.structure(5) { data in
        data.integer(1, page.entryCount)
        data.integer(2, page.encoding.rawValue)
        data.integer(3, PageEncoding.rle.rawValue)
        data.integer(4, PageEncoding.rle.rawValue)
      }
    }
    output.append(header)
    output.append(packed.bytes)
    return header.count + size
  }

  /// Puts the levels and values of a page one behind the other.
  private func join(_ page: DataPage, _ values: UnsafeRawBufferPointer) {
    body.removeAll()
    for levels in [page.repetition, page.definition] where !levels.isEmpty {
      body.append(uint32: levels.count)
      body.append(levels)
    }
    body.append(values)
  }

  private func writeVersion2(
    _ page: DataPage, _ values: UnsafeRawBufferPointer, _ output: inout BlockOutput
  ) throws(QueryError) -> Int {
    packed.removeAll()
    let levels = page.repetition.count + page.definition.count
    let size = try Self.checked(values.count + levels)
    var compressed = try compressor.compress(values, into: &packed)
    let isCompressed = compressed < values.count
    if !isCompressed { compressed = values.count }
    let sum = page.repetition.withUnsafeBytes { repetition -> Int? in
      page.definition.withUnsafeBytes { definition -> Int? in
        checksum([repetition, definition, isCompressed ? packed.bytes : values])
      }
    }
    let header = pageHeader(.dataV2, size, compressed + levels, sum) { writer in
      writer.structure(8) { data in
        data.integer(1, page.entryCount)
        data.integer(2, page.missingCount)
        data.integer(3, page.rowCount)
        data.integer(4, page.encoding.rawValue)
        data.integer(5, page.definition.count)
        data.integer(6, page.repetition.count)
        data.bool(7, isCompressed)
      }
    }
    output.append(header)
    output.append(page.repetition)
    output.append(page.definition)
    output.append(isCompressed ? packed.bytes : values)
    return header.count + size
  }

  /// Appends a dictionary page; returns the bytes it would take uncompressed.
  func writeDictionary(
    _ values: UnsafeRawBufferPointer, count: Int, to output: inout BlockOutput
  ) throws(QueryError) -> Int {
    packed.removeAll()
    let size = try Self.checked(values.count)
    let compressed = try compressor.compress(values, into: &packed)
    let header = pageHeader(.dictionary, size, compressed, checksum([packed.bytes])) { writer in
      writer.structure(7) { dictionary in
        dictionary.integer(1, count)
        dictionary.integer(2, PageEncoding.plain.rawValue)
      }
    }
    output.append(header)
    output.append(packed.bytes)
    return header.count + size
  }

  /// How many bytes the compressor makes of some.
  func compressedSize(_ bytes: UnsafeRawBufferPointer) throws(QueryError) -> Int {
    packed.removeAll()
    return try compressor.compress(bytes, into: &packed)
  }

  /// Page sizes are 32-bit numbers.
  private static func checked(_ size: Int) throws(QueryError) -> Int {
    guard size <= Int(Int32.max) else {
      throw QueryError(.limitExceeded, .storage, "a Parquet page would be larger than 2 GiB")
    }
    return size
  }

  /// The CRC-32 of a page's bytes as they stand in the file, header aside.
  private func checksum(_ parts: [UnsafeRawBufferPointer]) -> Int? {
    guard writesChecksums else { return nil }
    var sum: UInt = 0
    for part in parts where part.count > 0 {
      sum = crc32_z(sum, part.assumingMemoryBound(to: UInt8.self).baseAddress, part.count)
    }
    return Int(Int32(truncatingIfNeeded: sum))
  }

  private func pageHeader(
    _ kind: PageKind, _ size: Int, _ compressed: Int, _ checksum: Int?, _ body: (inout ThriftWriter) -> Void
  ) -> [UInt8] {
    var writer = ThriftWriter()
    writer.element { page in
      page.integer(1, kind.rawValue)
      page.integer(2, size)
      page.integer(3, compressed)
      if let checksum { page.integer(4, checksum) }
      body(&page)
    }
    return writer.bytes
  }
}
