/// Loads and unpacking of little-endian bit-packed values. Sources must be followed by eight readable bytes.
enum BitUnpacking {
  @inline(__always)
  static func load64(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
    UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
  }

  /// The value at an index of a packed run of values of up to 32 bits.
  @inline(__always)
  static func value(_ packed: UnsafePointer<UInt8>, _ index: Int, width: Int) -> UInt32 {
    let bit = index &* width
    let mask: UInt64 = (1 &<< UInt64(width)) &- 1
    return UInt32(truncatingIfNeeded: (load64(packed + bit &>> 3) &>> UInt64(bit & 7)) & mask)
  }

  /// Unpacks `groups` groups of eight values; one instance a width, so that shifts and masks are constants.
  @inline(__always)
  private static func unpack<T: FixedWidthInteger>(
    _ source: UnsafePointer<UInt8>, _ groups: Int, _ width: Int, _ target: UnsafeMutablePointer<T>
  ) {
    let mask: UInt64 = (1 &<< UInt64(width)) &- 1
    var input = source
    var output = target
    for _ in 0..<groups {
      output[0] = T(truncatingIfNeeded: load64(input) & mask)
      output[1] = T(truncatingIfNeeded: (load64(input + width &>> 3) &>> UInt64(width & 7)) & mask)
      output[2] = T(truncatingIfNeeded: (load64(input + (2 &* width) &>> 3) &>> UInt64((2 &* width) & 7)) & mask)
      output[3] = T(truncatingIfNeeded: (load64(input + (3 &* width) &>> 3) &>> UInt64((3 &* width) & 7)) & mask)
      output[4] = T(truncatingIfNeeded: (load64(input + (4 &* width) &>> 3) &>> UInt64((4 &* width) & 7)) & mask)
      output[5] = T(truncatingIfNeeded: (load64(input + (5 &* width) &>> 3) &>> UInt64((5 &* width) & 7)) & mask)
      output[6] = T(truncatingIfNeeded: (load64(input + (6 &* width) &>> 3) &>> UInt64((6 &* width) & 7)) & mask)
      output[7] = T(truncatingIfNeeded: (load64(input + (7 &* width) &>> 3) &>> UInt64((7 &* width) & 7)) & mask)
      input += width
      output += 8
    }
  }

  /// The widest values that `unpackGroups` takes.
  static let largestWidth = 56

  /// Unpacks whole groups of eight values of up to `largestWidth` bits.
  static func unpackGroups<T: FixedWidthInteger>(
    _ source: UnsafePointer<UInt8>, _ groups: Int, width: Int, _ target: UnsafeMutablePointer<T>
  ) {
    switch width {
    case 1: unpack(source, groups, 1, target)
    case 2: unpack(source, groups, 2, target)
    case 3: unpack(source, groups, 3, target)
    case 4: unpack(source, groups, 4, target)
    case 5: unpack(source, groups, 5, target)
    case 6: unpack(source, groups, 6, target)
    case 7: unpack(source, groups, 7, target)
    case 8: unpack(source, groups, 8, target)
    case 9: unpack(source, groups, 9, target)
    case 10: unpack(source, groups, 10, target)
    case 11: unpack(source, groups, 11, target)
    case 12: unpack(source, groups, 12, target)
    case 13: unpack(source, groups, 13, target)
    case 14: unpack(source, groups, 14, target)
    case 15: unpack(source, groups, 15, target)
    case 16: unpack(source, groups, 16, target)
    case 17: unpack(source, groups, 17, target)
    case 18: unpack(source, groups, 18, target)
    default: unpack(source, groups, width, target)
    }
  }
}
