package import LakeTypes

extension Vector {
  /// Reads one row as a literal; slow, for edges and rare paths.
  package func literal(at row: Int) -> Literal {
    guard isValid(row) else { return .null }
    return slotVector.slotLiteral(at: slotIndex(row))
  }

  private func slotLiteral(at slot: Int) -> Literal {
    switch type {
    case .void: .null
    case .boolean: .boolean(slots(UInt8.self)[slot] != 0)
    case .tinyint: .integer(Int64(slots(Int8.self)[slot]))
    case .smallint: .integer(Int64(slots(Int16.self)[slot]))
    case .int, .intervalYearMonth: .integer(Int64(slots(Int32.self)[slot]))
    case .bigint, .intervalDayTime: .integer(slots(Int64.self)[slot])
    case .float: .float(slots(Float.self)[slot])
    case .double: .double(slots(Double.self)[slot])
    case .decimal:
      .decimal(physical == .int64 ? Int128(slots(Int64.self)[slot]) : slots(Int128.self)[slot])
    case .string: .string(slots(StringView.self)[slot].string)
    case .binary: .binary(slots(StringView.self)[slot].bytes)
    case .date: .date(slots(Int32.self)[slot])
    case .timestamp, .timestampNTZ: .timestamp(slots(Int64.self)[slot])
    case .array: .array(listLiterals(child: 0, at: slot))
    case .map: .map(keys: listLiterals(child: 0, at: slot), values: listLiterals(child: 1, at: slot))
    case .struct: .struct(children.map { $0.literal(at: slot) })
    }
  }

  private func listLiterals(child: Int, at slot: Int) -> [Literal] {
    let entry = slots(ListEntry.self)[slot]
    let child = children[child]
    return (0..<Int(entry.count)).map { child.literal(at: Int(entry.offset) + $0) }
  }

  /// A constant vector of one literal; the literal must be of the type or NULL.
  package static func constant(_ literal: Literal, _ type: LogicalType, count: Int) -> Vector {
    if literal.isNull { return .allNull(type, count: count) }
    let builder = VectorBuilder(type, capacity: 1)
    builder.append(literal)
    let one = builder.finish()
    return Vector(
      type: type, encoding: .constant, count: count, owner: one.owner, values: one.values, children: one.children,
      heaps: one.heaps)
  }
}
