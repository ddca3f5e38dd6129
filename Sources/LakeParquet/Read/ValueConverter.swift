import LakeColumnar
import LakeTypes

/// Runs value conversions over packed values; one per column chunk and thread.
struct ValueConverter {
  let conversion: ValueConversion
  let leaf: LeafType
  let type: LogicalType

  init(_ leaf: LeafType, to type: LogicalType) throws(FormatFault) {
    conversion = try ValueConversion.plan(leaf, to: type)
    self.leaf = leaf
    self.type = type
  }

  /// A value that does not fit: the file's fault if its own type says it should, else that of the wanted type.
  private var outOfRange: FormatFault {
    leaf.type == type
      ? .corrupt("a value is out of the range of \(type)")
      : .mismatch("the file holds \(leaf.type), and a value is out of the range of \(type)")
  }

  /// Converts `count` stored values. Returns a buffer that the slots point into, if one was made.
  ///
  /// Views that `.fixedToView` makes point into `source`, which the caller keeps alive.
  func convert(
    _ source: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutableRawPointer
  ) throws(FormatFault) -> Buffer? {
    switch conversion {
    case .identity: target.copyMemory(from: source, byteCount: count * leaf.rawWidth)
    case .integer(let kind, let multiplier, let divisor, let physical):
      try integers(kind, source, count, multiplier, divisor, physical, target)
    case .floatToDouble: Self.widenFloats(source, count, target)
    case .int96ToMicros: if !Self.int96(source, count, target) { throw outOfRange }
    case .float16(let physical): Self.halves(source, count, physical, target)
    case .bigEndian(let multiplier, let physical):
      try bigEndian(source, count, multiplier, physical, target)
    case .fixedToView: fixedViews(source, count, target)
    case .uuidToText: return Self.uuids(source, count, target)
    case .interval(let physical): if !Self.intervals(source, count, physical, target) { throw outOfRange }
    }
    return nil
  }

  private func integers(
    _ kind: ValueConversion.Integer, _ source: UnsafePointer<UInt8>, _ count: Int, _ multiplier: Int64,
    _ divisor: Int64, _ physical: PhysicalType, _ target: UnsafeMutableRawPointer
  ) throws(FormatFault) {
    let isInRange =
      switch kind {
      case .int32: Self.integers(Int32.self, source, count, multiplier, divisor, physical, target)
      case .uint32: Self.integers(UInt32.self, source, count, multiplier, divisor, physical, target)
      case .int64: Self.integers(Int64.self, source, count, multiplier, divisor, physical, target)
      case .uint64: Self.integers(UInt64.self, source, count, multiplier, divisor, physical, target)
      }
    if !isInRange { throw outOfRange }
    if case .decimal(let precision, _) = type { try checkPrecision(precision, count, target) }
  }

  @inline(__always)
  private static func integers<S: FixedWidthInteger>(
    _ kind: S.Type, _ source: UnsafePointer<UInt8>, _ count: Int, _ multiplier: Int64, _ divisor: Int64,
    _ physical: PhysicalType, _ target: UnsafeMutableRawPointer
  ) -> Bool {
    switch physical {
    case .int8: return scale(kind, Int8.self, source, count, multiplier, divisor, target)
    case .int16: return scale(kind, Int16.self, source, count, multiplier, divisor, target)
    case .int32: return scale(kind, Int32.self, source, count, multiplier, divisor, target)
    case .int64 where multiplier == 1 && divisor == 1 && S.bitWidth == 32: widen(kind, source, count, target)
    case .int64: return scale(kind, Int64.self, source, count, multiplier, divisor, target)
    case .int128: wide(kind, source, count, multiplier, target)
    default: doubles(kind, source, count, target)
    }
    return true
  }

  @inline(__always)
  private static func load<S: FixedWidthInteger>(_ source: UnsafePointer<UInt8>, _ index: Int) -> S {
    UnsafeRawPointer(source).loadUnaligned(fromByteOffset: index &* (S.bitWidth &>> 3), as: S.self)
  }

  @inline(__always)
  private static func widen<S: FixedWidthInteger>(
    _ kind: S.Type, _ source: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer
  ) {
    let output = target.assumingMemoryBound(to: Int64.self)
    for index in 0..<count { output[index] = Int64(truncatingIfNeeded: load(source, index) as S) }
  }

  @inline(__always)
  private static func wide<S: FixedWidthInteger>(
    _ kind: S.Type, _ source: UnsafePointer<UInt8>, _ count: Int, _ multiplier: Int64,
    _ target: UnsafeMutableRawPointer
  ) {
    let output = target.assumingMemoryBound(to: Int128.self)
    let factor = Int128(multiplier)
    for index in 0..<count { output[index] = Int128(truncatingIfNeeded: load(source, index) as S) &* factor }
  }

