/// A JSON document in memory: table metadata, Avro schemas, properties. Not for rows of data.
///
/// Objects keep the order of their members; integers within 64 bits are exact, other numbers keep their text.
package indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number that is no 64-bit integer, as it was written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// A finite double as a number; others as the string JSON has to make do with.
  package init(_ double: Double) {
    self = double.isFinite ? .number("\(double)") : .string("\(double)")
  }

  package var isNull: Bool { self == .null }

  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  package var string: String? { if case .string(let value) = self { value } else { nil } }

  package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

  /// The integer as `Int`.
  package var int: Int? { integer.map { Int($0) } }

  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let text): Double(text)
    default: nil
    }
  }

  package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

  package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

  /// A member of an object; nil if this is no object or has no such member.
  package subscript(key: String) -> JSONValue? { object?[key] }
}

/// The members of a JSON object in their order; of several with one name the last counts.
package struct JSONObject: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package var key: String
    package var value: JSONValue

    package init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  package var members: [Member]

  package init(_ members: [Member] = []) { self.members = members }

  package var isEmpty: Bool { members.isEmpty }
  package var keys: [String] { members.map(\.key) }

  /// Setting an existing member keeps its place, a new one goes to the end, nil removes it. Linear in the members.
  package subscript(key: String) -> JSONValue? {
    get { members.last { $0.key == key }?.value }
    set {
      guard let newValue else { return members.removeAll { $0.key == key } }
      if let index = members.lastIndex(where: { $0.key == key }) {
        members[index].value = newValue
      } else {
        members.append(Member(key, newValue))
      }
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    members = elements.map { Member($0.0, $0.1) }
  }
}
