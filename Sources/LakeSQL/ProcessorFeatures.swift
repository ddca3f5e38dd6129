import Glibc

/// What the processor can do, as Linux tells it.
enum ProcessorFeatures {
  /// Whether the processor has the instructions of x86-64-v3 that the compiler may use.
  static var hasVersion3: Bool {
    guard let file = fopen("/proc/cpuinfo", "r") else { return true }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, file) > 0 {
      guard let line else { break }
      let text = String(cString: line)
      if text.hasPrefix("flags") {
        let flags = Set(text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }))
        return ["avx2", "bmi1", "bmi2", "fma", "movbe", "f16c"].allSatisfy { flags.contains(Substring($0)) }
      }
    }
    return true
  }
}
