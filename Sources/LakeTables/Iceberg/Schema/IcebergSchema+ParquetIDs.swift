extension IcebergSchema {
  /// The ids of the parts of lists and maps, by path: `tags.element`, `scores.key`.
  var elementFieldIDs: [String: Int] {
    var result: [String: Int] = [:]
    for field in fields { field.type.collectElementIDs(path: field.name, into: &result) }
    return result
  }

  /// The ids of all fields inside lists and maps.
  var repeatedFieldIDs: Set<Int> {
    var result: Set<Int> = []
    for field in fields { field.type.collectRepeatedIDs(into: &result) }
    return result
  }
}

extension IcebergType {
  fileprivate func collectElementIDs(path: String, into result: inout [String: Int]) {
    switch self {
    case .list(let id, let element, _):
      result[path + ".element"] = id
      element.collectElementIDs(path: path + ".element", into: &result)
    case .map(let keyID, let key, let valueID, let value, _):
      result[path + ".key"] = keyID
      result[path + ".value"] = valueID
      key.collectElementIDs(path: path + ".key", into: &result)
      value.collectElementIDs(path: path + ".value", into: &result)
    case .structure(let fields):
      for field in fields { field.type.collectElementIDs(path: path + "." + field.name, into: &result) }
    default: break
    }
  }

  fileprivate func collectRepeatedIDs(into result: inout Set<Int>) {
    switch self {
    case .list, .map: result.formUnion(allIDs)
    case .structure(let fields):
      for field in fields { field.type.collectRepeatedIDs(into: &result) }
    default: break
    }
  }
}
