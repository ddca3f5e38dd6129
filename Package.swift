// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode with the upcoming features the code is written for.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// x86-64-v3 is the baseline of the release build (checked at start-up); other processors build for their own.
#if arch(x86_64)
  let baseline = ["-Xcc", "-march=x86-64-v3"]
#else
  let baseline: [String] = []
#endif

/// Targets with hot loops: release builds drop exclusivity checks; debug builds keep every check.
let fast: [SwiftSetting] =
  strict + [
    .unsafeFlags(["-enforce-exclusivity=unchecked"] + baseline, .when(configuration: .release))
  ]

/// The release command is linked to a fixed address, which spares 94,000 relocations at each start, and without symbols,
/// neither for debuggers nor for libraries that look for them in it.
let fixedAddress: [LinkerSetting] = [
  .unsafeFlags(
    ["-Xclang-linker", "-no-pie", "-Xlinker", "-s", "-Xlinker", "--no-export-dynamic"], .when(configuration: .release))
]

func engine(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: fast)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "LakeSQL",
  products: [
    .library(name: "LakeSQL", targets: ["LakeSQL"]),
    .executable(name: "lakesql", targets: ["lakesql"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CBrotli", providers: [.apt(["libbrotli-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CMessageDigest", pkgConfig: "libmd", providers: [.apt(["libmd-dev"])]),
    .systemLibrary(name: "CEditLine", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),

    engine("LakeDiagnostics", []),
    engine("LakeSyntax", ["LakeDiagnostics"]),
    engine("LakeTypes", ["LakeDiagnostics"]),
    engine("LakeColumnar", ["LakeTypes", "LakeDiagnostics"]),
    engine("LakeFunctions", ["LakeColumnar", "LakeTypes", "LakeDiagnostics", "CPCRE2", "CMessageDigest"]),
    engine("LakeFileSystem", ["LakeDiagnostics"]),
    engine(
      "LakeParquet",
      [
        "LakeColumnar", "LakeTypes", "LakeFileSystem", "LakeDiagnostics", "CZstd", "CLZ4", "CSnappy", "CBrotli",
        "CZlib",
      ]),
    engine("LakeText", ["LakeColumnar", "LakeTypes", "LakeFileSystem", "LakeDiagnostics", "CZlib"]),
    engine("LakeAvro", ["LakeColumnar", "LakeTypes", "LakeFileSystem", "LakeDiagnostics", "CZlib"]),
    engine(
      "LakeCatalog", ["LakeTypes", "LakeDiagnostics", .product(name: "GRDB", package: "GRDB.swift")]),
    engine(
      "LakeTables",
      [
        "LakeCatalog", "LakeParquet", "LakeText", "LakeAvro", "LakeColumnar", "LakeTypes", "LakeFileSystem",
        "LakeDiagnostics",
      ]),
    engine(
      "LakePlan",
      ["LakeSyntax", "LakeFunctions", "LakeCatalog", "LakeColumnar", "LakeTypes", "LakeDiagnostics"]),
    engine(
      "LakeExecution",
      ["LakePlan", "LakeFunctions", "LakeTables", "LakeColumnar", "LakeTypes", "LakeDiagnostics", "CLZ4"]),
    engine(
      "LakeSQL",
      [
        "LakeExecution", "LakePlan", "LakeFunctions", "LakeTables", "LakeCatalog", "LakeText", "LakeParquet",
        "LakeFileSystem", "LakeColumnar", "LakeTypes", "LakeSyntax", "LakeDiagnostics",
      ]),
    .target(
      name: "LakeTestSupport", dependencies: ["LakeSQL", "LakeFileSystem", "LakeDiagnostics"],
      swiftSettings: strict),
    .executableTarget(
      name: "lakesql",
      dependencies: [
        "LakeSQL", "CEditLine", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      linkerSettings: fixedAddress),

    tests("CommandTests", ["LakeTestSupport"]),
    tests("LibraryTests", ["LakeTestSupport", "LakeSQL", "LakeDiagnostics"]),
    tests("DocumentationTests", ["LakeTestSupport", "LakeSQL", "LakeFunctions"]),
    tests("SQLLogicTests", ["LakeTestSupport", "LakeSQL"], exclude: ["cases"]),
    tests("SyntaxTests", ["LakeSyntax", "LakeDiagnostics", "LakeSQL", "LakeTestSupport"]),
    tests(
      "FunctionsTests", ["LakeFunctions", "LakeColumnar", "LakeTypes", "LakeDiagnostics"],
      exclude: ["SparkFixture/expressions.sql", "SparkFixture/generate.py", "SparkFixture/spark.tsv"]),
    tests(
      "ExecutionTests",
      ["LakeExecution", "LakePlan", "LakeFunctions", "LakeColumnar", "LakeTypes", "LakeDiagnostics"]),
    tests("FileSystemTests", ["LakeFileSystem", "LakeDiagnostics"]),
    tests(
      "ParquetTests",
      ["LakeParquet", "LakeColumnar", "LakeTypes", "LakeFileSystem", "LakeDiagnostics", "CLZ4", "CSnappy", "CZlib"],
      exclude: ["Fixtures"]),
    tests(
      "TextTests",
      ["LakeText", "LakeColumnar", "LakeTypes", "LakeFileSystem", "LakeDiagnostics", "CZlib"]),
    tests("AvroTests", ["LakeAvro", "LakeColumnar", "LakeTypes", "LakeFileSystem", "LakeDiagnostics"]),
    tests(
      "CatalogTests",
      ["LakeCatalog", "LakeTypes", "LakeDiagnostics", .product(name: "GRDB", package: "GRDB.swift")]),
    tests(
      "TablesTests",
      [
        "LakeTables", "LakeCatalog", "LakeParquet", "LakeText", "LakeAvro", "LakeFileSystem", "LakeColumnar",
        "LakeTypes", "LakeDiagnostics",
      ]),
  ]
)
