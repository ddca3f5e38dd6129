import Glibc
import LakeDiagnostics
import LakeFileSystem
import Testing

/// A directory of its own for one test, removed with the last reference.
final class TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/lakefs-XXXXXX".utf8CString)
    let made: String? = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    path = try #require(made)
  }

  deinit { try? LocalFileSystem().removeDirectory(path) }

  func write(_ name: String, _ text: String = "x") throws {
    let file = try LocalFileSystem().create(FilePath.join(path, name))
    try file.write(text: text)
    try file.finish()
  }

  /// The files that a glob matches, relative to the directory.
  func glob(_ pattern: String) throws -> [String] {
    try LocalFileSystem().files(matching: path + "/" + pattern).map { String($0.path.dropFirst(path.count + 1)) }
  }
}

private func code(_ body: () throws -> Void) -> ErrorCode? {
  do { try body() } catch let error as QueryError { return error.code } catch { return nil }
  return nil
}

@Suite struct LocalFileSystemTests {
  let files = LocalFileSystem()

  @Test func writesAndReadsBack() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a/b/c.txt", "hello")
    let file = try files.open("file://" + directory.path + "/a/b/c.txt")
    #expect(file.size == 5)
    #expect(String(decoding: try file.bytes(at: 2, count: 3), as: UTF8.self) == "llo")
    #expect(String(decoding: try file.allBytes(), as: UTF8.self) == "hello")
    let status = try #require(try files.status(of: directory.path + "/a//b/./c.txt"))
    #expect(status.size == 5 && !status.isDirectory && status.path == directory.path + "/a/b/c.txt")
    #expect(status.modified > 1_600_000_000_000_000)
  }

  @Test func readBehindTheEndIsAnError() throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "abc")
    let file = try files.open(directory.path + "/f")
    #expect(code { _ = try file.bytes(at: 0, count: 4) } == .corruptFile)
    #expect(code { _ = try file.bytes(at: -1, count: 1) } == .ioError)
  }

  @Test func errorsNameWhatIsWrong() throws {
    let directory = try TemporaryDirectory()
    try directory.write("f")
    #expect(code { _ = try files.open(directory.path + "/absent") } == .pathNotFound)
    #expect(code { _ = try files.open(directory.path + "/f/below") } == .pathNotFound)
    #expect(code { _ = try files.open(directory.path) } == .ioError)
    #expect(code { _ = try files.create(directory.path + "/f") } == .ioError)
    #expect(code { _ = try files.open("s3://bucket/key") } == .unsupported)
    #expect(try files.status(of: directory.path + "/absent") == nil)
    #expect(try files.files(under: directory.path + "/absent", recursive: true).isEmpty)
  }

  @Test func discardRemovesTheFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/gone"
    let file = try files.create(path)
    try file.write([1])
    #expect(file.position == 1)
    file.discard()
    #expect(try files.status(of: path) == nil)
    _ = try files.create(path)
    #expect(try files.status(of: path) == nil, "an abandoned file is removed")
  }

  @Test func removesTrees() throws {
    let directory = try TemporaryDirectory()
    try directory.write("t/a/b")
    try directory.write("t/c")
    #expect(symlink("/usr", directory.path + "/t/link") == 0)
    try files.removeDirectory(directory.path + "/t")
    #expect(try files.status(of: directory.path + "/t") == nil)
    try files.removeDirectory(directory.path + "/t")
    try files.remove(directory.path + "/t")
    #expect(try files.status(of: "/usr") != nil)
  }

  @Test func globs() throws {
    let directory = try TemporaryDirectory()
    for name in [
      "a.csv", "b.csv", "b.txt", "_hidden.csv", ".dot", "d/c.csv", "d/e/f.csv", "d/_tmp/g.csv", "dt=1/x", "_dt=2/y",
      "br{1}.csv", "ä.csv",
    ] { try directory.write(name) }
    #expect(try directory.glob("*.csv") == ["a.csv", "b.csv", "br{1}.csv", "ä.csv"])
    #expect(try directory.glob("?.csv") == ["a.csv", "b.csv", "ä.csv"])
    #expect(try directory.glob("[!a].csv") == ["b.csv", "ä.csv"])
    #expect(try directory.glob("b.{csv,txt,{no,x}}") == ["b.csv", "b.txt"])
    #expect(try directory.glob("**/*.csv") == ["a.csv", "b.csv", "br{1}.csv", "d/c.csv", "d/e/f.csv", "ä.csv"])
    #expect(try directory.glob("d/**") == ["d/c.csv", "d/e/f.csv"])
    #expect(try directory.glob("d") == ["d/c.csv", "d/e/f.csv"])
    #expect(try directory.glob("*=*") == ["_dt=2/y", "dt=1/x"])
    #expect(try directory.glob("_*.csv") == ["_hidden.csv"])
    #expect(try directory.glob(".dot") == [".dot"])
    #expect(try directory.glob("br{1}.csv") == ["br{1}.csv"])
    #expect(try directory.glob("br\\{1\\}.*") == ["br{1}.csv"])
    #expect(try directory.glob("absent").isEmpty)
    #expect(try directory.glob("absent*/x").isEmpty)
    #expect(try files.files(under: directory.path, recursive: false).count == 7)
    #expect(try files.files(under: directory.path, recursive: true).count == 12)
  }

  @Test func namesThatDifferInTheirBytesAreTwoFiles() throws {
    let directory = try TemporaryDirectory()
    let composed = "city=Z\u{FC}rich/a.csv"
    let decomposed = "city=Zu\u{308}rich/a.csv"
    try directory.write(composed)
    try directory.write(decomposed)
    #expect(try directory.glob("*/*.csv").count == 2)
    #expect(try files.files(under: directory.path, recursive: true).count == 2)
  }

  @Test func manyFilesBecomeDurable() throws {
    let directory = try TemporaryDirectory()
    var names: [String] = []
    var folders: Set<String> = []
    for number in 0..<100 {
      let file = try files.create("\(directory.path)/p=\(number)/f")
      folders.formUnion(file.changedDirectories)
      try file.write(text: "x")
      try file.finish()
      names.append(file.path)
    }
    #expect(folders.contains(directory.path) && folders.contains(directory.path + "/p=7") && folders.count == 101)
    try files.makeDurable(files: names, directories: folders.sorted())
    let missing = code { try files.makeDurable(files: names + [directory.path + "/gone"], directories: []) }
    #expect(missing == .pathNotFound)
  }

  @Test func loopsOfLinksEnd() throws {
    let directory = try TemporaryDirectory()
    try directory.write("a/f")
    #expect(symlink("..", directory.path + "/a/up") == 0)
    #expect(symlink("nowhere", directory.path + "/dangling") == 0)
    #expect(try directory.glob("**/f").contains("a/f"))
    #expect(try files.files(under: directory.path, recursive: true).map(\.size) == [1])
  }

  @Test func uriIsLiteralFirstThenDecoded() throws {
    let directory = try TemporaryDirectory()
    try directory.write("dt=a%2Fb/x")
    try directory.write("with space/y")
    #expect(try files.status(of: "file://\(directory.path)/dt=a%2Fb/x")?.size == 1)
    #expect(try files.status(of: "file:\(directory.path)/with%20space/y")?.path == directory.path + "/with space/y")
    #expect(try files.status(of: "\(directory.path)/with%20space/y") == nil)
  }
}

