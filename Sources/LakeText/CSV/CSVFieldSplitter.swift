import Glibc
import LakeColumnar

/// Splits a record into fields.
///
/// A field that starts with the quote ends at the next quote that is neither doubled nor escaped; if other text than
/// white space follows up to the delimiter, the field is taken as it stands, quotes and all (univocity's
/// `STOP_AT_DELIMITER`). Elsewhere quotes mean nothing.
struct CSVFieldSplitter {
  /// Where fields go: field `c` of row `r` to `fields[c * stride + r]`.
  struct Target {
    let fields: UnsafeMutablePointer<FieldSlice>
    let stride: Int
    let columns: Int
  }

  private let delimiter: [UInt8]
  private let quote: UInt8?
  private let escape: UInt8?
  private let escapesUnquoted: Bool
  private let trimsLeading: Bool
  private let trimsTrailing: Bool
  private let isPlain: Bool
  private let emptyValue: Buffer
  private let emptyCount: Int

  init(_ options: CSVOptions) {
    delimiter = options.delimiter
    quote = options.quote
    escape = options.escape
    escapesUnquoted = options.escapesUnquoted && options.escape != nil
    trimsLeading = options.ignoresLeadingWhiteSpace
    trimsTrailing = options.ignoresTrailingWhiteSpace
    isPlain = options.delimiter.count == 1 && !trimsLeading && !trimsTrailing
    let empty = Array(options.emptyValue.utf8)
    emptyValue = Buffer(byteCount: empty.count)
    emptyValue.base.copyMemory(from: empty, byteCount: empty.count)
    emptyCount = empty.count
  }

  /// Splits one record and returns how many fields it has, which may be more than there are columns.
  ///
  /// Text without its escapes goes to `heap`; all other fields stay where they are.
  func split(
    _ start: UnsafePointer<UInt8>, _ count: Int, row: Int, _ target: Target, heap: inout StringHeap
  ) -> Int {
    let found: Int
    if isPlain, !contains(quote, start, count), !escapesUnquoted || !contains(escape, start, count) {
      found = splitPlain(start, count, row, target)
    } else {
      found = splitQuoted(start, start + count, row, target, &heap)
    }
    var column = found
    while column < target.columns {
      target.fields[column &* target.stride &+ row] = FieldSlice(start: start, count: 0, form: .missing)
      column &+= 1
    }
    return found
  }

  @inline(__always)
  private func contains(_ byte: UInt8?, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard let byte else { return false }
    return memchr(start, Int32(byte), count) != nil
  }

  /// Splits at a delimiter of one byte, eight bytes at a time; up to seven bytes behind the record are looked at.
  private func splitPlain(_ start: UnsafePointer<UInt8>, _ count: Int, _ row: Int, _ target: Target) -> Int {
    let pattern = 0x0101_0101_0101_0101 &* UInt64(delimiter[0])
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    let raw = UnsafeRawPointer(start)
    var column = 0
    var fieldStart = 0
    var offset = 0
    while offset < count {
      let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian ^ pattern
      // 0x80 in each byte that is the delimiter, exactly.
      var hits = ~(((word & low) &+ low) | word | low)
      while hits != 0 {
        let position = offset &+ hits.trailingZeroBitCount >> 3
        if position >= count { break }
        store(start, fieldStart, position, column, row, target)
        column &+= 1
        fieldStart = position &+ 1
        hits &= hits &- 1
      }
      offset &+= 8
    }
    store(start, fieldStart, count, column, row, target)
    return column &+ 1
  }

  @inline(__always)
  private func store(
    _ start: UnsafePointer<UInt8>, _ from: Int, _ to: Int, _ column: Int, _ row: Int, _ target: Target
  ) {
    guard column < target.columns else { return }
    target.fields[column &* target.stride &+ row] = FieldSlice(
      start: start + from, count: Int32(truncatingIfNeeded: to &- from), form: .plain)
  }

  private func splitQuoted(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ row: Int, _ target: Target,
    _ heap: inout StringHeap
  ) -> Int {
    var cursor = start
    var column = 0
    while true {
      let (slice, next) = field(cursor, end, &heap)
      if column < target.columns { target.fields[column &* target.stride &+ row] = slice }
      column &+= 1
      guard let next else { return column }
      cursor = next
    }
  }

  /// One field, and where the next one starts (nil at the end of the record).
  private func field(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ heap: inout StringHeap
  ) -> (FieldSlice, next: UnsafePointer<UInt8>?) {
    var cursor = start
    if trimsLeading { while cursor < end, isBlank(cursor.pointee) { cursor += 1 } }
    if cursor < end, cursor.pointee == quote {
      return quotedField(cursor, end, &heap)
    }
    let stop = escapesUnquoted ? endOfEscaped(cursor, end) : nextDelimiter(cursor, end)
    var last = stop
    if trimsTrailing { while last > cursor, isBlank(last[-1]) { last -= 1 } }
    var slice = FieldSlice(start: cursor, count: Int32(truncatingIfNeeded: last - cursor), form: .plain)
    if escapesUnquoted, contains(escape, cursor, last - cursor) { slice = unescapedPlain(slice, &heap) }
    return (slice, following(stop, end))
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 && byte != delimiter[0] }

