import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// A string or binary vector in the making, filled row by row in any order; each row must be set once.
struct TextOutput {
  private let owner: Buffer
  private let slots: UnsafeMutablePointer<StringView>
  private let count: Int
  private var heap = StringHeap()
  private var borrowed: [Buffer] = []
  private var nulls: ValidityMask?
  /// Bytes of the row in the making, for `setScratch`.
  var scratch: [UInt8] = []
  /// Bytes of the longest value made.
  private var longest = 0

  init(count: Int) {
    self.count = count
    owner = Buffer(byteCount: count * MemoryLayout<StringView>.stride)
    slots = owner.base.assumingMemoryBound(to: StringView.self)
  }

  /// Keeps another vector's bytes alive, so that views of it can be set.
  mutating func borrow(from vector: Vector) { borrowed += vector.heaps }

  mutating func setEmpty(_ row: Int) { slots[row] = .empty }

  mutating func setNull(_ row: Int) {
    slots[row] = .empty
    if nulls == nil { nulls = ValidityMask(count: count, allValid: true) }
    nulls?.setNull(row)
  }

  /// Copies the bytes.
  mutating func set(_ row: Int, bytes: TextBytes) { slots[row] = heap.copy(bytes) }

  /// Sets a part of a borrowed vector's value, without copying it.
  @inline(__always)
  mutating func set(_ row: Int, borrowed bytes: TextBytes) {
    guard let start = bytes.baseAddress else { return setEmpty(row) }
    slots[row] = StringView(start, count: bytes.count)
  }

  mutating func set(_ row: Int, view: StringView) { slots[row] = view }

  mutating func set(_ row: Int, string: String) {
    var string = string
    slots[row] = string.withUTF8 { heap.copy($0) }
  }

  mutating func set(_ row: Int, array: [UInt8]) { slots[row] = array.withUnsafeBufferPointer { heap.copy($0) } }

  /// Sets a value of `byteCount` bytes that the body writes.
  @inline(__always)
  mutating func make(_ row: Int, byteCount: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    longest = max(longest, byteCount)
    if byteCount > StringView.inlineCapacity {
      let target = heap.reserve(byteCount)
      fill(target)
      slots[row] = StringView(target, count: byteCount)
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { room in
      guard let target = room.baseAddress else { return }
      fill(target)
      slots[row] = StringView(target, count: byteCount)
    }
  }

  /// Sets what stands in `scratch` and empties it.
  mutating func setScratch(_ row: Int) {
    longest = max(longest, scratch.count)
    slots[row] = scratch.withUnsafeBufferPointer { heap.copy($0) }
    scratch.removeAll(keepingCapacity: true)
  }

  /// Throws where a value, or all of them together, have become too long.
  @inline(__always)
  func check(_ limit: Int, _ context: EvaluationContext) throws(QueryError) {
    if longest <= TextLimit.bytes, heap.byteCount <= limit { return }
    try TextLimit.check(longest, "a function")
    try context.checkResult(byteCount: heap.byteCount)
  }

  func finish(_ type: LogicalType) -> Vector {
    var seen = Set<ObjectIdentifier>()
    let kept = borrowed.filter { seen.insert(ObjectIdentifier($0)).inserted }
    return Vector(
      type: type, encoding: .flat, count: count, owner: owner, validity: nulls, heaps: heap.buffers + kept)
  }
}
