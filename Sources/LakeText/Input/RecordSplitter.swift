import Glibc
import LakeDiagnostics

/// Finds where records end.
enum RecordSplitter {
  /// LF, CR or CR LF.
  case lines
  /// One byte or more.
  case delimited([UInt8])
  /// Lines, except that quoted fields may go over them.
  case quotedLines(QuotedLineSyntax)
  /// JSON values, one after the other or as elements of one array.
  case jsonValues(JSONValueSplitter)

  /// A record as positions in a block.
  struct Record {
    let start: Int
    /// Behind the last byte that belongs to the record.
    let end: Int
    /// Where the next record may start.
    let next: Int
  }

  enum Result {
    case record(Record)
    /// The record does not end in the block.
    case incomplete
    /// Nothing but white space is left.
    case finished
  }

  /// The record at `start`; `isLast` tells that nothing follows `end`.
  mutating func next(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isLast: Bool) -> Result {
    if start >= end { return isLast ? .finished : .incomplete }
    switch self {
    case .lines: return Self.line(bytes, start, end, isLast)
    case .delimited(let delimiter): return Self.delimited(delimiter, bytes, start, end, isLast)
    case .quotedLines(let syntax): return syntax.next(bytes, start, end, isLast)
    case .jsonValues(var splitter):
      let result = splitter.next(bytes, start, end, isLast)
      self = .jsonValues(splitter)
      return result
    }
  }

  /// A line up to LF, CR or CR LF, as Hadoop's readers split them.
  @inline(__always)
  private static func line(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool) -> Result {
    let position = lineEnd(bytes, start, end)
    guard position < end else { return isLast ? .record(Record(start: start, end: end, next: end)) : .incomplete }
    if bytes[position] == 0x0A { return .record(Record(start: start, end: position, next: position + 1)) }
    // Behind a CR at the end of the block a LF may follow, which belongs to it.
    guard position + 1 < end || isLast else { return .incomplete }
    let isPair = position + 1 < end && bytes[position + 1] == 0x0A
    return .record(Record(start: start, end: position, next: position + (isPair ? 2 : 1)))
  }

  /// The first LF or CR, or `end`; eight bytes at a time, up to seven behind `end` are looked at.
  @inline(__always)
  private static func lineEnd(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let raw = UnsafeRawPointer(bytes)
    var index = start
    while index < end {
      let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
      let feed = word ^ (ones &* 0x0A)
      let carriage = word ^ (ones &* 0x0D)
      // 0x80 in each byte that is one of them; above the lowest such byte there may be false ones.
      let hits = (((feed &- ones) & ~feed) | ((carriage &- ones) & ~carriage)) & (ones &* 0x80)
      if hits != 0 { return min(end, index &+ hits.trailingZeroBitCount >> 3) }
      index &+= 8
    }
    return end
  }

  /// The record without a CR at its end.
  @inline(__always)
  static func trimmed(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, next: Int) -> Record {
    let hasReturn = end > start && bytes[end - 1] == 0x0D
    return Record(start: start, end: hasReturn ? end - 1 : end, next: next)
  }

  private static func delimited(
    _ delimiter: [UInt8], _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool
  ) -> Result {
    var from = start
    while from + delimiter.count <= end,
      let found = memchr(bytes + from, Int32(delimiter[0]), end - from - delimiter.count + 1)
    {
      let position = UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
      if memcmp(bytes + position, delimiter, delimiter.count) == 0 {
        return .record(Record(start: start, end: position, next: position + delimiter.count))
      }
      from = position + 1
    }
    return isLast ? .record(Record(start: start, end: end, next: end)) : .incomplete
  }

  /// Bytes that end a record, for finding the first whole record behind a position.
  var delimiterLength: Int { if case .delimited(let delimiter) = self { delimiter.count } else { 1 } }
}

/// What decides where a record of quoted fields ends.
struct QuotedLineSyntax {
  let delimiter: [UInt8]
  let quote: UInt8
  let escape: UInt8?
  let ignoresLeadingWhiteSpace: Bool

  /// The record at `start`, in the same reading of quotes as `CSVFieldSplitter`.
  func next(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool) -> RecordSplitter.Result {
    var index = start
    while true {
      if ignoresLeadingWhiteSpace { while index < end, isBlank(bytes[index]) { index += 1 } }
      if index < end, bytes[index] == quote {
        guard let behind = endOfQuoted(bytes, index + 1, end, isLast) else {
          return isLast ? .record(RecordSplitter.trimmed(bytes, start, end, next: end)) : .incomplete
        }
        index = behind
      }
      while index < end, bytes[index] != 0x0A, !isDelimiter(bytes, index, end) { index += 1 }
      if index >= end {
        return isLast ? .record(RecordSplitter.trimmed(bytes, start, end, next: end)) : .incomplete
      }
      if bytes[index] == 0x0A {
        return .record(RecordSplitter.trimmed(bytes, start, index, next: index + 1))
      }
      index += delimiter.count
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 && byte != 0x0A && byte != delimiter[0] }

  private func isDelimiter(_ bytes: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Bool {
    bytes[index] == delimiter[0]
      && (delimiter.count == 1
        || (index + delimiter.count <= end && memcmp(bytes + index, delimiter, delimiter.count) == 0))
  }

  /// Behind the closing quote; nil if it is not in the block, or only the next byte could tell.
  private func endOfQuoted(_ bytes: UnsafePointer<UInt8>, _ from: Int, _ end: Int, _ isLast: Bool) -> Int? {
    var index = from
    while index < end {
      if bytes[index] == escape, escape != quote {
        index += 2
      } else if bytes[index] != quote {
        index += 1
      } else if index + 1 < end {
        if bytes[index + 1] != quote { return index + 1 }
        index += 2
      } else {
        return isLast ? end : nil
      }
    }
    return nil
  }
}
