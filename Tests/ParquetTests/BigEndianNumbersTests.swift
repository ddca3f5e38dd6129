import LakeColumnar
import Testing

@testable import LakeParquet

struct BigEndianNumbersTests {
  private static let count = 1000

  /// Numbers of one length as bytes, the extremes among them.
  private func bytes(_ length: Int) -> Buffer {
    var generator = SystemRandomNumberGenerator()
    let buffer = Buffer.zeroed(byteCount: Self.count * length)
    let target = buffer.base.assumingMemoryBound(to: UInt8.self)
    for index in 0..<Self.count * length {
      target[index] = [0, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)].randomElement()!
    }
    for index in 0..<length { target[index] = 0xFF }
    for index in 0..<length { target[length + index] = index == 0 ? 0x80 : 0 }
    return buffer
  }

  private func expected(_ source: UnsafePointer<UInt8>, _ index: Int, _ length: Int) -> Int128? {
    BigEndianNumbers.number(UnsafeBufferPointer(start: source + index * length, count: length))
  }

  @Test(arguments: 1...8)
  func decodesShortNumbers(_ length: Int) {
    let buffer = bytes(length)
    let source = UnsafePointer(buffer.base.assumingMemoryBound(to: UInt8.self))
    var narrow = [Int64](repeating: 0, count: Self.count)
    var wide = [Int128](repeating: 0, count: Self.count)
    narrow.withUnsafeMutableBufferPointer { BigEndianNumbers.short(source, Self.count, length, $0.baseAddress!) }
    wide.withUnsafeMutableBufferPointer { BigEndianNumbers.short(source, Self.count, length, $0.baseAddress!) }
    for index in 0..<Self.count {
      #expect(expected(source, index, length) == wide[index])
      #expect(Int128(narrow[index]) == wide[index])
    }
    withExtendedLifetime(buffer) {}
  }

  @Test(arguments: 9...16)
  func decodesLongNumbers(_ length: Int) {
    let buffer = bytes(length)
    let source = UnsafePointer(buffer.base.assumingMemoryBound(to: UInt8.self))
    var wide = [Int128](repeating: 0, count: Self.count)
    let limit = Int128(1) << 64
    let fits = wide.withUnsafeMutableBufferPointer {
      BigEndianNumbers.long(source, Self.count, length, limit, $0.baseAddress!)
    }
    let numbers = (0..<Self.count).map { expected(source, $0, length) }
    #expect(numbers == wide.map { $0 })
    #expect(fits == numbers.allSatisfy { ($0?.magnitude ?? 0) < UInt128(1) << 64 })
    withExtendedLifetime(buffer) {}
  }
}
