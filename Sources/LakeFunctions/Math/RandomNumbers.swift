import LakeColumnar
import LakeDiagnostics
import LakeTypes
import Synchronization

/// `rand` and `randn`: Spark's XORShift generator, so that a seed gives the numbers it gives there.
enum RandomFunctions {
  static let all: [ScalarFunction] = [
    random("rand", ["random"], "A random number from 0 (included) to 1", "SELECT rand(0); -- 0.7604953758285915") {
      $0.nextDouble()
    },
    random("randn", [], "A random number of the standard normal distribution", "SELECT randn(0); -- 1.6034991609278433")
    {
      $0.nextGaussian()
    },
  ]

  private static func random(
    _ name: String, _ aliases: [String], _ summary: String, _ example: String,
    _ next: @escaping @Sendable (inout XORShiftGenerator) -> Double
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: aliases, signature: "\(name)([seed])", summary: summary, example: example, nulls: .custom,
      isDeterministic: false
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 0...1)
      let types = try ArgumentCheck.match(name, arguments, [.bigint], optional: 1)
      let seed =
        arguments.isEmpty ? Int64.random(in: .min ... .max) : try ArgumentCheck.constantInteger(name, arguments, 0)
      let source = RandomSource(seed: seed ?? 0)
      return ScalarOverload(types, .double) { (call) throws(QueryError) in source.fill(call.count, next) }
    }
  }
}

/// One generator for all batches of an expression.
private final class RandomSource: Sendable {
  private let generator: Mutex<XORShiftGenerator>

  init(seed: Int64) { generator = Mutex(XORShiftGenerator(seed: seed)) }

  func fill(_ count: Int, _ next: (inout XORShiftGenerator) -> Double) -> Vector {
    let result = Vector.flat(.double, count: count)
    let target = result.slots(Double.self)
    generator.withLock { generator in
      for row in 0..<count { target[row] = next(&generator) }
    }
    return result
  }
}

/// Marsaglia's xorshift with the shifts 21, 35 and 4, seeded through MurmurHash3 as Spark does.
struct XORShiftGenerator: Sendable {
  private var state: UInt64
  private var spare: Double?

  init(seed: Int64) {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: seed >> Int64(56 - 8 * $0)) }
    let low = Self.arrayHash(bytes, seed: 0x3C07_4A61)
    let high = Self.arrayHash(bytes, seed: low)
    state = UInt64(high) << 32 | UInt64(low)
  }

  /// Scala's `MurmurHash3.bytesHash` of eight bytes.
  private static func arrayHash(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
    var hash = seed
    for start in [0, 4] {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
      hash = Murmur3.mixHash(hash, Murmur3.mixWord(word))
    }
    return Murmur3.finish(hash, length: 8)
  }

  private mutating func next(_ bits: UInt64) -> Int64 {
    state ^= state << 21
    state ^= state >> 35
    state ^= state << 4
    return Int64(Int32(truncatingIfNeeded: state & ((1 << bits) - 1)))
  }

  mutating func nextDouble() -> Double {
    let high = next(26) << 27
    return Double(high + next(27)) * 0x1p-53
  }

  /// The polar method, as java.util.Random.
  mutating func nextGaussian() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let x = 2 * nextDouble() - 1
      let y = 2 * nextDouble() - 1
      let square = x * x + y * y
      if square >= 1 || square == 0 { continue }
      let factor = (-2 * logarithm(square) / square).squareRoot()
      spare = y * factor
      return x * factor
    }
  }
}
