import LakeTypes

/// The order of literals of one type, as comparisons in SQL see it.
enum LiteralOrder {
  /// Negative, zero or positive; nil where the values have no common order (NULL, NaN, nested, other types).
  static func compare(_ a: Literal, _ b: Literal) -> Int? {
    switch (a, b) {
    case (.boolean(let x), .boolean(let y)): order(x ? 1 : 0, y ? 1 : 0)
    case (.integer(let x), .integer(let y)): order(x, y)
    case (.date(let x), .date(let y)): order(x, y)
    case (.timestamp(let x), .timestamp(let y)): order(x, y)
    case (.decimal(let x), .decimal(let y)): order(x, y)
    case (.float(let x), .float(let y)): x.isNaN || y.isNaN ? nil : order(x, y)
    case (.double(let x), .double(let y)): x.isNaN || y.isNaN ? nil : order(x, y)
    case (.float(let x), .double(let y)): x.isNaN || y.isNaN ? nil : order(Double(x), y)
    case (.double(let x), .float(let y)): x.isNaN || y.isNaN ? nil : order(x, Double(y))
    case (.string(let x), .string(let y)): order(Array(x.utf8), Array(y.utf8))
    case (.binary(let x), .binary(let y)): order(x, y)
    default: nil
    }
  }

  private static func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }

  private static func order(_ a: [UInt8], _ b: [UInt8]) -> Int {
    for (x, y) in zip(a, b) where x != y { return x < y ? -1 : 1 }
    return a.count - b.count
  }
}
