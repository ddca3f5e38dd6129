package import LakeColumnar
import LakeDiagnostics
package import LakeTypes
import Synchronization

/// `value IN (constants)`: a table of the constants, built once, and its probes.
///
/// `@unchecked Sendable` is not needed: everything is immutable after `init`.
package final class InList: Sendable {
  private let values: Vector
  private let hasNull: Bool
  /// Row number in `values` plus one, by hash; 0 is a free place. The length is a power of two.
  private let table: Buffer
  private let tableMask: UInt64
  /// Lists up to this length are compared one after the other.
  private static let linearLimit = 6

  /// Builds the table; constants are of type `type`, or NULL.
  package init(_ constants: [Literal], _ type: LogicalType) {
    let builder = VectorBuilder(type, capacity: max(1, constants.count))
    for constant in constants where !constant.isNull { builder.append(constant) }
    values = builder.finish()
    hasNull = constants.contains { $0.isNull }
    (table, tableMask) = Self.makeTable(values)
  }

  /// Builds the table from constant vectors of one type.
  init(_ constants: ArraySlice<Vector>, _ type: LogicalType) {
    let builder = VectorBuilder(type, capacity: max(1, constants.count))
    for constant in constants where !constant.isConstantNull { builder.append(constant, row: 0) }
    values = builder.finish()
    hasNull = constants.contains { $0.isConstantNull }
    (table, tableMask) = Self.makeTable(values)
  }

  private static func makeTable(_ values: Vector) -> (Buffer, UInt64) {
    var capacity = 16
    while capacity < values.count * 2 { capacity *= 2 }
    let table = Buffer.zeroed(byteCount: capacity * 4)
    let places = table.base.assumingMemoryBound(to: UInt32.self)
    let mask = UInt64(capacity - 1)
    for row in 0..<values.count {
      var place = VectorHash.hashRow(values, row) & mask
      while places[Int(place)] != 0, !RowComparison.equalRows(values, Int(places[Int(place)] - 1), values, row) {
        place = (place + 1) & mask
      }
      if places[Int(place)] == 0 { places[Int(place)] = UInt32(row + 1) }
    }
    return (table, mask)
  }

  /// Tests every row: NULL for a NULL value, and where nothing matches but the list holds a NULL.
  package func contains(_ value: Vector) -> Vector {
    if value.isConstantNull { return .allNull(.boolean, count: value.count) }
    if value.isConstant { return contains(value.repeated(count: 1).flattened()).spread(over: value.count) }
    let result = Vector.flat(.boolean, count: value.count)
    let verdicts = result.slots(UInt8.self)
    probe(value, verdicts)
    guard hasNull || value.hasNulls else { return result }
    let mask = ValidityMask(count: value.count, allValid: true)
    for row in 0..<value.count where !value.isValid(row) || (hasNull && verdicts[row] == 0) { mask.setNull(row) }
    return result.masked(mask)
  }

  /// The test as a kernel of one argument, for a binder that has the constants at hand.
  package func kernel() -> ScalarKernel {
    { (call) throws(QueryError) in self.contains(call.arguments[0]) }
  }

  private func probe(_ value: Vector, _ verdicts: UnsafeMutablePointer<UInt8>) {
    switch value.physical {
    case .bool: probe(value, UInt8.self, verdicts)
    case .int8: probe(value, Int8.self, verdicts)
    case .int16: probe(value, Int16.self, verdicts)
    case .int32: probe(value, Int32.self, verdicts)
    case .int64: probe(value, Int64.self, verdicts)
    case .int128: probe(value, Int128.self, verdicts)
    case .float32: probe(value, OrderedFloat.self, verdicts)
    case .float64: probe(value, OrderedDouble.self, verdicts)
    case .view: probe(value, StringView.self, verdicts)
    case .list, .structure:
      lookUp(value, verdicts) { RowComparison.equalRows(value, $0, self.values, $1) }
    }
  }

  @inline(never)
  private func probe<T: Equatable & BitwiseCopyable>(
    _ value: Vector, _ slot: T.Type, _ verdicts: UnsafeMutablePointer<UInt8>
  ) {
    let slots = value.slots(T.self)
    let wanted = values.slots(T.self)
    guard values.count <= Self.linearLimit else { return lookUp(value, verdicts) { slots[$0] == wanted[$1] } }
    for row in 0..<value.count { verdicts[row] = 0 }
    for index in 0..<values.count {
      let one = wanted[index]
      for row in 0..<value.count { verdicts[row] |= UInt8(truncatingIfNeeded: bit(slots[row] == one)) }
    }
  }

  @inline(__always)
  private func lookUp(
    _ value: Vector, _ verdicts: UnsafeMutablePointer<UInt8>, _ isSame: (_ row: Int, _ entry: Int) -> Bool
  ) {
    let places = table.base.assumingMemoryBound(to: UInt32.self)
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, value.count)) { scratch in
      guard let hashes = scratch.baseAddress else { return }
      VectorHash.hash(value, into: hashes, count: value.count, isFirst: true)
      for row in 0..<value.count {
        var place = hashes[row] & tableMask
        while places[Int(place)] != 0, !isSame(row, Int(places[Int(place)] - 1)) { place = (place &+ 1) & tableMask }
        verdicts[row] = places[Int(place)] == 0 ? 0 : 1
      }
    }
  }
}

