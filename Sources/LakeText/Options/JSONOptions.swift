package import LakeDiagnostics

/// How JSON is read and written; the defaults are Spark's. Field names are matched ignoring case.
package struct JSONOptions: Sendable, Hashable {
  package var mode = BadRecordMode.permissive
  /// The string column that takes malformed records, if the schema has it.
  package var corruptRecordColumn: String? = "_corrupt_record"
  /// Whether the file is one array, or values one after the other over any number of lines.
  package var isMultiLine = false
  package var dateFormat: String?
  package var timestampFormat: String?
  package var timestampNTZFormat: String?
  package var allowsComments = false
  package var allowsUnquotedFieldNames = false
  package var allowsSingleQuotes = true
  package var allowsLeadingZeros = false
  /// `NaN`, `Infinity`, `INF` and their signed forms, as words or as strings.
  package var allowsNonNumericNumbers = true
  package var allowsBackslashEscapingAny = false
  package var allowsUnquotedControlCharacters = false
  /// Between records; nil for LF or CR LF.
  package var lineDelimiter: [UInt8]?
  /// Inference: all values that are no objects and arrays are strings.
  package var primitivesAsString = false
  /// Inference: numbers with a fraction are decimals if they fit.
  package var prefersDecimal = false
  package var dropsFieldIfAllNull = false
  package var infersTimestamp = false
  /// Whether the writer leaves NULL fields out.
  package var ignoresNullFields = true
  /// The name of the zone that timestamps without one are in; nil for the session's. Resolved by the caller.
  package var timeZone: String?

  package init() {}

  /// Reads Spark's options, whose names ignore case; an unknown name is an error that tells the nearest one.
  package init(sparkOptions: [String: String]) throws(QueryError) {
    var reader = OptionReader(sparkOptions, format: "JSON")
    mode = try reader.mode() ?? mode
    corruptRecordColumn = reader.text("columnNameOfCorruptRecord") ?? corruptRecordColumn
    isMultiLine = try reader.flag("multiLine") ?? isMultiLine
    dateFormat = try reader.pattern("dateFormat")
    timestampFormat = try reader.pattern("timestampFormat")
    timestampNTZFormat = try reader.pattern("timestampNTZFormat")
    timeZone = reader.text("timeZone")
    lineDelimiter = try reader.bytes("lineSep")
    try readLeniency(&reader)
    primitivesAsString = try reader.flag("primitivesAsString") ?? primitivesAsString
    prefersDecimal = try reader.flag("prefersDecimal") ?? prefersDecimal
    dropsFieldIfAllNull = try reader.flag("dropFieldIfAllNull") ?? dropsFieldIfAllNull
    infersTimestamp = try reader.flag("inferTimestamp") ?? infersTimestamp
    ignoresNullFields = try reader.flag("ignoreNullFields") ?? ignoresNullFields
    try reader.fixed("encoding", ["UTF-8", "UTF8", "US-ASCII", "ASCII"])
    try reader.fixed("charset", ["UTF-8", "UTF8", "US-ASCII", "ASCII"])
    try reader.fixed("locale", ["en-US", "en_US", "en"])
    try reader.fixed("compression", ["none", "uncompressed"])
    _ = reader.text("samplingRatio")
    _ = try reader.flag("inferSchema")
    try reader.finish()
  }

  private mutating func readLeniency(_ reader: inout OptionReader) throws(QueryError) {
    allowsComments = try reader.flag("allowComments") ?? allowsComments
    allowsUnquotedFieldNames = try reader.flag("allowUnquotedFieldNames") ?? allowsUnquotedFieldNames
    allowsSingleQuotes = try reader.flag("allowSingleQuotes") ?? allowsSingleQuotes
    allowsLeadingZeros = try reader.flag("allowNumericLeadingZeros") ?? allowsLeadingZeros
    allowsNonNumericNumbers = try reader.flag("allowNonNumericNumbers") ?? allowsNonNumericNumbers
    allowsBackslashEscapingAny =
      try reader.flag("allowBackslashEscapingAnyCharacter") ?? allowsBackslashEscapingAny
    allowsUnquotedControlCharacters =
      try reader.flag("allowUnquotedControlChars") ?? allowsUnquotedControlCharacters
  }
}
