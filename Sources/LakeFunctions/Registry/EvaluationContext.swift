import Glibc

/// What the value of an expression may depend on besides its arguments; fixed for one statement.
package struct EvaluationContext: Sendable {
  /// Errors on overflow and bad casts (Spark's ANSI mode) rather than NULL or wrap-around.
  package var isANSI: Bool
  /// The session's time zone, for timestamps as text, dates of timestamps, and the like.
  package var timeZone: TimeZoneRules
  /// When the statement began, in microseconds since 1970 UTC: `current_timestamp()`.
  package var statementTime: Int64
  private var givenUser: String?
  package var database: String
  package var catalog: String
  /// Bytes that the result of one function over one batch may take.
  package var resultLimit: Int

  package init(
    isANSI: Bool = true, timeZone: TimeZoneRules = .utc, statementTime: Int64 = 0, user: String? = nil,
    database: String = "default", catalog: String = "lakesql", resultLimit: Int = 4 << 30
  ) {
    self.isANSI = isANSI
    self.timeZone = timeZone
    self.statementTime = statementTime
    givenUser = user
    self.database = database
    self.catalog = catalog
    self.resultLimit = resultLimit
  }

  /// Who runs the statement; by default the owner of the process, looked up when it is first asked for.
  package var user: String { givenUser ?? Self.processOwner }

  private static let processOwner: String = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? ""
}
