package import Glibc

/// A program that runs beside the test.
package struct ChildProcess: Sendable {
  /// Where the child reads from and writes to.
  package struct Streams {
    package var input: Int32
    package var output: Int32
    package var error: Int32

    package init(input: Int32, output: Int32, error: Int32) {
      self.input = input
      self.output = output
      self.error = error
    }
  }

  package let id: pid_t

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - environment: the whole environment of the child.
  ///   - directory: its working directory.
  ///   - terminal: the path of a terminal that becomes its controlling terminal and its three streams.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String], directory: String,
    streams: Streams? = nil, terminal: String? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    Self.resetSignals(&attributes, newSession: terminal != nil)
    if let streams {
      posix_spawn_file_actions_adddup2(&actions, streams.input, 0)
      posix_spawn_file_actions_adddup2(&actions, streams.output, 1)
      posix_spawn_file_actions_adddup2(&actions, streams.error, 2)
    }
    if let terminal {
      posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
    }
    id = try Self.spawn(
      "/usr/bin/env", ["env", "-C", directory, program] + arguments, environment, &actions, &attributes)
  }

  /// The child begins with default signals, whatever the test's process ignores.
  private static func resetSignals(_ attributes: inout posix_spawnattr_t, newSession: Bool) {
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
    if newSession { flags |= Self.newSessionFlag }
    posix_spawnattr_setflags(&attributes, Int16(flags))
  }

  /// POSIX_SPAWN_SETSID, which glibc's headers show to GNU sources only.
  private static let newSessionFlag: Int32 = 0x80

  private static func spawn(
    _ program: String, _ arguments: [String], _ environment: [String: String],
    _ actions: inout posix_spawn_file_actions_t, _ attributes: inout posix_spawnattr_t
  ) throws -> pid_t {
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var id = pid_t()
    let result = posix_spawn(&id, program, &actions, &attributes, &argv, &envp)
    if result != 0 { throw SystemError("posix_spawn \(program)", result) }
    return id
  }

  /// Waits for the end: the exit status, or 128 and the signal that ended it. A child that does not end in time is
  /// killed, so that the test fails instead of hanging.
  package func wait(seconds: Int = 300) -> Int32 {
    var status: Int32 = 0
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      let ended = waitpid(id, &status, WNOHANG)
      if ended == id || (ended < 0 && errno != EINTR) { break }
      if ContinuousClock.now > deadline { signal(SIGKILL) }
      usleep(2000)
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  package func signal(_ number: Int32) { _ = kill(id, number) }
}

/// A call of the system that failed in a test.
package struct SystemError: Error, CustomStringConvertible {
  package let description: String

  package init(_ call: String, _ number: Int32 = errno) {
    description = "\(call): \(String(cString: strerror(number)))"
  }
}
