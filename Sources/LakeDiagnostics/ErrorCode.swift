/// A kind of error: the five-character SQLSTATE and the name Spark gives the error class.
///
/// SQLSTATE classes follow ISO/IEC 9075 and Spark's `error-conditions.json`.
package struct ErrorCode: Hashable, Sendable {
  package let sqlState: String
  package let name: String

  package init(_ sqlState: String, _ name: String) {
    self.sqlState = sqlState
    self.name = name
  }

  /// Whether a value of the data is at fault: SQLSTATE class 22, or what `raise_error` raises.
  package var blamesValue: Bool { sqlState.hasPrefix("22") || self == .userRaised }
}

extension ErrorCode {
  // Syntax and names (class 42).
  package static let syntaxError = ErrorCode("42601", "PARSE_SYNTAX_ERROR")
  package static let nestingTooDeep = ErrorCode("54001", "NESTING_TOO_DEEP")
  package static let unresolvedColumn = ErrorCode("42703", "UNRESOLVED_COLUMN")
  package static let unresolvedField = ErrorCode("42704", "FIELD_NOT_FOUND")
  package static let ambiguousReference = ErrorCode("42704", "AMBIGUOUS_REFERENCE")
  package static let tableNotFound = ErrorCode("42P01", "TABLE_OR_VIEW_NOT_FOUND")
  package static let tableAlreadyExists = ErrorCode("42P07", "TABLE_OR_VIEW_ALREADY_EXISTS")
  package static let schemaNotFound = ErrorCode("42704", "SCHEMA_NOT_FOUND")
  package static let schemaAlreadyExists = ErrorCode("42P06", "SCHEMA_ALREADY_EXISTS")
  package static let schemaNotEmpty = ErrorCode("2BP01", "SCHEMA_NOT_EMPTY")
  package static let columnAlreadyExists = ErrorCode("42711", "COLUMN_ALREADY_EXISTS")
  package static let partitionNotFound = ErrorCode("428FT", "PARTITIONS_NOT_FOUND")
  package static let unresolvedRoutine = ErrorCode("42883", "UNRESOLVED_ROUTINE")
  package static let wrongArgumentCount = ErrorCode("42605", "WRONG_NUM_ARGS")
  package static let datatypeMismatch = ErrorCode("42K09", "DATATYPE_MISMATCH")
  package static let missingAggregation = ErrorCode("42803", "MISSING_AGGREGATION")
  package static let nestedAggregate = ErrorCode("42607", "NESTED_AGGREGATE_FUNCTION")
  package static let invalidAggregate = ErrorCode("42903", "GROUP_BY_AGGREGATE")
  package static let windowWithoutOver = ErrorCode("42601", "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE")
  package static let misplacedWindow = ErrorCode("42601", "WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE")
  package static let windowNotFound = ErrorCode("42P20", "MISSING_WINDOW_SPECIFICATION")
  package static let invalidWindow = ErrorCode("42K09", "INVALID_WINDOW_FRAME")
  package static let groupByPosition = ErrorCode("42805", "GROUP_BY_POS_OUT_OF_RANGE")
  package static let orderByPosition = ErrorCode("42805", "ORDER_BY_POS_OUT_OF_RANGE")
  package static let invalidLimit = ErrorCode("42K0E", "INVALID_LIMIT_LIKE_EXPRESSION")
  package static let subqueryColumns = ErrorCode("42823", "INVALID_SUBQUERY_EXPRESSION")
  package static let duplicatedCommonTable = ErrorCode("42602", "DUPLICATED_CTE_NAMES")
  package static let aliasCountMismatch = ErrorCode("42802", "ASSIGNMENT_ARITY_MISMATCH")
  package static let misplacedGenerator = ErrorCode("42K0E", "UNSUPPORTED_GENERATOR")
  package static let invalidGrouping = ErrorCode("42K0E", "UNSUPPORTED_GROUPING_EXPRESSION")
  package static let invalidTypedLiteral = ErrorCode("42604", "INVALID_TYPED_LITERAL")
  package static let decimalPrecision = ErrorCode("22003", "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION")
  package static let decimalScale = ErrorCode("22003", "DECIMAL_SCALE_EXCEEDS_PRECISION")
  package static let invalidLateralJoin = ErrorCode("42613", "INVALID_LATERAL_JOIN_TYPE")
  package static let columnCountMismatch = ErrorCode("21S01", "INSERT_COLUMN_ARITY_MISMATCH")
  package static let incompatibleView = ErrorCode("51024", "INCOMPATIBLE_VIEW_SCHEMA_CHANGE")
  package static let setOperationMismatch = ErrorCode("42826", "NUM_COLUMNS_MISMATCH")
  package static let notAllowed = ErrorCode("42809", "EXPECT_TABLE_NOT_VIEW")
  package static let invalidParameter = ErrorCode("22023", "INVALID_PARAMETER_VALUE")
  package static let invalidSampleFraction = ErrorCode("22023", "INVALID_SAMPLE_FRACTION")
  package static let invalidTableDefinition = ErrorCode("42000", "INVALID_TABLE_DEFINITION")
  package static let invalidRecursion = ErrorCode("42836", "INVALID_RECURSIVE_CTE")
  package static let invalidRecursiveReference = ErrorCode("42836", "INVALID_RECURSIVE_REFERENCE")
  package static let recursionLevelLimit = ErrorCode("42836", "RECURSION_LEVEL_LIMIT_EXCEEDED")
  package static let recursionRowLimit = ErrorCode("42836", "RECURSION_ROW_LIMIT_EXCEEDED")
  package static let recursiveView = ErrorCode("42K0H", "RECURSIVE_VIEW")
  package static let unsupported = ErrorCode("0A000", "UNSUPPORTED_FEATURE")
  package static let unsetVariable = ErrorCode("42K0E", "UNSET_SUBSTITUTION_VARIABLE")

