import Glibc
import LakeTestSupport
import Testing

@testable import LakeSQL

@Suite struct MachineMemoryTests {
  /// A tree of files as the kernel shows them.
  private func limit(_ files: [String: String]) throws -> Int {
    let root = try TemporaryDirectory()
    defer { root.remove() }
    for (path, text) in files {
      var directory = root.path
      for name in path.split(separator: "/").dropLast() {
        directory += "/" + name
        mkdir(directory, 0o755)
      }
      let file = try #require(fopen(root.path + path, "w"))
      fputs(text, file)
      fclose(file)
    }
    return MachineMemory.limit(root: root.path)
  }

  @Test func theLeastLimitOfTheGroupsCounts() throws {
    #expect(try limit([:]) == .max)
    #expect(try limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"]) == .max)
    #expect(try limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "536870912\n"]) == 512 << 20)
    #expect(
      try limit([
        "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/memory.max": "1073741824\n",
        "/sys/fs/cgroup/a/b/memory.max": "max\n",
      ]) == 1 << 30)
    #expect(
      try limit([
        "/proc/self/cgroup": "3:cpu,memory:/docker/x\n0::/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
      ]) == 256 << 20)
  }
}
