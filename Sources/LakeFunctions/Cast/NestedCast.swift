import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Casts of arrays, maps and structs, part by part.
extension CastStep {
  func nested() -> SlotCast {
    switch (from, to) {
    case (.array(let x, _), .array(let y, _)): lists([ColumnCast(x, y, mode)])
    case (.map(let xKey, let xValue, _), .map(let yKey, let yValue, _)):
      lists([ColumnCast(xKey, yKey, mode), ColumnCast(xValue, yValue, mode)])
    case (.struct(let x), .struct(let y)): structs(zip(x, y).map { ColumnCast($0.type, $1.type, mode) })
    default: { (source, _, _) throws(QueryError) in source }
    }
  }

  /// Only elements that belong to a live row may fail.
  private func lists(_ parts: [ColumnCast]) -> SlotCast {
    { (source, live, context) throws(QueryError) in
      var children: [Vector] = []
      for (part, child) in zip(parts, source.children) {
        let reached = Self.reached(source, live, childCount: child.count)
        children.append(try part.apply(child, live: reached, context).unconstant())
      }
      return Vector(
        type: to, encoding: .flat, count: source.count, owner: source.owner, values: source.values,
        children: children)
    }
  }

  private static func reached(_ source: Vector, _ live: RowMask, childCount: Int) -> ValidityMask {
    let mask = ValidityMask(count: childCount, allValid: false)
    let entries = source.slots(ListEntry.self)
    for row in 0..<source.count where live.isValid(row) {
      let start = Int(entries[row].offset)
      for index in start..<(start + Int(entries[row].count)) { mask.setValid(index) }
    }
    return mask
  }

  private func structs(_ parts: [ColumnCast]) -> SlotCast {
    { (source, live, context) throws(QueryError) in
      let mask = live.mask(count: source.count)
      var children: [Vector] = []
      for (part, child) in zip(parts, source.children) {
        children.append(try part.apply(child, live: mask, context))
      }
      return Vector(
        type: to, encoding: .flat, count: source.count, owner: source.owner, values: source.values,
        children: children)
    }
  }
}

extension RowMask {
  /// The rows as a mask; nil where all are valid.
  func mask(count: Int) -> ValidityMask? {
    if isAllValid { return nil }
    let mask = ValidityMask(count: count, allValid: true)
    for row in 0..<count where !isValid(row) { mask.setNull(row) }
    return mask
  }
}

extension Vector {
  /// Children of lists may not be constants.
  func unconstant() -> Vector { isConstant ? flattened() : self }
}
