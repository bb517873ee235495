extension KeyMap {
  /// timm's spellings of encoders that torchvision has too; its ResNets, DenseNets and Inception v3 need
  /// no map, and what torchvision lacks has timm's names here.
  static let timm: [KeyMap] = [
    timm("vgg16", prefixes: vggClassifier), timm("vgg19", prefixes: vggClassifier),
    timm("vgg11", prefixes: vggClassifier),
    timm("vgg13", prefixes: vggClassifier), timm("vgg11_bn", prefixes: vggClassifier),
    timm("vgg13_bn", prefixes: vggClassifier),
    timm("vgg16_bn", prefixes: vggClassifier), timm("vgg19_bn", prefixes: vggClassifier),
    timm(
      "mobilenet_v2",
      prefixes: blocks([1, 2, 3, 4, 3, 3, 1]) { place in
        InvertedResidual("features.\(place.running).conv", nesting: .lastPlain)
      }.adding(stem: "features.0", head: "features.18", classifier: "classifier.1")),
    timm(
      "mobilenet_v3_small",
      prefixes: blocks([1, 2, 3, 2, 3]) { place in
        InvertedResidual(
          "features.\(place.running).block", squeezes: ![2, 3].contains(place.running))
      }.adding(mobileNetV3Ends: "blocks.5.0", "features.12")),
    timm(
      "mobilenet_v3_large",
      prefixes: blocks([1, 2, 3, 4, 2, 3]) { place in
        InvertedResidual(
          "features.\(place.running).block",
          squeezes: [4, 5, 6].contains(place.running) || place.running > 10)
      }.adding(mobileNetV3Ends: "blocks.6.0", "features.16")),
    timm("efficientnet_b0", prefixes: efficientNet(depth: 1)),
    timm("efficientnet_b1", prefixes: efficientNet(depth: 1.1)),
    timm("efficientnet_b2", prefixes: efficientNet(depth: 1.2)),
    timm("efficientnet_b3", prefixes: efficientNet(depth: 1.4)),
    timm("efficientnet_b4", prefixes: efficientNet(depth: 1.8)),
    timm("efficientnet_b5", prefixes: efficientNet(depth: 2.2)),
    timm("efficientnet_b6", prefixes: efficientNet(depth: 2.6)),
    timm("efficientnet_b7", prefixes: efficientNet(depth: 3.1)),
    timm("efficientnet_v2_s", prefixes: secondEfficientNet([2, 4, 4, 6, 9, 15])),
    timm("efficientnet_v2_m", prefixes: secondEfficientNet([3, 5, 5, 7, 14, 18, 5])),
    timm("efficientnet_v2_l", prefixes: secondEfficientNet([4, 7, 7, 10, 19, 25, 7])),
    timm(
      "mnasnet1_0", "mnasnet0_5", "mnasnet0_75", "mnasnet1_3",
      prefixes: blocks([1, 3, 3, 3, 2, 4, 1]) { place in
        place.stage == 0
          ? InvertedResidual("layers", nesting: .flat(first: 3))
          : InvertedResidual(
            "layers.\(place.stage + 7).\(place.index).layers", nesting: .flat(first: 0))
      }.merging([
        "conv_stem": "layers.0", "bn1": "layers.1", "conv_head": "layers.14", "bn2": "layers.15",
        "classifier": "classifier.1",
      ]) { $1 }),
    timm("convnext_tiny", prefixes: convNeXt([3, 3, 9, 3])),
    timm("convnext_small", "convnext_base", "convnext_large", prefixes: convNeXt([3, 3, 27, 3])),
  ]

  /// torchvision's own files of DenseNets are older than its names: `norm.1` is `norm1` now.
  static let oldDenseNet: KeyMap = {
    var prefixes: [String: String] = [:]
    for (block, count) in [6, 12, 48, 32].enumerated() {
      for layer in 1...count {
        for part in ["norm", "conv"] {
          for number in 1...2 {
            let layer = "features.denseblock\(block + 1).denselayer\(layer).\(part)"
            prefixes["\(layer).\(number)"] = "\(layer)\(number)"
          }
        }
      }
    }
    return KeyMap(
      source: "an older torchvision", encoders: Set(DenseNet.specs.map(\.name)),
      prefixes: prefixes)
  }()

  private static func timm(_ encoders: String..., prefixes: [String: String]) -> KeyMap {
    KeyMap(source: "timm", encoders: Set(encoders), prefixes: prefixes)
  }

  /// The first version's table, its counts of blocks multiplied.
  private static func efficientNet(depth: Double) -> [String: String] {
    let counts = [1, 2, 2, 3, 3, 4, 1].map { Int((Double($0) * depth).rounded(.up)) }
    return blocks(counts) { place in
      InvertedResidual("features.\(place.stage + 1).\(place.index).block", squeezes: true)
    }.adding(stem: "features.0", head: "features.8", classifier: "classifier.1")
  }

  private static func secondEfficientNet(_ counts: [Int]) -> [String: String] {
    blocks(counts) { place in
      InvertedResidual(
        "features.\(place.stage + 1).\(place.index).block",
        layers: place.stage == 0 ? ["conv"] : place.stage < 3 ? ["conv_exp", "conv_pwl"] : nil,
        squeezes: place.stage > 2)
    }.adding(
      stem: "features.0", head: "features.\(counts.count + 1)", classifier: "classifier.1")
  }

  private static let vggClassifier = [
    "pre_logits.fc1": "classifier.0", "pre_logits.fc2": "classifier.3", "head.fc": "classifier.6",
  ]

  /// Where a block is: its stage, its place there, and its number among all, from 1.
  private struct Place {
    let stage: Int
    let index: Int
    let running: Int
  }

  /// How torchvision nests an inverted residual: below `path`.
  private struct InvertedResidual {
    enum Nesting {
      /// A list of units of convolution and norm.
      case units
      /// The same, but the last convolution and its norm stand in the list themselves.
      case lastPlain
      /// Convolution, norm and activation in one list, from a place on.
      case flat(first: Int)
    }

    let path: String
    /// timm's convolutions; nil is to expand, filter and narrow.
    let layers: [String]?
    /// Whether a squeeze-excite stands before the last unit.
    let squeezes: Bool
    let nesting: Nesting

    init(
      _ path: String, layers: [String]? = nil, squeezes: Bool = false, nesting: Nesting = .units
    ) {
      self.path = path
      self.layers = layers
      self.squeezes = squeezes
      self.nesting = nesting
    }

    /// Where one of so many convolutions is, and the norm after it.
    func unit(_ number: Int, of count: Int) -> (convolution: String, norm: String) {
      let isLast = number == count - 1
      let place = number + (isLast && squeezes ? 1 : 0)
      switch nesting {
      case .lastPlain where isLast: return ("\(path).\(place)", "\(path).\(place + 1)")
      case .units, .lastPlain: return ("\(path).\(place).0", "\(path).\(place).1")
      case .flat(let first):
        return ("\(path).\(first + 3 * place)", "\(path).\(first + 3 * place + 1)")
      }
    }
  }

  /// The blocks of timm's EfficientNet family: the first stage has no expansion.
  private static func blocks(
    _ counts: [Int], _ residual: (Place) -> InvertedResidual
  ) -> [String: String] {
    var prefixes: [String: String] = [:]
    var running = 0
    for (stage, count) in counts.enumerated() {
      for index in 0..<count {
        running += 1
        let target = residual(Place(stage: stage, index: index, running: running))
        let source = "blocks.\(stage).\(index)"
        let layers =
          target.layers
          ?? (stage == 0 ? ["conv_dw", "conv_pw"] : ["conv_pw", "conv_dw", "conv_pwl"])
        for (number, layer) in layers.enumerated() {
          let unit = target.unit(number, of: layers.count)
          prefixes["\(source).\(layer)"] = unit.convolution
          prefixes["\(source).bn\(number + 1)"] = unit.norm
        }
        if target.squeezes {
          let place = layers.count - 1
          prefixes["\(source).se.conv_reduce"] = "\(target.path).\(place).fc1"
          prefixes["\(source).se.conv_expand"] = "\(target.path).\(place).fc2"
        }
      }
    }
    return prefixes
  }

  private static func convNeXt(_ counts: [Int]) -> [String: String] {
    var prefixes = [
      "stem.0": "features.0.0", "stem.1": "features.0.1", "head.norm": "classifier.0",
      "head.fc": "classifier.2",
    ]
    for (stage, count) in counts.enumerated() {
      for number in 0...1 {
        prefixes["stages.\(stage).downsample.\(number)"] = "features.\(2 * stage).\(number)"
      }
      for index in 0..<count {
        let (source, target) = (
          "stages.\(stage).blocks.\(index)", "features.\(2 * stage + 1).\(index)"
        )
        prefixes["\(source).gamma"] = "\(target).layer_scale"
        for (layer, place) in [("conv_dw", 0), ("norm", 2), ("mlp.fc1", 3), ("mlp.fc2", 5)] {
          prefixes["\(source).\(layer)"] = "\(target).block.\(place)"
        }
      }
    }
    return prefixes
  }
}

extension [String: String] {
  /// With a unit before and one after the blocks.
  fileprivate func adding(stem: String, head: String, classifier: String) -> [String: String] {
    merging([
      "conv_stem": "\(stem).0", "bn1": "\(stem).1", "conv_head": "\(head).0", "bn2": "\(head).1",
      "classifier": classifier,
    ]) { $1 }
  }

  /// MobileNetV3 has its last unit among timm's blocks and a convolution as hidden layer.
  fileprivate func adding(mobileNetV3Ends source: String, _ target: String) -> [String: String] {
    merging([
      "conv_stem": "features.0.0", "bn1": "features.0.1", "\(source).conv": "\(target).0",
      "\(source).bn1": "\(target).1", "conv_head": "classifier.0", "classifier": "classifier.3",
    ]) { $1 }
  }
}
