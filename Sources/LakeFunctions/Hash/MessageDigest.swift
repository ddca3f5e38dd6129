import CMessageDigest
import LakeColumnar

/// Cryptographic digests, by libmd.
enum MessageDigest {
  static func md5(_ bytes: TextBytes) -> [UInt8] {
    var context = MD5_CTX()
    var digest = [UInt8](repeating: 0, count: 16)
    MD5Init(&context)
    MD5Update(&context, bytes.baseAddress, bytes.count)
    MD5Final(&digest, &context)
    return digest
  }

  static func sha1(_ bytes: TextBytes) -> [UInt8] {
    var context = SHA1_CTX()
    var digest = [UInt8](repeating: 0, count: 20)
    SHA1Init(&context)
    SHA1Update(&context, bytes.baseAddress, bytes.count)
    SHA1Final(&digest, &context)
    return digest
  }

  /// SHA-2 of 224, 256 (also asked for as 0), 384 or 512 bits; nil for other lengths.
  static func sha2(_ bytes: TextBytes, bits: Int) -> [UInt8]? {
    var context = SHA2_CTX()
    var digest = [UInt8](repeating: 0, count: 64)
    switch bits {
    case 224, 256, 0:
      SHA256Init(&context)
      if bits == 224 { context.state.st32 = initial224 }
      SHA256Update(&context, bytes.baseAddress, bytes.count)
      SHA256Final(&digest, &context)
      return Array(digest.prefix(bits == 224 ? 28 : 32))
    case 384:
      SHA384Init(&context)
      SHA384Update(&context, bytes.baseAddress, bytes.count)
      SHA384Final(&digest, &context)
      return Array(digest.prefix(48))
    case 512:
      SHA512Init(&context)
      SHA512Update(&context, bytes.baseAddress, bytes.count)
      SHA512Final(&digest, &context)
      return digest
    default: return nil
    }
  }

  /// SHA-224 is SHA-256 with another start (FIPS 180-4, 5.3.2), cut off.
  private static let initial224: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0xC105_9ED8, 0x367C_D507, 0x3070_DD17, 0xF70E_5939, 0xFFC0_0B31, 0x6858_1511, 0x64F9_8FA7, 0xBEFA_4FA4
  )

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 != 0 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
  }

  /// The CRC-32 of zlib and Ethernet.
  static func crc32(_ bytes: TextBytes) -> UInt32 {
    crcTable.withUnsafeBufferPointer { table in
      var state = ~UInt32(0)
      for byte in bytes { state = table[Int((state ^ UInt32(byte)) & 0xFF)] ^ state >> 8 }
      return ~state
    }
  }
}
