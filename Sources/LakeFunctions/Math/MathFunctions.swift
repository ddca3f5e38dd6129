import Glibc
import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Mathematical functions.
enum MathFunctions {
  static let all: [ScalarFunction] =
    RealMath.all + RoundingFunctions.all + IntegerTextFunctions.all + RandomFunctions.all + [
      .fixed(
        "factorial", "factorial(expr)", "The factorial of 0 to 20, else NULL", "SELECT factorial(5); -- 120", [.int],
        returns: .bigint
      ) { (call) throws(QueryError) in
        let source = call.column(0, Int32.self)
        return try Elementwise.fill(call, .bigint, Int64(0)) { row in
          let value = Int64(source[row])
          return value < 0 || value > 20 ? nil : (1...max(1, value)).reduce(1, *)
        }
      },
      .fixed(
        "width_bucket", "width_bucket(value, low, high, count)",
        "The number of the equal-width bucket that a value falls into", "SELECT width_bucket(5.3, 0.2, 10.6, 5); -- 3",
        [.double, .double, .double, .bigint], returns: .bigint
      ) { (call) throws(QueryError) in try widthBucket(call) },
    ]

  private static func widthBucket(_ call: KernelCall) throws(QueryError) -> Vector {
    let value = call.column(0, Double.self)
    let (low, high) = (call.column(1, Double.self), call.column(2, Double.self))
    let buckets = call.column(3, Int64.self)
    return try Elementwise.fill(call, .bigint, Int64(0)) { row in
      let (v, l, h, n) = (value[row], low[row], high[row], buckets[row])
      if n <= 0 || n == .max || v.isNaN || l == h || !l.isFinite || !h.isFinite { return nil }
      let isAscending = l < h
      if isAscending ? v < l : v > l { return 0 }
      if isAscending ? v >= h : v <= h { return n + 1 }
      return javaInteger(Double(n) * (v - l) / (h - l)) + 1
    }
  }

  /// The number without its fraction as Java casts it, where differences of large numbers are infinite: NaN is 0.
  private static func javaInteger(_ value: Double) -> Int64 {
    value.isNaN ? 0 : Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max - 1)
  }
}

/// The natural logarithm, for files that keep the C library's names out.
func logarithm(_ value: Double) -> Double { log(value) }
