import Glibc
import LakeDiagnostics
import LakeFileSystem

/// A directory for one test, removed by `remove()`.
package struct TemporaryDirectory: Sendable {
  package let path: String

  package init() throws {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/lakesql-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw QueryError(.ioError, .storage, "cannot make a temporary directory", cause: String(cString: strerror(errno)))
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package func remove() {
    do throws(QueryError) { try LocalFileSystem().removeDirectory(path) } catch {
      print("cannot remove \(path): \(error)")
    }
  }
}
