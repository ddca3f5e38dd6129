import LakeColumnar
import LakeTypes

/// Values as the fixtures' JSON lines spell them.
enum CanonicalText {
  static func row(_ batch: Batch, _ index: Int) -> String {
    let row = batch.selection.map { Int($0.positions[index]) } ?? index
    return "[" + batch.columns.map { value($0.literal(at: row), $0.type) }.joined(separator: ",") + "]"
  }

  static func value(_ literal: Literal, _ type: LogicalType) -> String {
    switch literal {
    case .null: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value), .timestamp(let value): return String(value)
    case .date(let value): return String(value)
    case .float(let value): return quoted("0x" + hex(UInt64(value.bitPattern), 8))
    case .double(let value): return quoted("0x" + hex(value.bitPattern, 16))
    case .decimal(let value):
      guard case .decimal(_, let scale) = type else { return "?" }
      return quoted(DecimalText.string(value, scale: scale))
    case .string(let value): return quoted(value)
    case .binary(let value): return quoted(value.map { hex(UInt64($0), 2) }.joined())
    case .array, .map, .struct: return nested(literal, type)
    }
  }

  private static func nested(_ literal: Literal, _ type: LogicalType) -> String {
    switch (literal, type) {
    case (.array(let items), .array(let element, _)):
      return "[" + items.map { value($0, element) }.joined(separator: ",") + "]"
    case (.map(let keys, let values), .map(let keyType, let valueType, _)):
      let pairs = zip(keys, values).map { "[\(value($0, keyType)),\(value($1, valueType))]" }
      return "[" + pairs.joined(separator: ",") + "]"
    case (.struct(let parts), .struct(let fields)):
      return "[" + zip(parts, fields).map { value($0, $1.type) }.joined(separator: ",") + "]"
    default: return "?"
    }
  }

  private static func hex(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

/// All batches of a reader, checked for their invariants.
func allRows(_ reader: any BatchReader, batchSize: Int = Batch.capacity) throws -> [String] {
  var rows: [String] = []
  while let batch = try reader.next() {
    precondition(batch.count <= batchSize && batch.count > 0)
    for column in batch.columns { precondition(column.count == batch.physicalCount) }
    for index in 0..<batch.count { rows.append(CanonicalText.row(batch, index)) }
  }
  return rows
}
