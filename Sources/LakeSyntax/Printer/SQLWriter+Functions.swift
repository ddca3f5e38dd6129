extension SQLWriter {
  mutating func write(_ call: FunctionCall) {
    var arguments = SQLWriter()
    arguments.arguments(call)
    let isQuery = arguments.text.hasPrefix("((") || arguments.text.hasPrefix("(VALUES")
    functionName(call.name, isQuoted: isQuery && call.name.last.name.lowercased() == "exists")
    tight(arguments.text)
    suffixes(call)
  }

  private mutating func arguments(_ call: FunctionCall) {
    open()
    if call.isDistinct { word("DISTINCT") }
    let takesValue = call.name.parts.count == 1 && Self.formNames.contains(call.name.last.name.lowercased())
    for (number, argument) in call.arguments.enumerated() {
      if number > 0 { comma() }
      if number == 0, takesValue, argument.name == nil, !call.isDistinct {
        value(argument.value)
      } else {
        write(argument)
      }
    }
    close()
  }

  /// Calls whose first argument the parser reads as a value, because a keyword may follow it.
  private static let formNames: Set<String> = ["substring", "substr", "position", "overlay"]

  private mutating func suffixes(_ call: FunctionCall) {
    if !call.withinGroup.isEmpty {
      word("WITHIN GROUP")
      open()
      word("ORDER BY")
      write(call.withinGroup)
      close()
    }
    if let filter = call.filter {
      word("FILTER")
      open()
      clause("WHERE", filter)
      close()
    }
    if let nulls = call.nulls { word("\(nulls.rawValue) NULLS") }
    if let window = call.over {
      word("OVER")
      write(window)
    }
  }

  mutating func write(_ argument: FunctionArgument) {
    if let name = argument.name {
      write(name)
      word("=>")
    }
    write(argument.value)
    if let alias = argument.alias {
      word("AS")
      write(alias)
    }
  }

  mutating func write(_ items: [SortItem]) {
    list(items) { writer, item in
      writer.write(item.expression)
      if item.isDescending { writer.word("DESC") }
      if let nulls = item.nulls { writer.word("NULLS \(nulls.rawValue)") }
    }
  }

  mutating func write(_ window: WindowReference) {
    switch window {
    case .named(let name): write(name)
    case .specification(let specification): write(specification)
    }
  }

  private mutating func write(_ window: WindowSpecification) {
    open()
    if let base = window.base { write(base) }
    if !window.partitionBy.isEmpty {
      word("PARTITION BY")
      write(window.partitionBy)
    }
    if !window.orderBy.isEmpty {
      word("ORDER BY")
      write(window.orderBy)
    }
    if let frame = window.frame {
      word("\(frame.unit.rawValue) BETWEEN")
      write(frame.start)
      word("AND")
      write(frame.end)
    }
    close()
  }

  private mutating func write(_ bound: WindowFrame.Bound) {
    switch bound {
    case .unboundedPreceding: word("UNBOUNDED PRECEDING")
    case .preceding(let distance):
      value(distance)
      word("PRECEDING")
    case .currentRow: word("CURRENT ROW")
    case .following(let distance):
      value(distance)
      word("FOLLOWING")
    case .unboundedFollowing: word("UNBOUNDED FOLLOWING")
    }
  }
}
