import Glibc

/// Ctrl-C and termination, made into events that the main thread waits for.
enum Signals {
  enum Event: Equatable {
    case signal(Int32)
    /// Another thread called `wake()`.
    case woken
    case timeout
  }

  private static let wakeMark: UInt8 = 0xFF

  /// From now on SIGINT, SIGTERM and SIGHUP become events, unless the parent has them ignored; writing to a closed pipe is an
  /// error and no signal.
  static func install() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
    signal(SIGPIPE, SIG_IGN)
    catchUnlessIgnored(SIGINT)
    catchUnlessIgnored(SIGTERM)
    catchUnlessIgnored(SIGHUP)
  }

  private static func catchUnlessIgnored(_ number: Int32) {
    var old = sigaction()
    sigaction(number, nil, &old)
    let ignore = unsafeBitCast(SIG_IGN, to: Int.self)
    if unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == ignore { return }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in Signals.post(UInt8(truncatingIfNeeded: number)) }
    sigaction(number, &action, nil)
  }

  /// Ends a `wait` of the main thread; may be called from any thread.
  static func wake() { post(wakeMark) }

  /// Waits for an event.
  static func wait(milliseconds: Int32) -> Event {
    var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    _ = poll(&descriptor, 1, milliseconds)
    return next() ?? .timeout
  }

  /// Waits until standard input can be read; returns the number of a signal that comes before.
  static func waitForInput() -> Int32? {
    while true {
      var descriptors = [STDIN_FILENO, readEnd].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&descriptors, 2, -1)
      if case .signal(let number) = next() { return number }
      if descriptors[0].revents != 0 { return nil }
    }
  }

  /// The next event that is there already.
  static func next() -> Event? {
    var mark: UInt8 = 0
    guard read(readEnd, &mark, 1) == 1 else { return nil }
    return mark == wakeMark ? .woken : .signal(Int32(mark))
  }

  /// Safe in a signal handler.
  private static func post(_ mark: UInt8) {
    let before = errno
    var mark = mark
    _ = write(writeEnd, &mark, 1)
    errno = before
  }
}

/// Written once before there are other threads and handlers.
nonisolated(unsafe) private var readEnd: Int32 = -1
nonisolated(unsafe) private var writeEnd: Int32 = -1
