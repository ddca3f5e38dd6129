import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Casts in the form of functions: `int(x)`, `string(x)`, `double('NaN')`, ...
enum CastFunctions {
  static let all: [ScalarFunction] = [
    cast("boolean", .boolean, "SELECT boolean('yes'); -- true"),
    cast("tinyint", .tinyint, "SELECT tinyint('12'); -- 12"),
    cast("smallint", .smallint, "SELECT smallint('12'); -- 12"),
    cast("int", .int, "SELECT int('12'); -- 12"),
    cast("bigint", .bigint, "SELECT bigint('12'); -- 12"),
    cast("float", .float, "SELECT float('1.5'); -- 1.5"),
    cast("double", .double, "SELECT double('1.5'); -- 1.5"),
    cast("decimal", .decimal(precision: 10, scale: 0), "SELECT decimal('12.5'); -- 13"),
    cast("string", .string, "SELECT string(12); -- 12"),
    cast("binary", .binary, "SELECT hex(binary('abc')); -- 616263"),
    cast("date", .date, "SELECT date('2026-01-31'); -- 2026-01-31"),
    cast("timestamp", .timestamp, "SELECT timestamp('2026-01-31 12:00:00'); -- 2026-01-31 12:00:00"),
  ]

  private static func cast(_ name: String, _ type: LogicalType, _ example: String) -> ScalarFunction {
    ScalarFunction(
      name: name, signature: "\(name)(expr)", summary: "The value cast to \(type)", example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 1...1)
      let ansi = try CastFunction.kernel(from: arguments[0].type, to: type, mode: .ansi)
      let legacy = try CastFunction.kernel(from: arguments[0].type, to: type, mode: .legacy)
      return ScalarOverload([arguments[0].type], type) { (call) throws(QueryError) in
        try call.context.isANSI ? ansi(call) : legacy(call)
      }
    }
  }
}
