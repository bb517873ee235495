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
}
