package import LakeDiagnostics
package import LakePlan
import LakeColumnar

/// Shows physical plans as text.
package enum PhysicalExplanation {
  /// The operators that would run, one a line, inputs indented.
  package static func text(for plan: LogicalPlan, settings: ExecutionSettings) throws(QueryError) -> String {
    var planner = PhysicalPlanner(settings: settings)
    let stream = try planner.lowerRoot(plan)
    var lines: [String] = []
    add(stream.node, depth: 0, to: &lines) { _ in "" }
    return lines.joined(separator: "\n")
  }

  /// The operators of a query that has run, with their rows, batches and times, and what scans read.
  package static func analyzed(_ execution: QueryExecution) -> String {
    let metrics = execution.metrics
    guard let root = metrics.root else { return "the query has not run" }
    var lines: [String] = []
    for child in root.children {
      add(child, depth: 0, to: &lines) { node in measures(node, metrics) }
    }
    lines.append("")
    lines.append("total time: \(milliseconds(metrics.nanoseconds)), peak memory: \(bytes(metrics.peakMemory))")
    return lines.joined(separator: "\n")
  }

  private static func add(
    _ node: OperatorNode, depth: Int, to lines: inout [String], _ suffix: (OperatorNode) -> String
  ) {
    var line = String(repeating: "  ", count: depth) + node.name
    if !node.details.isEmpty { line += " \(node.details)" }
    for extra in node.extras { line += " [\(extra)]" }
    lines.append(line + suffix(node))
    for child in node.children { add(child, depth: depth + 1, to: &lines, suffix) }
  }

  private static func measures(_ node: OperatorNode, _ metrics: ExecutionMetrics) -> String {
    var text = "  (rows: \(node.rows), batches: \(node.batches), time: \(milliseconds(node.nanoseconds))"
    if node.spilledBytes > 0 { text += ", spilled: \(bytes(node.spilledBytes))" }
    if let counters = metrics.counters(of: node) { text += ", " + scan(counters) }
    return text + ")"
  }

  private static func scan(_ counters: ScanCounters) -> String {
    func pair(_ read: ScanCounters.Counter, _ pruned: ScanCounters.Counter) -> String {
      "\(counters.value(read)) read + \(counters.value(pruned)) skipped"
    }
    // The files of partitions that are skipped are not even listed.
    let partitions = counters.value(.partitionsPruned)
    let skipped = partitions > 0 ? "partitions: \(partitions) skipped, " : ""
    return skipped + "files: \(pair(.filesRead, .filesPruned)), row groups: \(pair(.rowGroupsRead, .rowGroupsPruned)), "
      + "pages: \(pair(.pagesRead, .pagesPruned)), read: \(bytes(counters.value(.bytesRead)))"
  }

  private static func milliseconds(_ nanoseconds: Int) -> String {
    let hundredths = nanoseconds / 10_000
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
  }

  private static func bytes(_ count: Int) -> String {
    if count < 10 << 10 { return "\(count) B" }
    if count < 10 << 20 { return "\(count >> 10) KiB" }
    return "\(count >> 20) MiB"
  }
}
