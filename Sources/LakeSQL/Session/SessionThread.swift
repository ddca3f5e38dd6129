import Glibc
import LakeDiagnostics
import LakeExecution

/// Runs a session's statements one after the other on a thread of its own, which has a large stack for deep plans
/// and may block.
///
/// `@unchecked Sendable`: the queue is touched under the monitor only.
final class SessionThread: @unchecked Sendable {
  private let monitor = Monitor()
  private var jobs: [@Sendable () -> Void] = []
  private var isStopped = false
  private var isRunning = false
  private let stackBytes: Int

  init(stackBytes: Int = 64 << 20) { self.stackBytes = stackBytes }

  /// Runs a job behind those that wait already; throws `.insufficientResources` if the thread can't be started.
  func enqueue(_ job: @escaping @Sendable () -> Void) throws(QueryError) {
    try monitor.locked { () throws(QueryError) in
      if !isRunning { try start() }
      isRunning = true
      jobs.append(job)
      monitor.wake()
    }
  }

  /// Ends the thread when its jobs are done.
  func stop() {
    monitor.locked {
      isStopped = true
      monitor.wake()
    }
  }

  private func start() throws(QueryError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<SessionThread>.fromOpaque(argument).takeRetainedValue().loop() }
        return nil
      }, context.toOpaque())
    if result == 0 { return }
    context.release()
    throw QueryError(
      .insufficientResources, .execute, "the system starts no thread for the session",
      hint: "close sessions, or raise the limits of memory and processes", cause: String(cString: strerror(result)))
  }

  private func loop() {
    while let job = nextJob() { job() }
  }

  private func nextJob() -> (@Sendable () -> Void)? {
    monitor.locked {
      while jobs.isEmpty, !isStopped { monitor.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
