import LakeColumnar
import LakeTypes
import Testing

@testable import LakeParquet

/// The keys of a join as bits, against a set.
@Suite struct KeyBitmapTests {
  private static let keys: [Int64] = [-70, -64, -1, 0, 1, 63, 64, 700, 1_000_003]

  private static func bitmap() -> KeyBitmap {
    KeyBitmap(from: -70, through: 1_000_003) { add in for key in keys { add(key) } }
  }

  @Test func filtersIntegers() throws {
    let numbers: [Int64] =
      Self.keys + Self.keys.map { $0 + 1 } + [-71, 1_000_004, .min, .max, Int64(Int32.min), Int64(Int32.max)]
    for type in [LogicalType.int, .bigint, .date] {
      let vector = Vector.flat(type, count: numbers.count)
      for (row, number) in numbers.enumerated() {
        if type == .bigint {
          vector.slots(Int64.self)[row] = number
        } else {
          vector.slots(Int32.self)[row] = Int32(clamping: number)
        }
      }
      let filter = try #require(ColumnFilter([.isKey(Self.bitmap())], type: type))
      var flags = [UInt8](repeating: 9, count: numbers.count)
      flags.withUnsafeMutableBufferPointer { filter.test(vector, into: $0.baseAddress!) }
      #expect(flags == numbers.map { Set(Self.keys).contains($0) ? 1 : 0 }, "\(type)")
      #expect(!filter.acceptsNull)
    }
    #expect(ColumnFilter([.isKey(Self.bitmap())], type: .string) == nil)
  }

  @Test func knowsItsSize() {
    #expect(Self.bitmap().keyCount == Self.keys.count)
    #expect(Self.bitmap().span == 1_000_074)
    #expect(KeyBitmap.byteCount(from: 0, through: 63) == 8)
    #expect(KeyBitmap.byteCount(from: -1, through: 63) == 16)
    #expect(KeyBitmap.byteCount(from: .min, through: .max) == nil)
    #expect(KeyBitmap.byteCount(from: 0, through: 1 << 26) == nil)
  }
}