/// The kernel of `in(value, c1, c2, ...)` that keeps the table of its constants from call to call.
final class InListKernel: Sendable {
  private struct Prepared: Sendable {
    var constants: [StoredConstant]
    var list: InList
  }
  /// Where a constant stands; its memory is held, so that no other value can come to stand there.
  private struct StoredConstant: Sendable {
    private let owner: Buffer
    private let address: UInt

    init(_ vector: Vector) {
      owner = vector.owner
      address = UInt(bitPattern: vector.values)
    }

    func isOf(_ vector: Vector) -> Bool {
      vector.isConstant && owner === vector.owner && address == UInt(bitPattern: vector.values)
    }
  }
  private let type: LogicalType
  private let prepared = Mutex<Prepared?>(nil)

  init(_ type: LogicalType) { self.type = type }

  func evaluate(_ call: KernelCall) -> Vector {
    let constants = call.arguments.dropFirst()
    if let known = prepared.withLock({ $0 }), Self.isSame(known, constants) {
      return known.list.contains(call.arguments[0])
    }
    guard constants.allSatisfy({ $0.isConstant }) else { return compareEach(call) }
    let list = InList(constants, type)
    let fresh = Prepared(constants: constants.map { StoredConstant($0) }, list: list)
    prepared.withLock { $0 = fresh }
    return list.contains(call.arguments[0])
  }

  /// Literals keep their storage from batch to batch; a column that is constant in one batch need not in the next.
  private static func isSame(_ known: Prepared, _ constants: ArraySlice<Vector>) -> Bool {
    guard known.constants.count == constants.count else { return false }
    for (stored, constant) in zip(known.constants, constants) where !stored.isOf(constant) { return false }
    return true
  }

  private func compareEach(_ call: KernelCall) -> Vector {
    let value = call.arguments[0]
    let result = Vector.flat(.boolean, count: call.count)
    let target = result.slots(UInt8.self)
    let mask = ValidityMask(count: call.count, allValid: true)
    for row in 0..<call.count {
      target[row] = 0
      var sawNull = !value.isValid(row)
      for candidate in call.arguments.dropFirst() where value.isValid(row) {
        if !candidate.isValid(row) {
          sawNull = true
        } else if RowComparison.compare(value, row, candidate, row) == 0 {
          target[row] = 1
          break
        }
      }
      if target[row] == 0, sawNull { mask.setNull(row) }
    }
    return result.masked(mask)
  }
}
