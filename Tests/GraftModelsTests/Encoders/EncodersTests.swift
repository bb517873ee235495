import Foundation
import GraftBase
import GraftEngine
import GraftTestSupport
import Testing

@testable import GraftModels

@Suite struct EncodersTests {
  struct StateDict: Decodable {
    struct Entry: Decodable, Equatable {
      var name: String
      var shape: [Int]
    }
    var parameterCount: Int
    var tensors: [Entry]
  }

  @Test func namesAndShapesAreTorchvisions() throws {
    let references: [String: StateDict] = try decodeFixture("state_dicts.json")
    #expect(references.count == 5)
    for (name, reference) in references {
      let model = try Model.own(.named(name))
      let shapes = model.state.entries.map { entry -> StateDict.Entry in
        switch entry {
        case .parameter(let parameter, _):
          .init(name: parameter.name, shape: parameter.torchShape.dimensions)
        case .counter(let name): .init(name: name, shape: [])
        case .table(let table): .init(name: table.name, shape: table.shape)
        }
      }
      #expect(shapes == reference.tensors, "\(name)")
      #expect(model.parameterCount == reference.parameterCount, "\(name)")
    }
  }

  struct Digest: Decodable {
    var parameterCount: Int
    var digest: String
  }

  /// Names and shapes of torchvision's, timm's or the paper's model, auxiliary classifiers
  /// included.
  @Test func namesAndShapesAreTheReferences() throws {
    let references: [String: Digest] = try decodeFixture("state_digests.json")
    #expect(references.count == 162)
    for (name, reference) in references {
      let plain = try EncoderSpec.named(name.replacingOccurrences(of: "+aux", with: ""))
      let spec = name.hasSuffix("+aux") ? plain.withAuxiliaryClassifiers() : plain
      // Layers alone: recording the graphs of all sizes takes long.
      let state = ModelState()
      let scope = Scope(state)
      _ = spec.makeEncoder(scope, spec.input.channels)
      for classifier in spec.keptAuxiliary {
        _ = classifier.makeLayers(scope[classifier.name], spec.ownClassCount)
      }
      _ = spec.makeOwnHead(scope, spec.ownClassCount)
      let count = state.parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) }
      let lines = state.entries.map { entry -> String in
        switch entry {
        case .parameter(let parameter, _):
          let sizes = parameter.torchShape.dimensions.map(String.init).joined(separator: ", ")
          return "\(parameter.name): \(sizes)"
        case .counter(let name): return "\(name): "
        case .table(let table):
          return "\(table.name): \(table.shape.map(String.init).joined(separator: ", "))"
        }
      }
      let sorted = lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      #expect(
        ContentHash.of(Array(sorted.joined(separator: "\n").utf8)).hex == reference.digest,
        "\(name)")
      #expect(spec.parameterCount == reference.parameterCount, "\(name)")
      #expect(count == reference.parameterCount, "\(name)")
    }
  }

  @Test(arguments: Encoders.tested) func keepsItsPromises(_ name: String) throws {
    let spec = try EncoderSpec.named(name)
    let model = try Model.own(spec)
    #expect(model.parameterCount == spec.parameterCount)
    #expect(model.features.shape == [1, spec.featureWidth])
    #expect(model.featureMap.shape.channels == spec.featureWidth)
    #expect(model.logits.shape.rank == (spec.ownTask == .classification ? 2 : 4))
    #expect(model.logits.shape.channels == spec.ownClassCount)
    // Weights do not show whether convolutions are padded.
    let recognized = try #require(model.outline.recognizedEncoder)
    // Nor do they show TensorFlow's padding, or whether torchvision's or timm's names came first.
    #expect(recognized.name == name || !recognized.isOfTensorFlow)
    if !spec.isOfTensorFlow {
      #expect(recognized.parameterShapes == spec.parameterShapes)
      #expect(recognized.name == Self.nameByWeights(name))
    }
    let named = WeightFile(
      SafetensorsFile(tensors: Array(model.outline.tensors.values)), name: "a/\(name).pth")
    if spec.isOfTensorFlow { #expect(named.recognizedEncoder?.name == name) }
  }

  /// The encoder that weights of another one are taken for, where shapes and names are the same.
  private static func nameByWeights(_ name: String) -> String {
    let same = [
      "unet_valid": "unet", "deit_tiny_patch16_224": "vit_tiny_patch16_224",
      "deit_small_patch16_224": "vit_small_patch16_224",
      "deit_base_patch16_224": "vit_base_patch16_224",
      "vit_base_patch32_clip_quickgelu_224": "vit_base_patch32_clip_224",
      "vit_base_patch16_clip_quickgelu_224": "vit_base_patch16_clip_224",
    ]
    return same[name] ?? name.replacing("_valid", with: "").replacing("tf_", with: "")
  }

  @Test(arguments: Encoders.tested) func everyParameterIsInOneGroup(
    _ name: String
  ) throws {
    let spec = try EncoderSpec.named(name)
    let model = try Model.own(spec)
    #expect(model.groups.map(\.name) == spec.stages.map(\.name) + ["head"])
    let grouped = model.groups.flatMap(\.parameters)
    #expect(grouped.count == model.parameters.count)
    #expect(Set(grouped.map(ObjectIdentifier.init)).count == grouped.count)
    #expect(grouped.map(\.name) == model.parameters.map(\.name), "stem to head is the torch order")
    #expect(model.groups.flatMap(\.nodes).sorted() == Array(0..<model.graph.nodes.count - 1))
    for group in model.groups {
      // DINOv2 comes without a classifier.
      let isBare = group.name == "head" && name.contains("dinov2")
      #expect(group.parameters.isEmpty == isBare && !group.nodes.isEmpty, "\(group.name)")
      let names = Set(group.parameters.map(\.name))
      let used = group.nodes.flatMap { model.graph.nodes[$0].parameters.map(\.name) }
      #expect(names == Set(used), "\(group.name) computes with its own parameters")
    }
    for parameter in try #require(model.groups.last).parameters {
      let name = ByteString(parameter.name)
      #expect(spec.classifierPrefix.contains(where: name.isCovered))
    }
  }

  @Test func answersAnUnknownNameWithTheNearest() {
    let error = graftError { try Encoders.named("resnet19") }
    #expect(error?.message == "there is no encoder 'resnet19'")
    #expect(error?.help?.hasPrefix("did you mean 'resnet18'? There are: resnet20, ") == true)
    #expect(
      graftError { try Encoders.named("\u{1B}transformer") }?.help?.hasPrefix("there are: ") == true
    )
  }

  @Test func namesAreUnique() {
    #expect(Set(Encoders.all.map(\.name)).count == Encoders.all.count)
  }

  @Test(
    .needsShared("weights/resnet20_cifar10.safetensors"),
    arguments: [
      ("resnet20_cifar10", "resnet20"), ("resnet32_cifar10", "resnet32"),
      ("resnet44_cifar10", "resnet44"), ("mobilenet_v2", "mobilenet_v2"),
      ("squeezenet1_1", "squeezenet1_1"), ("lenet_mnist", "lenet_caffe"),
    ])
  func recognizesRealWeights(_ file: String, _ name: String) throws {
    let path = try #require(SharedFiles.url("weights/\(file).safetensors")).path
    let weights = try WeightFile(path: path)
    #expect(weights.recognizedEncoder?.name == name)
    let model = try Model.own(.named(name))
    let report = try model.load(weights: weights)
    #expect(report.matched == model.parameters.map(\.name))
    #expect(report.dropped.isEmpty && report.warnings.isEmpty)
  }

  @Test func recognizesNothingInOtherWeights() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/other.safetensors"
    try Safetensors.write(
      SafetensorsFile(tensors: [
        SafetensorsTensor(
          name: "conv1.weight", shape: [8, 3, 7, 7], floats: [Float](repeating: 0, count: 1176))
      ]), to: path)
    #expect(try WeightFile(path: path).recognizedEncoder == nil)
  }
}