@Suite struct FilePathTests {
  @Test func takesPathsApart() throws {
    #expect(FilePath.absolute("b/../c", relativeTo: "/a/") == "/a/c")
    #expect(FilePath.absolute("/x//y/", relativeTo: "/a") == "/x/y")
    #expect(FilePath.fileURI("/a b") == "file:///a b")
    #expect(try FilePath.path(fromURI: "file:///a/b") == "/a/b")
    #expect(try FilePath.path(fromURI: "file:/a/b") == "/a/b")
    #expect(try FilePath.path(fromURI: "file://localhost/a") == "/a")
    #expect(try FilePath.path(fromURI: "/a:/b") == "/a:/b")
    #expect(code { _ = try FilePath.path(fromURI: "file://host/a") } == .invalidParameter)
    #expect(FilePath.join("/a/", "/b") == "/a/b" && FilePath.join("/a", "b") == "/a/b")
    #expect(FilePath.lastComponent("/a/b/") == "b" && FilePath.lastComponent("/") == "")
    #expect(FilePath.parent("/a/b") == "/a" && FilePath.parent("/a") == "/" && FilePath.parent("/") == "/")
    #expect(FilePath.percentDecoded("a%20b%2g%C3%A4%") == "a b%2gä%")
  }

  @Test func partitionNames() throws {
    #expect(HivePartitionPath.segment(column: "dt", value: "2026-01-31") == "dt=2026-01-31")
    #expect(HivePartitionPath.segment(column: "a=b", value: "x/y:z%") == "a%3Db=x%2Fy%3Az%25")
    #expect(HivePartitionPath.segment(column: "c", value: nil) == "c=__HIVE_DEFAULT_PARTITION__")
    #expect(HivePartitionPath.segment(column: "c", value: "") == "c=__HIVE_DEFAULT_PARTITION__")
    let parsed = try #require(HivePartitionPath.parse(segment: "a%3Db=x%2Fy%3Az%25 é"))
    #expect(parsed == ("a=b", "x/y:z% é"))
    #expect(HivePartitionPath.parse(segment: "plain") == nil)
    let values = HivePartitionPath.values(of: "/t/a=1/sub/b=__HIVE_DEFAULT_PARTITION__/f=2", below: "/t/")
    #expect(values.map(\.column) == ["a", "b"] && values.map(\.value) == ["1", nil])
    #expect(HivePartitionPath.values(of: "/tt/a=1/f", below: "/t").isEmpty)
  }

  @Test func partitionNamesRoundTripEveryByte() {
    for byte in UInt8(1)...127 {
      let text = "v" + String(UnicodeScalar(byte)) + "w"
      let segment = HivePartitionPath.segment(column: "c", value: text)
      #expect(!segment.contains("/"))
      #expect(HivePartitionPath.parse(segment: segment)?.value == text)
    }
  }
}
