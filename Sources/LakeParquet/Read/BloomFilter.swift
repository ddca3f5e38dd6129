import LakeColumnar
import LakeDiagnostics
import LakeFileSystem
import LakeTypes

/// A column chunk's split-block bloom filter (parquet-format's BloomFilter.md). Only the blocks that are asked for are
/// read, 32 bytes each.
struct BloomFilter {
  private let file: any ReadableFile
  private let offset: Int
  private let blockCount: Int
  /// Bytes that hold any header.
  private static let largestHeader = 128

  /// Reads the header at an offset of the file; nil for an algorithm that is not known here.
  static func open(_ file: any ReadableFile, at offset: Int) throws(QueryError) -> BloomFilter? {
    guard offset >= 4, offset < file.size else {
      throw FormatFault.corrupt("a bloom filter lies outside of the file").error(in: file.path)
    }
    let buffer = Buffer.zeroed(byteCount: min(largestHeader, file.size - offset))
    defer { withExtendedLifetime(buffer) {} }
    let bytes = UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.byteCount)
    try file.read(into: bytes, at: offset)
    do throws(FormatFault) {
      var reader = ThriftReader(UnsafeRawBufferPointer(bytes))
      let (byteCount, isKnown) = try header(&reader)
      let start = offset + reader.offset
      guard byteCount > 0, byteCount % SplitBlockBloomFilter.blockByteCount == 0, byteCount <= file.size - start else {
        throw .corrupt("a bloom filter has an impossible size")
      }
      return isKnown
        ? BloomFilter(file: file, offset: start, blockCount: byteCount / SplitBlockBloomFilter.blockByteCount) : nil
    } catch { throw error.error(in: file.path) }
  }

  private static func header(_ reader: inout ThriftReader) throws(FormatFault) -> (byteCount: Int, isKnown: Bool) {
    var byteCount = 0
    var isKnown = true
    var last = 0
    while let field = try reader.nextField(&last) {
      switch field.id {
      case 1: byteCount = try reader.natural(field)
      case 2...4: isKnown = try reader.union(field) == 1 && isKnown
      default: try reader.skip(field)
      }
    }
    return (byteCount, isKnown)
  }

  /// Whether the chunk may hold a value, given as its PLAIN bytes (byte arrays without their length).
  func mayContain(_ value: [UInt8]) throws(QueryError) -> Bool {
    let hash = value.withUnsafeBufferPointer { XXHash64.hash(bytes: $0, 0) }
    let block = SplitBlockBloomFilter.block(of: hash, blockCount: blockCount)
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var fault: QueryError?
    let isIn = withUnsafeMutableBytes(of: &words) { raw in
      do throws(QueryError) {
        try file.read(into: raw, at: offset + block * SplitBlockBloomFilter.blockByteCount)
      } catch { fault = error }
      return raw.baseAddress.map { SplitBlockBloomFilter.holds($0, hash) } ?? true
    }
    if let fault { throw fault }
    return isIn
  }
}

extension LeafType {
  /// The one form that a value equal to the literal is stored in; nil where there may be none or several, or where
  /// that can't be told. The literal is one of `type`, which the column is read as.
  func plainBytes(_ literal: Literal, as type: LogicalType) -> [UInt8]? {
    switch (meaning, literal) {
    case (.integer(let isSigned), .integer(let value)): integerBytes(value, isSigned)
    case (.integer(false), .decimal(let value)) where type == self.type: UInt64(exactly: value).map(Self.littleEndian)
    case (.date, .date(let days)): Self.littleEndian(days)
    case (.time(.micros), .integer(let micros)): Self.littleEndian(micros)
    case (.time(.millis), .integer(let micros)) where kind == .int32 && micros % 1000 == 0:
      Int32(exactly: micros / 1000).map(Self.littleEndian)
    case (.uuid, .string(let text)): Self.uuidBytes(text)
    case (.uuid, .binary(let bytes)) where bytes.count == byteLength: bytes
    case (.timestamp(.micros), .timestamp(let micros)): Self.littleEndian(micros)
    case (.timestamp(.millis), .timestamp(let micros)) where micros % 1000 == 0: Self.littleEndian(micros / 1000)
    case (.decimal(let scale), .decimal(let value)): decimalBytes(value, scale, type)
    case (.plain, .string(let text)) where kind == .byteArray: Array(text.utf8)
    case (.plain, .binary(let bytes)) where kind == .byteArray || bytes.count == byteLength: bytes
    case (.plain, .float(let value)) where kind == .float && value != 0 && !value.isNaN:
      Self.littleEndian(value.bitPattern)
    case (.plain, .double(let value)) where kind == .double && value != 0 && !value.isNaN:
      Self.littleEndian(value.bitPattern)
    default: nil
    }
  }

  /// The bytes of a UUID in the one form that values are read as.
  private static func uuidBytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for (place, character) in text.utf8.enumerated() {
      if place == 8 || place == 13 || place == 18 || place == 23 {
        guard character == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high { bytes.append(first << 4 | digit) }
      high = high == nil ? digit : nil
    }
    return bytes.count == 16 && high == nil ? bytes : nil
  }

  private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private func integerBytes(_ value: Int64, _ isSigned: Bool) -> [UInt8]? {
    switch (kind, isSigned) {
    case (.int32, true): Int32(exactly: value).map(Self.littleEndian)
    case (.int32, false): UInt32(exactly: value).map(Self.littleEndian)
    case (.int64, true): Self.littleEndian(value)
    default: nil
    }
  }

  private func decimalBytes(_ value: Int128, _ scale: Int, _ type: LogicalType) -> [UInt8]? {
    guard case .decimal(_, scale) = type else { return nil }
    switch kind {
    case .int32: return Int32(exactly: value).map(Self.littleEndian)
    case .int64: return Int64(exactly: value).map(Self.littleEndian)
    case .fixedByteArray:
      let all = withUnsafeBytes(of: value.bigEndian) { Array($0) }
      let sign: UInt8 = value < 0 ? 0xFF : 0
      if byteLength >= 16 { return Array(repeating: sign, count: byteLength - 16) + all }
      let bytes = Array(all[(16 - byteLength)...])
      let isWhole = all[..<(16 - byteLength)].allSatisfy { $0 == sign } && (bytes[0] & 0x80 != 0) == (value < 0)
      return isWhole ? bytes : nil
    default: return nil
    }
  }
}
