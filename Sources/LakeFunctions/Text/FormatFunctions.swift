import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Functions that format numbers and texts by a pattern.
enum FormatFunctions {
  static let all: [ScalarFunction] = [
    ScalarFunction(
      name: "format_number", signature: "format_number(expr1, expr2)",
      summary: "A number with thousands separators, with that many places or by a pattern",
      example: "SELECT format_number(12332.123456, 4); -- 12,332.1235"
    ) { (arguments) throws(QueryError) in try formatNumber(arguments) },
    ScalarFunction(
      name: "format_string", aliases: ["printf"], signature: "format_string(format, value, ...)",
      summary: "A text by a printf-like format",
      example: "SELECT format_string('Hello %d %s', 100, 'days'); -- Hello 100 days",
      nulls: .custom
    ) { (arguments) throws(QueryError) in
      try ArgumentCheck.count("format_string", arguments, 1...Int.max)
      guard ArgumentCheck.accepts(arguments[0].type, as: .string) else {
        throw ArgumentCheck.mismatch("format_string", 0, expected: "string", arguments[0].type)
      }
      let types = [LogicalType.string] + arguments.dropFirst().map(\.type)
      return ScalarOverload(
        types, .string,
        kernel: foldingConstants { (call) throws(QueryError) in
          let format = call.text(0)
          let renderers = types.map { TextRenderer($0, call.context) }
          var parsed: [FormatSpecifier] = []
          return try Elementwise.fillText(call) { (row, output) throws(QueryError) in
            guard call.arguments[0].isValid(row) else { return output.setNull(row) }
            if parsed.isEmpty || !call.arguments[0].isConstant { parsed = try FormatSpecifier.parse(format.bytes(row)) }
            try FormatSpecifier.render(parsed, call, row, renderers, &output.scratch)
            output.setScratch(row)
          }
        })
    },
  ]

  private static func formatNumber(_ arguments: [FunctionArgument]) throws(QueryError) -> ScalarOverload {
    try ArgumentCheck.count("format_number", arguments, 2...2)
    let given = arguments[0].type
    let type = given == .string || given == .void || given == .float ? .double : given
    guard type.isNumeric else { throw ArgumentCheck.mismatch("format_number", 0, expected: "a number", type) }
    let byPattern = arguments[1].type == .string
    guard byPattern || arguments[1].type.isInteger || arguments[1].type == .void else {
      throw ArgumentCheck.mismatch("format_number", 1, expected: "an integer or a pattern", arguments[1].type)
    }
    return ScalarOverload(
      [type, byPattern ? .string : .int], .string,
      kernel: foldingConstants { (call) throws(QueryError) in
        try Elementwise.fillText(call) { (row, output) throws(QueryError) in
          var pattern: NumberPattern
          if byPattern {
            pattern = try NumberPattern(call.text(1).string(row))
          } else {
            let places = Int(call.column(1, Int32.self)[row])
            if places < 0 { return output.setNull(row) }
            pattern = NumberPattern(places: min(places, 400))
          }
          pattern.append(call.arguments[0].literal(at: row), type, &output.scratch)
          output.setScratch(row)
        }
      })
  }
}

/// A number format in the manner of Java's DecimalFormat: `#,##0.00` with a prefix and a suffix.
struct NumberPattern {
  private var prefix: [UInt8] = []
  private var suffix: [UInt8] = []
  private var leastWhole = 1
  private var leastPlaces: Int
  private var mostPlaces: Int
  private var groupSize = 3

  /// Thousands separators and a fixed number of places.
  init(places: Int) {
    leastPlaces = places
    mostPlaces = places
  }

