package import LakeTypes

/// A column of up to a batch of rows: a type, an encoding, values and a validity mask.
///
/// - flat: one slot of `physical.width` bytes a row at `values`.
/// - constant: one slot at `values` for all rows; a mask, if there is one, marks it NULL in bit 0.
/// - dictionary: a `UInt32` code a row at `values`, each less than `dictionary.count`; the dictionary is
///   flat and has no NULLs, the mask counts rows, and the code of a NULL row is any valid code.
///
/// Slots of NULL rows hold unspecified but initialised memory that may be computed with (strings: a valid view;
/// lists: an entry inside the child). Arrays have one child, maps two (keys, values), structs one a field;
/// children of flat and constant lists are flat or dictionary vectors of any length; children of structs have the
/// struct's row count (1 if constant), and a struct's own mask does not show in its children.
/// Nested values are never dictionary-encoded.
///
/// `@unchecked Sendable`: a vector is not changed once it is built.
public final class Vector: @unchecked Sendable {
  public enum Encoding: Sendable { case flat, constant, dictionary }

  package let type: LogicalType
  package let physical: PhysicalType
  public let encoding: Encoding
  /// Logical rows.
  public let count: Int
  /// The first slot or code.
  public let values: UnsafeMutableRawPointer
  /// nil where no row is NULL.
  public let validity: ValidityMask?
  public let dictionary: Vector?
  package let children: [Vector]
  /// What keeps `values` alive.
  package let owner: Buffer
  /// What keeps the bytes of string views alive.
  package let heaps: [Buffer]

  /// Wraps storage that is complete; `values` defaults to the start of `owner`.
  package init(
    type: LogicalType, encoding: Encoding, count: Int, owner: Buffer, values: UnsafeMutableRawPointer? = nil,
    validity: ValidityMask? = nil, dictionary: Vector? = nil, children: [Vector] = [], heaps: [Buffer] = []
  ) {
    self.type = type
    self.physical = type.physical
    self.encoding = encoding
    self.count = count
    self.owner = owner
    self.values = values ?? owner.base
    self.validity = validity
    self.dictionary = dictionary
    self.children = children
    self.heaps = heaps
  }

  /// Allocates a flat vector with uninitialised slots, to be filled before it is shared.
  package static func flat(
    _ type: LogicalType, count: Int, validity: ValidityMask? = nil, children: [Vector] = [], heaps: [Buffer] = []
  ) -> Vector {
    let owner = Buffer(byteCount: count * type.physical.width)
    return Vector(
      type: type, encoding: .flat, count: count, owner: owner, validity: validity, children: children, heaps: heaps)
  }

  /// A vector of `UInt32` codes over a flat dictionary without NULLs.
  package static func dictionary(
    _ dictionary: Vector, codes: Buffer, at values: UnsafeMutableRawPointer? = nil, count: Int,
    validity: ValidityMask? = nil
  ) -> Vector {
    Vector(
      type: dictionary.type, encoding: .dictionary, count: count, owner: codes, values: values,
      validity: validity, dictionary: dictionary)
  }

  /// A vector in which every row is NULL.
  package static func allNull(_ type: LogicalType, count: Int) -> Vector {
    let children = Self.emptyChildren(of: type)
    return Vector(
      type: type, encoding: .constant, count: count, owner: Buffer.zeroed(byteCount: type.physical.width),
      validity: ValidityMask(count: 1, allValid: false), children: children)
  }

  private static func emptyChildren(of type: LogicalType) -> [Vector] {
    switch type {
    case .array(let element, _): [.flat(element, count: 0, children: emptyChildren(of: element))]
    case .map(let key, let value, _):
      [
        .flat(key, count: 0, children: emptyChildren(of: key)),
        .flat(value, count: 0, children: emptyChildren(of: value)),
      ]
    case .struct(let fields): fields.map { allNull($0.type, count: 1) }
    default: []
    }
  }

  /// The slots of a flat or constant vector.
  @inlinable @inline(__always)
  public func slots<T: BitwiseCopyable>(_ type: T.Type) -> UnsafeMutablePointer<T> {
    values.assumingMemoryBound(to: T.self)
  }

  /// The codes of a dictionary vector.
  @inlinable @inline(__always)
  public var codes: UnsafeMutablePointer<UInt32> { values.assumingMemoryBound(to: UInt32.self) }

  @inlinable @inline(__always)
  public var isFlat: Bool { encoding == .flat }
  @inlinable @inline(__always)
  public var isConstant: Bool { encoding == .constant }
  /// Whether this is a constant NULL.
  package var isConstantNull: Bool { encoding == .constant && !(validity?.isValid(0) ?? true) }

  /// Whether a row is not NULL.
  @inlinable @inline(__always)
  public func isValid(_ row: Int) -> Bool {
    guard let validity else { return true }
    return validity.isValid(encoding == .constant ? 0 : row)
  }

  /// The slot of a row within the flat storage (of this vector or its dictionary).
  @inlinable @inline(__always)
  public func slotIndex(_ row: Int) -> Int {
    switch encoding {
    case .flat: row
    case .constant: 0
    case .dictionary: Int(codes[row])
    }
  }

  /// The vector that holds the slots: the dictionary of a dictionary vector, else the vector itself.
  @inlinable @inline(__always)
  public var slotVector: Vector { dictionary ?? self }

  /// The same storage under another type of the same physical form.
  package func retyped(_ type: LogicalType) -> Vector {
    Vector(
      type: type, encoding: encoding, count: count, owner: owner, values: values, validity: validity,
      dictionary: dictionary?.retyped(type), children: children, heaps: heaps)
  }

  /// The same rows under another mask (flat and dictionary vectors only).
  package func masked(_ validity: ValidityMask?) -> Vector {
    Vector(
      type: type, encoding: encoding, count: count, owner: owner, values: values, validity: validity,
      dictionary: dictionary, children: children, heaps: heaps)
  }

  /// A constant vector with another row count.
  package func repeated(count: Int) -> Vector {
    Vector(
      type: type, encoding: .constant, count: count, owner: owner, values: values, validity: validity,
      children: children, heaps: heaps)
  }
}
