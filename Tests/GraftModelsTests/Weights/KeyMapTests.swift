import GraftBase
import Testing

@testable import GraftModels

@Suite struct KeyMapTests {
  @Test func timmsNamesBecomeTorchvisions() throws {
    let layers: [String: [[String]]] = try decodeFixture("keys/timm_keys.json")
    #expect(layers.count == 12)
    for (encoder, names) in layers {
      let map = KeyMap.all.first { $0.encoders.contains(encoder) && $0.source == "timm" }
      for pair in names {
        let found = map?.name(for: ByteString(pair[0])).text ?? pair[0]
        #expect(found == pair[1], "\(encoder)")
      }
      // Nothing maps to a name that is not there.
      let targets = Set(names.map { $0[1] })
      for target in map?.prefixes.values ?? [:].values {
        #expect(
          targets.contains { $0 == target || $0 == target + ".weight" }, "\(encoder): \(target)")
      }
    }
  }

  /// A file of another library is recognized, and every name of it gets a place.
  @Test func filesOfOthersAreRecognized() throws {
    let cases = [
      ("resnet20_b", "layer2.0.shortcut", "layer2.0.downsample"), ("xception", "fc", "last_linear"),
      ("resnet20", "fc", "linear"),
    ]
    for (encoder, own, other) in cases {
      let model = try Model.own(.named(encoder))
      let renamed = model.outline.tensors.values.map { tensor in
        SafetensorsTensor(
          name: ByteString(tensor.name.text.replacing(own, with: other)), type: tensor.type,
          shape: tensor.shape, bytes: tensor.bytes)
      }
      let file = WeightFile(SafetensorsFile(metadata: [:], tensors: renamed), name: "other")
      #expect(file.recognizedEncoder?.name == encoder)
      let spelled = file.spelled(for: model.spec)
      #expect(Set(spelled.tensors.keys.map(\.text)) == Set(model.parameters.map(\.name)))
    }
  }

  @Test func oldNamesOfDenseNetBecomeTodays() {
    let old: ByteString = "features.denseblock3.denselayer24.norm.2.running_var"
    #expect(
      KeyMap.oldDenseNet.name(for: old).text
        == "features.denseblock3.denselayer24.norm2.running_var")
    #expect(KeyMap.oldDenseNet.name(for: "features.norm0.weight") == "features.norm0.weight")
  }

  @Test func onlyWholePartsAreReplaced() {
    let map = KeyMap(source: "x", encoders: [], prefixes: ["a": "b", "a.c": "d"])
    #expect(map.name(for: "a.weight") == "b.weight")
    #expect(map.name(for: "a.c.weight") == "d.weight")
    #expect(map.name(for: "ab.weight") == "ab.weight")
    #expect(map.name(for: "x.a.weight") == "x.a.weight")
  }
}
