import LakeColumnar
import LakeDiagnostics

/// The bytes of one string or binary value, where they lie.
typealias TextBytes = UnsafeBufferPointer<UInt8>

/// The slots of a flat or constant vector, read by row; the vector must outlive the reader.
struct ColumnReader<Slot: BitwiseCopyable> {
  let slots: UnsafeMutablePointer<Slot>
  /// 0 for a constant, else 1.
  let step: Int

  @inline(__always)
  init(_ vector: Vector) {
    slots = vector.slots(Slot.self)
    step = vector.isConstant ? 0 : 1
  }

  @inline(__always)
  subscript(row: Int) -> Slot { slots[row &* step] }
}

extension ColumnReader where Slot == StringView {
  /// The bytes of a row's value, valid as long as the vector.
  @inline(__always)
  func bytes(_ row: Int) -> TextBytes { (slots + row &* step).valueBytes }

  /// The value as a String; for rare paths.
  func string(_ row: Int) -> String { String(decoding: bytes(row), as: UTF8.self) }
}

extension UnsafeMutablePointer where Pointee == StringView {
  /// The bytes of the view in this slot, valid as long as the slot and its heap.
  @inline(__always)
  var valueBytes: TextBytes {
    let start =
      pointee.isInline
      ? UnsafeRawPointer(self + 0).assumingMemoryBound(to: UInt8.self) + 4
      : UnsafePointer<UInt8>(bitPattern: UInt(pointee.tail))
    return TextBytes(start: start, count: pointee.count)
  }
}

/// Which rows of a flat or constant vector, or of a call, are not NULL.
struct RowMask {
  private let words: UnsafeMutablePointer<UInt64>?
  private let step: Int

  /// The rows of a call in which no argument is NULL.
  init(_ validity: ValidityMask?) {
    words = validity?.words
    step = 1
  }

  /// The rows of a vector that are not NULL.
  init(_ vector: Vector) {
    words = vector.validity?.words
    step = vector.isConstant ? 0 : 1
  }

  /// Whether every row is valid.
  @inline(__always)
  var isAllValid: Bool { words == nil }

  @inline(__always)
  func isValid(_ row: Int) -> Bool {
    guard let words else { return true }
    return words.isValid(row &* step)
  }
}

extension KernelCall {
  /// The rows that the kernel has to answer for.
  var liveRows: RowMask { RowMask(validity) }

  func column<Slot: BitwiseCopyable>(_ index: Int, _ slot: Slot.Type) -> ColumnReader<Slot> {
    ColumnReader(arguments[index])
  }

  func text(_ index: Int) -> ColumnReader<StringView> { ColumnReader(arguments[index]) }

  var isAllConstant: Bool { !arguments.isEmpty && arguments.allSatisfy { $0.isConstant } }

  /// The call for one row, of which all rows are copies; it counts if any of them does.
  var singleRow: KernelCall {
    let isLive = validity.map { $0.validCount(count) > 0 } ?? true
    return KernelCall(
      arguments: arguments.map { $0.repeated(count: 1) }, count: 1,
      validity: isLive ? nil : ValidityMask(count: 1, allValid: false), context: context, lambdas: lambdas)
  }
}

extension Vector {
  /// A vector of one row as a constant of many.
  func spread(over count: Int) -> Vector {
    if isConstant { return repeated(count: count) }
    let one = flattened()
    return Vector(
      type: one.type, encoding: .constant, count: count, owner: one.owner, values: one.values,
      validity: one.validity, children: one.children, heaps: one.heaps)
  }

  /// Whether a constant's only value, or every row of a flat vector, is known to be there.
  var hasNulls: Bool { validity != nil }
}

/// Runs a kernel once where all arguments are constants.
func foldingConstants(_ kernel: @escaping ScalarKernel) -> ScalarKernel {
  { (call) throws(QueryError) in
    guard call.isAllConstant, call.count > 1 else { return try kernel(call) }
    return try kernel(call.singleRow).spread(over: call.count)
  }
}
