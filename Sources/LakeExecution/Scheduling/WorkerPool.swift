import Glibc

/// Threads that queries of one engine share; started when first needed, kept until the pool goes away.
///
/// The calling thread always takes part in its own work, so a query never waits for a free thread.
package final class WorkerPool: Sendable {
  /// Threads that work on one query at most, the calling one included.
  package let threads: Int
  private let crew = Crew()

  package init(threads: Int) { self.threads = max(1, threads) }

  deinit { crew.dismiss() }

  /// Calls `body` with 0 on the calling thread and with 1, 2, ... on up to `workers - 1` others that are free;
  /// returns when all calls have returned.
  func run(workers: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let helpers = min(workers, threads) - 1
    if helpers <= 0 { return body(0) }
    crew.run(helpers: helpers, limit: threads - 1, body)
  }

  /// Calls `body` once for each index, on several threads.
  func forEach(_ count: Int, workers: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let next = SharedCounter()
    run(workers: min(count, workers)) { _ in
      while true {
        let index = next.next()
        if index >= count { return }
        body(index)
      }
    }
  }
}

/// The threads of a pool and what they have to do.
///
/// `@unchecked Sendable`: its state is only touched under the monitor.
private final class Crew: @unchecked Sendable {
  /// Work that several threads may join.
  private final class Job {
    let body: @Sendable (Int) -> Void
    var vacancies: Int
    var nextWorker = 1
    var working = 0

    init(vacancies: Int, _ body: @escaping @Sendable (Int) -> Void) {
      self.vacancies = vacancies
      self.body = body
    }
  }

  private let monitor = Monitor()
  private var jobs: [Job] = []
  private var size = 0
  private var idle = 0
  private var isDismissed = false
  /// Deep expressions and comparators recurse on worker threads too.
  private static let stackBytes = 16 << 20

  func run(helpers: Int, limit: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let job = Job(vacancies: helpers, body)
    monitor.locked {
      jobs.append(job)
      while idle < helpers, size < limit, startThread() { idle += 1 }
      monitor.wake()
    }
    body(0)
    monitor.locked {
      jobs.removeAll { $0 === job }
      while job.working > 0 { monitor.wait() }
    }
  }

  func dismiss() {
    monitor.locked {
      isDismissed = true
      monitor.wake()
    }
  }

  /// Starts one more thread; false if the system refuses, which only makes queries slower.
  private func startThread() -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let crew = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<Crew>.fromOpaque(argument).takeRetainedValue().work() }
        return nil
      }, crew.toOpaque())
    if status != 0 {
      crew.release()
      return false
    }
    size += 1
    return true
  }

  private func work() {
    while let (job, worker) = nextJob() {
      job.body(worker)
      monitor.locked {
        job.working -= 1
        idle += 1
        monitor.wake()
      }
    }
  }

  private func nextJob() -> (Job, Int)? {
    monitor.locked {
      while !isDismissed {
        if let job = jobs.first(where: { $0.vacancies > 0 }) {
          job.vacancies -= 1
          job.working += 1
          job.nextWorker += 1
          idle -= 1
          return (job, job.nextWorker - 1)
        }
        monitor.wait()
      }
      return nil
    }
  }
}
