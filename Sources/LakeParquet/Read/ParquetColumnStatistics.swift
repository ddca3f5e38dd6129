import LakeColumnar
package import LakeTypes

/// What a row group's footer says of a column, in the type that the file's schema gives it.
package struct ParquetColumnStatistics: Sendable {
  /// No value is less; absent where the file has none that can be relied on. NaN is never counted.
  package var min: Literal?
  /// No value is greater, NaN left aside.
  package var max: Literal?
  /// Whether the bounds are values of the column (long strings may have been cut).
  package var areBoundsExact: Bool
  package var nullCount: Int?
  package var distinctCount: Int?
  /// Whether there may be NaN, which is above all numbers and which the bounds leave out.
  package var mayHaveNaN: Bool
}

extension ParquetColumnStatistics {
  /// Describes rows that all have one value.
  init(ofEach value: Literal, rowCount: Int) {
    let bound = value.isNull || value.isNaN ? nil : value
    self.init(
      min: bound, max: bound, areBoundsExact: true, nullCount: value.isNull ? rowCount : 0, mayHaveNaN: value.isNaN)
  }

  /// Decodes a chunk's statistics as values of the given type; nothing that is in doubt is used.
  init(_ statistics: ChunkStatistics, leaf: LeafType, as type: LogicalType) {
    let hasOrder = leaf.kind != .int96 && leaf.meaning != .interval
    let useNew = statistics.min != nil || statistics.max != nil
    let useOld = !useNew && Self.isOldOrderRight(leaf, statistics)
    let low = useNew ? statistics.min : (useOld ? statistics.oldMin : nil)
    let high = useNew ? statistics.max : (useOld ? statistics.oldMax : nil)
    min = hasOrder ? low.flatMap { Self.decode($0, leaf, type) } : nil
    max = hasOrder ? high.flatMap { Self.decode($0, leaf, type) } : nil
    mayHaveNaN = leaf.isFloating && statistics.nanCount != 0
    // A writer that let NaN into a bound may have lost numbers on the way to it.
    if leaf.isFloating, [min, max].contains(where: { $0?.isNaN ?? false }) { (min, max) = (nil, nil) }
    areBoundsExact = leaf.rawWidth < 16 || (statistics.isMinExact == true && statistics.isMaxExact == true)
    nullCount = statistics.nullCount.flatMap { $0 >= 0 ? $0 : nil }
    distinctCount = statistics.distinctCount
  }

  /// The deprecated fields were written with signed comparison, whatever the type; equal bounds are safe then too,
  /// except those of byte arrays, for which old parquet-mr kept a buffer that it overwrote (PARQUET-251).
  private static func isOldOrderRight(_ leaf: LeafType, _ statistics: ChunkStatistics) -> Bool {
    switch leaf.meaning {
    case .integer(let isSigned): return isSigned || statistics.oldMin == statistics.oldMax
    case .decimal: return leaf.kind == .int32 || leaf.kind == .int64
    case .date, .timestamp, .time: return true
    case .plain: return leaf.kind == .boolean || leaf.kind == .float || leaf.kind == .double
    case .int96, .float16, .uuid, .interval, .unknown: return false
    }
  }

  /// One value in its PLAIN form (byte arrays without a length) as a literal.
  static func decode(_ bytes: [UInt8], _ leaf: LeafType, _ type: LogicalType) -> Literal? {
    guard leaf.kind == .byteArray || bytes.count == leaf.rawWidth, !type.isNested, type != .void,
      let converter = try? ValueConverter(leaf, to: type)
    else { return nil }
    let source = Buffer.zeroed(byteCount: Swift.max(bytes.count, 16))
    let start = source.base.assumingMemoryBound(to: UInt8.self)
    for (index, byte) in bytes.enumerated() { start[index] = byte }
    if leaf.kind == .boolean { start[0] &= 1 }
    // Text cut within a character would change its place in the order when it is repaired.
    if type == .string, leaf.kind == .byteArray, String(validating: bytes, as: UTF8.self) == nil { return nil }
    let view = Buffer.zeroed(byteCount: 16)
    if leaf.kind == .byteArray {
      view.base.storeBytes(of: ByteArrayDecoding.view(start, bytes.count), as: StringView.self)
    }
    let raw = leaf.kind == .byteArray ? view : source
    defer { withExtendedLifetime((source, view)) {} }
    let target = Buffer.zeroed(byteCount: 16)
    guard
      let heap = try? converter.convert(raw.base.assumingMemoryBound(to: UInt8.self), 1, into: target.base)
        ?? source
    else { return nil }
    return Vector(type: type, encoding: .flat, count: 1, owner: target, heaps: [source, heap]).literal(at: 0)
  }
}

extension Literal {
  /// Whether this is a floating-point NaN.
  var isNaN: Bool {
    switch self {
    case .float(let value): value.isNaN
    case .double(let value): value.isNaN
    default: false
    }
  }
}

extension ParquetColumnStatistics {
  /// Whether no row of a chunk can pass the test. `rowCount` counts rows, NULLs included.
  func excludes(_ test: ScanPredicate.Test, rowCount: Int) -> Bool {
    switch test {
    case .isNull: return nullCount == 0
    case .isNotNull: return nullCount == rowCount
    case .compare(let comparison, let literal):
      return nullCount == rowCount || excludes(comparison, literal)
    case .isKey: return nullCount == rowCount
    case .isIn(let values):
      return nullCount == rowCount || values.allSatisfy { excludes(.equal, $0) }
    case .anyOf(let groups):
      return groups.allSatisfy { group in group.contains { excludes($0, rowCount: rowCount) } }
    }
  }

  private func excludes(_ comparison: ScanPredicate.Comparison, _ literal: Literal) -> Bool {
    if literal.isNaN { return excludesNaN(comparison) }
    let toMin = min.flatMap { LiteralOrder.compare(literal, $0) }
    let toMax = max.flatMap { LiteralOrder.compare(literal, $0) }
    switch comparison {
    case .equal: return toMin.map { $0 < 0 } ?? false || toMax.map { $0 > 0 } ?? false
    case .less: return toMin.map { $0 <= 0 } ?? false
    case .lessOrEqual: return toMin.map { $0 < 0 } ?? false
    case .greater: return !mayHaveNaN && toMax.map { $0 >= 0 } ?? false
    case .greaterOrEqual: return !mayHaveNaN && toMax.map { $0 > 0 } ?? false
    }
  }

  /// NaN equals NaN, and no value is greater.
  private func excludesNaN(_ comparison: ScanPredicate.Comparison) -> Bool {
    switch comparison {
    case .equal, .greaterOrEqual: !mayHaveNaN
    case .greater: true
    case .less, .lessOrEqual: false
    }
  }
}
