import LakeSQL
import Synchronization

/// One line on the terminal that tells how far a run is, from its second second on.
final class ProgressLine: Sendable {
  private struct State {
    var start = 0.0
    var isShown = false
    var isSuspended = false
  }

  private let isEnabled: Bool
  private let state = Mutex(State())

  init(isEnabled: Bool) { self.isEnabled = isEnabled }

  /// Begins to count a run's seconds.
  func start() {
    state.withLock { $0 = State(start: Terminal.clock) }
  }

  /// Draws the line anew.
  func update(_ progress: StatementProgress?) {
    guard isEnabled, let progress else { return }
    state.withLock { state in
      let seconds = Terminal.clock - state.start
      guard seconds >= 1, !state.isSuspended else { return }
      state.isShown = true
      Terminal.writeError("\r\u{1B}[K" + Self.text(seconds, progress))
    }
  }

  /// Erases the line; it stays away until `resume()`.
  func suspend() {
    state.withLock { state in
      state.isSuspended = true
      Self.erase(&state)
    }
  }

  func resume() { state.withLock { $0.isSuspended = false } }

  /// Erases the line; the next update draws it again.
  func erase() { state.withLock { Self.erase(&$0) } }

  private static func erase(_ state: inout State) {
    if state.isShown { Terminal.writeError("\r\u{1B}[K") }
    state.isShown = false
  }

  static func text(_ seconds: Double, _ progress: StatementProgress) -> String {
    let parts = [
      "\(Int(seconds)) s", scaled(Double(progress.rowsRead), 1000, ["", " k", " M", " G"]) + " rows read",
      scaled(Double(progress.bytesRead), 1024, [" B", " KiB", " MiB", " GiB", " TiB"]),
    ]
    return parts.joined(separator: ", ")
  }

  /// A number with three digits or so and a unit.
  private static func scaled(_ number: Double, _ step: Double, _ units: [String]) -> String {
    var number = number
    var unit = 0
    while number >= step, unit + 1 < units.count {
      number /= step
      unit += 1
    }
    let tenths = Int((number * 10).rounded())
    let isSmall = unit > 0 && tenths < 100
    return (isSmall ? "\(tenths / 10).\(tenths % 10)" : "\(Int(number.rounded()))") + units[unit]
  }
}
