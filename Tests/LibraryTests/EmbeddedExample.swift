import LakeSQL

/// Records the sales of one day in a warehouse and returns what each item has brought in on all days.
func recordSales(warehouse: String) async throws -> [String: Double] {
  let engine = try Engine(warehouse: warehouse)
  let session = engine.makeSession()

  _ = try await session.execute(
    "CREATE TABLE IF NOT EXISTS sales (item STRING, price DECIMAL(10,2)) PARTITIONED BY (day DATE)")
  let insert = try await session.execute(
    """
    INSERT OVERWRITE TABLE sales PARTITION (day = DATE'2026-01-31')
    VALUES ('tea', 2.50), ('tea', 2.50), ('cake', 4.20)
    """)
  print("rows written:", insert.affectedRows ?? 0)

  // Batches arrive while the query runs; their columns have types.
  let result = try await session.execute(
    "SELECT item, sum(price) AS revenue FROM sales WHERE price > ? GROUP BY item",
    parameters: [.decimal(unscaled: 100, scale: 2)])
  var revenues: [String: Double] = [:]
  for try await batch in result {
    guard let items = batch.strings(0), let sums = batch.doubles(1) else { continue }
    for (item, sum) in zip(items, sums) { revenues[item ?? "unknown", default: 0] += sum ?? 0 }
  }
  return revenues
}
