import Foundation
import GraftBase
import GraftTestSupport
import Testing

@testable import GraftModels

/// One network's weights in every form in which people have them, written by PyTorch (make_matrix.py).
@Suite(
  .serialized, .enabled(if: ProcessInfo.processInfo.environment["GRAFT_PYTHON"] != nil))
struct WeightMatrixTests {
  /// What is said of files that Graft does not read.
  private static let answers = [
    "bad_script.pt": "TorchScript", "bad_whole.pth": "squeezenet.SqueezeNet",
    "bad_protocol4.pth": "a pickle of protocol 4", "bad_pickle5.pkl": "a pickle of protocol 4 or 5",
    "bad_array.npy": "an array of NumPy", "bad_arrays.npz": "not in its one folder",
    "bad_keras.h5": "an HDF5 file", "bad_model.gguf": "a GGUF file",
    "bad_saved_model.pb": "a SavedModel", "bad_lite.tflite": "TensorFlow Lite",
    "bad_pointer.pth": "a Git LFS pointer", "bad_module.pth": "ParameterDict",
  ]

  @Test func everyFormIsLoadedOrNamed() throws {
    let folder = try TemporaryFolder()
    let (status, output) = try Python.run(["-B", fixture("torch/make_matrix.py"), folder.path])
    try #require(status == 0, "\(output)")
    let spec = try EncoderSpec.named("squeezenet1_1")
    let plain = try WeightFile(path: folder.path + "/plain.safetensors")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    var refused: Set<String> = []
    for name in names where name.hasPrefix("good_") {
      let file = try WeightFile(path: "\(folder.path)/\(name)")
      #expect(file.recognizedEncoder?.name == "squeezenet1_1", "\(name)")
      let spelled = file.spelled(for: spec)
      try spelled.checkFit(to: spec)
      #expect(spelled.ownClassCount(of: spec) == 1000, "\(name)")
      for (key, tensor) in plain.tensors {
        #expect(spelled.tensors[key]?.bytes == tensor.bytes, "\(name): \(key)")
      }
      let says = name.contains("best") || name.contains("timm") || !spelled.notes.isEmpty
      #expect(says, "\(name)")
    }
    for name in ["good_ema.pth", "good_ema.safetensors"] {
      let file = try WeightFile(path: "\(folder.path)/\(name)", isAveraged: true)
      let bias = try #require(file.spelled(for: spec).tensors["classifier.1.bias"])
      #expect(try bias.floats().allSatisfy { $0 >= 0.9 }, "\(name)")
      let raw = try WeightFile(path: "\(folder.path)/\(name)").spelled(for: spec)
      #expect(raw.notes.contains { $0.contains("ema=yes") }, "\(name): \(raw.notes)")
    }
    for name in names where name.hasPrefix("bad_") {
      let error = graftError { _ = try WeightFile(path: "\(folder.path)/\(name)") }
      let answer = try #require(Self.answers[name], "\(name)")
      #expect(
        error?.message.contains(answer) == true || error?.help?.contains(answer) == true,
        "\(name): \(error?.message ?? "accepted")")
      #expect(error?.help != nil, "\(name)")
      refused.insert(name)
    }
    #expect(refused == Set(Self.answers.keys))
  }
}