  init(_ text: String) throws(QueryError) {
    leastPlaces = 0
    mostPlaces = 0
    leastWhole = 0
    groupSize = 0
    if text.isEmpty {
      (leastWhole, groupSize, mostPlaces) = (1, 3, 340)
      return
    }
    var sinceComma: Int?
    var sawPoint = false
    var isInside = false
    for byte in text.utf8 {
      switch byte {
      case 0x23, 0x30, 0x2C, 0x2E:
        isInside = true
        if byte == 0x2E { sawPoint = true }
        if byte == 0x2C { sinceComma = 0 }
        guard byte == 0x23 || byte == 0x30 else { continue }
        if sawPoint {
          mostPlaces += 1
          if byte == 0x30 { leastPlaces += 1 }
        } else {
          sinceComma = sinceComma.map { $0 + 1 }
          if byte == 0x30 { leastWhole += 1 }
        }
      case 0x45, 0x25, 0x3B, 0x27, 0xC2:
        throw QueryError(.unsupported, .execute, "format_number has no E, %, ; or quotes in patterns: '\(text)'")
      default: if isInside { suffix.append(byte) } else { prefix.append(byte) }
      }
    }
    groupSize = sinceComma ?? 0
  }

  /// Appends the number, rounded half to even.
  func append(_ value: Literal, _ type: LogicalType, _ target: inout [UInt8]) {
    var digits: DecimalDigits
    switch value {
    case .integer(let number): digits = DecimalDigits(unscaled: Int128(number), scale: 0, places: mostPlaces, .halfEven)
    case .decimal(let unscaled):
      digits = DecimalDigits(unscaled: unscaled, scale: type.asDecimal?.scale ?? 0, places: mostPlaces, .halfEven)
    case .double(let number):
      if !number.isFinite {
        return target.append(contentsOf: (number.isNaN ? "NaN" : number < 0 ? "-∞" : "∞").utf8)
      }
      digits = DecimalDigits(number, places: mostPlaces, .halfEven)
    default: return
    }
    while digits.fraction.count > leastPlaces, digits.fraction.last == 0x30 { digits.fraction.removeLast() }
    if digits.isNegative { target.append(0x2D) }
    target += prefix
    if leastWhole == 0, digits.whole == [0x30], !digits.fraction.isEmpty { digits.whole = [] }
    while digits.whole.count < leastWhole { digits.whole.insert(0x30, at: 0) }
    target += DecimalDigits.grouped(digits.whole, by: groupSize)
    if !digits.fraction.isEmpty { target += [0x2E] + digits.fraction }
    target += suffix
  }
}

/// A literal piece or one `%...` of a format in the manner of java.util.Formatter.
struct FormatSpecifier {
  private var literal: [UInt8] = []
  private var conversion: UInt8 = 0
  private var flags: Set<UInt8> = []
  private var width = 0
  private var precision: Int?
  /// The argument, from 1; 0 is the next one.
  private var argument = 0

  static func parse(_ format: TextBytes) throws(QueryError) -> [FormatSpecifier] {
    var pieces: [FormatSpecifier] = []
    var literal: [UInt8] = []
    var index = 0
    while index < format.count {
      if format[index] != 0x25 {
        literal.append(format[index])
        index += 1
        continue
      }
      if !literal.isEmpty { pieces.append(FormatSpecifier(literal: literal)) }
      literal = []
      index += 1
      pieces.append(try specifier(format, &index))
    }
    if !literal.isEmpty { pieces.append(FormatSpecifier(literal: literal)) }
    return pieces
  }

  private static func specifier(_ format: TextBytes, _ index: inout Int) throws(QueryError) -> FormatSpecifier {
    var piece = FormatSpecifier()
    func number() -> Int? {
      var value: Int?
      while index < format.count, format[index] &- 0x30 <= 9 {
        value = min(1 << 20, (value ?? 0) * 10 + Int(format[index] - 0x30))
        index += 1
      }
      return value
    }
    let start = index
    if let position = number() {
      if index < format.count, format[index] == 0x24 {
        piece.argument = position
        index += 1
      } else {
        index = start
      }
    }
    while index < format.count, "-#+ 0,(".utf8.contains(format[index]) {
      piece.flags.insert(format[index])
      index += 1
    }
    piece.width = number() ?? 0
    if index < format.count, format[index] == 0x2E {
      index += 1
      piece.precision = number()
    }
    guard index < format.count, "bBsSdxXoeEfgGcCn%h".utf8.contains(format[index]) else {
      throw QueryError(
        .invalidParameter, .execute, "the format is malformed: '\(String(decoding: format, as: UTF8.self))'")
    }
    piece.conversion = format[index]
    index += 1
    return piece
  }

