import Glibc
import LakeTestSupport

/// A place with a warehouse where the built command runs.
final class CommandRun {
  let directory: String
  private let temporary: TemporaryDirectory

  init() throws {
    temporary = try TemporaryDirectory()
    directory = temporary.path
  }

  deinit { temporary.remove() }

  /// The command in the folder of the test bundle.
  static let program: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/lakesql"
  }()

  var environment: [String: String] {
    ["HOME": directory, "PATH": "/usr/bin:/bin", "TERM": "dumb", "LANG": "C.UTF-8"]
  }

  struct Ended: Equatable {
    var status: Int32
    var output: String
    var error: String
  }

  /// Runs the command to its end.
  func run(_ arguments: [String], input: String = "", environment extra: [String: String] = [:]) throws -> Ended {
    let child = try start(arguments, input: input, environment: extra)
    let status = child.wait()
    return Ended(status: status, output: try read("stdout"), error: try read("stderr"))
  }

  /// Starts the command with its streams in files.
  func start(
    _ arguments: [String], input: String = "", environment extra: [String: String] = [:], output: Int32? = nil
  ) throws -> ChildProcess {
    try write("stdin", input)
    let streams = ChildProcess.Streams(
      input: try openFile("stdin", O_RDONLY), output: try output ?? openFile("stdout", O_WRONLY | O_CREAT | O_TRUNC),
      error: try openFile("stderr", O_WRONLY | O_CREAT | O_TRUNC))
    defer { for end in [streams.input, streams.output, streams.error] { close(end) } }
    return try ChildProcess(
      Self.program, arguments, environment: environment.merging(extra) { $1 }, directory: directory, streams: streams)
  }

  /// Starts the command on a terminal.
  func terminal(_ arguments: [String] = []) throws -> PseudoTerminal {
    try PseudoTerminal(Self.program, arguments, environment: environment, directory: directory)
  }

  // MARK: Files

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  private func openFile(_ name: String, _ flags: Int32) throws -> Int32 {
    let descriptor = open(path(name), flags | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw SystemError("open \(name)") }
    return descriptor
  }

  func write(_ name: String, _ text: String) throws {
    let descriptor = try openFile(name, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(descriptor) }
    var bytes = Array(text.utf8)
    if Glibc.write(descriptor, &bytes, bytes.count) != bytes.count { throw SystemError("write \(name)") }
  }

  func read(_ name: String) throws -> String {
    let descriptor = try openFile(name, O_RDONLY)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += block[..<count]
    }
  }

  /// Names in the working directory.
  func files() -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
