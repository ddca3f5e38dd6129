import Glibc
import LakeDiagnostics
import LakeFileSystem
import LakeTypes
import Synchronization

/// Remembers on disk which files a transaction made and what its commit leaves to do, so that a later process can
/// finish or undo the work of one that was killed.
///
/// A journal is a file of JSON lines in `<warehouse>/lakesql_staged`. Its owner holds a lock on it that ends with the
/// process, which tells the living from the dead. Every file is named in the journal before it is made.
final class StagingJournal: Sendable {
  /// One line of a journal.
  enum Step: Hashable, Sendable {
    /// A file that must go unless the transaction commits.
    case stage(String)
    /// A directory of staged files that goes in any case.
    case stageDirectory(String)
    /// A staged file gets its final name after the commit.
    case publish(String, to: String)
    /// A file goes after the commit.
    case remove(String)
    /// A directory goes with all it holds after the commit.
    case removeDirectory(String)
  }

  static let folder = "lakesql_staged"

  /// Identifies the transaction in the metastore.
  let transaction: String
  private let directory: String
  private struct State {
    var descriptor: Int32 = -1
    var steps: [Step] = []
    /// Files and directories that a crash of the machine could still take away.
    var volatileFiles: Set<String> = []
    var volatileDirectories: Set<String> = []
  }
  private let state = Mutex(State())

  init(warehouse: String) {
    transaction = UUIDText.random()
    directory = FilePath.join(warehouse, Self.folder)
  }

  private var path: String { FilePath.join(directory, transaction + ".journal") }

  var isEmpty: Bool { state.withLock { $0.steps.isEmpty } }

  /// Whether the commit leaves something to do; then the journal must be as durable as the commit itself.
  var hasWorkAfterCommit: Bool {
    state.withLock { state in
      state.steps.contains { step in
        switch step {
        case .publish, .remove, .removeDirectory: true
        case .stage, .stageDirectory: false
        }
      }
    }
  }

  /// Notes a staged file that was made, to be made durable before the commit.
  func noteCreated(_ path: String, in directories: [String]) {
    state.withLock { state in
      state.volatileFiles.insert(path)
      state.volatileDirectories.formUnion(directories)
    }
  }

  /// Makes all that was staged durable, and the journal itself if the commit leaves something to do.
  func makeDurable(_ fileSystem: any FileSystem) throws(QueryError) {
    let (files, directories) = state.withLock { ($0.volatileFiles.sorted(), $0.volatileDirectories.sorted()) }
    // A file that was discarded since has nothing to lose.
    var staged: [String] = []
    for path in files where try fileSystem.status(of: path) != nil { staged.append(path) }
    var folders = directories
    if hasWorkAfterCommit {
      staged.append(path)
      folders += [directory, FilePath.parent(directory)]
    }
    try fileSystem.makeDurable(files: staged, directories: folders)
    state.withLock { state in
      state.volatileFiles.subtract(files)
      state.volatileDirectories.subtract(directories)
    }
  }

  /// Writes a step down, before it is done.
  func record(_ step: Step) throws(QueryError) { try record([step]) }

  func record(_ steps: [Step]) throws(QueryError) {
    if steps.isEmpty { return }
    try state.withLock { (state) throws(QueryError) in
      if state.descriptor < 0 { state.descriptor = try open() }
      let text = steps.map { $0.json.compactText + "\n" }.joined()
      try write(Array(text.utf8), to: state.descriptor)
      state.steps += steps
    }
  }

  /// Forgets steps of an attempt that was given up and cleaned away; the file keeps them, which does no harm.
  func withdraw(_ steps: Set<Step>) { state.withLock { $0.steps.removeAll { steps.contains($0) } } }

