package import LakeDiagnostics

/// How CSV and other delimited text is read and written; the defaults are Spark's.
package struct CSVOptions: Sendable, Hashable {
  /// Between two fields; one or more bytes.
  package var delimiter: [UInt8] = [UInt8(ascii: ",")]
  package var quote: UInt8? = UInt8(ascii: "\"")
  /// Before a quote within quotes; a doubled quote is read as one whatever this is.
  package var escape: UInt8? = UInt8(ascii: "\\")
  /// Whether the escape works outside of quotes too, as in Hive's text files.
  package var escapesUnquoted = false
  /// Whether the first line names the columns; it is skipped, columns count by position.
  package var hasHeader = false
  /// Whether the header's names go unchecked against the schema.
  package var enforcesSchema = true
  /// The text that stands for NULL.
  package var nullText = ""
  /// Whether an empty field without quotes is NULL whatever `nullText` is.
  package var emptyIsNull = true
  /// What a quoted empty field is read as.
  package var emptyValue = ""
  /// Lines that start with this byte are left out.
  package var comment: UInt8?
  /// Lines before the header or the data that are left out.
  package var skipLines = 0
  package var skipsEmptyLines = true
  package var dateFormat: String?
  package var timestampFormat: String?
  package var timestampNTZFormat: String?
  package var ignoresLeadingWhiteSpace = false
  package var ignoresTrailingWhiteSpace = false
  /// Whether quoted fields may go over lines; such files are read whole by one worker.
  package var isMultiLine = false
  package var mode = BadRecordMode.permissive
  /// The string column that takes malformed records, if the schema has it.
  package var corruptRecordColumn: String? = "_corrupt_record"
  /// Whether a record with too few or too many fields is malformed (not so in Hive's text files).
  package var checksFieldCount = true
  /// Between the items of arrays, structs and maps (Hive's text files); nil where nested types are not supported.
  package var collectionDelimiter: UInt8?
  /// Between key and value of a map.
  package var mapKeyDelimiter: UInt8?
  /// Between records; nil for LF or CR LF.
  package var lineDelimiter: [UInt8]?
  package var notANumber = "NaN"
  package var positiveInfinity = "Inf"
  package var negativeInfinity = "-Inf"
  /// Whether inference looks at values; otherwise all columns are strings.
  package var infersTypes = false
  package var prefersDate = true
  /// The name of the zone that timestamps without one are in; nil for the session's. Resolved by the caller.
  package var timeZone: String?
  /// Whether the writer quotes every string.
  package var quotesAll = false

  package init() {}

  /// CSV as RFC 4180 and most tools outside Spark have it: a quote within quotes is doubled.
  package static var rfc4180: CSVOptions {
    var options = CSVOptions()
    options.escape = UInt8(ascii: "\"")
    return options
  }

  /// Reads Spark's options, whose names ignore case; an unknown name is an error that tells the nearest one.
  package init(sparkOptions: [String: String]) throws(QueryError) {
    var reader = OptionReader(sparkOptions, format: "CSV")
    try readSyntax(&reader)
    try readValues(&reader)
    mode = try reader.mode() ?? mode
    corruptRecordColumn = reader.text("columnNameOfCorruptRecord") ?? corruptRecordColumn
    infersTypes = try reader.flag("inferSchema") ?? infersTypes
    prefersDate = try reader.flag("preferDate") ?? prefersDate
    quotesAll = try reader.flag("quoteAll") ?? quotesAll
    try reader.fixed("encoding", ["UTF-8", "UTF8", "US-ASCII", "ASCII"])
    try reader.fixed("charset", ["UTF-8", "UTF8", "US-ASCII", "ASCII"])
    try reader.fixed("locale", ["en-US", "en_US", "en"])
    try reader.fixed("unescapedQuoteHandling", ["STOP_AT_DELIMITER"])
    try reader.fixed("compression", ["none", "uncompressed"])
    try reader.fixed("escapeQuotes", ["true"])
    _ = try reader.number("maxColumns")
    _ = reader.text("maxCharsPerColumn", "samplingRatio")
    try reader.finish()
  }

  private mutating func readSyntax(_ reader: inout OptionReader) throws(QueryError) {
    delimiter = try reader.bytes("sep", "delimiter") ?? delimiter
    quote = try reader.byte("quote") ?? quote
    escape = try reader.byte("escape") ?? escape
    comment = try reader.byte("comment") ?? comment
    hasHeader = try reader.flag("header") ?? hasHeader
    enforcesSchema = try reader.flag("enforceSchema") ?? enforcesSchema
    skipLines = try reader.number("skipRows") ?? skipLines
    ignoresLeadingWhiteSpace = try reader.flag("ignoreLeadingWhiteSpace") ?? ignoresLeadingWhiteSpace
    ignoresTrailingWhiteSpace = try reader.flag("ignoreTrailingWhiteSpace") ?? ignoresTrailingWhiteSpace
    isMultiLine = try reader.flag("multiLine") ?? isMultiLine
    lineDelimiter = try reader.bytes("lineSep") ?? lineDelimiter
  }

  private mutating func readValues(_ reader: inout OptionReader) throws(QueryError) {
    nullText = reader.text("nullValue") ?? nullText
    emptyValue = reader.text("emptyValue") ?? emptyValue
    notANumber = reader.text("nanValue") ?? notANumber
    positiveInfinity = reader.text("positiveInf") ?? positiveInfinity
    negativeInfinity = reader.text("negativeInf") ?? negativeInfinity
    dateFormat = try reader.pattern("dateFormat")
    timestampFormat = try reader.pattern("timestampFormat")
    timestampNTZFormat = try reader.pattern("timestampNTZFormat")
    timeZone = reader.text("timeZone")
  }

  /// Hive's `ROW FORMAT DELIMITED`: `^A` between fields, `^B` between items, `^C` behind keys, `\N` for NULL.
  package static func hiveText(
    fieldDelimiter: [UInt8] = [1], collectionDelimiter: UInt8 = 2, mapKeyDelimiter: UInt8 = 3,
    escape: UInt8? = nil, nullText: String = "\\N", lineDelimiter: [UInt8]? = nil, skipHeaderLines: Int = 0
  ) -> CSVOptions {
    var options = CSVOptions()
    options.delimiter = fieldDelimiter
    options.quote = nil
    options.escape = escape
    options.escapesUnquoted = escape != nil
    options.nullText = nullText
    options.emptyIsNull = false
    options.skipsEmptyLines = false
    options.skipLines = skipHeaderLines
    options.corruptRecordColumn = nil
    options.checksFieldCount = false
    options.collectionDelimiter = collectionDelimiter
    options.mapKeyDelimiter = mapKeyDelimiter
    options.lineDelimiter = lineDelimiter
    return options
  }
}
