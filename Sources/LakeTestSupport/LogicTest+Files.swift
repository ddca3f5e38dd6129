package import LakeDiagnostics
import LakeFileSystem

extension LogicTest {
  /// The folder of the test cases: `Tests/SQLLogicTests/cases` of this checkout.
  package static let casesDirectory: String = {
    let here = FilePath.parent(FilePath.parent(FilePath.parent(#filePath)))
    return FilePath.join(here, "Tests/SQLLogicTests/cases")
  }()

  /// Paths of all cases, relative to the cases folder.
  package static func all() throws(QueryError) -> [String] {
    try LocalFileSystem().files(under: casesDirectory, recursive: true).map(\.path)
      .filter { $0.hasSuffix(".slt") }.map { String($0.dropFirst(casesDirectory.count + 1)) }.sorted()
  }

  /// Reads a case by its path relative to the cases folder.
  package init(named name: String) throws(QueryError) {
    let path = FilePath.join(Self.casesDirectory, name)
    let file = try LocalFileSystem().open(path)
    var bytes = [UInt8](repeating: 0, count: file.size)
    var failure: QueryError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(QueryError) { try file.read(into: buffer, at: 0) } catch { failure = error }
    }
    if let failure { throw failure }
    try self.init(path: name, text: String(decoding: bytes, as: UTF8.self))
  }
}
