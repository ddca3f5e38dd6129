import CZlib
import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Testing

@testable import LakeParquet

/// Encodings, bounds, checksums, bloom filters and what else a writer may be asked for.
@Suite struct WriterFeatureTests {
  private typealias Random = CorruptFileTests.Random

  private static func write(
    _ column: Vector, _ options: ParquetWriteOptions, name: String = "c", isNullable: Bool = true
  ) throws -> ParquetFile {
    let sink = MemorySink()
    let schema = Schema([Field(name, column.type, isNullable: isNullable)])
    let writer = try ParquetWriter(sink, schema: schema, options: options)
    let batch = Batch(columns: [column], count: column.count)
    for start in stride(from: 0, to: column.count, by: 2048) {
      try writer.write(batch.sliced(from: start, count: min(2048, column.count - start)))
    }
    _ = try writer.finish()
    return try ParquetFile.open(MemoryFile(sink.bytes))
  }

  private static func values(_ file: ParquetFile) throws -> [Literal] {
    let reader = try file.reader(ParquetReadRequest(fields: file.schema.fields), rowGroups: 0..<file.rowGroupCount)
    var result: [Literal] = []
    while let batch = try reader.next() {
      for row in 0..<batch.count { result.append(batch.columns[0].literal(at: row)) }
    }
    return result
  }

  private static func pageEncodings(_ file: ParquetFile) throws -> Set<PageEncoding> {
    let chunk = file.metadata.rowGroups[0].chunks[0]
    let bytes = (file.file as? MemoryFile)?.bytes ?? []
    var found: Set<PageEncoding> = []
    var offset = chunk.dataPageOffset
    while offset < chunk.start + chunk.compressedSize {
      let (header, length) = try bytes[offset...].withUnsafeBytes { try PageHeader.parse($0) }
      if let encoding = header.encoding { found.insert(encoding) }
      offset += length + header.compressedSize
    }
    return found
  }

  private static func integers(_ values: [Int64]) -> Vector {
    let builder = VectorBuilder(.bigint)
    for value in values { builder.append(int64: value) }
    return builder.finish()
  }

  private static func strings(_ values: [String?]) -> Vector {
    let builder = VectorBuilder(.string)
    for value in values { if let value { builder.append(string: value) } else { builder.appendNull() } }
    return builder.finish()
  }

  @Test func differencesOfEveryWidthReadBack() throws {
    for width in 0...64 {
      var random = Random(state: UInt64(width))
      let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
      for count in [1, 2, 33, 129, 300] {
        let values = (0..<count).map { _ in Int64(bitPattern: random.next() & mask) }
        var output = ByteOutput()
        DeltaEncoder.append(values, count: count, to: &output)
        let decoded = try DeltaDecoder.decode(
          output.pointer(at: 0).assumingMemoryBound(to: UInt8.self), count: output.count, limit: count)
        #expect(decoded.byteCount == output.count)
        #expect(Array(UnsafeBufferPointer(start: decoded.integers, count: count)) == values)
      }
    }
  }

