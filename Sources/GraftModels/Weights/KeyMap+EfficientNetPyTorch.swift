extension KeyMap {
  /// github.com/lukemelas/EfficientNet-PyTorch, and what names its layers alike: ports of TensorFlow's
  /// weights, which need TensorFlow's padding.
  static let efficientNetPyTorch: [KeyMap] =
    zip(0..., [1, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 3.1]).map { size, depth in
      efficientNetPyTorch("tf_efficientnet_b\(size)", [1, 2, 2, 3, 3, 4, 1].scaled(by: depth))
    }
    + zip(0..., [1, 1.1, 1.2, 1.4, 1.8]).map { size, depth in
      efficientNetPyTorch(
        "tf_efficientnet_lite\(size)", [1] + [2, 2, 3, 3, 4].scaled(by: depth) + [1])
    }

  /// - Parameter counts: blocks of each stage.
  private static func efficientNetPyTorch(_ encoder: String, _ counts: [Int]) -> KeyMap {
    var prefixes = [
      "_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2",
      "_fc": "classifier",
    ]
    var running = 0
    for (stage, count) in counts.enumerated() {
      for index in 0..<count {
        let (source, target) = ("_blocks.\(running)", "blocks.\(stage).\(index)")
        let layers =
          stage == 0
          ? [
            "_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2",
          ]
          : [
            "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
            "_project_conv": "conv_pwl", "_bn2": "bn3",
          ]
        for (name, own) in layers { prefixes["\(source).\(name)"] = "\(target).\(own)" }
        prefixes["\(source)._se_reduce"] = "\(target).se.conv_reduce"
        prefixes["\(source)._se_expand"] = "\(target).se.conv_expand"
        running += 1
      }
    }
    return KeyMap(source: "EfficientNet-PyTorch", encoders: [encoder], prefixes: prefixes)
  }
}

extension [Int] {
  /// Multiplied and rounded up.
  fileprivate func scaled(by factor: Double) -> [Int] {
    map { Int((Double($0) * factor).rounded(.up)) }
  }
}
