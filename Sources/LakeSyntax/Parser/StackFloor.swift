import Glibc

/// The end of the current thread's stack, so that deep nesting becomes an error on small stacks too.
enum StackFloor {
  /// What one more level of nesting, and the error that ends it, may take: debug frames are the largest.
  private static let reserve: UInt = 160 << 10

  private typealias GetAttributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> Int32

  /// glibc's `pthread_getattr_np`, which its headers declare only for `_GNU_SOURCE`.
  private static let getAttributes = dlsym(nil, "pthread_getattr_np").map {
    unsafeBitCast($0, to: GetAttributes.self)
  }

  /// The lowest address that the parser may reach on the current thread; 0 where that is unknown.
  static func current() -> UInt {
    var attributes = pthread_attr_t()
    guard let getAttributes, getAttributes(pthread_self(), &attributes) == 0 else { return 0 }
    defer { pthread_attr_destroy(&attributes) }
    var lowest: UnsafeMutableRawPointer?
    var size = 0
    guard pthread_attr_getstack(&attributes, &lowest, &size) == 0, let lowest else { return 0 }
    return UInt(bitPattern: lowest) + reserve
  }

  /// Whether the stack has already grown down to the floor.
  @inline(never)
  static func isReached(_ floor: UInt) -> Bool {
    var here: UInt8 = 0
    return withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) } < floor
  }
}
