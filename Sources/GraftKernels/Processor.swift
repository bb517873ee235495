import GraftBase

/// The instructions that kernels use on this processor, as they are selected when the program is
/// loaded.
package enum Processor {
  /// Every float32 product: layers of networks, forward and both gradients.
  package static var networks: String {
    switch graft_vector_generation() {
    case 2: "AVX-512"
    case 1: "AVX2"
    default: "portable"
    }
  }

  /// Bytes of images.
  package static var images: String {
    graft_pixels_have_avx512() != 0 ? "AVX-512 VBMI" : networks
  }

  /// Products with `set precision=bf16`, whose bits are the same either way.
  package static var bf16: String { graft_has_amx() != 0 ? "AMX" : networks }

  /// Refuses a GRAFT_ISA that kernels do not know, which they would take for none.
  package static func checkLimit(in environment: [String: String]) throws {
    guard let limit = environment["GRAFT_ISA"], !["v2", "v3", "v4", "amx"].contains(limit) else {
      return
    }
    throw GraftError(
      .usage, "GRAFT_ISA is `\(limit)`, but must be v2, v3, v4 or amx",
      help: "unset GRAFT_ISA: kernels then use all that the processor has")
  }
}
