import Glibc
import Synchronization

/// A number that several threads count up.
final class SharedCounter: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .relaxed) }

  /// The number before it is raised by one.
  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }

  /// Raises the number; returns it as it was before.
  @discardableResult
  func add(_ amount: Int) -> Int { count.wrappingAdd(amount, ordering: .relaxed).oldValue }
}

/// A fact that, once true, stays so.
final class SharedFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }
  func set() { flag.store(true, ordering: .releasing) }
}

/// Nanoseconds of a clock that only goes forward.
func monotonicNanoseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec &* 1_000_000_000 &+ now.tv_nsec
}
