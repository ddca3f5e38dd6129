import LakeTypes

/// The order of literals of one kind, as statistics are compared.
enum LiteralOrder {
  /// Negative, zero or positive; nil where the literals can't be compared (another kind, NaN, nested values).
  static func compare(_ a: Literal, _ b: Literal) -> Int? {
    switch (a, b) {
    case (.boolean(let x), .boolean(let y)): order(x ? 1 : 0, y ? 1 : 0)
    case (.integer(let x), .integer(let y)): order(x, y)
    case (.float(let x), .float(let y)): x.isNaN || y.isNaN ? nil : order(x, y)
    case (.double(let x), .double(let y)): x.isNaN || y.isNaN ? nil : order(x, y)
    case (.decimal(let x), .decimal(let y)): order(x, y)
    case (.string(let x), .string(let y)): bytes(x.utf8, y.utf8)
    case (.binary(let x), .binary(let y)): bytes(x, y)
    case (.date(let x), .date(let y)): order(x, y)
    case (.timestamp(let x), .timestamp(let y)): order(x, y)
    default: nil
    }
  }

  private static func order<T: Comparable>(_ x: T, _ y: T) -> Int { x < y ? -1 : (x == y ? 0 : 1) }

  private static func bytes<A: Sequence<UInt8>, B: Sequence<UInt8>>(_ x: A, _ y: B) -> Int {
    if x.elementsEqual(y) { return 0 }
    return x.lexicographicallyPrecedes(y) ? -1 : 1
  }
}
