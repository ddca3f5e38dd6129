import Synchronization

/// Runs asynchronous work while the main thread watches for signals and draws progress.
enum Foreground {
  /// Returns what the work returned. On the first signal its task is cancelled and `onSignal` called; on a further one
  /// `onSignal` is called again.
  static func run<R: Sendable>(
    _ work: @escaping @Sendable () async -> R, onSignal: (_ signal: Int32, _ count: Int) -> Void,
    onTick: () -> Void
  ) -> R {
    let outcome = Outcome<R>()
    let task = Task.detached {
      let value = await work()
      outcome.value.withLock { $0 = value }
      Signals.wake()
    }
    var signals = 0
    while true {
      if let value = outcome.value.withLock({ $0 }) { return value }
      switch Signals.wait(milliseconds: 100) {
      case .signal(let number):
        signals += 1
        task.cancel()
        onSignal(number, signals)
      case .timeout: onTick()
      case .woken: break
      }
    }
  }

  private final class Outcome<R: Sendable>: Sendable {
    let value = Mutex<R?>(nil)
  }
}
