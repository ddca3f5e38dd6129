import LakeColumnar

/// Collects the values of a column chunk in a bloom filter; holds no more memory than the largest filter allowed.
struct BloomFilterBuilder {
  private let options: ParquetWriteOptions.BloomFilter
  private let storage: LeafStorage
  private var filter: SplitBlockBloomFilter

  init(_ options: ParquetWriteOptions.BloomFilter, _ storage: LeafStorage) {
    self.options = options
    self.storage = storage
    filter = Self.empty(options)
  }

  private static func empty(_ options: ParquetWriteOptions.BloomFilter) -> SplitBlockBloomFilter {
    var largest = 1
    while largest * 2 * SplitBlockBloomFilter.blockByteCount <= options.maxByteCount { largest *= 2 }
    guard let expected = options.distinctCount else { return SplitBlockBloomFilter(blockCount: largest) }
    let wanted = SplitBlockBloomFilter.blocks(
      distinctCount: Double(expected), falsePositives: options.falsePositives)
    return SplitBlockBloomFilter(blockCount: min(wanted, largest))
  }

  func insert<Value: StoredValue>(_ values: UnsafePointer<Value>, count: Int) {
    let raw = UnsafeRawPointer(values)
    switch storage {
    case .boolean: break
    case .int32, .float:
      let slots = raw.assumingMemoryBound(to: Int32.self)
      for index in 0..<count { filter.insert(XXHash64.hash(int: slots[index], 0)) }
    case .int64, .double:
      let slots = raw.assumingMemoryBound(to: Int64.self)
      for index in 0..<count { filter.insert(XXHash64.hash(long: slots[index], 0)) }
    case .fixed(let length): insert(raw.assumingMemoryBound(to: Int128.self), count, length)
    case .bytes:
      let views = raw.assumingMemoryBound(to: StringView.self)
      for index in 0..<count { filter.insert(views[index].withBytes { XXHash64.hash(bytes: $0, 0) }) }
    }
  }

  private func insert(_ numbers: UnsafePointer<Int128>, _ count: Int, _ length: Int) {
    for index in 0..<count {
      withUnsafeBytes(of: numbers[index].bigEndian) { bytes in
        let tail = UnsafeRawBufferPointer(rebasing: bytes.suffix(length))
        filter.insert(XXHash64.hash(bytes: tail.assumingMemoryBound(to: UInt8.self), 0))
      }
    }
  }

  /// The filter, as small as its probability allows; starts the next chunk's.
  mutating func finish() -> SplitBlockBloomFilter {
    var finished = filter
    finished.fold(falsePositives: options.falsePositives)
    filter = Self.empty(options)
    return finished
  }
}