  private func open() throws(QueryError) -> Int32 {
    if mkdir(directory, 0o777) != 0, errno != EEXIST { throw failure("cannot create the directory \(directory)") }
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw failure("cannot create the journal \(path)") }
    if flock(descriptor, LOCK_EX) != 0 {
      close(descriptor)
      throw failure("cannot lock the journal \(path)")
    }
    // Somebody who came between the two calls took the file for an abandoned one.
    var status = stat()
    if stat(path, &status) != 0 {
      close(descriptor)
      return try open()
    }
    return descriptor
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) throws(QueryError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if count < 0, errno != EINTR { throw failure("cannot write the journal \(path)") }
      done += max(0, count)
    }
  }

  private func failure(_ message: String) -> QueryError {
    let number = errno
    let code: ErrorCode = number == ENOSPC || number == EDQUOT ? .diskFull : .ioError
    return QueryError(code, .storage, message, cause: String(cString: strerror(number)))
  }

  /// Does what the commit left to do and removes the journal; an error leaves it for the next process.
  func finishCommitted(_ fileSystem: any FileSystem) throws(QueryError) {
    try Self.finish(state.withLock { $0.steps }, fileSystem)
    discard()
  }

  /// Removes what was staged, and the journal.
  func rollBack(_ fileSystem: any FileSystem, warehouse: String) {
    Self.undo(state.withLock { $0.steps }, fileSystem, warehouse: warehouse)
    discard()
  }

  private func discard() {
    state.withLock { state in
      guard state.descriptor >= 0 else { return }
      unlink(path)
      close(state.descriptor)
      state.descriptor = -1
      state.steps = []
    }
  }

  deinit {
    let descriptor = state.withLock { $0.descriptor }
    if descriptor >= 0 { close(descriptor) }
  }
}

extension StagingJournal {
  /// Does the steps that follow a commit; those that are done already are skipped.
  private static func finish(_ steps: [Step], _ fileSystem: any FileSystem) throws(QueryError) {
    var folders: Set<String> = []
    for case .publish(let from, let to) in steps {
      try fileSystem.createDirectory(FilePath.parent(to))
      folders.insert(FilePath.parent(to))
      if rename(from, to) != 0, errno != ENOENT {
        throw QueryError(
          .ioError, .commit, "cannot move \(from) to \(to)",
          hint: "the statement is committed; the next lakesql on this warehouse moves the file",
          cause: String(cString: strerror(errno)))
      }
    }
    // The journal, which remembers the moves, must not go before they are durable.
    try fileSystem.makeDurable(files: [], directories: folders.sorted())
    for step in steps {
      switch step {
      case .remove(let path): try fileSystem.remove(path)
      case .stageDirectory(let path), .removeDirectory(let path): try fileSystem.removeDirectory(path)
      case .stage, .publish: break
      }
    }
  }

  /// Removes what was staged, and the directories that are empty then; what cannot be removed stays an orphan.
  private static func undo(_ steps: [Step], _ fileSystem: any FileSystem, warehouse: String) {
    for step in steps {
      switch step {
      case .stage(let path):
        try? fileSystem.remove(path)
        removeEmptyDirectories(above: path, below: warehouse)
      case .stageDirectory(let path): try? fileSystem.removeDirectory(path)
      case .publish, .remove, .removeDirectory: break
      }
    }
  }

  private static func removeEmptyDirectories(above path: String, below warehouse: String) {
    var directory = FilePath.parent(path)
    while directory.hasPrefix(warehouse + "/"), rmdir(directory) == 0 { directory = FilePath.parent(directory) }
  }

  /// What a dead process committed and nobody could finish yet.
  struct Unfinished: Sendable {
    let steps: [Step]
    let error: QueryError

    /// Whether the files of a folder are not those that were committed.
    func concerns(_ folder: String) -> Bool {
      steps.contains { step in
        switch step {
        case .publish(_, let path), .remove(let path): path.utf8.starts(with: (folder + "/").utf8)
        case .stage, .stageDirectory, .removeDirectory: false
        }
      }
    }
  }

