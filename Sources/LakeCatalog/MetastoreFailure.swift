import GRDB
import Glibc
import LakeDiagnostics

/// Turns what SQLite reports into the engine's errors.
enum MetastoreFailure {
  static func error(_ error: any Error, path: String) -> QueryError {
    guard let failure = error as? DatabaseError else {
      return QueryError(.metastoreError, .catalog, "the metastore failed: \(path)", cause: "\(error)")
    }
    if isDiskFull(failure, path: path) {
      return QueryError(
        .diskFull, .catalog, "the disk of the metastore is full: \(path)",
        hint: "free some space or use another disk; tables are as they were", cause: failure.message)
    }
    return QueryError(
      .metastoreError, .catalog, "\(summary(failure)): \(path)", hint: hint(failure), cause: failure.message)
  }

  private static func summary(_ failure: DatabaseError) -> String {
    switch failure.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED: "another process holds the metastore"
    case .SQLITE_CANTOPEN: "cannot open the metastore"
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: "the metastore is not a sound SQLite file"
    case .SQLITE_READONLY, .SQLITE_PERM: "the metastore must be writable"
    default: "the metastore failed"
    }
  }

  private static func hint(_ failure: DatabaseError) -> String? {
    switch failure.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED: "try again when the other process has finished"
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: "check that the warehouse directory is writable"
    default: nil
    }
  }

  /// SQLite calls a full disk an I/O error when it meets it in the shared-memory file.
  private static func isDiskFull(_ failure: DatabaseError, path: String) -> Bool {
    if failure.resultCode == .SQLITE_FULL { return true }
    guard failure.resultCode == .SQLITE_IOERR || failure.resultCode == .SQLITE_CANTOPEN else { return false }
    var status = statvfs()
    let directory = String(path.dropLast(Metastore.fileName.utf8.count + 1))
    guard statvfs(directory, &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 256 << 10
  }
}
