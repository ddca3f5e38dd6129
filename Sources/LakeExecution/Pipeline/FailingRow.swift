import LakeColumnar
import LakeDiagnostics

/// Finds the row of a file at which a batch failed, by pushing its rows through the pipeline one by one once more.
/// So rows need not carry where they come from.
enum FailingRow {
  /// The error with the file and row of the value at fault; as it is where that is not known or no value is at fault.
  static func locate(
    _ error: QueryError, _ batch: Batch, _ reader: any BatchReader, _ pipeline: Pipeline, _ worker: Worker
  ) -> QueryError {
    guard error.file == nil, error.code.blamesValue, !error.isOfConstant,
      let failure = firstFailure(batch, pipeline, worker), failure.error.code == error.code,
      let place = reader.location(ofRow: failure.row)
    else { return error }
    return failure.error.inFile(place.path, row: place.row)
  }

  /// The first living row that raises an error by itself, as a position in the batch's storage.
  private static func firstFailure(_ batch: Batch, _ pipeline: Pipeline, _ worker: Worker) -> (
    row: Int, error: QueryError
  )? {
    var row = 0
    do throws(QueryError) {
      let consumer = try makeConsumer(pipeline, Worker(run: worker.run, index: worker.index, isAlone: worker.isAlone))
      for index in 0..<batch.count {
        if worker.run.isStopped { return nil }
        row = batch.selection.map { Int($0.positions[index]) } ?? index
        _ = try consumer.consume(batch.livingRows(from: index, count: 1))
      }
    } catch {
      return (row, error)
    }
    return nil
  }

  /// The pipeline's stages anew; nothing reaches what other workers see.
  private static func makeConsumer(_ pipeline: Pipeline, _ worker: Worker) throws(QueryError) -> any BatchConsumer {
    var consumer: any BatchConsumer =
      pipeline.sink.isPrivateUntilFinish ? try pipeline.sink.makeConsumer(worker) : Discard()
    for transform in pipeline.transforms.reversed() { consumer = try transform.makeConsumer(worker, next: consumer) }
    return consumer
  }

  private final class Discard: BatchConsumer {
    func consume(_ batch: Batch) -> Flow { .more }
    func finish() {}
  }
}