  @inline(__always)
  private static func doubles<S: FixedWidthInteger>(
    _ kind: S.Type, _ source: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer
  ) {
    let output = target.assumingMemoryBound(to: Double.self)
    for index in 0..<count { output[index] = Double(load(source, index) as S) }
  }

  /// Multiplies or divides in 64 bits and narrows; false if a value does not fit.
  @inline(__always)
  private static func scale<S: FixedWidthInteger, T: FixedWidthInteger>(
    _ kind: S.Type, _ slot: T.Type, _ source: UnsafePointer<UInt8>, _ count: Int, _ multiplier: Int64,
    _ divisor: Int64, _ target: UnsafeMutableRawPointer
  ) -> Bool {
    let output = target.assumingMemoryBound(to: T.self)
    var overflow = 0
    for index in 0..<count {
      let value: S = load(source, index)
      var wide = Int64(truncatingIfNeeded: value)
      overflow |= bit(S(truncatingIfNeeded: wide) != value || (wide < 0) != (value < 0))
      let product = wide.multipliedReportingOverflow(by: multiplier)
      overflow |= bit(product.overflow)
      wide = product.partialValue
      if divisor != 1 { wide = floorDivide(wide, divisor) }
      output[index] = T(truncatingIfNeeded: wide)
      overflow |= bit(Int64(truncatingIfNeeded: output[index]) != wide)
    }
    return overflow == 0
  }

