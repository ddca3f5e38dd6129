import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Bitwise operators on integers and shifts.
enum BitwiseFunctions {
  private enum Operation: Sendable { case and, or, xor }
  private enum Shift: Sendable { case left, right, rightUnsigned }

  static let all: [ScalarFunction] = [
    binary(.and, "&", "The bits set in both", "SELECT 3 & 5; -- 1"),
    binary(.or, "|", "The bits set in either", "SELECT 3 | 5; -- 7"),
    binary(.xor, "^", "The bits set in one of both", "SELECT 3 ^ 5; -- 6"),
    ScalarFunction(
      name: "~", aliases: ["bitnot"], signature: "~expr", summary: "All bits inverted", example: "SELECT ~0; -- -1"
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("~", arguments, 1...1)
      let type = try integer("~", 0, arguments[0].type)
      return ScalarOverload([type], type) { (call) throws(QueryError) in
        switch type.physical {
        case .int8: Elementwise.map(call, type, Int8.self, Int8.self) { ~$0 }
        case .int16: Elementwise.map(call, type, Int16.self, Int16.self) { ~$0 }
        case .int32: Elementwise.map(call, type, Int32.self, Int32.self) { ~$0 }
        default: Elementwise.map(call, type, Int64.self, Int64.self) { ~$0 }
        }
      }
    },
    shift(.left, "shiftleft", "<<", "Moves bits to the left", "SELECT shiftleft(2, 1); -- 4"),
    shift(.right, "shiftright", ">>", "Moves bits to the right, keeping the sign", "SELECT shiftright(4, 1); -- 2"),
    shift(
      .rightUnsigned, "shiftrightunsigned", ">>>", "Moves bits to the right, filling with zeros",
      "SELECT shiftrightunsigned(4, 1); -- 2"),
  ]

  private static func integer(
    _ name: String, _ position: Int, _ type: LogicalType
  ) throws(QueryError) -> LogicalType {
    if type == .void { return .int }
    if type.isInteger { return type }
    if type == .string { return .bigint }
    throw ArgumentCheck.mismatch(name, position, expected: "an integer", type)
  }

  private static func binary(
    _ operation: Operation, _ symbol: String, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name: symbol, signature: "expr1 \(symbol) expr2", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(symbol, arguments, 2...2)
      let left = try integer(symbol, 0, arguments[0].type)
      let right = try integer(symbol, 1, arguments[1].type)
      let type = TypeCoercion.commonType(left, right) ?? .bigint
      return ScalarOverload([type, type], type) { (call) throws(QueryError) in
        switch type.physical {
        case .int8: apply(call, operation, type, Int8.self)
        case .int16: apply(call, operation, type, Int16.self)
        case .int32: apply(call, operation, type, Int32.self)
        default: apply(call, operation, type, Int64.self)
        }
      }
    }
  }

  private static func apply<T: FixedWidthInteger & BitwiseCopyable>(
    _ call: KernelCall, _ operation: Operation, _ type: LogicalType, _ slot: T.Type
  ) -> Vector {
    switch operation {
    case .and: Elementwise.map(call, type, T.self, T.self, T.self) { $0 & $1 }
    case .or: Elementwise.map(call, type, T.self, T.self, T.self) { $0 | $1 }
    case .xor: Elementwise.map(call, type, T.self, T.self, T.self) { $0 ^ $1 }
    }
  }

  /// As Java, only the low five (int) or six (bigint) bits of the distance count.
  private static func shift(
    _ direction: Shift, _ name: String, _ alias: String, _ summary: String, _ example: String
  ) -> ScalarFunction {
    ScalarFunction(
      name: name, aliases: [alias], signature: "\(name)(expr, bits)", summary: summary, example: example
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count(name, arguments, 2...2)
      let type: LogicalType = try integer(name, 0, arguments[0].type) == .bigint ? .bigint : .int
      _ = try integer(name, 1, arguments[1].type)
      return ScalarOverload([type, .int], type) { (call) throws(QueryError) in
        switch (type, direction) {
        case (.bigint, .left): Elementwise.map(call, type, Int64.self, Int32.self, Int64.self) { $0 &<< Int64($1 & 63) }
        case (.bigint, .right):
          Elementwise.map(call, type, Int64.self, Int32.self, Int64.self) { $0 &>> Int64($1 & 63) }
        case (.bigint, .rightUnsigned):
          Elementwise.map(call, type, UInt64.self, Int32.self, UInt64.self) { $0 &>> UInt64($1 & 63) }
        case (_, .left): Elementwise.map(call, type, Int32.self, Int32.self, Int32.self) { $0 &<< ($1 & 31) }
        case (_, .right): Elementwise.map(call, type, Int32.self, Int32.self, Int32.self) { $0 &>> ($1 & 31) }
        case (_, .rightUnsigned):
          Elementwise.map(call, type, UInt32.self, Int32.self, UInt32.self) { $0 &>> UInt32($1 & 31) }
        }
      }
    }
  }
}
