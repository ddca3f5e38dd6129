import LakeTypes

extension Vector {
  /// The same rows as a flat vector; this vector itself if it is flat.
  package func flattened() -> Vector {
    switch encoding {
    case .flat: return self
    case .constant:
      let zeros = Buffer.zeroed(byteCount: count * 4)
      return gatheredSlots(zeros.base.assumingMemoryBound(to: UInt32.self), count: count, validity: repeatedMask())
    case .dictionary:
      guard let dictionary else { return self }
      return dictionary.gatheredSlots(codes, count: count, validity: validity)
    }
  }

  private func repeatedMask() -> ValidityMask? {
    isConstantNull ? ValidityMask(count: count, allValid: false) : nil
  }

  /// The rows at the given positions, in that order; positions may repeat.
  ///
  /// Dictionaries stay dictionaries and constants stay constants.
  package func gathered(_ rows: UnsafePointer<UInt32>, count: Int) -> Vector {
    switch encoding {
    case .constant: return repeated(count: count)
    case .flat: return gatheredSlots(rows, count: count, validity: validity?.gathered(rows, count: count))
    case .dictionary:
      let buffer = Buffer(byteCount: count * 4)
      let target = buffer.base.assumingMemoryBound(to: UInt32.self)
      let source = codes
      for index in 0..<count { target[index] = source[Int(rows[index])] }
      return Vector(
        type: type, encoding: .dictionary, count: count, owner: buffer,
        validity: validity?.gathered(rows, count: count), dictionary: dictionary)
    }
  }

  /// Gathers like `gathered`, but a position of `UInt32.max` yields NULL (the unmatched side of an outer join).
  package func gatheredOrNull(_ rows: UnsafePointer<UInt32>, count: Int) -> Vector {
    let mask = ValidityMask(count: count, allValid: true)
    let safe = Buffer(byteCount: count * 4)
    let positions = safe.base.assumingMemoryBound(to: UInt32.self)
    var matched = 0
    for index in 0..<count {
      let isMissing = rows[index] == .max
      positions[index] = isMissing ? 0 : rows[index]
      if isMissing || !isValid(Int(rows[index])) { mask.setNull(index) } else { matched += 1 }
    }
    if matched == 0 { return .allNull(type, count: count) }
    let flat = encoding == .constant ? repeated(count: count).flattened() : gathered(positions, count: count)
    return flat.masked(matched == count ? nil : mask)
  }

  /// Rows `start ..< start + count` without copying slots.
  package func sliced(from start: Int, count: Int) -> Vector {
    if encoding == .constant { return repeated(count: count) }
    if start == 0, count == self.count { return self }
    let width = encoding == .dictionary ? 4 : physical.width
    return Vector(
      type: type, encoding: encoding, count: count, owner: owner, values: values + start * width,
      validity: validity?.sliced(from: start, count: count), dictionary: dictionary,
      children: physical == .structure ? children.map { $0.sliced(from: start, count: count) } : children,
      heaps: heaps)
  }

  /// Copies slots of a flat or constant vector to new rows; the caller gives the new mask.
  private func gatheredSlots(_ rows: UnsafePointer<UInt32>, count: Int, validity: ValidityMask?) -> Vector {
    let kept = physical == .structure ? children.map { $0.gathered(rows, count: count) } : children
    let result = Vector.flat(type, count: count, validity: validity, children: kept, heaps: heaps)
    switch physical {
    case .bool, .int8: copySlots(UInt8.self, to: result, rows, count)
    case .int16: copySlots(UInt16.self, to: result, rows, count)
    case .int32, .float32: copySlots(UInt32.self, to: result, rows, count)
    case .int64, .float64, .list: copySlots(UInt64.self, to: result, rows, count)
    case .int128, .view: copySlots(StringView.self, to: result, rows, count)
    case .structure: break
    }
    return result
  }

  @inline(__always)
  private func copySlots<T: BitwiseCopyable>(
    _ slot: T.Type, to result: Vector, _ rows: UnsafePointer<UInt32>, _ count: Int
  ) {
    let source = slots(T.self)
    let target = result.slots(T.self)
    for index in 0..<count { target[index] = source[Int(rows[index])] }
  }
}

extension ValidityMask {
  /// The bits of the given rows; nil if all of them are valid.
  package func gathered(_ rows: UnsafePointer<UInt32>, count: Int) -> ValidityMask? {
    let result = ValidityMask(count: count, allValid: false)
    let source = words
    let target = result.words
    var valid = 0
    for index in 0..<count {
      let row = Int(rows[index])
      let isSet = source[row >> 6] >> UInt64(row & 63) & 1
      target[index >> 6] |= isSet << UInt64(index & 63)
      valid &+= Int(truncatingIfNeeded: isSet)
    }
    return valid == count ? nil : result
  }
}