  @inline(__always)
  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient &- 1 : quotient
  }

  /// Unscaled values of more digits than the type has would break arithmetic that relies on the bound.
  private func checkPrecision(
    _ precision: Int, _ count: Int, _ target: UnsafeMutableRawPointer
  ) throws(FormatFault) {
    let limit = DecimalText.powersOfTen[precision]
    var isOut = 0
    if type.physical == .int64 {
      let slots = target.assumingMemoryBound(to: Int64.self)
      let bound = Int64(limit)
      for index in 0..<count { isOut |= bit(slots[index] >= bound) | bit(slots[index] <= -bound) }
    } else {
      let slots = target.assumingMemoryBound(to: Int128.self)
      for index in 0..<count { isOut |= bit(slots[index] >= limit) | bit(slots[index] <= -limit) }
    }
    if isOut != 0 { throw outOfRange }
  }

  private static func widenFloats(_ source: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer) {
    let output = target.assumingMemoryBound(to: Double.self)
    let input = UnsafeRawPointer(source)
    for index in 0..<count {
      output[index] = Double(input.loadUnaligned(fromByteOffset: index &* 4, as: Float.self))
    }
  }

  /// Nanoseconds of the day and the Julian day, as Impala and Hive write timestamps.
  private static func int96(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer
  ) -> Bool {
    let output = target.assumingMemoryBound(to: Int64.self)
    let input = UnsafeRawPointer(source)
    var overflow = 0
    for index in 0..<count {
      let nanos = input.loadUnaligned(fromByteOffset: index &* 12, as: Int64.self)
      let day = Int64(input.loadUnaligned(fromByteOffset: index &* 12 &+ 8, as: Int32.self)) &- 2_440_588
      let (micros, isTooLarge) = day.multipliedReportingOverflow(by: 86_400_000_000)
      let (sum, isSumTooLarge) = micros.addingReportingOverflow(floorDivide(nanos, 1000))
      output[index] = sum
      overflow |= bit(isTooLarge) | bit(isSumTooLarge)
    }
    return overflow == 0
  }

  private static func halves(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ physical: PhysicalType, _ target: UnsafeMutableRawPointer
  ) {
    let input = UnsafeRawPointer(source)
    for index in 0..<count {
      let value = float(half: input.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
      if physical == .float64 {
        target.assumingMemoryBound(to: Double.self)[index] = Double(value)
      } else {
        target.assumingMemoryBound(to: Float.self)[index] = value
      }
    }
  }

  /// IEEE 754 binary16 to binary32.
  private static func float(half: UInt16) -> Float {
    let sign: FloatingPointSign = half & 0x8000 == 0 ? .plus : .minus
    let exponent = Int(half >> 10) & 31
    let fraction = Float(half & 0x3FF) / 1024
    switch exponent {
    case 31 where half & 0x3FF != 0: return .nan
    case 31: return sign == .plus ? .infinity : -.infinity
    case 0: return Float(sign: sign, exponent: -14, significand: fraction)
    default: return Float(sign: sign, exponent: exponent - 15, significand: 1 + fraction)
    }
  }

  private func bigEndian(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ multiplier: Int128, _ physical: PhysicalType,
    _ target: UnsafeMutableRawPointer
  ) throws(FormatFault) {
    guard case .decimal(let precision, _) = type else { return }
    guard leaf.kind == .fixedByteArray, multiplier == 1, (1...16).contains(leaf.byteLength) else {
      return try scaledBigEndian(source, count, multiplier, precision, physical, target)
    }
    switch (leaf.byteLength <= 8, physical == .int64) {
    case (true, true):
      BigEndianNumbers.short(source, count, leaf.byteLength, target.assumingMemoryBound(to: Int64.self))
      try checkPrecision(precision, count, target)
    case (true, false):
      BigEndianNumbers.short(source, count, leaf.byteLength, target.assumingMemoryBound(to: Int128.self))
      try checkPrecision(precision, count, target)
    case (false, let isNarrow):
      let limit = DecimalText.powersOfTen[precision]
      let fits =
        isNarrow
        ? BigEndianNumbers.long(source, count, leaf.byteLength, limit, target.assumingMemoryBound(to: Int64.self))
        : BigEndianNumbers.long(source, count, leaf.byteLength, limit, target.assumingMemoryBound(to: Int128.self))
      if !fits { throw outOfRange }
    }
  }

  /// Numbers of any length, which are multiplied.
  private func scaledBigEndian(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ multiplier: Int128, _ precision: Int, _ physical: PhysicalType,
    _ target: UnsafeMutableRawPointer
  ) throws(FormatFault) {
    let isVariable = leaf.kind == .byteArray
    let views = UnsafeRawPointer(source)
    for index in 0..<count {
      let number: Int128?
      if isVariable {
        let view = views.loadUnaligned(fromByteOffset: index &* 16, as: StringView.self)
        number = view.withBytes { BigEndianNumbers.number($0) }
      } else {
        let start = source + index &* leaf.byteLength
        number = BigEndianNumbers.number(UnsafeBufferPointer(start: start, count: leaf.byteLength))
      }
      guard let number else { throw outOfRange }
      let (value, overflow) = number.multipliedReportingOverflow(by: multiplier)
      guard !overflow, DecimalText.fits(value, precision: precision) else { throw outOfRange }
      if physical == .int64 {
        target.assumingMemoryBound(to: Int64.self)[index] = Int64(truncatingIfNeeded: value)
      } else {
        target.assumingMemoryBound(to: Int128.self)[index] = value
      }
    }
  }

  /// Months alone, or days and milliseconds alone as microseconds; false if a value has the other part too.
  private static func intervals(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ physical: PhysicalType, _ target: UnsafeMutableRawPointer
  ) -> Bool {
    let input = UnsafeRawPointer(source)
    var isOut = 0
    for index in 0..<count {
      let months = input.loadUnaligned(fromByteOffset: index &* 12, as: UInt32.self)
      let days = input.loadUnaligned(fromByteOffset: index &* 12 &+ 4, as: UInt32.self)
      let millis = input.loadUnaligned(fromByteOffset: index &* 12 &+ 8, as: UInt32.self)
      if physical == .int32 {
        target.assumingMemoryBound(to: Int32.self)[index] = Int32(truncatingIfNeeded: months)
        isOut |= bit(days != 0) | bit(millis != 0) | bit(months > UInt32(Int32.max))
      } else {
        let micros = Int64(days) &* 86_400_000_000 &+ Int64(millis) &* 1000
        target.assumingMemoryBound(to: Int64.self)[index] = micros
        isOut |= bit(months != 0) | bit(days > 100_000_000)
      }
    }
    return isOut == 0
  }

  private func fixedViews(_ source: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer) {
    let output = target.assumingMemoryBound(to: StringView.self)
    for index in 0..<count {
      output[index] = ByteArrayDecoding.view(source + index &* leaf.byteLength, leaf.byteLength)
    }
  }

  private static func uuids(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ target: UnsafeMutableRawPointer
  ) -> Buffer {
    let output = target.assumingMemoryBound(to: StringView.self)
    let heap = Buffer(byteCount: count * 36)
    var text = heap.base.assumingMemoryBound(to: UInt8.self)
    for index in 0..<count {
      writeUUID(source + index &* 16, text)
      output[index] = ByteArrayDecoding.view(text, 36)
      text += 36
    }
    return heap
  }

  private static func writeUUID(_ bytes: UnsafePointer<UInt8>, _ text: UnsafeMutablePointer<UInt8>) {
    let digits: StaticString = "0123456789abcdef"
    var position = 0
    for index in 0..<16 {
      if index == 4 || index == 6 || index == 8 || index == 10 {
        text[position] = UInt8(ascii: "-")
        position += 1
      }
      text[position] = digits.utf8Start[Int(bytes[index] >> 4)]
      text[position + 1] = digits.utf8Start[Int(bytes[index] & 15)]
      position += 2
    }
  }
}
