import LakeDiagnostics

/// Collects files below directories, entering no directory twice on one path (loops of symbolic links).
struct DirectoryWalk {
  let isRecursive: Bool
  let skipsHidden: Bool
  /// By the bytes of the paths: names that differ only in how accents are composed are names of two files.
  private var found: [[UInt8]: FileStatus] = [:]
  private var ancestors: [FileIdentity] = []

  init(isRecursive: Bool, skipsHidden: Bool) {
    self.isRecursive = isRecursive
    self.skipsHidden = skipsHidden
  }

  /// The files in the order of the bytes of their paths.
  func sortedFiles() -> [FileStatus] {
    found.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Names that readers pass over, as Spark's `shouldFilterOutPathName`: a partition column may start with `_`.
  static func isHidden(_ name: String) -> Bool {
    name.hasPrefix(".") || (name.hasPrefix("_") && !name.contains("="))
  }

  /// Takes a file, or what a directory holds.
  mutating func visitMatch(_ path: String) throws(QueryError) {
    guard let (status, _) = try LocalFileSystem.lookUp(path) else { return }
    if status.isDirectory { try visit(path) } else { found[Array(path.utf8)] = status }
  }

  /// Takes the files of a directory, and those below it if recursive.
  mutating func visit(_ directory: String) throws(QueryError) {
    guard let (status, identity) = try LocalFileSystem.lookUp(directory), status.isDirectory,
      !ancestors.contains(identity), let names = try LocalDirectory.names(in: directory)
    else { return }
    ancestors.append(identity)
    defer { ancestors.removeLast() }
    for name in names where !(skipsHidden && Self.isHidden(name)) {
      let path = FilePath.join(directory, name)
      guard let (entry, _) = try LocalFileSystem.lookUp(path) else { continue }
      if !entry.isDirectory { found[Array(path.utf8)] = entry } else if isRecursive { try visit(path) }
    }
  }

  /// Takes what the rest of a pattern matches below a directory.
  mutating func match(_ segments: ArraySlice<GlobPattern.Segment>, below directory: String) throws(QueryError) {
    guard let first = segments.first else { return try visitMatch(directory) }
    let rest = segments.dropFirst()
    switch first {
    case .literal(let name): try match(rest, below: FilePath.join(directory, name))
    case .wildcard(let tokens): try matchNames(tokens, rest, below: directory)
    case .anyDirectories: try matchAnyDirectories(segments, below: directory)
    }
  }

  private mutating func matchNames(
    _ tokens: [GlobPattern.Token], _ rest: ArraySlice<GlobPattern.Segment>, below directory: String
  ) throws(QueryError) {
    guard let names = try LocalDirectory.names(in: directory) else { return }
    let mayBeHidden = GlobPattern.namesHidden(tokens)
    for name in names where (mayBeHidden || !Self.isHidden(name)) && GlobPattern.matches(tokens, name) {
      try match(rest, below: FilePath.join(directory, name))
    }
  }

  private mutating func matchAnyDirectories(
    _ segments: ArraySlice<GlobPattern.Segment>, below directory: String
  ) throws(QueryError) {
    guard let (status, identity) = try LocalFileSystem.lookUp(directory), status.isDirectory,
      !ancestors.contains(identity)
    else { return }
    try match(segments.dropFirst(), below: directory)
    ancestors.append(identity)
    for name in try LocalDirectory.names(in: directory) ?? [] where !Self.isHidden(name) {
      try matchAnyDirectories(segments, below: FilePath.join(directory, name))
    }
    ancestors.removeLast()
  }
}
