import Foundation
import GraftBase
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// VGG-16 on 384 pixels as PyTorch has it, with its fully connected layers viewed as convolutions
/// (dense_scoring.py); where `GRAFT_PYTHON` has torchvision.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GRAFT_PYTHON"] != nil))
struct DenseAgreementWithTorchTests {
  @Test func vgg16TellsWhatPyTorchsConvolutionsTell() throws {
    let folder = try TemporaryFolder()
    let run = try Python.run([fixture("dense_scoring.py"), folder.path])
    try #require(run.status == 0)
    let reference = try Safetensors.read(path: folder.path + "/reference.safetensors")
    let spec = try EncoderSpec.named("vgg16")
    let model = try Model(
      spec: spec, head: .own, classes: spec.ownClassNames, seed: 1,
      weights: WeightFile(path: folder.path + "/weights.safetensors"))
    let tensors = try TensorRun(model, isTraining: false, hasGradients: false, seed: 0)
      .denseOutputs(for: reference, stride: nil, pool: ThreadPool(threads: 2))
    let logits = try #require(tensors["logits"])
    #expect(logits.shape == [1, 1000, 6, 6])
    let found = try logits.floats()
    let map = try #require(reference["map"]).floats()
    #expect(Self.error(found, map) < 1e-4)

    // Crops end in zeros where the map continues: close, but not the same.
    let crops = try #require(reference["crops"]).floats()
    let asMap = (0..<36_000).map { crops[$0 % 36 * 1000 + $0 / 36] }
    let difference = Self.error(found, asMap)
    print("vgg16 at 384: PyTorch's map \(Self.error(found, map)), the 36 crops \(difference)")
    #expect(difference > 1e-4 && difference < 1)
  }

  /// The largest difference by the largest reference value.
  private static func error(_ values: [Float], _ reference: [Float]) -> Float {
    let largest = reference.reduce(0) { max($0, abs($1)) }
    return zip(values, reference).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) } / largest
  }
}
