import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

struct CastTests {
  private func cast(
    _ vector: Vector, _ type: LogicalType, _ mode: CastMode = .ansi
  ) throws(QueryError) -> [Literal] {
    let kernel = try CastFunction.kernel(from: vector.type, to: type, mode: mode)
    let result = try kernel(KernelCall(arguments: [vector], count: vector.count, context: EvaluationContext()))
    return (0..<vector.count).map { result.literal(at: $0) }
  }

  @Test func modesDifferInWhatBadValuesBecome() throws {
    let texts = FunctionCall.strings(["12", "x", nil, "1.7", "300"])
    #expect(try cast(texts, .tinyint, .try) == [.integer(12), .null, .null, .null, .null])
    #expect(try cast(texts, .tinyint, .legacy) == [.integer(12), .null, .null, .integer(1), .null])
    #expect(FunctionCall.code { _ = try cast(texts, .tinyint) } == .castInvalidInput)
    let numbers = FunctionCall.integers([300, 5, nil], .int)
    #expect(try cast(numbers, .tinyint, .try) == [.null, .integer(5), .null])
    #expect(try cast(numbers, .tinyint, .legacy) == [.integer(44), .integer(5), .null])
    #expect(FunctionCall.code { _ = try cast(numbers, .tinyint) } == .castOverflow)
  }

  @Test func messagesNameTypesAndEndWithTheValue() {
    do {
      _ = try cast(FunctionCall.strings(["7", "abc"]), .int)
      Issue.record("a bad cast went through")
    } catch {
      #expect(error.message.contains("string to int"))
      #expect(error.message.hasSuffix("'abc'"))
    }
  }

  @Test func dictionariesAndConstantsCastLikeFlatVectors() throws {
    let flat = FunctionCall.strings(["1", "22", nil, "1"])
    let expected: [Literal] = [.integer(1), .integer(22), .null, .integer(1)]
    #expect(try cast(flat, .int) == expected)
    #expect(try cast(FunctionCall.dictionary(flat), .int) == expected)
    #expect(try cast(.constant(.string("7"), .string, count: 3), .bigint) == Array(repeating: .integer(7), count: 3))
    #expect(try cast(.allNull(.string, count: 2), .bigint) == [.null, .null])
  }

  @Test func rowsThatDoNotCountDoNotFail() throws {
    let vector = FunctionCall.strings(["1", "bad"])
    let live = ValidityMask(count: 2, allValid: true)
    live.setNull(1)
    let kernel = try CastFunction.kernel(from: .string, to: .int, mode: .ansi)
    let result = try kernel(KernelCall(arguments: [vector], count: 2, validity: live, context: EvaluationContext()))
    #expect(result.literal(at: 0) == .integer(1))
  }

  @Test func elementsOutsideLiveRowsDoNotFail() throws {
    let type = LogicalType.array(.string)
    let lists = FunctionCall.column([.array([.string("1")]), .array([.string("bad")])], type)
    let mask = ValidityMask(count: 2, allValid: true)
    mask.setNull(1)
    #expect(try cast(lists.masked(mask), .array(.int)) == [.array([.integer(1)]), .null])
    #expect(FunctionCall.code { _ = try cast(lists, .array(.int)) } == .castInvalidInput)
  }

  @Test func nestedValuesCastPartByPart() throws {
    let from = LogicalType.struct([Field("a", .string), Field("m", .map(.string, .int))])
    let to = LogicalType.struct([Field("x", .decimal(precision: 5, scale: 1)), Field("y", .map(.int, .string))])
    let value = Literal.struct([.string("2.25"), .map(keys: [.string("1")], values: [.integer(9)])])
    let wanted = Literal.struct([.decimal(23), .map(keys: [.integer(1)], values: [.string("9")])])
    #expect(try cast(FunctionCall.column([value, .null], from), to) == [wanted, .null])
  }

  @Test func integersRoundTripThroughText() throws {
    let values: [Int64] = [.min, -1_000_000_007, -10, -1, 0, 9, 10, 99, 100, 12_345_678_901, .max]
    let texts = try cast(FunctionCall.integers(values), .string)
    #expect(texts == values.map { .string("\($0)") })
    #expect(try cast(FunctionCall.column(texts, .string), .bigint) == values.map { .integer($0) })
  }

  @Test func doublesRoundTripThroughText() throws {
    let values = [0.1, -2.5e-300, 1e22, 123_456.789, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.0 / 3]
    let texts = try cast(FunctionCall.doubles(values), .string)
    #expect(try cast(FunctionCall.column(texts, .string), .double) == values.map { .double($0) })
  }

  @Test func decimalsAgreeWithTheReferenceParser() throws {
    let type = LogicalType.decimal(precision: 18, scale: 4)
    for text in ["0", "-0.00005", "1.00005", "99999999999999.9999", ".5", "5.", "+7", "1e3", "12345.67891", "-12.3"] {
      var copy = text
      let expected = copy.withUTF8 { DecimalText.parse($0, scale: 4) }
      #expect(try cast(FunctionCall.strings([text]), type) == [.decimal(expected ?? -1)], "\(text)")
    }
  }

  @Test func castsThatDoNotExistAreRefused() {
    let pairs: [(LogicalType, LogicalType)] = [
      (.date, .int), (.array(.int), .int), (.string, .array(.int)), (.boolean, .date), (.map(.int, .int), .array(.int)),
    ]
    for (from, to) in pairs {
      let code = FunctionCall.code { _ = try CastFunction.kernel(from: from, to: to, mode: .ansi) }
      #expect(code == .datatypeMismatch)
    }
  }

  @Test func everyPairThatIsAllowedHasAKernel() throws {
    let types: [LogicalType] = [
      .boolean, .tinyint, .smallint, .int, .bigint, .float, .double, .decimal(precision: 9, scale: 2),
      .decimal(precision: 30, scale: 5), .string, .binary, .date, .timestamp, .timestampNTZ, .intervalYearMonth,
      .intervalDayTime,
    ]
    for from in types {
      for to in types where TypeCoercion.canCast(from, to: to) {
        let one = Literal.integer(1)
        let sample: Literal =
          switch from {
          case .boolean: .boolean(true)
          case .float: .float(1)
          case .double: .double(1)
          case .decimal: .decimal(100)
          case .string: to.isDateTime ? .string("2026-01-31") : to.isInterval ? .string("1-1") : .string("1")
          case .binary: .binary([49])
          case .date: .date(1)
          case .timestamp, .timestampNTZ: .timestamp(1_000_000)
          default: one
          }
        let result = try cast(FunctionCall.column([sample, .null], from), to, .try)
        #expect(result[1] == .null, "\(from) to \(to)")
        if !(from == .string && to == .intervalDayTime) { #expect(result[0] != .null, "\(from) to \(to)") }
      }
    }
  }
}
