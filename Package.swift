// swift-tools-version: 6.2
import PackageDescription

/// What every target is compiled with: Swift 6, no implicit public imports, warnings are errors.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ subject: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .testTarget(
    name: subject + "Tests", dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "Escrow",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "escrow", targets: ["EscrowProgram"]),
    .library(name: "DICOM", targets: ["DICOM"]),
    .library(name: "DICOMProtocol", targets: ["DICOMProtocol"]),
    .library(name: "DICOMNetwork", targets: ["DICOMNetwork"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .target(
      name: "CPCRE2", cSettings: [.define("PCRE2_CODE_UNIT_WIDTH", to: "8")],
      linkerSettings: [.linkedLibrary("pcre2-8")]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),

    module("DICOM", ["CZlib", nio("NIOCore")]),
    module("DICOMProtocol", ["DICOM", nio("NIOCore")]),
    module(
      "DICOMNetwork",
      ["DICOM", "DICOMProtocol", nio("NIOCore"), nio("NIOPosix"), nio("NIOConcurrencyHelpers"), nioSSL, logging]),
    module("EscrowCore", ["DICOM", "CPCRE2", crypto]),
    module("EscrowConfiguration", ["DICOM", "EscrowCore", yams]),
    module(
      "EscrowSpool",
      [
        "DICOM", "EscrowCore", "CLinux", "CXXHash", crypto, nio("NIOCore"), nio("NIOPosix"),
        nio("NIOConcurrencyHelpers"),
      ]),
    module("LedgerSQLite", ["DICOM", "CSQLite", "EscrowCore", deque, grdb, sqlite]),
    module("Webhooks", ["DICOM", "CCurl", "EscrowCore", crypto, logging, nio("NIOConcurrencyHelpers")]),
    module(
      "EscrowEngine",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", "EscrowCore", "EscrowConfiguration", "EscrowSpool",
        crypto, lifecycle, logging, metrics, nio("NIOCore"), nio("NIOPosix"), nio("NIOConcurrencyHelpers"),
      ]),
    module(
      "BuiltInArchive",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", lifecycle, logging, nio("NIOCore"), nio("NIOPosix"),
        nio("NIOConcurrencyHelpers"),
      ]),
    module(
      "AdminAPI",
      [
        "DICOM", "EscrowConfiguration", "EscrowCore", "EscrowSpool", "EscrowEngine", crypto, hummingbird, lifecycle,
        logging, metrics, nio("NIOCore"), nio("NIOConcurrencyHelpers"), httpTypes,
      ]),
    module(
      "EscrowCLI",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", "EscrowCore", "EscrowConfiguration", "EscrowSpool", "LedgerSQLite",
        "Webhooks", "EscrowEngine", "BuiltInArchive", "AdminAPI", "CCurl", "CLinux", arguments, lifecycle, logging,
        metrics, nio("NIOCore"), nio("NIOPosix"), nio("NIOConcurrencyHelpers"),
      ]),
    .executableTarget(name: "EscrowProgram", dependencies: ["EscrowCLI"], swiftSettings: settings),
    module(
      "EscrowTesting",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", "EscrowCore", "EscrowSpool", logging, nio("NIOCore"),
        nio("NIOPosix"), nio("NIOConcurrencyHelpers"),
      ]),
    // The program with broken parts, for the tests that must notice; never installed.
    .executableTarget(
      name: "EscrowFaulty",
      dependencies: [
        "DICOM", "EscrowConfiguration", "EscrowCore", "EscrowSpool", "EscrowEngine", "LedgerSQLite", "EscrowCLI",
        "EscrowTesting", "DICOMNetwork", logging, nio("NIOConcurrencyHelpers"), nio("NIOPosix"),
      ],
      swiftSettings: settings),

    tests("DICOM", ["DICOM", "EscrowTesting", nio("NIOCore")]),
    tests("DICOMProtocol", ["DICOM", "DICOMProtocol", "EscrowTesting", nio("NIOCore")]),
    tests(
      "DICOMNetwork",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", "EscrowTesting", logging, nioSSL, nio("NIOCore"), nio("NIOPosix"),
        nio("NIOEmbedded"), nio("NIOConcurrencyHelpers"),
      ]),
    tests("EscrowCore", ["DICOM", "EscrowCore", "EscrowTesting"]),
    tests("EscrowConfiguration", ["DICOM", "EscrowCore", "EscrowConfiguration"]),
    tests(
      "EscrowSpool",
      [
        "DICOM", "EscrowCore", "EscrowSpool", "EscrowTesting", nio("NIOCore"), nio("NIOPosix"),
        nio("NIOConcurrencyHelpers"),
      ]),
    tests(
      "LedgerSQLite",
      ["DICOM", "EscrowCore", "LedgerSQLite", "EscrowTesting", grdb, sqlite, nio("NIOConcurrencyHelpers")]),
    tests(
      "Webhooks",
      [
        "DICOM", "EscrowCore", "Webhooks", "EscrowTesting", crypto, logging, nioSSL, nio("NIOCore"), nio("NIOPosix"),
        nio("NIOHTTP1"), nio("NIOConcurrencyHelpers"),
      ]),
    tests(
      "EscrowEngine",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", "EscrowCore", "EscrowConfiguration", "EscrowSpool", "EscrowEngine",
        "LedgerSQLite", "EscrowTesting", logging, nio("NIOCore"), nio("NIOPosix"), nio("NIOConcurrencyHelpers"),
      ]),
    tests(
      "AdminAPI",
      [
        "DICOM", "DICOMNetwork", "EscrowConfiguration", "EscrowCore", "EscrowSpool", "EscrowEngine", "AdminAPI",
        "EscrowTesting", httpTypes, hummingbird, hummingbirdTesting, logging, nio("NIOCore"), nio("NIOPosix"),
      ]),
    tests(
      "BuiltInArchive",
      [
        "DICOM", "DICOMProtocol", "DICOMNetwork", "BuiltInArchive", "EscrowTesting", logging, nio("NIOCore"),
        nio("NIOPosix"),
      ]),
    tests(
      "EscrowCLI",
      [
        "DICOMNetwork", "EscrowCLI", "EscrowConfiguration", "EscrowCore", "EscrowEngine", "EscrowSpool",
        "EscrowTesting", "LedgerSQLite", "AdminAPI", "Webhooks", arguments, logging, nio("NIOPosix"),
        nio("NIOConcurrencyHelpers"),
      ]),
    .testTarget(
      name: "EndToEndTests", dependencies: ["DICOM", "EscrowTesting"], exclude: ["Peers", "Golden"],
      swiftSettings: settings),
  ]
)

// What measures and is built for nothing else: `make growth` and `make micro`.
if Context.environment["ESCROW_BENCHMARKS"] != nil {
  // Its counters of allocations and of instructions work on few machines; `Benchmarks/instructions.py` counts those.
  package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []))
  package.targets += [
    .executableTarget(
      name: "escrow-growth", dependencies: ["DICOM", "EscrowCore", "LedgerSQLite"], path: "Benchmarks/Growth",
      swiftSettings: settings),
    .target(
      name: "Workloads",
      dependencies: ["DICOM", "DICOMProtocol", "EscrowCore", "EscrowTesting", "LedgerSQLite", nio("NIOCore")],
      path: "Benchmarks/Micro/Workloads", swiftSettings: settings),
    .executableTarget(
      name: "escrow-count", dependencies: ["Workloads", nio("NIOCore"), nio("NIOPosix")],
      path: "Benchmarks/Micro/Count", swiftSettings: settings),
    .executableTarget(
      name: "escrow-benchmarks", dependencies: ["Workloads", .product(name: "Benchmark", package: "benchmark")],
      path: "Benchmarks/Timing", swiftSettings: settings,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ]
}
