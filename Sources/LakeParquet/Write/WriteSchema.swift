import LakeDiagnostics
import LakeTypes

/// A field of the schema to be written, with the levels its values have.
indirect enum WriteNode {
  /// `definition` is the level of a value that is not NULL.
  case leaf(index: Int, isNullable: Bool, definition: UInt8)
  case structure(isNullable: Bool, definition: UInt8, [WriteNode])
  /// Lists (one part) and maps (keys and values); entries have the definition level `definition + 1`.
  case list(isNullable: Bool, definition: UInt8, repetition: UInt8, [WriteNode])

  var isNullable: Bool {
    switch self {
    case .leaf(_, let isNullable, _), .structure(let isNullable, _, _), .list(let isNullable, _, _, _): isNullable
    }
  }
}

/// How a leaf's values are stored.
enum LeafStorage: Equatable {
  case boolean, int32, int64, float, double, bytes
  /// Big-endian, of that many bytes.
  case fixed(Int)

  var kind: PhysicalKind {
    switch self {
    case .boolean: .boolean
    case .int32: .int32
    case .int64: .int64
    case .float: .float
    case .double: .double
    case .bytes: .byteArray
    case .fixed: .fixedByteArray
    }
  }

  /// Bytes of a value while it is buffered.
  var bufferedWidth: Int {
    switch self {
    case .boolean: 1
    case .int32, .float: 4
    case .int64, .double: 8
    case .fixed, .bytes: 16
    }
  }

  /// Bytes of a value in PLAIN form, those of variable length and booleans aside, which count one.
  var plainWidth: Int {
    switch self {
    case .boolean, .bytes: 1
    case .int32, .float: 4
    case .int64, .double: 8
    case .fixed(let length): length
    }
  }

  /// The storage of a primitive type; decimals as Iceberg and Spark store them.
  init?(_ type: LogicalType) {
    switch type {
    case .boolean: self = .boolean
    case .tinyint, .smallint, .int, .date, .intervalYearMonth: self = .int32
    case .bigint, .timestamp, .timestampNTZ, .intervalDayTime: self = .int64
    case .float: self = .float
    case .double: self = .double
    case .string, .binary: self = .bytes
    case .decimal(let precision, _):
      self = precision <= 9 ? .int32 : precision <= 18 ? .int64 : .fixed(Self.bytes(precision))
    case .void, .array, .map, .struct: return nil
    }
  }

  /// The fewest bytes that hold every number of that many digits.
  static func bytes(_ precision: Int) -> Int {
    let largest = DecimalText.powersOfTen[precision] - 1
    return (128 - largest.leadingZeroBitCount + 1 + 7) / 8
  }
}

/// A leaf to be written.
struct WriteLeaf {
  let path: [String]
  let fieldID: Int?
  let type: LogicalType
  let storage: LeafStorage
  let maxDefinition: Int
  let maxRepetition: Int

  var dottedPath: String { path.joined(separator: ".") }
}

/// The schema in the form that the footer holds, and the trees that rows are taken apart with.
struct WriteSchema {
  private(set) var elements: [SchemaElement] = []
  private(set) var leaves: [WriteLeaf] = []
  private(set) var nodes: [WriteNode] = []
  private let elementFieldIDs: [String: Int]

  init(_ schema: Schema, elementFieldIDs: [String: Int]) throws(QueryError) {
    self.elementFieldIDs = elementFieldIDs
    var root = SchemaElement()
    root.name = "table"
    root.childCount = schema.count
    elements.append(root)
    for field in schema.fields { nodes.append(try add(field, Place(names: [], path: []))) }
  }

  /// Where in the tree a field stands.
  private struct Place {
    /// Names in the file, and names as a reader of the table sees them.
    var names: [String]
    var path: [String]
    var definition = 0
    var repetition = 0

