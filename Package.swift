// swift-tools-version: 6.1
import PackageDescription

/// Loops in C are as fast in debug builds as in release builds: the tests train networks with them.
let optimizedInDebug: [CSetting] = [.unsafeFlags(["-O2"], .when(configuration: .debug))]
/// So are Swift targets that draw and compute pixels and random numbers one by one.
let swiftOptimizedInDebug: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// The commit that `graft --version` shows; scripts/install sets the variable.
let commit: [CSetting] =
  Context.environment["GRAFT_COMMIT"].map { [.define("GRAFT_COMMIT", to: "\"\($0)\"")] } ?? []

// Every target may import only those above it in this list; ARCHITECTURE.md says what each holds.
let package = Package(
  name: "graft",
  products: [
    .executable(name: "graft", targets: ["graft"]),
    .executable(name: "graft-bench", targets: ["graft-bench"]),
  ],
  traits: [
    .trait(name: "Readline", description: "Line editing by GNU readline (GPL-3)."),
    .trait(name: "HEIF", description: "AVIF and HEIC images by libheif (LGPL-3)."),
    .default(enabledTraits: ["Readline"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    // C libraries, each imported by exactly one Swift target.
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
    .systemLibrary(name: "CGIF", providers: [.apt(["libgif-dev"])]),
    // Only with the trait HEIF; without pkgConfig, which would look for it in every build.
    .systemLibrary(name: "CHEIF", providers: [.apt(["libheif-dev"])]),
    // Cairo with Pango, which sets its texts.
    .systemLibrary(
      name: "CCairo", pkgConfig: "cairo",
      providers: [.apt(["libcairo2-dev", "libpango1.0-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    .target(
      name: "CJPEG",
      cSettings: optimizedInDebug + [.headerSearchPath("../CGraftKernels")],  // common/dispatch.h
      linkerSettings: [.linkedLibrary("jpeg")]),
    .target(
      name: "CGraftKernels", cSettings: optimizedInDebug + [.headerSearchPath(".")],
      // instruction_set.c says why.
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--wrap=__cpu_indicator_init"], .when(platforms: [.linux]))
      ]),
    .target(name: "CGraftBuild", cSettings: commit),
    // Loaded when it is first needed: openblas.c says why.
    .target(name: "COpenBLAS"),

    // Graft's rooms, bottom up.
    .target(
      name: "GraftBase", dependencies: ["CNettle"], swiftSettings: swiftOptimizedInDebug),
    .target(name: "GraftKernels", dependencies: ["GraftBase", "CGraftKernels"]),
    .target(
      name: "GraftAlgebra", dependencies: ["GraftBase", "GraftKernels", "COpenBLAS"],
      swiftSettings: swiftOptimizedInDebug),
    .target(name: "GraftEngine", dependencies: ["GraftBase", "GraftKernels"]),
    .target(
      name: "GraftDrawing", dependencies: ["GraftBase", "CCairo"],
      swiftSettings: swiftOptimizedInDebug),
    .target(
      name: "GraftPlots", dependencies: ["GraftBase", "GraftDrawing"],
      swiftSettings: swiftOptimizedInDebug),
    .target(
      name: "GraftImaging",
      dependencies: [
        "GraftBase", "GraftKernels", "GraftDrawing", "CPNG", "CJPEG", "CWebP", "CTIFF", "CGIF",
        .target(name: "CHEIF", condition: .when(traits: ["HEIF"])),
      ], swiftSettings: swiftOptimizedInDebug),
    .target(
      name: "GraftModels",
      dependencies: ["GraftEngine", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["ONNX/onnx.proto"],
      resources: [.embedInCode("Resources/catalog")]),
    .target(name: "GraftData", dependencies: ["GraftImaging", "GraftKernels", "CZlib"]),
    .target(
      name: "GraftTraining", dependencies: ["GraftModels", "GraftData", "GraftAlgebra"]),
    .target(
      name: "GraftWorkbench",
      dependencies: [
        "GraftTraining", "GraftPlots", "CGraftBuild",
        .target(name: "CReadline", condition: .when(traits: ["Readline"])),
      ]),
    .executableTarget(
      name: "graft",
      dependencies: [
        "GraftWorkbench", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "CAllocationCounter", path: "Benchmarks/CAllocationCounter"),
    .executableTarget(
      name: "graft-bench",
      dependencies: [
        "GraftTraining", "GraftAlgebra", "CAllocationCounter",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/graft-bench"),

    // Tests mirror the sources; ARCHITECTURE.md says how.
    .target(
      name: "GraftTestSupport", dependencies: ["GraftWorkbench"],
      swiftSettings: swiftOptimizedInDebug),
    .testTarget(name: "GraftBaseTests", dependencies: ["GraftBase", "GraftTestSupport"]),
    .testTarget(
      name: "GraftKernelsTests",
      dependencies: ["GraftKernels", "GraftTestSupport", "CAllocationCounter"]),
    .testTarget(
      name: "GraftAlgebraTests", dependencies: ["GraftAlgebra", "GraftTestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GraftEngineTests",
      dependencies: ["GraftEngine", "GraftTestSupport", "CAllocationCounter"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GraftDrawingTests", dependencies: ["GraftDrawing", "GraftTestSupport"]),
    .testTarget(name: "GraftPlotsTests", dependencies: ["GraftPlots", "GraftTestSupport"]),
    .testTarget(
      name: "GraftImagingTests",
      dependencies: ["GraftImaging", "GraftDrawing", "GraftTestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GraftDataTests", dependencies: ["GraftData", "GraftTestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GraftModelsTests",
      dependencies: [
        "GraftModels", "GraftTestSupport",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GraftTrainingTests",
      dependencies: ["GraftTraining", "GraftTestSupport", "CAllocationCounter"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "GraftWorkbenchTests", dependencies: ["GraftWorkbench", "GraftTestSupport"],
      exclude: ["Plots/Golden"]),
  ],
  swiftLanguageModes: [.v6]
)

// Only scripts/fuzz and scripts/sanitize ask for it: it needs libFuzzer, from the toolchain.
if Context.environment["GRAFT_WITH_FUZZER"] != nil {
  package.targets.append(
    .executableTarget(
      name: "graft-fuzz", dependencies: ["GraftWorkbench"], path: "Tests/Fuzz/graft-fuzz"))
}
