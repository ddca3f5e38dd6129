import Glibc
import LakeDiagnostics
import Synchronization

/// Makes files and directories outlast a crash of the machine.
///
/// Several threads share the work, because a file system writes its journal once for all calls that wait for it:
/// a thousand small files take a tenth of the time that one thread needs.
final class LocalDurability: Sendable {
  private struct Job {
    let path: String
    let flags: Int32
    let action: String
  }

  private struct State {
    var next = 0
    var error: QueryError?
  }

  private let jobs: [Job]
  private let state = Mutex(State())

  private static let maxThreads = 8
  private static let jobsPerThread = 4

  /// Returns when all the paths are durable.
  static func sync(files: [String], directories: [String]) throws(QueryError) {
    try LocalDurability(files, directories).run()
  }

  private init(_ files: [String], _ directories: [String]) {
    jobs =
      files.map { Job(path: $0, flags: O_RDONLY, action: "cannot make the file durable") }
      + directories.map {
        Job(path: $0, flags: O_RDONLY | O_DIRECTORY, action: "cannot make the directory durable")
      }
  }

  private func run() throws(QueryError) {
    var threads: [pthread_t] = []
    for _ in 1..<max(1, min(Self.maxThreads, jobs.count / Self.jobsPerThread)) {
      var thread = pthread_t()
      let this = Unmanaged.passRetained(self)
      let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        if let argument { Unmanaged<LocalDurability>.fromOpaque(argument).takeRetainedValue().work() }
        return nil
      }
      if pthread_create(&thread, nil, body, this.toOpaque()) == 0 { threads.append(thread) } else { this.release() }
    }
    work()
    for thread in threads { pthread_join(thread, nil) }
    if let error = state.withLock({ $0.error }) { throw error }
  }

  private func work() {
    while let job = nextJob() {
      do throws(QueryError) { try Self.sync(job) } catch { state.withLock { $0.error = $0.error ?? error } }
    }
  }

  /// The next job; nil when there is none, or one failed.
  private func nextJob() -> Job? {
    state.withLock { state in
      guard state.next < jobs.count, state.error == nil else { return nil }
      defer { state.next += 1 }
      return jobs[state.next]
    }
  }

  private static func sync(_ job: Job) throws(QueryError) {
    let descriptor = Int32(SystemFailure.retrying { Int(open(job.path, job.flags | O_CLOEXEC)) })
    // A folder that is gone was empty: it has nothing to lose.
    if descriptor < 0, errno == ENOENT, job.flags & O_DIRECTORY != 0 { return }
    if descriptor < 0 { throw SystemFailure.error(errno, job.action, job.path) }
    defer { close(descriptor) }
    // Some file systems do not know fsync on directories; they have nothing to make durable that way.
    if SystemFailure.retrying({ Int(fsync(descriptor)) }) != 0, errno != EINVAL {
      throw SystemFailure.error(errno, job.action, job.path)
    }
  }
}
