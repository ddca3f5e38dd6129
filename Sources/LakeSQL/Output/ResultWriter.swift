import LakeColumnar
import LakeDiagnostics
import LakeFunctions
import LakeText
import LakeTypes

/// Writes a result as text, batch by batch. Not for several threads at once.
///
/// ```swift
/// let writer = try ResultWriter(.csv, for: result) { bytes in try file.write(bytes) }
/// for try await batch in result { try writer.write(batch) }
/// try writer.finish()
/// ```
public final class ResultWriter {
  /// Takes the text in pieces; the bytes are valid during the call only.
  public typealias Output = (UnsafeRawBufferPointer) throws -> Void

  private let writer: (any BatchWriter)?
  private let casts: [ScalarKernel?]
  private let context: EvaluationContext
  private let output: FallibleOutput

  /// Nothing is written before the first batch or `finish()`; results without columns write nothing at all.
  ///
  /// - Parameter hasHeader: whether csv and tsv begin with the columns' names.
  public init(
    _ format: ResultFormat, for result: QueryResult, hasHeader: Bool = true, output: @escaping Output
  ) throws(SQLError) {
    let output = FallibleOutput(output)
    self.output = output
    context = EvaluationContext(timeZone: result.timeZone)
    do {
      casts = try result.columns.map { (column) throws(QueryError) in try Self.cast(column.type, format) }
      let fields = zip(result.columns, casts).map { Field($0.name, $1 == nil ? $0.type : .string) }
      writer = fields.isEmpty ? nil : try Self.writer(format, result, Schema(fields), hasHeader, output.sink)
    } catch {
      throw SQLError(error, source: "", name: nil)
    }
  }

  /// Writes the rows of a batch; throws what `output` throws.
  public func write(_ batch: ResultBatch) throws {
    guard let writer else { return }
    try throwing { () throws(QueryError) in
      var batch = batch.batch
      for (index, cast) in casts.enumerated() {
        guard let cast else { continue }
        let call = KernelCall(arguments: [batch.columns[index]], count: batch.count, context: context)
        batch.columns[index] = try cast(call)
      }
      try writer.write(batch)
    }
  }

  /// Writes what is left and the format's end.
  public func finish() throws {
    guard let writer else { return }
    try throwing { () throws(QueryError) in try writer.finish() }
  }

  private func throwing(_ body: () throws(QueryError) -> Void) throws {
    do {
      try body()
    } catch {
      throw output.failure ?? SQLError(error, source: "", name: nil)
    }
  }

  // MARK: Formats

  private static func writer(
    _ format: ResultFormat, _ result: QueryResult, _ schema: Schema, _ hasHeader: Bool, _ sink: @escaping TextSink
  ) throws(QueryError) -> any BatchWriter {
    let zone = textZone(result.timeZone)
    switch format {
    case .table: return TableWriter(columns: result.columns, sink: sink)
    case .csv:
      var options = CSVOptions.rfc4180
      options.hasHeader = hasHeader
      return try CSVWriter(schema: schema, options: options, zone: zone, sink: sink)
    case .tsv: return try CopyTextWriter(schema: schema, header: hasHeader, zone: zone, sink: sink)
    case .json, .jsonl:
      var options = JSONOptions()
      options.ignoresNullFields = false
      return try JSONWriter(
        schema: schema, options: options, layout: format == .json ? .array : .lines, zone: zone, sink: sink)
    }
  }

  /// The cast to text of a column that the format's writer takes as text only; nil for the others.
  private static func cast(_ type: LogicalType, _ format: ResultFormat) throws(QueryError) -> ScalarKernel? {
    let wantsText = format == .table ? type != .binary : type.isInterval
    guard wantsText else { return nil }
    return try CastFunction.kernel(from: type, to: .string, mode: .ansi)
  }

  private static func textZone(_ zone: TimeZoneRules) -> TextTimeZone {
    TextTimeZone(
      instant: { micros, region in
        guard let region else { return zone.utc(fromLocal: micros) }
        return (try? TimeZoneRules.named(region))?.utc(fromLocal: micros)
      },
      wallClock: { $0 + zone.offset(atUTC: $0) })
  }
}

/// Carries an error of the caller's output through writers that throw `QueryError` only.
private final class FallibleOutput {
  private let output: ResultWriter.Output
  private(set) var failure: (any Error)?

  init(_ output: @escaping ResultWriter.Output) { self.output = output }

  func sink(_ bytes: UnsafeRawBufferPointer) throws(QueryError) {
    do {
      try output(bytes)
    } catch {
      failure = error
      throw QueryError(.ioError, .usage, "the result could not be written", cause: "\(error)")
    }
  }
}
