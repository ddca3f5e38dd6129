import LakeColumnar
import LakeTypes

/// Counts the memory that kept vectors hold on to: their own slots, and each dictionary and each buffer of strings
/// once, however many of them share it.
struct HeldBytes {
  private var seen: Set<ObjectIdentifier> = []

  /// Bytes that are held with a vector and were not before; vectors counted earlier must still be there.
  mutating func adding(_ vector: Vector) -> Int {
    var bytes = vector.slotByteCount
    for heap in vector.heaps where seen.insert(ObjectIdentifier(heap)).inserted { bytes += heap.byteCount }
    if let dictionary = vector.dictionary, seen.insert(ObjectIdentifier(dictionary)).inserted {
      bytes += adding(dictionary)
    }
    for child in vector.children where seen.insert(ObjectIdentifier(child)).inserted { bytes += adding(child) }
    return bytes
  }

  /// The same for several vectors.
  mutating func adding(_ vectors: [Vector]) -> Int {
    var bytes = 0
    for vector in vectors { bytes += adding(vector) }
    return bytes
  }

  /// Bytes by which slots grow that are written one by one instead of codes or one value for all.
  static func growth(flattening vectors: [Vector]) -> Int {
    vectors.reduce(0) { $0 + max(0, $1.count * $1.physical.width - $1.slotByteCount) }
  }

  /// What some vectors hold by themselves.
  static func of(_ vectors: [Vector]) -> Int {
    var held = HeldBytes()
    return held.adding(vectors)
  }
}

extension Vector {
  /// Bytes of the slots or codes and of the mask.
  fileprivate var slotByteCount: Int {
    switch encoding {
    case .constant: physical.width
    case .dictionary: count * 4 + (validity == nil ? 0 : count / 8)
    case .flat: count * physical.width + (validity == nil ? 0 : count / 8)
    }
  }
}
