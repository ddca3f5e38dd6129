import LakeDiagnostics
import LakeSyntax

/// Turns the elements of GROUP BY into group expressions and, where there are ROLLUP, CUBE or GROUPING SETS, the
/// list of sets: the cross product of the elements' sets, as the standard has it.
struct GroupingSetExpansion {
  private let bind: (Expression) throws(QueryError) -> BoundExpression
  private var expressions: [BoundExpression] = []

  init(bind: @escaping (Expression) throws(QueryError) -> BoundExpression) { self.bind = bind }

  mutating func expand(
    _ elements: [GroupingElement]
  ) throws(QueryError) -> (expressions: [BoundExpression], sets: [[Int]]?) {
    var sets: [[Int]] = [[]]
    var isPlain = true
    for element in elements {
      if case .expression = element {} else { isPlain = false }
      let own = try self.sets(of: element)
      sets = sets.flatMap { left in own.map { Self.merge(left, $0) } }
      guard sets.count <= 4096 else {
        throw QueryError(.limitExceeded, .bind, "GROUP BY expands to more than 4096 grouping sets")
      }
    }
    return (expressions, isPlain ? nil : sets)
  }

  private mutating func sets(of element: GroupingElement) throws(QueryError) -> [[Int]] {
    switch element {
    case .expression(let expression): return [[try index(of: expression)]]
    case .rollup(let levels):
      let indices = try levels.mapIndices { (level) throws(QueryError) in try self.indices(of: level) }
      return (0...indices.count).reversed().map { indices.prefix($0).reduce([], Self.merge) }
    case .cube(let levels):
      guard levels.count <= 12 else {
        throw QueryError(.limitExceeded, .bind, "CUBE takes at most 12 levels, not \(levels.count)")
      }
      let indices = try levels.mapIndices { (level) throws(QueryError) in try self.indices(of: level) }
      return (0..<(1 << indices.count)).map { mask in
        indices.indices.filter { mask >> (indices.count - 1 - $0) & 1 == 0 }.map { indices[$0] }.reduce([], Self.merge)
      }
    case .groupingSets(let sets):
      var all: [[Int]] = []
      for set in sets {
        switch set {
        case .columns(let columns): all.append(try indices(of: columns))
        case .nested(let inner): all += try self.sets(of: inner)
        }
      }
      return all
    }
  }

  private mutating func indices(of level: [Expression]) throws(QueryError) -> [Int] {
    var result: [Int] = []
    for expression in level { result.append(try index(of: expression)) }
    return result
  }

  private mutating func index(of expression: Expression) throws(QueryError) -> Int {
    let bound = try bind(expression)
    if let existing = expressions.firstIndex(of: bound) { return existing }
    expressions.append(bound)
    return expressions.count - 1
  }

  private static func merge(_ a: [Int], _ b: [Int]) -> [Int] { a + b.filter { !a.contains($0) } }
}

extension [[Expression]] {
  fileprivate func mapIndices(
    _ body: ([Expression]) throws(QueryError) -> [Int]
  ) throws(QueryError) -> [[Int]] {
    var result: [[Int]] = []
    for level in self { result.append(try body(level)) }
    return result
  }
}
