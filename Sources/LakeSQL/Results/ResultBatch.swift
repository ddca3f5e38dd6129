import LakeColumnar
import LakeTypes

/// A column of a result.
public struct ResultColumn: Sendable, Hashable {
  public let name: String
  /// The type as Spark spells it, such as `decimal(18,2)`.
  public let typeName: String
  public let isNullable: Bool
  let type: LogicalType

  init(_ field: Field) {
    name = field.name
    type = field.type
    typeName = field.type.description
    isNullable = field.isNullable
  }
}

/// Some rows of a result, by column.
public struct ResultBatch: Sendable {
  /// A batch without a selection.
  let batch: Batch

  init(_ batch: Batch) { self.batch = batch.compacted() }

  public var rowCount: Int { batch.count }
  public var columnCount: Int { batch.columns.count }

  /// One value; for whole columns the typed accessors are faster.
  public subscript(row: Int, column: Int) -> Value {
    let vector = batch.columns[column]
    return Value(vector.literal(at: row), vector.type)
  }

  /// One row.
  public func row(_ index: Int) -> [Value] { (0..<columnCount).map { self[index, $0] } }

  /// A column of whole numbers (tinyint to bigint), dates (days) or timestamps (microseconds); nil for other types.
  public func integers(_ column: Int) -> [Int64?]? {
    let vector = batch.columns[column].flattened()
    return switch vector.physical {
    case .int8: values(of: vector, Int8.self) { Int64($0) }
    case .int16: values(of: vector, Int16.self) { Int64($0) }
    case .int32: values(of: vector, Int32.self) { Int64($0) }
    case .int64 where !vector.type.isDecimal: values(of: vector, Int64.self) { $0 }
    default: nil
    }
  }

  /// A column of floats, doubles or decimals as doubles; nil for other types.
  public func doubles(_ column: Int) -> [Double?]? {
    let vector = batch.columns[column].flattened()
    if case .decimal(_, let scale) = vector.type {
      let factor = Double(DecimalText.powersOfTen[scale])
      return vector.physical == .int64
        ? values(of: vector, Int64.self) { Double($0) / factor }
        : values(of: vector, Int128.self) { Double($0) / factor }
    }
    return switch vector.physical {
    case .float32: values(of: vector, Float.self) { Double($0) }
    case .float64: values(of: vector, Double.self) { $0 }
    default: nil
    }
  }

  /// A column of strings; nil for other types.
  public func strings(_ column: Int) -> [String?]? {
    let vector = batch.columns[column].flattened()
    guard vector.type == .string else { return nil }
    return values(of: vector, StringView.self) { $0.string }
  }

  /// A column of booleans; nil for other types.
  public func booleans(_ column: Int) -> [Bool?]? {
    let vector = batch.columns[column].flattened()
    guard vector.type == .boolean else { return nil }
    return values(of: vector, UInt8.self) { $0 != 0 }
  }

  private func values<T: BitwiseCopyable, R>(of vector: Vector, _ type: T.Type, _ map: (T) -> R) -> [R?] {
    let slots = vector.slots(T.self)
    return (0..<vector.count).map { vector.isValid($0) ? map(slots[$0]) : nil }
  }
}
