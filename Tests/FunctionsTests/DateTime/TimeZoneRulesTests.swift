import LakeDiagnostics
import LakeFunctions
import Testing

/// Expectations were taken from Python's zoneinfo over the same database.
@Suite struct TimeZoneRulesTests {
  private static let instants = [
    -2_208_988_800, -1_000_000_000, 0, 17_280_000, 1_000_000_000, 1_325_070_000, 1_769_817_600, 1_774_746_000,
    1_774_745_999, 1_792_890_000, 1_792_889_999, 4_102_444_800, 4_118_000_000,
  ]

  @Test(arguments: [
    ("Europe/Lisbon", [-2205, 3600, 3600, 3600, 3600, 0, 0, 3600, 0, 0, 3600, 0, 3600]),
    (
      "America/New_York",
      [-18000, -14400, -18000, -14400, -14400, -18000, -18000, -14400, -14400, -14400, -14400, -18000, -14400]
    ),
    (
      "Asia/Kolkata",
      [19270, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800]
    ),
    (
      "Australia/Lord_Howe",
      [36000, 36000, 36000, 36000, 37800, 39600, 39600, 39600, 39600, 39600, 39600, 39600, 37800]
    ),
    (
      "America/Sao_Paulo",
      [-11188, -10800, -10800, -10800, -10800, -7200, -10800, -10800, -10800, -10800, -10800, -10800, -10800]
    ),
    ("Africa/Casablanca", [-1820, 0, 0, 0, 0, 0, 3600, 3600, 3600, 3600, 3600, 3600, 3600]),
    ("Europe/Dublin", [-1521, 3600, 3600, 3600, 3600, 0, 0, 3600, 0, 0, 3600, 0, 3600]),
    (
      "Pacific/Apia",
      [-41216, -41400, -39600, -39600, -39600, -36000, 46800, 46800, 46800, 46800, 46800, 46800, 46800]
    ),
    ("Asia/Gaza", [8272, 7200, 7200, 7200, 10800, 7200, 7200, 10800, 10800, 7200, 7200, 7200, 10800]),
  ])
  func offsetsOfRegions(zone: String, expected: [Int]) throws {
    let rules = try TimeZoneRules.named(zone)
    let offsets = Self.instants.map { Int(rules.offset(atUTC: Int64($0) * 1_000_000) / 1_000_000) }
    #expect(offsets == expected)
  }

  @Test(arguments: [
    ("Europe/Lisbon", 1_774_747_800, 1_774_747_800),
    ("Europe/Lisbon", 1_792_891_800, 1_792_888_200),
    ("America/New_York", 1_772_937_000, 1_772_955_000),
    ("America/New_York", 1_793_496_600, 1_793_511_000),
    ("America/New_York", 1_782_907_200, 1_782_921_600),
    ("Australia/Lord_Howe", 1_791_080_100, 1_791_042_300),
    ("Australia/Lord_Howe", 1_775_353_500, 1_775_313_900),
    ("Asia/Kolkata", -915_148_800, -915_168_600),
    ("America/New_York", 4_097_179_800, 4_097_194_200),
  ])
  func localTimesWithGapsAndOverlaps(zone: String, local: Int, utc: Int) throws {
    let rules = try TimeZoneRules.named(zone)
    #expect(rules.utc(fromLocal: Int64(local) * 1_000_000) == Int64(utc) * 1_000_000)
  }

  @Test(arguments: [
    ("UTC", 0), ("Z", 0), ("GMT", 0), ("+02:00", 7200), ("-0530", -19800), ("+1", 3600), ("GMT+1", 3600),
    ("UTC-03:30", -12600), ("EST", -18000), ("+02:00:30", 7230),
  ])
  func offsetsByName(name: String, seconds: Int) throws {
    #expect(try TimeZoneRules.named(name).offset(atUTC: 0) == Int64(seconds) * 1_000_000)
  }

  @Test func shortNamesAreThoseOfJava() throws {
    #expect(try TimeZoneRules.named("PST").offset(atUTC: 1_782_907_200_000_000) == -7 * 3_600_000_000)
  }

  @Test(arguments: ["", "Foo/Bar", "../../etc/passwd", "Europe/../Europe/Lisbon", "+25:00", "+1:2:3:4", "+", "Europe"])
  func unknownNames(name: String) {
    #expect(throws: QueryError.self) { try TimeZoneRules.named(name) }
  }

  @Test func everyPeriodAgreesWithItsNeighbours() throws {
    let rules = try TimeZoneRules.named("America/New_York")
    for day in stride(from: -40_000, to: 60_000, by: 37) {
      let utc = Int64(day) * 86_400_000_000
      #expect(rules.utc(fromLocal: utc + rules.offset(atUTC: utc)) == utc)
    }
  }

  @Test func theEndsOfTheRangeHaveAnOffset() throws {
    for name in ["UTC", "Europe/Lisbon", "America/New_York", "+14:00"] {
      let rules = try TimeZoneRules.named(name)
      for micros in [Int64.min, .min + 1, .max - 1, .max] {
        #expect(abs(rules.offset(atUTC: micros)) <= 18 * 3_600_000_000)
      }
    }
  }
}
