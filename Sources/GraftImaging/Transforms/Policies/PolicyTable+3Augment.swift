extension PolicyTable {
  /// 3-Augment of DeiT III (Touvron et al., 2022) as in timm: from 128 on inverted, gray, or blurred.
  package static let threeAugment = PolicyTable([
    [(.solarize, 1.0, 5)],
    [(.desaturate, 1.0, 10)],
    [(.blur, 1.0, 10)],
  ])
}
