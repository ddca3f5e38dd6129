import ArgumentParser
import Glibc
import LakeSQL
import Synchronization

/// The command's arguments.
struct Arguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lakesql",
    abstract: "Runs SQL over a data lake: scripts, statements, or a shell.",
    usage: """
      lakesql [-w DIR] -f script.sql ... [options]
      lakesql [-w DIR] -e "SELECT ..." ... [options]
      lakesql [-w DIR]
      """,
    discussion: """
      Without -e and -f, statements come from standard input, or from a shell on a terminal.

      Examples:
        lakesql -f silver_to_gold.sql --hivevar dt=2026-01-31
        lakesql -w ./lake -e "SELECT count(*) FROM gold.profit" --format csv
        lakesql -f load.sql -f publish.sql --atomic
        lakesql -e "SELECT * FROM gold.profit" -o profit.csv
        echo "SHOW TABLES IN gold" | lakesql

      Exit status: 0 all statements succeeded, 1 one failed, 2 wrong usage, 130 stopped with Ctrl-C.
      """,
    version: "LakeSQL \(Engine.version)")

  @Option(
    name: [.customShort("e"), .customLong("execute")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Run statements; -e and -f run in the order given.", valueName: "sql"),
    transform: ScriptArgument.text)
  private var statements: [ScriptArgument] = []

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("Run a script file; - is standard input.", valueName: "file"),
    transform: ScriptArgument.file)
  private var files: [ScriptArgument] = []

  @Option(
    name: [.customShort("w"), .customLong("warehouse")],
    help: ArgumentHelp(
      "The warehouse directory (default: $LAKESQL_WAREHOUSE, or ./warehouse).", valueName: "dir"))
  private var warehouseOption: String?

  @Option(
    name: [.customLong("hivevar"), .customLong("define"), .customShort("d")],
    help: ArgumentHelp("Set a variable for ${hivevar:name} and ${name}.", valueName: "name=value"))
  var variables: [Variable] = []

  @Option(
    name: .customLong("format"),
    help: ArgumentHelp(
      "How results are written: table, csv, tsv, json or jsonl (default: by the name of -o, or table).",
      valueName: "format"),
    transform: Arguments.format)
  private var formatOption: ResultFormat?

  @Flag(name: .customLong("no-header"), help: "Leave the names of columns out of csv and tsv.")
  var omitsHeader = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write results to a file, which appears when all statements succeeded; - is standard output.",
      valueName: "file"))
  private var outputOption: String?

  @Flag(name: .customLong("atomic"), help: "Commit all statements together, or none.")
  var isAtomic = false

  @Flag(name: .customLong("keep-going"), help: "Go on with the next statement after one failed.")
  var keepsGoing = false

  @Flag(name: .customLong("timing"), help: "Show the time of each statement on standard error.")
  var showsTiming = false

  @Option(name: .customLong("threads"), help: ArgumentHelp("Threads that work on a query.", valueName: "n"))
  var threads: Int?

  @Option(
    name: .customLong("memory-limit"),
    help: ArgumentHelp("Memory that a query may hold, such as 2GB.", valueName: "size"))
  var memoryLimit: String?

  @Flag(name: [.customShort("q"), .customLong("quiet"), .customLong("no-progress")], help: "Show no progress.")
  var isQuiet = false

  mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to 1024, not \(threads).")
    }
    if isAtomic, keepsGoing {
      throw ValidationError("--atomic and --keep-going exclude each other: one failure undoes everything.")
    }
    if files.filter({ $0.content == .file("-") }).count > 1 {
      throw ValidationError("Standard input can be read once: -f - stands twice.")
    }
    if formatOption == nil, let ending = outputEnding, Self.resultFormat(ofEnding: ending) == nil {
      throw ValidationError(
        "-o knows no format for the ending .\(ending), only for \(Self.endings); name the format with --format.")
    }
  }

  /// Refuses what only scripts can obey.
  func checkForShell() throws {
    for (name, isGiven) in [("-o", outputOption != nil), ("--atomic", isAtomic)] where isGiven {
      throw ValidationError("\(name) needs statements from -e, -f or standard input; the shell does not take it.")
    }
  }
}

extension Arguments {
  /// What -e and -f name, in the order given.
  var scripts: [ScriptArgument] { (statements + files).sorted { $0.position < $1.position } }

  var warehouse: String {
    if let warehouseOption { return warehouseOption }
    guard let variable = getenv("LAKESQL_WAREHOUSE") else { return "./warehouse" }
    return String(cString: variable)
  }

  /// The file for results; nil: standard output.
  var outputPath: String? { outputOption == "-" ? nil : outputOption }

  var format: ResultFormat { formatOption ?? outputEnding.flatMap(Self.resultFormat) ?? .table }

  /// What stands behind the last dot of the output file's name; nil where nothing does.
  private var outputEnding: String? {
    guard let name = outputPath?.split(separator: "/").last, let dot = name.lastIndex(of: "."), dot > name.startIndex
    else { return nil }
    return name[name.index(after: dot)...].lowercased()
  }

  private static func resultFormat(ofEnding ending: String) -> ResultFormat? {
    switch ending {
    case "ndjson": .jsonl
    case "txt": .table
    default: ResultFormat(rawValue: ending)
    }
  }

  private static let endings = ".csv, .tsv, .json, .jsonl, .ndjson and .txt"

  @Sendable private static func format(_ name: String) throws -> ResultFormat {
    if let format = ResultFormat(rawValue: name.lowercased()) { return format }
    let names = ResultFormat.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("There is no format \(name); there are \(names).")
  }

  var engineOptions: EngineOptions { EngineOptions(threads: threads) }
}

/// A script that the command line names.
struct ScriptArgument: Sendable {
  enum Content: Equatable, Sendable {
    case text(String)
    /// A path; `-` is standard input.
    case file(String)
  }

  let content: Content
  /// Orders -e and -f among each other: the parser meets arguments from left to right.
  let position: Int

  private static let counter = Atomic<Int>(0)

  private init(_ content: Content) {
    self.content = content
    position = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
  }

  @Sendable static func text(_ sql: String) -> ScriptArgument { ScriptArgument(.text(sql)) }
  @Sendable static func file(_ path: String) -> ScriptArgument { ScriptArgument(.file(path)) }
}

/// `name=value`.
struct Variable: ExpressibleByArgument, Sendable {
  let name: String
  let value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
    name = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}