  /// Finishes or undoes the transactions of dead processes; returns those that the file system does not let finish.
  ///
  /// `isInUse` tells folders that tables live in, which must stay whatever a journal says: a killed process may have
  /// removed its own table there just before.
  static func recover(
    warehouse: String, _ fileSystem: any FileSystem, isCommitted: (String) throws(QueryError) -> Bool,
    isInUse: (String) throws(QueryError) -> Bool
  ) throws(QueryError) -> [Unfinished] {
    var unfinished: [Unfinished] = []
    let directory = FilePath.join(warehouse, folder)
    for file in try fileSystem.files(under: directory, recursive: false) where file.path.hasSuffix(".journal") {
      let descriptor = Glibc.open(file.path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { continue }
      defer { close(descriptor) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { continue }
      var steps = try readSteps(file.path, fileSystem)
      let transaction = String(FilePath.lastComponent(file.path).dropLast(".journal".utf8.count))
      if try isCommitted(transaction) {
        var used: Set<Step> = []
        for case .removeDirectory(let path) in steps where try isInUse(path) { used.insert(.removeDirectory(path)) }
        steps.removeAll { used.contains($0) }
        do throws(QueryError) {
          try finish(steps, fileSystem)
        } catch {
          unfinished.append(Unfinished(steps: steps, error: error))
          continue
        }
      } else {
        undo(steps, fileSystem, warehouse: warehouse)
      }
      unlink(file.path)
    }
    return unfinished
  }

  /// The steps of a journal; a last line that was cut off belongs to a step that was never begun.
  private static func readSteps(_ path: String, _ fileSystem: any FileSystem) throws(QueryError) -> [Step] {
    guard try fileSystem.status(of: path) != nil else { return [] }
    let text = String(decoding: try fileSystem.open(path).allBytes(), as: UTF8.self)
    var steps: [Step] = []
    for line in text.split(separator: "\n") {
      guard let json = try? JSONValue(parsing: String(line)), let step = Step(json: json) else { continue }
      steps.append(step)
    }
    return steps
  }
}

extension StagingJournal.Step {
  var json: JSONValue {
    switch self {
    case .stage(let path): ["stage", .string(path)]
    case .stageDirectory(let path): ["stage-directory", .string(path)]
    case .publish(let from, let to): ["publish", .string(from), .string(to)]
    case .remove(let path): ["remove", .string(path)]
    case .removeDirectory(let path): ["remove-directory", .string(path)]
    }
  }

  init?(json: JSONValue) {
    guard let parts = json.array?.compactMap(\.string), parts.count >= 2 else { return nil }
    switch parts[0] {
    case "stage": self = .stage(parts[1])
    case "stage-directory": self = .stageDirectory(parts[1])
    case "publish" where parts.count == 3: self = .publish(parts[1], to: parts[2])
    case "remove": self = .remove(parts[1])
    case "remove-directory": self = .removeDirectory(parts[1])
    default: return nil
    }
  }
}

/// A file system whose new files are named in a journal first.
struct JournaledFileSystem: FileSystem {
  let base: any FileSystem
  let journal: StagingJournal

  func status(of path: String) throws(QueryError) -> FileStatus? { try base.status(of: path) }

  func files(under directory: String, recursive: Bool) throws(QueryError) -> [FileStatus] {
    try base.files(under: directory, recursive: recursive)
  }

  func files(matching glob: String) throws(QueryError) -> [FileStatus] { try base.files(matching: glob) }
  func open(_ path: String) throws(QueryError) -> any ReadableFile { try base.open(path) }

  func create(_ path: String) throws(QueryError) -> any WritableFile {
    try journal.record(.stage(path))
    let file = try base.create(path)
    journal.noteCreated(path, in: file.changedDirectories)
    return file
  }

  func makeDurable(files: [String], directories: [String]) throws(QueryError) {
    try base.makeDurable(files: files, directories: directories)
  }

  func createDirectory(_ path: String) throws(QueryError) { try base.createDirectory(path) }
  func remove(_ path: String) throws(QueryError) { try base.remove(path) }
  func removeDirectory(_ path: String) throws(QueryError) { try base.removeDirectory(path) }
}