  private func following(_ stop: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
    stop < end ? stop + delimiter.count : nil
  }

  /// The next delimiter, or the end.
  private func nextDelimiter(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    var cursor = start
    while cursor + delimiter.count <= end {
      guard let found = memchr(cursor, Int32(delimiter[0]), end - cursor) else { return end }
      cursor = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
      if delimiter.count == 1 { return cursor }
      if cursor + delimiter.count <= end, memcmp(cursor, delimiter, delimiter.count) == 0 { return cursor }
      cursor += 1
    }
    return end
  }

  private func endOfEscaped(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    var cursor = start
    while cursor < end {
      if cursor.pointee == escape {
        cursor += 2
      } else if cursor.pointee == delimiter[0], cursor + delimiter.count <= end,
        memcmp(cursor, delimiter, delimiter.count) == 0
      {
        return cursor
      } else {
        cursor += 1
      }
    }
    return end
  }

  private func quotedField(
    _ open: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ heap: inout StringHeap
  ) -> (FieldSlice, next: UnsafePointer<UInt8>?) {
    let content = open + 1
    var hasEscapes = false
    guard let close = closingQuote(content, end, &hasEscapes) else {
      // A quote that is never closed: the rest of the record is the field.
      return (finished(content, end, hasEscapes, &heap), nil)
    }
    var behind = close + 1
    while behind < end, isBlank(behind.pointee) { behind += 1 }
    if behind == end { return (finished(content, close, hasEscapes, &heap), nil) }
    let stop = nextDelimiter(close + 1, end)
    if behind == stop { return (finished(content, close, hasEscapes, &heap), following(stop, end)) }
    let whole = FieldSlice(start: open, count: Int32(truncatingIfNeeded: stop - open), form: .plain)
    return (whole, following(stop, end))
  }

  private func closingQuote(
    _ content: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ hasEscapes: inout Bool
  ) -> UnsafePointer<UInt8>? {
    var cursor = content
    while cursor < end {
      if cursor.pointee == escape, escape != quote {
        hasEscapes = true
        cursor += 2
      } else if cursor.pointee != quote {
        cursor += 1
      } else if cursor + 1 < end, cursor[1] == quote {
        hasEscapes = true
        cursor += 2
      } else {
        return cursor
      }
    }
    return nil
  }

  private func finished(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ hasEscapes: Bool, _ heap: inout StringHeap
  ) -> FieldSlice {
    let slice = FieldSlice(start: start, count: Int32(truncatingIfNeeded: end - start), form: .quoted)
    if slice.count == 0, emptyCount > 0 {
      let empty = UnsafePointer(emptyValue.base.assumingMemoryBound(to: UInt8.self))
      return FieldSlice(start: empty, count: Int32(emptyCount), form: .quoted)
    }
    return hasEscapes ? unescapedQuoted(slice, &heap) : slice
  }

  /// Doubled quotes and escaped quotes become quotes, doubled escapes escapes; other escapes stay.
  private func unescapedQuoted(_ slice: FieldSlice, _ heap: inout StringHeap) -> FieldSlice {
    let text = slice.text
    let target = heap.reserve(text.count)
    var count = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte == quote || byte == escape, index + 1 < text.count,
        text[index + 1] == quote || (byte == escape && text[index + 1] == escape)
      {
        index += 1
      }
      target[count] = text[index]
      count += 1
      index += 1
    }
    return FieldSlice(start: UnsafePointer(target), count: Int32(truncatingIfNeeded: count), form: .quoted)
  }

  /// An escape before `n` and `r` makes a line end, before any other byte that byte.
  private func unescapedPlain(_ slice: FieldSlice, _ heap: inout StringHeap) -> FieldSlice {
    let text = slice.text
    // Hive writes NULL with the escape character; it must stay recognisable.
    if text.count == 2, text[1] == UInt8(ascii: "N") { return slice }
    let target = heap.reserve(text.count)
    var count = 0
    var index = 0
    while index < text.count {
      var byte = text[index]
      if byte == escape, index + 1 < text.count {
        index += 1
        byte = text[index] == UInt8(ascii: "n") ? 0x0A : text[index] == UInt8(ascii: "r") ? 0x0D : text[index]
      }
      target[count] = byte
      count += 1
      index += 1
    }
    return FieldSlice(start: UnsafePointer(target), count: Int32(truncatingIfNeeded: count), form: .quoted)
  }
}
