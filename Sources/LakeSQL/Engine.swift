import Glibc
import LakeDiagnostics
import LakeExecution
import LakeFileSystem
import LakeTables

/// How an engine uses the machine.
public struct EngineOptions: Sendable {
  /// Threads that work on a query; nil: one a processor.
  public var threads: Int?
  /// Bytes that one query may hold in large structures; nil: 70 % of the machine's memory.
  public var memoryLimit: Int?

  public init(threads: Int? = nil, memoryLimit: Int? = nil) {
    self.threads = threads
    self.memoryLimit = memoryLimit
  }
}

/// A SQL engine on one warehouse: a directory with tables and a metastore.
///
/// ```swift
/// let engine = try Engine(warehouse: "./warehouse")
/// let session = engine.makeSession()
/// let result = try await session.execute("SELECT channel, sum(profit) AS profit FROM gold.profit GROUP BY channel")
/// for try await batch in result {
///   for row in 0..<batch.rowCount { print(batch[row, 0], batch[row, 1]) }
/// }
/// ```
public final class Engine: Sendable {
  /// The version of LakeSQL.
  public static let version = ProductVersion.text

  let warehouse: Warehouse
  let pool: WorkerPool
  let options: EngineOptions

  /// Opens a warehouse; the directory is made when the first table is.
  public init(warehouse path: String, options: EngineOptions = EngineOptions()) throws(SQLError) {
    do {
      try Self.checkProcessor()
      warehouse = Warehouse(path: path, fileSystem: LocalFileSystem())
    } catch {
      throw SQLError(error, source: "", name: nil)
    }
    self.options = options
    pool = WorkerPool(threads: options.threads ?? Self.processorCount)
  }

  /// A session of its own: current database, settings, temporary views, transaction.
  public func makeSession() -> Session { Session(engine: self) }

  private static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// 70 % of the machine's memory unless the options say otherwise, in bytes.
  var memoryLimit: Int {
    if let limit = options.memoryLimit { return limit }
    return sysconf(Int32(_SC_PHYS_PAGES)) / 10 * 7 * sysconf(Int32(_SC_PAGESIZE))
  }

  /// Release builds for x86-64 use the instructions of x86-64-v3 (2013 and later).
  private static func checkProcessor() throws(QueryError) {
    #if arch(x86_64) && !DEBUG
      guard ProcessorFeatures.hasVersion3 else {
        throw QueryError(
          .unsupported, .usage, "this build needs a processor with AVX2, BMI2 and FMA (x86-64-v3)",
          hint: "build LakeSQL on this machine without -march=x86-64-v3")
      }
    #endif
  }
}
