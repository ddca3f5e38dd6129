import Glibc
import LakeTestSupport
import Testing

/// The README's tour gives the results it shows, when followed from top to bottom.
@Suite struct TourTests {
  @Test func everyCommandPrintsWhatIsShown() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try #require(symlink("\(ProjectText.root)/fixtures", "\(directory.path)/fixtures") == 0)
    var count = 0
    for fence in Markdown(try ProjectText.read("README.md")).fences {
      switch fence.language {
      case "sql": try Self.save(fence, in: directory.path)
      case "console":
        for step in Self.steps(fence) {
          count += 1
          #expect(try Self.output(of: step.command, in: directory.path) == step.output, "\(step.command)")
        }
      default: break
      }
    }
    #expect(count > 5)
  }

  private struct Step {
    var command: String
    var output: String
  }

  /// A line with `$ ` is a command; what follows is its output.
  private static func steps(_ fence: Markdown.Fence) -> [Step] {
    var steps: [Step] = []
    for line in fence.lines {
      if line.hasPrefix("$ ") {
        steps.append(Step(command: String(line.dropFirst(2)), output: ""))
      } else if !steps.isEmpty {
        steps[steps.count - 1].output += line + "\n"
      }
    }
    return steps
  }

  /// Saves a script under the name in its first line.
  private static func save(_ fence: Markdown.Fence, in directory: String) throws {
    guard let first = fence.lines.first, first.hasPrefix("-- ") else { return }
    let path = "\(directory)/\(first.dropFirst(3))"
    let file = try #require(fopen(path, "w"))
    fputs(fence.text, file)
    fclose(file)
  }

  /// What a shell command prints, errors included, with the built `lakesql` on the path.
  private static func output(of command: String, in directory: String) throws -> String {
    let path = "\(directory)/output"
    let output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer {
      close(output)
      close(input)
    }
    let environment = [
      "HOME": directory, "PATH": "\(programs):/usr/bin:/bin", "TERM": "dumb", "LANG": "C.UTF-8",
    ]
    let child = try ChildProcess(
      "sh", ["-c", command], environment: environment, directory: directory,
      streams: ChildProcess.Streams(input: input, output: output, error: output))
    _ = child.wait()
    return try ProjectText.text(ofFile: path)
  }

  /// The folder of the test bundle, where the command is built too.
  private static let programs: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }()
}
