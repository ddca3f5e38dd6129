import LakeColumnar
import LakeTypes

/// Arrays, maps and structs in Hive's text files: a delimiter for each level of nesting.
struct NestedTextSyntax {
  /// Delimiters by level: items, then map keys, then `^D`, `^E`, ...
  private let delimiters: [UInt8]

  /// nil if the options do not provide for nested types.
  init?(_ options: CSVOptions) {
    guard let items = options.collectionDelimiter else { return nil }
    delimiters = [items, options.mapKeyDelimiter ?? 3] + (4...8)
  }

  /// Appends one value; false if a part of it is not of its type (that part is NULL) or the nesting is too deep.
  func append(
    _ text: UnsafeBufferPointer<UInt8>, to builder: VectorBuilder, level: Int, _ scalars: CSVColumnConverter
  ) -> Bool {
    guard builder.type.isNested else { return scalars.append(text, to: builder) }
    if scalars.isNull(text) {
      builder.appendNull()
      return true
    }
    guard level + 1 < delimiters.count else {
      builder.appendNull()
      return false
    }
    switch builder.type {
    case .array: return appendArray(text, builder, level, scalars)
    case .map: return appendMap(text, builder, level, scalars)
    default: return appendStruct(text, builder, level, scalars)
    }
  }

  private func parts(_ text: UnsafeBufferPointer<UInt8>, _ delimiter: UInt8) -> [UnsafeBufferPointer<UInt8>] {
    text.split(separator: delimiter, omittingEmptySubsequences: false).map { UnsafeBufferPointer(rebasing: $0) }
  }

  private func appendArray(
    _ text: UnsafeBufferPointer<UInt8>, _ builder: VectorBuilder, _ level: Int, _ scalars: CSVColumnConverter
  ) -> Bool {
    let items = text.isEmpty ? [] : parts(text, delimiters[level])
    var isGood = true
    for item in items {
      if !append(item, to: builder.children[0], level: level + 1, scalars) { isGood = false }
    }
    builder.appendList(count: items.count)
    return isGood
  }

  private func appendMap(
    _ text: UnsafeBufferPointer<UInt8>, _ builder: VectorBuilder, _ level: Int, _ scalars: CSVColumnConverter
  ) -> Bool {
    let entries = text.isEmpty ? [] : parts(text, delimiters[level])
    var isGood = true
    for entry in entries {
      let split = entry.firstIndex(of: delimiters[level + 1])
      let key = UnsafeBufferPointer(rebasing: entry[..<(split ?? entry.count)])
      if !append(key, to: builder.children[0], level: level + 2, scalars) { isGood = false }
      if let split {
        let value = UnsafeBufferPointer(rebasing: entry[(split + 1)...])
        if !append(value, to: builder.children[1], level: level + 2, scalars) { isGood = false }
      } else {
        builder.children[1].appendNull()
      }
    }
    builder.appendList(count: entries.count)
    return isGood
  }

  private func appendStruct(
    _ text: UnsafeBufferPointer<UInt8>, _ builder: VectorBuilder, _ level: Int, _ scalars: CSVColumnConverter
  ) -> Bool {
    let values = parts(text, delimiters[level])
    var isGood = true
    for (index, child) in builder.children.enumerated() {
      if index >= values.count {
        child.appendNull()
      } else if !append(values[index], to: child, level: level + 1, scalars) {
        isGood = false
      }
    }
    builder.appendStruct()
    return isGood
  }
}

extension NestedTextSyntax {
  /// Whether there are delimiters for all levels of a type.
  func canHold(_ type: LogicalType, level: Int) -> Bool {
    guard type.isNested else { return true }
    guard level + 1 < delimiters.count else { return false }
    switch type {
    case .array(let element, _): return canHold(element, level: level + 1)
    case .map(let key, let value, _): return canHold(key, level: level + 2) && canHold(value, level: level + 2)
    case .struct(let fields): return fields.allSatisfy { canHold($0.type, level: level + 1) }
    default: return true
    }
  }

  /// Appends one row of a vector whose type `canHold` admits.
  func write(
    _ vector: Vector, _ row: Int, level: Int, _ text: ValueText, _ nullText: [UInt8], to bytes: ByteBuffer
  ) {
    guard vector.isValid(row), vector.type != .void else { return bytes.append(nullText) }
    let source = vector.slotVector
    let slot = vector.slotIndex(row)
    switch vector.type {
    case .array:
      let entry = source.slots(ListEntry.self)[slot]
      for index in 0..<Int(entry.count) {
        if index > 0 { bytes.append(delimiters[level]) }
        write(source.children[0], Int(entry.offset) + index, level: level + 1, text, nullText, to: bytes)
      }
    case .map:
      let entry = source.slots(ListEntry.self)[slot]
      for index in 0..<Int(entry.count) {
        if index > 0 { bytes.append(delimiters[level]) }
        write(source.children[0], Int(entry.offset) + index, level: level + 2, text, nullText, to: bytes)
        bytes.append(delimiters[level + 1])
        write(source.children[1], Int(entry.offset) + index, level: level + 2, text, nullText, to: bytes)
      }
    case .struct:
      for (index, child) in source.children.enumerated() {
        if index > 0 { bytes.append(delimiters[level]) }
        write(child, child.isConstant ? 0 : slot, level: level + 1, text, nullText, to: bytes)
      }
    case .string, .binary: source.slots(StringView.self)[slot].withBytes { bytes.append($0) }
    default: text.appendScalar(source, slot, to: bytes)
    }
  }
}
