import Foundation
import LakeSQL
import LakeTestSupport
import Testing

/// What `read_files` says where it cannot know how to read.
@Suite struct FileFormatTests {
  @Test func filesNeedAFormatAndKnownOptions() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let session = try Engine(warehouse: directory.path + "/warehouse").makeSession()
    let folder = directory.path + "/files"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    for name in ["x.csv", "x.txt", "x.dat"] {
      try "a\n1\n".write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
    for (call, message, hint) in [
      ("'\(folder)/x.csv', formt => 'csv'", "unknown CSV option: formt", "did you mean format?"),
      ("'\(folder)/x.txt', formt => 'csv'", "unknown text option: formt", "did you mean format?"),
      ("'\(folder)/x.dat', formt => 'csv'", "unknown option: formt", "did you mean format?"),
      ("'\(folder)/x.dat', format => 'parquet', sep => ';'", "unknown parquet option: sep", nil),
      ("'\(folder)/x.dat'", "the ending of the file tells no format: \(folder)/x.dat", "format =>"),
      ("'\(folder)/*'", "the files differ in format: \(folder)/x.dat", "format =>"),
    ] {
      let error = await #expect(throws: SQLError.self) {
        try await session.execute("SELECT * FROM read_files(\(call))")
      }
      #expect(error?.sqlState == "22023")
      #expect(error?.message == message)
      #expect(hint.map { error?.hint?.contains($0) == true } ?? true)
    }
    let rows = try await session.execute("SELECT a FROM read_files('\(folder)/x.csv', header => true)").rows()
    #expect(rows == [[.string("1")]])
  }
}
