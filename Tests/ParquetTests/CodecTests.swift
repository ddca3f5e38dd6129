import CLZ4
import CSnappy
import LakeColumnar
import LakeTypes
import Testing

@testable import LakeParquet

@Suite struct CodecTests {
  /// Texts with runs, repeats near and far, and noise.
  private static func sample(_ kind: Int, _ count: Int) -> [UInt8] {
    var random = CorruptFileTests.Random(state: UInt64(kind * 7919 + count))
    var bytes: [UInt8] = []
    while bytes.count < count {
      switch kind {
      case 0: bytes.append(UInt8(truncatingIfNeeded: random.next()))
      case 1: bytes.append(contentsOf: repeatElement(UInt8(random.below(3)), count: 1 + random.below(40)))
      case 2: withUnsafeBytes(of: Int64(random.below(1 << 20))) { bytes.append(contentsOf: $0) }
      default: bytes.append(contentsOf: Array("order \(random.below(50)) of branch \(random.below(9)); ".utf8))
      }
    }
    return Array(bytes[..<count])
  }

  private static func snappyCompressed(_ bytes: [UInt8]) -> [UInt8] {
    var length = snappy_max_compressed_length(bytes.count)
    var output = [CChar](repeating: 0, count: length)
    bytes.withUnsafeBytes {
      _ = snappy_compress($0.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count, &output, &length)
    }
    return output[..<length].map { UInt8(bitPattern: $0) }
  }

  /// Runs a codec on blocks in padded memory; nil if it fails.
  private static func run(_ codec: any Decompressor, _ blocks: [[UInt8]], _ sizes: [Int]) -> [[UInt8]]? {
    var jobs: [DecompressionJob] = []
    var targets: [Buffer] = []
    var sources: [Buffer] = []
    for (block, size) in zip(blocks, sizes) {
      let source = Buffer(byteCount: block.count)
      source.base.copyMemory(from: block, byteCount: block.count)
      let target = Buffer(byteCount: size)
      sources.append(source)
      targets.append(target)
      jobs.append(
        DecompressionJob(
          source: source.base.assumingMemoryBound(to: UInt8.self), sourceCount: block.count,
          target: target.base.assumingMemoryBound(to: UInt8.self), targetCount: size))
    }
    return withExtendedLifetime((sources, targets)) {
      guard (try? codec.decompress(jobs)) != nil else { return nil }
      return zip(targets, sizes).map { Array(UnsafeRawBufferPointer(start: $0.base, count: $1)) }
    }
  }

  @Test(arguments: 0..<4, [0, 1, 7, 60, 61, 100, 4000, 70000]) func snappyEqualsTheLibrary(_ kind: Int, _ count: Int) {
    let first = Self.sample(kind, count)
    let second = Self.sample((kind + 1) % 4, count / 2 + 3)
    let blocks = [Self.snappyCompressed(first), Self.snappyCompressed(second)]
    let codec = SnappyDecompressor()
    #expect(Self.run(codec, blocks, [first.count, second.count]) == [first, second])
    #expect(Self.run(codec, [blocks[0]], [first.count]) == [first])
    #expect(Self.run(codec, [blocks[0], blocks[0]], [first.count, first.count]) == [first, first])
  }

  /// Whatever libsnappy accepts we accept with the same result, and the other way round.
  @Test func damagedSnappyIsJudgedAsByTheLibrary() {
    var random = CorruptFileTests.Random(state: 42)
    for round in 0..<3000 {
      let original = Self.sample(round % 4, 20 + random.below(600))
      var block = Self.snappyCompressed(original)
      for _ in 0...random.below(3) {
        block[2 + random.below(block.count - 2)] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.below(5) == 0 { block.removeLast(random.below(block.count / 2)) }
      var length = 0
      var reference: [UInt8]?
      block.withUnsafeBytes { raw in
        let input = raw.assumingMemoryBound(to: CChar.self).baseAddress
        guard snappy_uncompressed_length(input, block.count, &length) == SNAPPY_OK, length == original.count else {
          return
        }
        var output = [CChar](repeating: 0, count: length)
        if snappy_uncompress(input, block.count, &output, &length) == SNAPPY_OK {
          reference = output.map { UInt8(bitPattern: $0) }
        }
      }
      let ours = Self.run(SnappyDecompressor(), [block], [original.count])?.first
      #expect(ours == reference, "round \(round)")
    }
  }

  @Test func hadoopFramesOfLZ4() {
    let text = Self.sample(3, 5000)
    func block(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      let source = Array(bytes)
      var output = [CChar](repeating: 0, count: Int(LZ4_compressBound(Int32(source.count))))
      let written = source.withUnsafeBytes {
        LZ4_compress_default(
          $0.assumingMemoryBound(to: CChar.self).baseAddress, &output, Int32(source.count), Int32(output.count))
      }
      return output[..<Int(written)].map { UInt8(bitPattern: $0) }
    }
    func framed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      let packed = block(bytes)
      let sizes = [UInt32(bytes.count).bigEndian, UInt32(packed.count).bigEndian]
      return sizes.flatMap { withUnsafeBytes(of: $0) { Array($0) } } + packed
    }
    let frames = framed(text[..<3000]) + framed(text[3000...])
    #expect(Self.run(LZ4HadoopDecompressor(), [frames], [5000]) == [text])
    #expect(Self.run(LZ4HadoopDecompressor(), [block(text[...])], [5000]) == [text])
    #expect(Self.run(LZ4HadoopDecompressor(), [Array(frames.dropLast())], [5000]) == nil)
    // One frame of several blocks, and LZ4's own frames.
    let parts = [text[..<3000], text[3000...]].map { block($0) }
    let several = Self.bigEndian(5000) + parts.flatMap { Self.bigEndian($0.count) + $0 }
    #expect(Self.run(LZ4HadoopDecompressor(), [several], [5000]) == [text])
    var own = [UInt8](repeating: 0, count: LZ4F_compressFrameBound(5000, nil))
    own.removeLast(own.count - LZ4F_compressFrame(&own, own.count, text, 5000, nil))
    #expect(Self.run(LZ4HadoopDecompressor(), [own], [5000]) == [text])
    #expect(Self.run(LZ4HadoopDecompressor(), [Array(own[..<200])], [5000]) == nil)
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(value).bigEndian) { Array($0) }
  }

  @Test func severalMembersOfGzip() {
    func member(_ bytes: [UInt8]) -> [UInt8] {
      var output = ByteOutput()
      _ = bytes.withUnsafeBytes { try? Compressor(.gzip(level: 6)).compress($0, into: &output) }
      return Array(output.bytes)
    }
    let text = Self.sample(3, 5000)
    let members = member(Array(text[..<3000])) + member(Array(text[3000...]))
    #expect(Self.run(GzipDecompressor(), [members], [5000]) == [text])
    #expect(Self.run(GzipDecompressor(), [members], [4999]) == nil)
    #expect(Self.run(GzipDecompressor(), [members], [5001]) == nil)
  }
}
