import Foundation
import GraftBase
import GraftKernels
import Testing

/// What is told about the processor, against what the kernel of the system says.
@Suite struct ProcessorTests {
  @Test func agreesWithTheSystem() throws {
    let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") }
    var flags = Set((line ?? "").split(separator: " "))
    // GRAFT_ISA allows less.
    let level = ProcessInfo.processInfo.environment["GRAFT_ISA"] ?? "amx"
    if level != "amx" { flags = flags.filter { !$0.hasPrefix("amx") } }
    if level < "v4", level != "amx" { flags = flags.filter { !$0.hasPrefix("avx512") } }
    if level < "v3", level != "amx" { flags.remove("avx2") }
    let networks =
      flags.isSuperset(of: ["avx512f", "avx512vl"])
      ? "AVX-512" : flags.isSuperset(of: ["avx2", "fma"]) ? "AVX2" : "portable"
    #expect(Processor.networks == networks)
    #expect(
      (Processor.images == "AVX-512 VBMI")
        == flags.isSuperset(of: [
          "avx512vbmi", "avx512_vnni", "avx512bw", "avx512dq", "avx512vl", "fma",
        ]))
    // The system may refuse the tiles of a processor that has them.
    if Processor.bf16 == "AMX" { #expect(flags.isSuperset(of: ["amx_tile", "amx_bf16"])) }
  }

  @Test func aLimitThatKernelsDoNotKnowIsRefused() throws {
    for known in ["v2", "v3", "v4", "amx"] { try Processor.checkLimit(in: ["GRAFT_ISA": known]) }
    try Processor.checkLimit(in: [:])
    let error = try #require(throws: GraftError.self) {
      try Processor.checkLimit(in: ["GRAFT_ISA": "avx2"])
    }
    #expect(error.message == "GRAFT_ISA is `avx2`, but must be v2, v3, v4 or amx")
  }
}
