/// The order of literals of one type, as comparisons in SQL and the statistics of files see it.
package enum LiteralOrder {
  /// Negative, zero or positive; nil where the values have no common order (NULL, NaN, nested, other types).
  package static func compare(_ a: Literal, _ b: Literal) -> Int? {
    switch (a, b) {
    case (.boolean(let x), .boolean(let y)): order(x ? 1 : 0, y ? 1 : 0)
    case (.integer(let x), .integer(let y)): order(x, y)
    case (.float(let x), .float(let y)): x.isNaN || y.isNaN ? nil : order(x, y)
    case (.double(let x), .double(let y)): x.isNaN || y.isNaN ? nil : order(x, y)
    case (.float(let x), .double(let y)): x.isNaN || y.isNaN ? nil : order(Double(x), y)
    case (.double(let x), .float(let y)): x.isNaN || y.isNaN ? nil : order(x, Double(y))
    case (.decimal(let x), .decimal(let y)): order(x, y)
    case (.string(let x), .string(let y)): bytes(x.utf8, y.utf8)
    case (.binary(let x), .binary(let y)): bytes(x, y)
    case (.date(let x), .date(let y)): order(x, y)
    case (.timestamp(let x), .timestamp(let y)): order(x, y)
    default: nil
    }
  }

  private static func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }

  private static func bytes<A: Sequence<UInt8>, B: Sequence<UInt8>>(_ a: A, _ b: B) -> Int {
    if a.elementsEqual(b) { return 0 }
    return a.lexicographicallyPrecedes(b) ? -1 : 1
  }
}
