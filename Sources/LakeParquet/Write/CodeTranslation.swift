import Glibc
import LakeColumnar

/// From the codes of a dictionary that vectors came with to those of the dictionary that is written.
struct CodeTranslation {
  static let unknown = UInt32.max
  private var dictionary: StoredDictionary?
  private var table = Buffer(byteCount: 0)

  /// The code that each code became, or `unknown`.
  var codes: UnsafeMutablePointer<UInt32> { table.base.assumingMemoryBound(to: UInt32.self) }

  /// Goes on with a dictionary; nothing is known of a new one.
  mutating func start(_ dictionary: StoredDictionary) {
    if self.dictionary === dictionary { return }
    self.dictionary = dictionary
    let size = dictionary.vector.count * 4
    if table.byteCount < size { table = Buffer(byteCount: size) }
    memset(table.base, 0xFF, size)
  }

  mutating func forget() { dictionary = nil }
}

/// Which codes a page has, by the number of the last page that had them.
struct PageMarks {
  private var table = Buffer(byteCount: 0)
  /// The number of the open page.
  private(set) var page: UInt32 = 1

  /// The numbers for that many codes at least; 0 for a code that no page had.
  mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    if table.byteCount < count * 4 {
      let larger = Buffer.zeroed(byteCount: max(count * 8, 4096))
      memcpy(larger.base, table.base, table.byteCount)
      table = larger
    }
    return table.base.assumingMemoryBound(to: UInt32.self)
  }

  mutating func nextPage() { page += 1 }

  mutating func removeAll() {
    table = Buffer(byteCount: 0)
    page = 1
  }
}
