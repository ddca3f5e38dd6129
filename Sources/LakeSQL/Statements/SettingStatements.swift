import LakeDiagnostics
import LakeSyntax
import LakeTypes

extension StatementExecutor {
  /// SET in its three forms; `hivevar:name` and `system:name` keys make variables.
  func run(_ command: SetCommand) throws(QueryError) -> StatementCompletion {
    switch command {
    case .assign(let key, let value):
      if key.lowercased().hasPrefix("hivevar:") {
        core.variables[String(key.dropFirst("hivevar:".count))] = value
      } else {
        let plain = key.lowercased().hasPrefix("hiveconf:") ? String(key.dropFirst("hiveconf:".count)) : key
        try core.settings.set(plain, value)
      }
      return .command
    case .show(let key):
      return settingRows([(key, core.settings[key] ?? core.variables[key] ?? "<undefined>")])
    case .showAll: return settingRows(core.settings.all)
    }
  }

  private func settingRows(_ settings: [(key: String, value: String)]) -> StatementCompletion {
    rows(
      Schema([Field("key", .string, isNullable: false), Field("value", .string, isNullable: false)]),
      settings.map { [.string($0.key), .string($0.value)] })
  }
}