  // Data (class 22 and 21, 23).
  package static let numericOverflow = ErrorCode("22003", "ARITHMETIC_OVERFLOW")
  package static let castOverflow = ErrorCode("22003", "CAST_OVERFLOW")
  package static let numericOutOfRange = ErrorCode("22003", "NUMERIC_VALUE_OUT_OF_RANGE")
  package static let divideByZero = ErrorCode("22012", "DIVIDE_BY_ZERO")
  package static let castInvalidInput = ErrorCode("22018", "CAST_INVALID_INPUT")
  package static let invalidDateTime = ErrorCode("22007", "CANNOT_PARSE_TIMESTAMP")
  package static let invalidTimeZone = ErrorCode("22009", "INVALID_TIMEZONE")
  package static let invalidDateTimePattern = ErrorCode("22007", "INVALID_DATETIME_PATTERN")
  package static let dateTimeFieldOutOfBounds = ErrorCode("22023", "DATETIME_FIELD_OUT_OF_BOUNDS")
  package static let illegalDayOfWeek = ErrorCode("22009", "ILLEGAL_DAY_OF_WEEK")
  package static let dateTimeOverflow = ErrorCode("22008", "DATETIME_OVERFLOW")
  package static let invalidArrayIndex = ErrorCode("22003", "INVALID_ARRAY_INDEX")
  package static let elementAtIndexZero = ErrorCode("22003", "INVALID_INDEX_OF_ZERO")
  package static let nullMapKey = ErrorCode("2200E", "NULL_MAP_KEY")
  package static let invalidURL = ErrorCode("22P02", "INVALID_URL")
  package static let undecodableURL = ErrorCode("22546", "CANNOT_DECODE_URL")
  package static let invalidFormat = ErrorCode("42601", "INVALID_FORMAT")
  package static let invalidRegex = ErrorCode("2201B", "INVALID_REGEXP")
  package static let scalarSubqueryRows = ErrorCode("21000", "SCALAR_SUBQUERY_TOO_MANY_ROWS")
  package static let mergeCardinality = ErrorCode("23K01", "MERGE_CARDINALITY_VIOLATION")
  package static let notNullViolation = ErrorCode("23502", "NOT_NULL_CONSTRAINT_VIOLATION")
  package static let duplicatedMapKey = ErrorCode("23505", "DUPLICATED_MAP_KEY")
  package static let userRaised = ErrorCode("P0001", "USER_RAISED_EXCEPTION")

  // Files and tables.
  package static let pathNotFound = ErrorCode("42K03", "PATH_NOT_FOUND")
  package static let badRecord = ErrorCode("22023", "MALFORMED_RECORD_IN_PARSING")
  package static let corruptFile = ErrorCode("XX001", "CORRUPT_FILE")
  package static let unsupportedFile = ErrorCode("0A000", "UNSUPPORTED_FILE_FEATURE")
  package static let ioError = ErrorCode("58030", "IO_ERROR")
  package static let insufficientResources = ErrorCode("53000", "INSUFFICIENT_RESOURCES")
  package static let diskFull = ErrorCode("53100", "DISK_FULL")
  package static let outOfMemory = ErrorCode("53200", "OUT_OF_MEMORY")
  package static let limitExceeded = ErrorCode("54000", "LIMIT_EXCEEDED")
  package static let commitConflict = ErrorCode("40001", "COMMIT_CONFLICT")
  package static let metastoreError = ErrorCode("58000", "METASTORE_ERROR")
  package static let warehouseMoved = ErrorCode("58000", "WAREHOUSE_MOVED")
  package static let cancelled = ErrorCode("57014", "OPERATION_CANCELED")
  package static let internalError = ErrorCode("XX000", "INTERNAL_ERROR")
}