  /// Differences of 32-bit numbers must not take more than 32 bits, which strict readers refuse.
  @Test func differencesOfIntegersStayNarrow() throws {
    let values: [Int32] = (0..<200).map { $0 % 2 == 0 ? .min : .max }
    var output = ByteOutput()
    DeltaEncoder.append(values, count: values.count, to: &output)
    let decoded = try DeltaDecoder.decode(
      output.pointer(at: 0).assumingMemoryBound(to: UInt8.self), count: output.count, limit: values.count)
    for index in values.indices { #expect(Int32(truncatingIfNeeded: decoded.integers[index]) == values[index]) }
    #expect(output.count < 200 * 4 + 40)
  }

  @Test func sortedKeysAreWrittenAsDifferences() throws {
    let keys = (0..<50_000).map { Int64($0 * 3 / 2) }
    var options = ParquetWriteOptions(codec: .snappy, usesDeltaEncodings: true)
    let delta = try Self.write(Self.integers(keys), options)
    #expect(try Self.pageEncodings(delta) == [.deltaBinaryPacked])
    #expect(try Self.values(delta) == keys.map { .integer($0) })
    options.usesDeltaEncodings = false
    let plain = try Self.write(Self.integers(keys), options)
    #expect(try Self.pageEncodings(plain).isDisjoint(with: [.deltaBinaryPacked]))
    let sizes = [delta, plain].map { $0.metadata.rowGroups[0].chunks[0].compressedSize }
    #expect(sizes[0] * 3 < sizes[1])
  }

  @Test func dictionaryStaysWhereDifferencesDoNotPay() throws {
    var random = Random(state: 5)
    let colours = (0..<20_000).map { _ in Int64(random.below(7)) * 1_000_000_007 }
    let file = try Self.write(Self.integers(colours), ParquetWriteOptions(usesDeltaEncodings: true))
    #expect(try Self.pageEncodings(file) == [.rleDictionary])
    #expect(try Self.values(file) == colours.map { .integer($0) })
  }

  /// Vectors with dictionaries of their own, some shared by many batches, some NULL, and then too many values.
  @Test(arguments: [64, 4000, 1 << 20]) func codesOfOtherDictionariesAreTranslated(_ limit: Int) throws {
    let sink = MemorySink()
    let schema = Schema([Field("s", .string), Field("n", .smallint)])
    let options = ParquetWriteOptions(rowGroupRowCount: 3000, pageRowCount: 700, dictionaryByteCount: limit)
    let writer = try ParquetWriter(sink, schema: schema, options: options)
    var random = Random(state: UInt64(limit))
    var expected: [String] = []
    for dictionarySize in [5, 900, 3, 9000] {
      let names = Self.strings((0..<dictionarySize).map { "value \($0 % 700) of dictionary \(dictionarySize)" })
      let numbers = VectorBuilder(.smallint)
      for value in 0..<dictionarySize { numbers.append(integer: Int64(value)) }
      let dictionaries = [names, numbers.finish()]
      for _ in 0..<6 {
        let columns = dictionaries.map { dictionary in
          let codes = Buffer(byteCount: 500 * 4)
          let mask = ValidityMask(count: 500, allValid: true)
          for row in 0..<500 {
            codes.base.assumingMemoryBound(to: UInt32.self)[row] = UInt32(random.below(dictionarySize))
            if random.below(4) == 0 { mask.setNull(row) }
          }
          return Vector.dictionary(dictionary, codes: codes, count: 500, validity: mask)
        }
        let batch = Batch(columns: columns, count: 500)
        expected += (0..<500).map { CanonicalText.row(batch, $0) }
        try writer.write(batch)
      }
    }
    _ = try writer.finish()
    let file = try ParquetFile.open(MemoryFile(sink.bytes))
    let reader = try file.reader(ParquetReadRequest(fields: file.schema.fields), rowGroups: 0..<file.rowGroupCount)
    #expect(try allRows(reader) == expected)
    for group in 0..<file.rowGroupCount {
      let rows = try allRows(
        file.reader(ParquetReadRequest(fields: [file.schema.fields[1]]), rowGroups: group..<group + 1))
      let values = rows.compactMap { Int64($0.dropFirst().dropLast()) }
      let statistics = try #require(file.statistics(column: 1, rowGroup: group))
      #expect(statistics.min == values.min().map { .integer($0) })
      #expect(statistics.max == values.max().map { .integer($0) })
    }
  }

  @Test(arguments: [ParquetWriteOptions.PageVersion.v1, .v2])
  func sortedTextIsWrittenAsPrefixes(_ version: ParquetWriteOptions.PageVersion) throws {
    let names = (0..<9000).map { $0 % 11 == 0 ? nil : "https://example.org/customers/\(1_000_000 + $0)/profile" }
    let file = try Self.write(
      Self.strings(names), ParquetWriteOptions(codec: .snappy, pageVersion: version, usesDeltaEncodings: true))
    #expect(try Self.pageEncodings(file) == [.deltaByteArray])
    #expect(try Self.values(file) == names.map { $0.map(Literal.string) ?? .null })
  }

  @Test func numbersAreSplitWhereThatPays() throws {
    let builder = VectorBuilder(.double)
    let values: [Double] = (0..<30_000).map { (row: Int) -> Double in
      let wave = Double(row % 977) / 1000
      return 20 + wave + Double(row) * 1e-7
    }
    for value in values { builder.append(double: value) }
    let file = try Self.write(builder.finish(), ParquetWriteOptions(usesByteStreamSplit: true))
    #expect(try Self.pageEncodings(file) == [.byteStreamSplit])
    #expect(try Self.values(file) == values.map { Literal.double($0) })
  }

  @Test func pagesOfNullsAloneReadBack() throws {
    for column in [
      Vector.allNull(.bigint, count: 5000), .allNull(.string, count: 5000), .allNull(.double, count: 5000),
    ] {
      let options = ParquetWriteOptions(
        usesDictionaries: false, usesDeltaEncodings: true, usesByteStreamSplit: true)
      let file = try Self.write(column, options)
      #expect(try Self.values(file) == [Literal](repeating: .null, count: 5000))
    }
  }

  // MARK: Bounds

  private static func bound(_ text: String, isLower: Bool, limit: Int) throws -> Bound? {
    let leaf = WriteLeaf(
      path: ["s"], fieldID: nil, type: .string, storage: .bytes, maxDefinition: 1, maxRepetition: 0)
    let vector = strings([text])
    return withExtendedLifetime(vector) {
      BoundEncoding.bound(vector.slots(StringView.self)[0], leaf, isLower: isLower, limit: limit)
    }
  }

  @Test func longBoundsAreCutBetweenCharacters() throws {
    func text(_ bound: Bound?) -> String? { bound.map { String(decoding: $0.bytes, as: UTF8.self) } }
    let long = "abcdefghijklmnopqrstuvwxyz"
    #expect(try Self.bound(long, isLower: true, limit: 64)?.isExact == true)
    let lower = try Self.bound(long, isLower: true, limit: 4)
    #expect(text(lower) == "abcd")
    #expect(lower?.isExact == false)
    #expect(text(try Self.bound(long, isLower: false, limit: 4)) == "abce")
    #expect(text(try Self.bound("ação de graças", isLower: true, limit: 2)) == "a")
    #expect(text(try Self.bound("ação de graças", isLower: false, limit: 3)) == "aè")
    let last = "\u{10FFFF}"
    #expect(text(try Self.bound("a" + last + last, isLower: false, limit: 5)) == "b")
    #expect(try Self.bound(last + last + last, isLower: false, limit: 8) == nil)
  }

  @Test func cutBoundsAreMarkedAndStillPrune() throws {
    let names = (0..<4000).map { "\(100_000 + $0) " + String(repeating: "x", count: 300) }
    let file = try Self.write(
      Self.strings(names), ParquetWriteOptions(rowGroupRowCount: 2048, usesDictionaries: false))
    let first = file.metadata.rowGroups[0].chunks[0].statistics
    #expect(first.isMinExact == false)
    #expect(first.isMaxExact == false)
    #expect(first.min?.count == 256)
    #expect(try #require(file.statistics(column: 0, rowGroup: 0)).areBoundsExact == false)
    let request = ParquetReadRequest(
      fields: file.schema.fields, predicates: [ScanPredicate(column: 0, .compare(.equal, .string(names[3000])))])
    #expect(try file.survivingRowGroups(request) == [1])
  }

  @Test func orderOfPagesIsRecorded() throws {
    func order(_ values: [Int64]) throws -> Int {
      let writer = TypedChunkWriter<Int64>(
        WriteLeaf(path: ["n"], fieldID: nil, type: .bigint, storage: .int64, maxDefinition: 0, maxRepetition: 0),
        ParquetWriteOptions(pageRowCount: 1), PageWriter(Compressor(.uncompressed), ParquetWriteOptions()))
      for value in values {
        let rows = LeafRows(rowCount: 1, entryCount: 1, missingCount: 0, nullCount: 0, valueCount: 1)
        try withUnsafeBytes(of: value) { try writer.append(rows, values: $0.baseAddress!) }
      }
      return try writer.finishChunk().order.code
    }
    #expect(try order([1, 2, 2, 9]) == 1)
    #expect(try order([9, 3, 3]) == 2)
    #expect(try order([1, 3, 2]) == 0)
    #expect(try order([4, 4]) == 1)
  }

  // MARK: Checksums

  @Test(arguments: [ParquetWriteOptions.PageVersion.v1, .v2])
  func pagesHaveChecksums(_ version: ParquetWriteOptions.PageVersion) throws {
    let names = (0..<3000).map { $0 % 5 == 0 ? nil : "value \($0 % 40)" }
    let file = try Self.write(
      Self.strings(names), ParquetWriteOptions(codec: .snappy, pageVersion: version))
    let bytes = (file.file as? MemoryFile)?.bytes ?? []
    let chunk = file.metadata.rowGroups[0].chunks[0]
    var offset = chunk.start
    var pages = 0
    while offset < chunk.start + chunk.compressedSize {
      let rest = Array(bytes[offset...])
      let (header, length) = try rest.withUnsafeBytes { try PageHeader.parse($0) }
      let body = Array(rest[length..<length + header.compressedSize])
      let sum = Int(Int32(truncatingIfNeeded: crc32(0, body, UInt32(body.count))))
      #expect(try Self.checksum(rest) == sum)
      offset += length + header.compressedSize
      pages += 1
    }
    #expect(pages >= 2)
  }

  /// Field 4 of a page header.
  private static func checksum(_ bytes: [UInt8]) throws -> Int? {
    try bytes.withUnsafeBytes { raw -> Int? in
      var reader = ThriftReader(raw)
      var last = 0
      while let field = try reader.nextField(&last) {
        if field.id == 4 { return try reader.integer(field) }
        try reader.skip(field)
      }
      return nil
    }
  }

  // MARK: Bloom filters

  @Test func hashesAreThoseOfTheSpecification() {
    func hash(_ text: String) -> UInt64 {
      Array(text.utf8).withUnsafeBufferPointer { XXHash64.hash(bytes: $0, 0) }
    }
    #expect(hash("") == 0xEF46_DB37_51D8_E999)
    #expect(hash("a") == 0xD24E_C4F1_A98C_6E5B)
    #expect(hash("abc") == 0x44BC_2CF5_AD77_0999)
    #expect(hash("The quick brown fox jumps over the lazy dog") == 0x0B24_2D36_1FDA_71BC)
  }

  @Test func bloomFiltersAreFoldedToTheirValues() {
    for distinct in [1, 100, 5000] {
      var filter = SplitBlockBloomFilter(blockCount: 1 << 12)
      for value in 0..<distinct { filter.insert(XXHash64.hash(long: Int64(value), 0)) }
      filter.fold(falsePositives: 0.01)
      #expect(
        filter.blockCount <= 2
          * SplitBlockBloomFilter.blocks(
            distinctCount: Double(distinct), falsePositives: 0.01))
      for value in 0..<distinct { #expect(filter.mayContain(XXHash64.hash(long: Int64(value), 0))) }
      var mistakes = 0
      for value in 1_000_000..<1_020_000 where filter.mayContain(XXHash64.hash(long: Int64(value), 0)) {
        mistakes += 1
      }
      #expect(mistakes < 600)
    }
  }

  @Test(arguments: [true, false]) func bloomFiltersHoldEveryValue(_ usesDictionaries: Bool) throws {
    let names = (0..<5000).map { "name \($0 % 700) of the table" }
    let options = ParquetWriteOptions(
      usesDictionaries: usesDictionaries, bloomFilters: ["c": .init(falsePositives: 0.01)])
    let sink = MemorySink()
    let column = Self.strings(names)
    let writer = try ParquetWriter(sink, schema: Schema([Field("C", .string)]), options: options)
    try writer.write(Batch(columns: [column], count: column.count))
    _ = try writer.finish()
    let file = try ParquetFile.open(MemoryFile(sink.bytes))
    let chunk = file.metadata.rowGroups[0].chunks[0]
    let offset = chunk.start + chunk.compressedSize
    let rest = Array(sink.bytes[offset...])
    let (size, length) = try rest.withUnsafeBytes { raw -> (Int, Int) in
      var reader = ThriftReader(raw)
      var last = 0
      var size = 0
      while let field = try reader.nextField(&last) {
        if field.id == 1 { size = try reader.integer(field) } else { try reader.skip(field) }
      }
      return (size, reader.offset)
    }
    #expect(size == 1024)
    let filter = Array(rest[length..<length + size]).withUnsafeBytes { SplitBlockBloomFilter($0) }
    for name in names {
      #expect(filter.mayContain(Array(name.utf8).withUnsafeBufferPointer { XXHash64.hash(bytes: $0, 0) }))
    }
  }
}
