import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// The functions that tell about the session.
enum SessionFunctions {
  static let all: [ScalarFunction] = [
    text("current_user", ["user", "session_user"], "The user who runs the statement.", "-- ada") { $0.user },
    text("current_database", ["current_schema"], "The current database.", "-- default") { $0.database },
    text("current_catalog", [], "The current catalog.", "-- lakesql") { $0.catalog },
    text("current_timezone", [], "The session's time zone.", "-- UTC") { $0.timeZone.name },
    text("version", [], "The name and version of the engine.", "-- LakeSQL \(ProductVersion.text)") { _ in
      "LakeSQL \(ProductVersion.text)"
    },
  ]

  private static func text(
    _ name: String, _ aliases: [String], _ summary: String, _ result: String,
    _ value: @escaping @Sendable (EvaluationContext) -> String
  ) -> ScalarFunction {
    .fixed(
      name, aliases: aliases, "\(name)()", summary, "SELECT \(name)(); \(result)", [], returns: .string
    ) { (call) throws(QueryError) in .constant(.string(value(call.context)), .string, count: call.count) }
  }
}
