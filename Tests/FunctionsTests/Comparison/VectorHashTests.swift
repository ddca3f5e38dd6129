import LakeColumnar
import LakeFunctions
import LakeTypes
import Testing

struct VectorHashTests {
  private func hashes(_ vectors: [Vector]) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: vectors[0].count)
    result.withUnsafeMutableBufferPointer { target in
      for (index, vector) in vectors.enumerated() {
        VectorHash.hash(vector, into: target.baseAddress!, count: vector.count, isFirst: index == 0)
      }
    }
    return result
  }

  @Test(arguments: FilterKernelTests.samples)
  func equalValuesHashEquallyInEveryEncoding(_ sample: FilterKernelTests.Sample) {
    var rows: [Literal] = []
    for index in 0..<100 { rows.append(index % 9 == 4 ? .null : sample.values[index * 31 % sample.values.count]) }
    let flat = FunctionCall.column(rows, sample.type)
    let first = hashes([flat])
    #expect(hashes([FunctionCall.dictionary(flat)]) == first)
    for row in 0..<100 {
      #expect(hashes([Vector.constant(rows[row], sample.type, count: 1)])[0] == first[row])
      #expect(VectorHash.hashRow(flat, row) == first[row])
    }
    let pairs = hashes([flat, flat])
    #expect(hashes([FunctionCall.dictionary(flat), FunctionCall.dictionary(flat)]) == pairs)
    #expect(pairs != first)
  }

  @Test func zerosAndNaNsAreNormalised() {
    let nan = Double(bitPattern: 0x7FF8_0000_0000_0001)
    let values = hashes([FunctionCall.doubles([0, -0.0, .nan, nan, -.nan])])
    #expect(values[0] == values[1])
    #expect(values[2] == values[3] && values[3] == values[4])
  }

  @Test func nestedValuesHashByContent() {
    let type = LogicalType.struct([Field("a", .int), Field("b", .array(.string))])
    let value = Literal.struct([.integer(1), .array([.string("x"), .null])])
    let other = Literal.struct([.integer(1), .array([.string("x"), .string("y")])])
    let values = hashes([FunctionCall.column([value, other, value, .null], type)])
    #expect(values[0] == values[2])
    #expect(Set(values).count == 3)
  }

  @Test func differentValuesRarelyCollide() {
    let values = hashes([FunctionCall.integers((0..<2000).map { Int64($0) })])
    #expect(Set(values).count == 2000)
  }
}