    func below(_ name: String, path part: String?, isNullable: Bool) -> Place {
      var place = self
      place.names.append(name)
      if let part { place.path.append(part) }
      place.definition += isNullable ? 1 : 0
      return place
    }
  }

  private mutating func add(_ field: Field, _ outer: Place) throws(QueryError) -> WriteNode {
    let place = outer.below(field.name, path: field.name, isNullable: field.isNullable)
    var element = SchemaElement()
    element.name = field.name
    element.repetition = field.isNullable ? .optional : .required
    element.fieldID = field.fieldID ?? elementFieldIDs[place.path.joined(separator: ".")]
    switch field.type {
    case .array(let item, let containsNull):
      element.annotation = .list
      let part = Field("element", item, isNullable: containsNull)
      return try addRepeated(element, "list", [part], place, field.isNullable)
    case .map(let key, let value, let valueContainsNull):
      element.annotation = .map
      let parts = [Field("key", key, isNullable: false), Field("value", value, isNullable: valueContainsNull)]
      return try addRepeated(element, "key_value", parts, place, field.isNullable)
    case .struct(let fields):
      return try addStruct(element, fields, place, field.isNullable)
    default: return try addLeaf(element, field.type, place, field.isNullable)
    }
  }

  private mutating func addStruct(
    _ element: SchemaElement, _ fields: [Field], _ place: Place, _ isNullable: Bool
  ) throws(QueryError) -> WriteNode {
    guard !fields.isEmpty else {
      throw QueryError(
        .unsupported, .storage, "Parquet can't store a struct without fields: \(place.path.joined(separator: "."))")
    }
    var group = element
    group.childCount = fields.count
    elements.append(group)
    var parts: [WriteNode] = []
    for field in fields { parts.append(try add(field, place)) }
    return .structure(isNullable: isNullable, definition: UInt8(clamping: place.definition), parts)
  }

  private mutating func addRepeated(
    _ element: SchemaElement, _ name: String, _ fields: [Field], _ place: Place, _ isNullable: Bool
  ) throws(QueryError) -> WriteNode {
    var group = element
    group.childCount = 1
    elements.append(group)
    var repeated = SchemaElement()
    repeated.name = name
    repeated.repetition = .repeated
    repeated.childCount = fields.count
    elements.append(repeated)
    var inner = place.below(name, path: nil, isNullable: true)
    inner.repetition += 1
    var parts: [WriteNode] = []
    for field in fields { parts.append(try add(field, inner)) }
    return .list(
      isNullable: isNullable, definition: UInt8(clamping: place.definition),
      repetition: UInt8(clamping: inner.repetition), parts)
  }

  private mutating func addLeaf(
    _ element: SchemaElement, _ type: LogicalType, _ place: Place, _ isNullable: Bool
  ) throws(QueryError) -> WriteNode {
    guard let storage = LeafStorage(type), place.definition < 200 else {
      throw QueryError(
        .unsupported, .storage, "Parquet can't store the type \(type): \(place.path.joined(separator: "."))")
    }
    var leaf = element
    leaf.kind = storage.kind
    if case .fixed(let length) = storage { leaf.typeLength = length }
    leaf.annotation = Self.annotation(type)
    elements.append(leaf)
    leaves.append(
      WriteLeaf(
        path: place.names, fieldID: leaf.fieldID, type: type, storage: storage, maxDefinition: place.definition,
        maxRepetition: place.repetition))
    return .leaf(index: leaves.count - 1, isNullable: isNullable, definition: UInt8(place.definition))
  }

  private static func annotation(_ type: LogicalType) -> Annotation? {
    switch type {
    case .tinyint: .integer(bits: 8, isSigned: true)
    case .smallint: .integer(bits: 16, isSigned: true)
    case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
    case .string: .string
    case .date: .date
    case .timestamp: .timestamp(.micros, isUTC: true)
    case .timestampNTZ: .timestamp(.micros, isUTC: false)
    default: nil
    }
  }
}
