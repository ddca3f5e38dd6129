import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeTypes
import Testing

/// Expectations are those of Spark 4.3 in ANSI mode.
@Suite struct CollectionFunctionsTests {
  @Test func elementAccess() throws {
    let numbers = array(int(1), int(2), int(3))
    #expect(try call("element_at", numbers, int(2)) == "2")
    #expect(try call("element_at", numbers, int(-1)) == "3")
    #expect(fault { () throws(QueryError) in try call("element_at", numbers, int(5)) } == .invalidArrayIndex)
    #expect(fault { () throws(QueryError) in try call("element_at", numbers, int(0)) } == .elementAtIndexZero)
    #expect(try call("try_element_at", numbers, int(5)) == "NULL")
    #expect(try call("element_at", map(int(1), text("a")), int(1)) == "a")
    #expect(try call("element_at", map(int(1), text("a")), int(2)) == "NULL")
    #expect(try call("get", numbers, int(0)) == "1")
    #expect(try call("get", numbers, int(-1)) == "NULL")
    #expect(try call("[]", numbers, int(2)) == "3")
    #expect(fault { () throws(QueryError) in try call("[]", numbers, int(3)) } == .invalidArrayIndex)
    #expect(try call("[]", map(text("k"), int(7)), text("k")) == "7")
    #expect(try call("[]", numbers, null(.int)) == "NULL")
  }

  @Test func outsideANSIModeAnIndexOutOfRangeIsNull() throws {
    let context = EvaluationContext(isANSI: false)
    #expect(try call("[]", array(int(1)), int(3), context: context) == "NULL")
    #expect(try call("element_at", array(int(1)), int(3), context: context) == "NULL")
  }

  @Test func fields() throws {
    let pair = structure(("a", int(1)), ("Name", text("x")))
    #expect(try call(".", pair, text("name")) == "x")
    #expect(try call(".", null(pair.type), text("a")) == "NULL")
    #expect(try call(".", array(pair, pair), text("a")) == "[1, 1]")
    let missing = fault { () throws(QueryError) in try call(".", pair, text("nam")) }
    #expect(missing == .unresolvedField)
    do {
      _ = try call(".", pair, text("nmae"))
    } catch {
      #expect(error.hint == "did you mean Name?")
    }
  }

  @Test func construction() throws {
    #expect(try call("array", int(1), null(), int(3)) == "[1, null, 3]")
    #expect(try call("array", int(1), decimal("2.5")) == "[1.0, 2.5]")
    #expect(try call("named_struct", text("a"), int(1), text("b"), text("x")) == "{1, x}")
    #expect(try call("struct", int(1), text("x")) == "{1, x}")
    #expect(try call("array_repeat", text("a"), int(2)) == "[a, a]")
    #expect(try call("array_repeat", text("a"), int(-1)) == "[]")
    #expect(try call("map", int(1), text("a"), int(2), null()) == "{1 -> a, 2 -> null}")
    #expect(fault { () throws(QueryError) in try call("map", int(1), int(2), int(1), int(3)) } == .duplicatedMapKey)
    #expect(fault { () throws(QueryError) in try call("map", null(.int), int(2)) } == .nullMapKey)
  }

  @Test func structTakesNamesOfColumns() throws {
    let function = try #require(FunctionRegistry.scalar("struct"))
    let overload = try function.resolve([FunctionArgument(.int, name: "id"), FunctionArgument(.string)])
    #expect(overload.returnType == .struct([Field("id", .int), Field("col2", .string)]))
  }