  /// Appends a row's text; `call.arguments[1...]` are the values.
  static func render(
    _ pieces: [FormatSpecifier], _ call: KernelCall, _ row: Int, _ renderers: [TextRenderer], _ target: inout [UInt8]
  ) throws(QueryError) {
    var next = 1
    for piece in pieces {
      switch piece.conversion {
      case 0: target += piece.literal
      case 0x25: piece.pad([0x25], &target)
      case 0x6E: target.append(0x0A)
      default:
        let index = piece.argument > 0 ? piece.argument : next
        if piece.argument == 0 { next += 1 }
        guard index < call.arguments.count else {
          throw QueryError(.invalidParameter, .execute, "format_string has no argument for its specifier \(index)")
        }
        try piece.append(call.arguments[index], row, renderers[index], &target)
      }
    }
  }

  private func append(
    _ value: Vector, _ row: Int, _ renderer: TextRenderer, _ target: inout [UInt8]
  ) throws(QueryError) {
    let isUpper = conversion &- 0x41 < 26
    var text: [UInt8] = []
    if !value.isValid(row) {
      text = Array((conversion | 0x20 == 0x62 ? "false" : "null").utf8)
      if let precision { text = Array(text.prefix(precision)) }
    } else {
      switch conversion | 0x20 {
      case 0x73: renderText(value, row, renderer, &text)
      case 0x62: text = Array((value.literal(at: row) == .boolean(false) ? "false" : "true").utf8)
      case 0x63: text = try character(value, row)
      case 0x64, 0x78, 0x6F: return pad(try integer(value, row, isUpper), &target)
      case 0x65, 0x66, 0x67: return pad(try real(value, row, isUpper), &target)
      default: throw mismatch(value.type)
      }
    }
    if isUpper { text = Array(String(decoding: text, as: UTF8.self).uppercased().utf8) }
    pad(text, &target)
  }

  private func renderText(_ value: Vector, _ row: Int, _ renderer: TextRenderer, _ text: inout [UInt8]) {
    renderer.append(value.slotVector, value.slotIndex(row), &text)
    guard let precision else { return }
    let cut = text.withUnsafeBufferPointer { Utf8Text.offset($0, ofCharacter: precision) }
    text.removeLast(text.count - cut)
  }

  private func mismatch(_ type: LogicalType) -> QueryError {
    QueryError(
      .invalidParameter, .execute,
      "format_string can't show a value of type \(type) with %\(String(UnicodeScalar(conversion)))")
  }

  private func character(_ value: Vector, _ row: Int) throws(QueryError) -> [UInt8] {
    switch value.literal(at: row) {
    case .integer(let code):
      var text: [UInt8] = []
      Utf8Text.append(UInt32(truncatingIfNeeded: code), to: &text)
      return text
    case .string(let text) where text.unicodeScalars.count == 1: return Array(text.utf8)
    default: throw mismatch(value.type)
    }
  }

  private func integer(_ value: Vector, _ row: Int, _ isUpper: Bool) throws(QueryError) -> [UInt8] {
    guard case .integer(let number) = value.literal(at: row) else { throw mismatch(value.type) }
    if conversion | 0x20 == 0x64 {
      var digits = Array(String(number.magnitude).utf8)
      if flags.contains(0x2C) { digits = DecimalDigits.grouped(digits, by: 3) }
      return signed(digits, isNegative: number < 0)
    }
    let bits =
      UInt64(bitPattern: number) & (value.physical.width == 8 ? .max : (1 << UInt64(value.physical.width * 8)) - 1)
    let radix = conversion | 0x20 == 0x78 ? 16 : 8
    var digits = Array(String(bits, radix: radix, uppercase: isUpper).utf8)
    if flags.contains(0x23) { digits = Array((radix == 16 ? "0x" : "0").utf8) + digits }
    return zeroFilled(digits)
  }

