/// The columns that a view's query yielded when the view was made, among the view's properties under Spark's names.
enum ViewQueryColumns {
  private static let prefix = "view.query.out."
  private static let count = prefix + "numCols"

  /// Whether a property is one of these, and not the user's.
  static func isOwn(_ key: String) -> Bool { key.hasPrefix(prefix) }

  static func adding(_ names: [String], to properties: [String: String]) -> [String: String] {
    var result = properties.filter { !isOwn($0.key) }
    result[count] = String(names.count)
    for (index, name) in names.enumerated() { result[prefix + "col.\(index)"] = name }
    return result
  }

  /// nil where the properties do not tell.
  static func names(in properties: [String: String]) -> [String]? {
    guard let count = properties[count].flatMap({ Int($0) }), count >= 0 else { return nil }
    let names = (0..<count).compactMap { properties[prefix + "col.\($0)"] }
    return names.count == count ? names : nil
  }
}
