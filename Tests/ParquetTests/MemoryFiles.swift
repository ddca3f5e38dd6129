import Glibc
import LakeDiagnostics
import LakeFileSystem

/// A file in memory.
final class MemoryFile: ReadableFile {
  let path: String
  let bytes: [UInt8]
  var size: Int { bytes.count }

  init(_ bytes: [UInt8], path: String = "memory.parquet") {
    self.bytes = bytes
    self.path = path
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(QueryError) {
    guard offset >= 0, offset + buffer.count <= bytes.count else {
      throw QueryError(.ioError, .storage, "the file ends early").inFile(path)
    }
    bytes.withUnsafeBytes { source in
      if buffer.count > 0 {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + buffer.count]))
      }
    }
  }
}

/// Collects what is written.
final class MemorySink: WritableFile {
  let path = "written.parquet"
  let changedDirectories: [String] = []
  private(set) var bytes: [UInt8] = []
  private(set) var isFinished = false
  private(set) var isDiscarded = false
  var position: Int { bytes.count }

  func write(_ more: UnsafeRawBufferPointer) throws(QueryError) { bytes.append(contentsOf: more) }
  func finish() throws(QueryError) { isFinished = true }
  func discard() { isDiscarded = true }
}

/// The files beside the tests.
enum Fixture {
  static func bytes(_ name: String) -> [UInt8] {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    guard let file = fopen("\(folder)/Fixtures/\(name)", "r") else { return [] }
    defer { fclose(file) }
    var result: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { return result }
      result.append(contentsOf: block[..<count])
    }
  }

  static func file(_ name: String) -> MemoryFile { MemoryFile(bytes(name), path: name) }

  static func lines(_ name: String) -> [String] {
    String(decoding: bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