  private func real(_ value: Vector, _ row: Int, _ isUpper: Bool) throws(QueryError) -> [UInt8] {
    let places = precision ?? 6
    switch value.literal(at: row) {
    case .decimal(let unscaled):
      if conversion | 0x20 == 0x66 {
        return laidOut(
          DecimalDigits(unscaled: unscaled, scale: value.type.asDecimal?.scale ?? 0, places: places, .halfUp))
      }
      return try scientific(FloatDecimal.double(unscaled, scale: value.type.asDecimal?.scale ?? 0), places, isUpper)
    case .double(let number): return try real(number, places, isUpper)
    case .float(let number): return try real(Double("\(number)") ?? Double(number), places, isUpper)
    default: throw mismatch(value.type)
    }
  }

  private func real(_ number: Double, _ places: Int, _ isUpper: Bool) throws(QueryError) -> [UInt8] {
    if number.isNaN { return Array("NaN".utf8) }
    if number.isInfinite { return signed(Array("Infinity".utf8), isNegative: number < 0) }
    if conversion | 0x20 == 0x66 { return laidOut(DecimalDigits(number, places: places, .halfUp)) }
    if conversion | 0x20 == 0x65 { return try scientific(number, places, isUpper) }
    let significant = max(1, places)
    if number == 0 { return laidOut(DecimalDigits(number, places: significant - 1, .halfUp)) }
    let exponent = FloatText.Digits(number.description).exponent
    if exponent < -4 || exponent >= significant { return try scientific(number, significant - 1, isUpper) }
    return laidOut(DecimalDigits(number, places: max(0, significant - 1 - exponent), .halfUp))
  }

  private func laidOut(_ digits: DecimalDigits) -> [UInt8] {
    let whole = flags.contains(0x2C) ? DecimalDigits.grouped(digits.whole, by: 3) : digits.whole
    let fraction = digits.fraction.isEmpty ? [] : [0x2E] + digits.fraction
    return signed(whole + fraction, isNegative: digits.isNegative)
  }

  private func scientific(_ number: Double, _ places: Int, _ isUpper: Bool) throws(QueryError) -> [UInt8] {
    let source = FloatText.Digits(number.description)
    var exponent = source.exponent
    var unscaled: Int128 = 0
    for digit in source.digits { unscaled = unscaled * 10 + Int128(digit - 0x30) }
    var digits = DecimalDigits(unscaled: unscaled, scale: source.digits.count - 1, places: places, .halfUp)
    if digits.whole.count > 1 {
      exponent += 1
      digits.whole = [0x31]
    }
    var text = digits.whole + (digits.fraction.isEmpty ? [] : [0x2E] + digits.fraction)
    text.append(isUpper ? 0x45 : 0x65)
    text.append(exponent < 0 ? 0x2D : 0x2B)
    if exponent.magnitude < 10 { text.append(0x30) }
    text += Array(String(exponent.magnitude).utf8)
    return signed(text, isNegative: number.sign == .minus)
  }

  private func signed(_ digits: [UInt8], isNegative: Bool) -> [UInt8] {
    if isNegative, flags.contains(0x28) { return [0x28] + digits + [0x29] }
    let sign: [UInt8] = isNegative ? [0x2D] : flags.contains(0x2B) ? [0x2B] : flags.contains(0x20) ? [0x20] : []
    guard flags.contains(0x30), sign.count + digits.count < width else { return sign + digits }
    return sign + Array(repeating: 0x30, count: width - sign.count - digits.count) + digits
  }

  private func zeroFilled(_ digits: [UInt8]) -> [UInt8] {
    guard flags.contains(0x30), digits.count < width else { return digits }
    return Array(repeating: 0x30, count: width - digits.count) + digits
  }

  private func pad(_ text: [UInt8], _ target: inout [UInt8]) {
    let missing = width - text.withUnsafeBufferPointer { Utf8Text.length($0) }
    let fill = [UInt8](repeating: 0x20, count: max(0, missing))
    target += flags.contains(0x2D) ? text + fill : fill + text
  }
}
