/// Functions on strings and binaries.
enum StringFunctions {
  static let all: [ScalarFunction] =
    SubstringFunctions.all + LetterFunctions.all + TrimFunctions.all + SearchFunctions.all + JoinFunctions.all
    + LengthFunctions.all + EncodingFunctions.all + UrlFunctions.all + FormatFunctions.all
}