  @Test func searching() throws {
    #expect(try call("size", array(int(1), int(2))) == "2")
    #expect(try call("cardinality", map(int(1), int(2))) == "1")
    #expect(try call("size", null(.array(.int))) == "NULL")
    #expect(try call("array_size", array(int(1))) == "1")
    #expect(try call("array_contains", array(int(1), null()), int(2)) == "NULL")
    #expect(try call("array_contains", array(int(1), null()), int(1)) == "true")
    #expect(try call("array_contains", array(int(1)), big(2)) == "false")
    #expect(
      try call("array_contains", array(text("a"), text("a longer one than fits")), text("a longer one than fits"))
        == "true")
    #expect(try call("array_position", array(int(3), int(2), int(1), null()), int(1)) == "3")
    #expect(try call("array_position", array(int(3)), int(1)) == "0")
    #expect(try call("array_min", array(int(1), null(), int(-3))) == "-3")
    #expect(try call("array_max", array(real(.nan), real(1))) == "NaN")
    #expect(try call("array_max", null(.array(.int))) == "NULL")
    #expect(try call("arrays_overlap", array(int(1), int(2), null()), array(int(3), int(4))) == "NULL")
    #expect(try call("arrays_overlap", array(int(1), int(2), null()), array(int(2))) == "true")
    #expect(try call("arrays_overlap", array(int(1)), array(int(3))) == "false")
    #expect(try call("array_join", array(text("a"), null(), text("b")), text(",")) == "a,b")
    #expect(try call("array_join", array(text("a"), null(), text("b")), text(","), text("-")) == "a,-,b")
    #expect(try call("array_join", array(int(1), int(2)), text("|")) == "1|2")
  }

  @Test func setsOfElements() throws {
    let left = array(int(1), int(2), int(2), null())
    let right = array(int(2), int(3), null())
    #expect(try call("array_distinct", array(int(1), int(2), int(1), null(), null())) == "[1, 2, null]")
    #expect(try call("array_union", left, right) == "[1, 2, null, 3]")
    #expect(try call("array_intersect", left, right) == "[2, null]")
    #expect(
      try call("array_except", array(int(1), int(2), int(2), int(1), null()), array(int(2), int(3))) == "[1, null]")
    #expect(try call("array_remove", array(int(1), int(2), int(3), null(), int(3)), int(3)) == "[1, 2, null]")
    #expect(try call("array_compact", array(int(1), null(), int(2))) == "[1, 2]")
    #expect(try call("array_append", array(int(1)), null(.int)) == "[1, null]")
    #expect(try call("array_prepend", array(int(1), int(2)), int(0)) == "[0, 1, 2]")
  }

  @Test func largeSetsOfElements() throws {
    let many = (0..<3000).map { Argument(.int, .integer(Int64($0 % 1000))).literal }
    let list = Argument(.array(.int), .array(many))
    #expect(try call("array_size", Argument(.array(.int), .array(many))) == "3000")
    #expect(try call("array_distinct", list).split(separator: ",").count == 1000)
    #expect(try call("array_union", list, list).split(separator: ",").count == 1000)
    #expect(try call("array_intersect", list, list).split(separator: ",").count == 1000)
    #expect(try call("array_except", list, list) == "[]")
  }

  @Test func insertion() throws {
    #expect(try call("array_insert", array(int(1), int(2), int(3)), int(5), int(9)) == "[1, 2, 3, null, 9]")
    #expect(try call("array_insert", array(int(5), int(3), int(2), int(1)), int(-4), int(4)) == "[5, 4, 3, 2, 1]")
    #expect(try call("array_insert", array(int(1), int(2)), int(-5), int(9)) == "[9, null, null, 1, 2]")
    #expect(try call("array_insert", array(int(1), int(2)), int(-1), int(9)) == "[1, 2, 9]")
    #expect(try call("array_insert", array(int(1), int(2)), int(1), int(9)) == "[9, 1, 2]")
    #expect(
      fault { () throws(QueryError) in try call("array_insert", array(int(1)), int(0), int(9)) } == .elementAtIndexZero)
  }

  @Test func slicesAndNesting() throws {
    let four = array(int(1), int(2), int(3), int(4))
    #expect(try call("slice", four, int(2), int(2)) == "[2, 3]")
    #expect(try call("slice", four, int(-2), int(2)) == "[3, 4]")
    #expect(try call("slice", four, int(-5), int(2)) == "[]")
    #expect(try call("slice", array(int(1), int(2)), int(3), int(2)) == "[]")
    #expect(fault { () throws(QueryError) in try call("slice", four, int(0), int(2)) } == .invalidParameter)
    #expect(fault { () throws(QueryError) in try call("slice", four, int(1), int(-1)) } == .invalidParameter)
    #expect(try call("flatten", array(array(int(1), int(2)), array(int(3)))) == "[1, 2, 3]")
    #expect(try call("flatten", array(array(int(1)), null(.array(.int)))) == "NULL")
    #expect(try call("arrays_zip", array(int(1), int(2)), array(text("a"))) == "[{1, a}, {2, null}]")
  }

  @Test func sorting() throws {
    let letters = array(text("b"), text("d"), null(), text("c"), text("a"))
    #expect(try call("sort_array", letters, flag(true)) == "[null, a, b, c, d]")
    #expect(try call("sort_array", letters, flag(false)) == "[d, c, b, a, null]")
    #expect(try call("array_sort", letters) == "[a, b, c, d, null]")
    let descending = Argument.lambda(.int) { (parameters, count) throws(QueryError) in
      try apply("-", [parameters[1], parameters[0]], count: count)
    }
    #expect(try call("array_sort", array(int(5), int(6), int(1), int(3), int(2)), descending) == "[6, 5, 3, 2, 1]")
    #expect(try call("array_sort", array(int(5)), descending) == "[5]")
  }

  @Test func sequences() throws {
    #expect(try call("sequence", int(1), int(5)) == "[1, 2, 3, 4, 5]")
    #expect(try call("sequence", int(5), int(1)) == "[5, 4, 3, 2, 1]")
    #expect(try call("sequence", int(5), int(1), int(-2)) == "[5, 3, 1]")
    #expect(try call("sequence", big(.max - 1), big(.max)) == "[9223372036854775806, 9223372036854775807]")
    #expect(fault { () throws(QueryError) in try call("sequence", int(1), int(5), int(-1)) } == .invalidParameter)
    #expect(fault { () throws(QueryError) in try call("sequence", big(0), big(.max)) } == .limitExceeded)
    #expect(
      try call("sequence", date("2018-01-31"), date("2018-05-01"), months(1))
        == "[2018-01-31, 2018-02-28, 2018-03-31, 2018-04-30]")
    #expect(try call("sequence", date("2018-01-01"), date("2018-01-03")) == "[2018-01-01, 2018-01-02, 2018-01-03]")
    #expect(
      try call("sequence", timestamp("2026-03-28 12:00:00"), timestamp("2026-03-30 12:00:00"), days(1))
        == "[2026-03-28 12:00:00, 2026-03-29 12:00:00, 2026-03-30 12:00:00]")
  }

  @Test func maps() throws {
    #expect(try call("map_from_arrays", array(int(1), int(3)), array(text("2"), text("4"))) == "{1 -> 2, 3 -> 4}")
    #expect(
      fault { () throws(QueryError) in try call("map_from_arrays", array(int(1), int(1)), array(int(2), int(4))) }
        == .duplicatedMapKey)
    #expect(
      fault { () throws(QueryError) in try call("map_from_arrays", array(int(1), null()), array(int(2), int(4))) }
        == .nullMapKey)
    let pairs = array(structure(("k", int(1)), ("v", text("a"))), structure(("k", int(2)), ("v", text("b"))))
    #expect(try call("map_from_entries", pairs) == "{1 -> a, 2 -> b}")
    let two = map(int(1), text("a"), int(2), text("b"))
    #expect(try call("map_entries", two) == "[{1, a}, {2, b}]")
    #expect(try call("map_keys", two) == "[1, 2]")
    #expect(try call("map_values", two) == "[a, b]")
    #expect(try call("map_concat", two, map(int(3), text("c"))) == "{1 -> a, 2 -> b, 3 -> c}")
    #expect(fault { () throws(QueryError) in try call("map_concat", two, two) } == .duplicatedMapKey)
    #expect(try call("map_contains_key", two, int(2)) == "true")
    #expect(try call("map_contains_key", two, int(3)) == "false")
    #expect(try call("str_to_map", text("a:1,b:2,c")) == "{a -> 1, b -> 2, c -> null}")
    #expect(try call("str_to_map", text("a=1&b=2"), text("&"), text("=")) == "{a -> 1, b -> 2}")
    #expect(try call("str_to_map", text("")) == "{ -> null}")
  }

  @Test func wrongArgumentsAreNamed() {
    #expect(fault { () throws(QueryError) in try call("element_at", int(1), int(1)) } == .datatypeMismatch)
    #expect(fault { () throws(QueryError) in try call("array_join", array(text("a"))) } == .wrongArgumentCount)
    #expect(fault { () throws(QueryError) in try call("map_keys", array(int(1))) } == .datatypeMismatch)
  }
}
