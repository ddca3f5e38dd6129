import Glibc
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
  private static let stackBytes = 64 << 20

  /// Runs a job behind those that wait already.
  func enqueue(_ job: @escaping @Sendable () -> Void) {
    monitor.locked {
      jobs.append(job)
      if !isRunning {
        isRunning = true
        start()
      }
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

  private func start() {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<SessionThread>.fromOpaque(argument).takeRetainedValue().loop() }
        return nil
      }, context)
    if result != 0 { fatalError("cannot start a thread: \(String(cString: strerror(result)))") }
    pthread_attr_destroy(&attributes)
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
