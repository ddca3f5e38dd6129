import Glibc

/// The memory that this process may use, in bytes: the machine's, or less where a control group (a container's, a
/// service's) sets a limit.
enum MachineMemory {
  static let byteCount = min(physical, limit(root: ""))

  private static var physical: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

  /// The least of the limits of the process's control group and those around it, of either version of the interface;
  /// `.max` where there is none. `root` stands before all paths.
  static func limit(root: String) -> Int {
    var least = Int.max
    for line in (text(root + "/proc/self/cgroup") ?? "").split(separator: "\n") {
      // hierarchy:controllers:path
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isUnified = parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("memory") else { continue }
      let (mount, file) =
        isUnified ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      for path in ancestors(of: String(parts[2])) {
        // A container sees its own group as the root, whatever path it is told.
        if let limit = number(root + mount + path + "/" + file) { least = min(least, limit) }
      }
    }
    return least
  }

  /// A path with all that it lies in, down to the empty one for the root.
  private static func ancestors(of path: String) -> [String] {
    var paths = [""]
    for name in path.split(separator: "/") { paths.append(paths[paths.count - 1] + "/" + name) }
    return paths
  }

  /// The number in a file; nil if there is none, as in `max`.
  private static func number(_ path: String) -> Int? {
    text(path).flatMap { Int($0.prefix { $0.isNumber }) }
  }

  private static func text(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
