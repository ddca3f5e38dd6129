import LakeColumnar
import LakeTypes

/// Moves packed values, which NULLs have no place among, to the rows that a mask says are valid.
enum SlotSpreading {
  /// Spreads `packed` values at the start of `slots` over `count` rows, in place; `offset` is the first row's bit.
  ///
  /// Slots of NULL rows get a copy of some value, or zeros where there is none.
  static func spread(
    _ slots: UnsafeMutableRawPointer, width: Int, packed: Int, count: Int, _ mask: ValidityMask, offset: Int
  ) {
    if packed == count { return }
    if packed == 0 {
      slots.initializeMemory(as: UInt8.self, repeating: 0, count: count * width)
      return
    }
    switch width {
    case 1: spread(slots, UInt8.self, packed, count, mask.words, offset)
    case 2: spread(slots, UInt16.self, packed, count, mask.words, offset)
    case 4: spread(slots, UInt32.self, packed, count, mask.words, offset)
    case 8: spread(slots, UInt64.self, packed, count, mask.words, offset)
    default: spread(slots, StringView.self, packed, count, mask.words, offset)
    }
  }

  @inline(__always)
  private static func spread<T: BitwiseCopyable>(
    _ raw: UnsafeMutableRawPointer, _ slot: T.Type, _ packed: Int, _ count: Int,
    _ words: UnsafeMutablePointer<UInt64>, _ offset: Int
  ) {
    let slots = raw.assumingMemoryBound(to: T.self)
    var next = packed &- 1
    var row = count &- 1
    while row >= 0 {
      let place = offset &+ row
      let isValid = Int(truncatingIfNeeded: words[place &>> 6] &>> UInt64(place & 63) & 1)
      slots[row] = slots[max(next, 0)]
      next &-= isValid
      row &-= 1
    }
  }

  /// Copies the slots of dictionary entries.
  static func gather(
    _ dictionary: Vector, _ codes: UnsafePointer<UInt32>, count: Int, into target: UnsafeMutableRawPointer
  ) {
    switch dictionary.physical.width {
    case 1: gather(dictionary, UInt8.self, codes, count, target)
    case 2: gather(dictionary, UInt16.self, codes, count, target)
    case 4: gather(dictionary, UInt32.self, codes, count, target)
    case 8: gather(dictionary, UInt64.self, codes, count, target)
    default: gather(dictionary, StringView.self, codes, count, target)
    }
  }

  @inline(__always)
  private static func gather<T: BitwiseCopyable>(
    _ dictionary: Vector, _ slot: T.Type, _ codes: UnsafePointer<UInt32>, _ count: Int,
    _ raw: UnsafeMutableRawPointer
  ) {
    let source = dictionary.slots(T.self)
    let target = raw.assumingMemoryBound(to: T.self)
    for index in 0..<count { target[index] = source[Int(codes[index])] }
  }

  /// Copies the slots at ascending positions, which count from `base`.
  static func pick(
    _ slots: UnsafeRawPointer, width: Int, _ positions: UnsafePointer<UInt32>, count: Int, base: Int,
    into target: UnsafeMutableRawPointer
  ) {
    switch width {
    case 1: pick(slots, UInt8.self, positions, count, base, target)
    case 2: pick(slots, UInt16.self, positions, count, base, target)
    case 4: pick(slots, UInt32.self, positions, count, base, target)
    case 8: pick(slots, UInt64.self, positions, count, base, target)
    case 16: pick(slots, StringView.self, positions, count, base, target)
    default:
      for index in 0..<count {
        let source = slots + (Int(positions[index]) - base) * width
        (target + index * width).copyMemory(from: source, byteCount: width)
      }
    }
  }

  @inline(__always)
  private static func pick<T: BitwiseCopyable>(
    _ slots: UnsafeRawPointer, _ slot: T.Type, _ positions: UnsafePointer<UInt32>, _ count: Int, _ base: Int,
    _ raw: UnsafeMutableRawPointer
  ) {
    let target = raw.assumingMemoryBound(to: T.self)
    let stride = MemoryLayout<T>.size
    for index in 0..<count {
      target[index] = slots.loadUnaligned(fromByteOffset: (Int(positions[index]) &- base) &* stride, as: T.self)
    }
  }

  /// Whether all codes are below the dictionary's count.
  static func areCodesValid(_ codes: UnsafePointer<UInt32>, count: Int, below limit: Int) -> Bool {
    var largest: UInt32 = 0
    for index in 0..<count { largest = max(largest, codes[index]) }
    return count == 0 || Int(largest) < limit
  }
}

/// A buffer that is used again once nobody else holds it.
struct RecycledBuffer {
  private var buffer: Buffer?

  /// A buffer of at least that size with unspecified content.
  mutating func take(_ byteCount: Int) -> Buffer {
    if isKnownUniquelyReferenced(&buffer), let buffer, buffer.byteCount >= byteCount { return buffer }
    let fresh = Buffer(byteCount: byteCount)
    buffer = fresh
    return fresh
  }
}
