public import Glibc

/// A string or binary value of up to 4 GiB in 16 bytes: length, four-byte prefix, and the rest or a pointer.
///
/// Up to 12 bytes stand inline, zero-padded; longer values are a pointer into a buffer that the vector keeps
/// alive. The layout is that of Umbra ("Umbra: A Disk-Based System with In-Memory Performance", CIDR 2020).
@frozen
public struct StringView: BitwiseCopyable, Sendable {
  /// Low 32 bits: length in bytes; high 32 bits: the first four bytes, zero-padded.
  public var head: UInt64
  /// Bytes 4 to 11, zero-padded, or the address of the first byte.
  public var tail: UInt64

  @inlinable @inline(__always)
  public init(head: UInt64, tail: UInt64) {
    self.head = head
    self.tail = tail
  }

  /// Bytes that a view holds without a pointer.
  @inlinable public static var inlineCapacity: Int { 12 }

  /// The empty string.
  @inlinable public static var empty: StringView { StringView(head: 0, tail: 0) }

  @inlinable @inline(__always)
  public var count: Int { Int(truncatingIfNeeded: head & 0xFFFF_FFFF) }

  @inlinable @inline(__always)
  public var isInline: Bool { head & 0xFFFF_FFFF <= 12 }

  /// A view of bytes that stay where they are as long as the view is used (if longer than 12 bytes).
  @inlinable
  public init(_ bytes: UnsafePointer<UInt8>, count: Int) {
    if count <= 12 {
      var value: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &value) { raw in
        raw.storeBytes(of: UInt32(truncatingIfNeeded: count), as: UInt32.self)
        guard let base = raw.baseAddress else { return }
        memcpy(base + 4, bytes, count)
      }
      self.init(head: value.0, tail: value.1)
    } else {
      let prefix = UnsafeRawPointer(bytes).loadUnaligned(as: UInt32.self)
      self.init(
        head: UInt64(truncatingIfNeeded: count) | UInt64(prefix) << 32, tail: UInt64(UInt(bitPattern: bytes)))
    }
  }

  /// Calls `body` with the bytes; the pointer is valid during the call only.
  @inlinable @inline(__always)
  public func withBytes<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R) throws(E) -> R {
    if isInline {
      var copy = self
      return try Self.withInlineBytes(&copy, body)
    }
    let start = UnsafePointer<UInt8>(bitPattern: UInt(tail))
    return try body(UnsafeBufferPointer(start: start, count: count))
  }

  @inlinable @inline(__always)
  static func withInlineBytes<R, E: Error>(
    _ view: inout StringView, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let count = view.count
    return try withUnsafePointer(to: &view) { (pointer) throws(E) -> R in
      let bytes = UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self) + 4
      return try body(UnsafeBufferPointer(start: bytes, count: count))
    }
  }

  /// The text, repaired where it is not UTF-8; for the edges of the engine, not for kernels.
  package var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }

  /// The bytes as an array.
  package var bytes: [UInt8] { withBytes { Array($0) } }
}

extension StringView: Equatable {
  @inlinable @inline(__always)
  public static func == (a: StringView, b: StringView) -> Bool {
    if a.head != b.head { return false }
    if a.tail == b.tail { return true }
    if a.isInline { return false }
    return a.equalTail(b)
  }

  @inlinable
  func equalTail(_ other: StringView) -> Bool {
    guard let x = UnsafeRawPointer(bitPattern: UInt(tail)), let y = UnsafeRawPointer(bitPattern: UInt(other.tail))
    else { return false }
    return memcmp(x, y, count) == 0
  }
}

extension StringView: Comparable {
  /// Order of unsigned bytes, which for UTF-8 is the order of code points (Spark's UTF8_BINARY).
  @inlinable
  public static func < (a: StringView, b: StringView) -> Bool { a.compare(b) < 0 }

  /// Negative, zero or positive as this value sorts before, with or behind the other.
  @inlinable
  public func compare(_ other: StringView) -> Int {
    let x = UInt32(truncatingIfNeeded: head >> 32).byteSwapped
    let y = UInt32(truncatingIfNeeded: other.head >> 32).byteSwapped
    if x != y { return x < y ? -1 : 1 }
    if isInline && other.isInline {
      let xRest = tail.byteSwapped
      let yRest = other.tail.byteSwapped
      if xRest != yRest { return xRest < yRest ? -1 : 1 }
      return count &- other.count
    }
    return compareBytes(other)
  }

  @inlinable
  func compareBytes(_ other: StringView) -> Int {
    withBytes { a in
      other.withBytes { b in
        let shared = min(a.count, b.count)
        if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
          let order = memcmp(x, y, shared)
          if order != 0 { return Int(order) }
        }
        return a.count &- b.count
      }
    }
  }
}

extension StringView {
  /// A 64-bit hash of the content by multiply-and-fold mixing (after wyhash); equal content, equal hash.
  @inlinable
  public var contentHash: UInt64 {
    if isInline { return HashMix.mix(head ^ HashMix.seed0, tail ^ HashMix.seed1) }
    return longHash
  }

  @inlinable
  var longHash: UInt64 {
    withBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      let raw = UnsafeRawPointer(base)
      var state = HashMix.seed0 ^ UInt64(truncatingIfNeeded: bytes.count)
      var offset = 0
      while offset &+ 16 <= bytes.count {
        let a = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let b = raw.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
        state = HashMix.mix(a ^ HashMix.seed1, b ^ state)
        offset &+= 16
      }
      let a = raw.loadUnaligned(fromByteOffset: bytes.count &- 16 < 0 ? 0 : bytes.count &- 16, as: UInt64.self)
      let b = raw.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
      return HashMix.mix(a ^ HashMix.seed1, b ^ state)
    }
  }
}

/// The mixing step that all hashes of the engine share.
public enum HashMix {
  @inlinable public static var seed0: UInt64 { 0xA076_1D64_78BD_642F }
  @inlinable public static var seed1: UInt64 { 0xE703_7ED1_A0B4_28DB }

  /// Multiplies to 128 bits and folds the halves.
  @inlinable @inline(__always)
  public static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// The hash of one 64-bit value.
  @inlinable @inline(__always)
  public static func hash(_ value: UInt64) -> UInt64 { mix(value ^ seed0, seed1) }

  /// Folds the hash of a further column into a row's hash.
  @inlinable @inline(__always)
  public static func combine(_ row: UInt64, _ column: UInt64) -> UInt64 {
    mix(row ^ seed0, column ^ seed1)
  }
}

/// Where an array or map of one row lies in its child vector.
@frozen
public struct ListEntry: BitwiseCopyable, Sendable, Equatable {
  public var offset: UInt32
  public var count: UInt32

  @inlinable @inline(__always)
  public init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }
}
