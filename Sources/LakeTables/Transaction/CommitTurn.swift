import Glibc

/// Lets those who commit to one warehouse take turns, so that nobody's changes are planned in vain again and again.
///
/// Only the metastore's comparison decides about a commit: whoever cannot have the turn goes on without it.
struct CommitTurn {
  private let descriptor: Int32

  /// How often the lock is tried, and how long one waits between.
  private static let attempts = 1000
  private static let pause: UInt32 = 10_000

  /// Waits for the turn, for about ten seconds at most; `end()` must follow.
  init(warehouse: String) {
    descriptor = open(warehouse + "/metastore.db.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return }
    for attempt in 0..<Self.attempts {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return }
      usleep(min(Self.pause, 500 << UInt32(min(attempt, 5))))
    }
  }

  /// Leaves the turn to the next one.
  func end() { if descriptor >= 0 { close(descriptor) } }
}
