extension PolicyTable {
  /// The policy that AutoAugment learned on ImageNet (Cubuk et al., 2019); five rows come twice
  /// and so weigh double.
  package static let imageNet = PolicyTable([
    [(.posterize, 0.4, 8), (.rotate, 0.6, 9)],
    [(.solarize, 0.6, 5), (.autocontrast, 0.6, 0)],
    [(.equalize, 0.8, 0), (.equalize, 0.6, 0)],
    [(.posterize, 0.6, 7), (.posterize, 0.6, 6)],
    [(.equalize, 0.4, 0), (.solarize, 0.2, 4)],
    [(.equalize, 0.4, 0), (.rotate, 0.8, 8)],
    [(.solarize, 0.6, 3), (.equalize, 0.6, 0)],
    [(.posterize, 0.8, 5), (.equalize, 1.0, 0)],
    [(.rotate, 0.2, 3), (.solarize, 0.6, 8)],
    [(.equalize, 0.6, 0), (.posterize, 0.4, 6)],
    [(.rotate, 0.8, 8), (.color, 0.4, 0)],
    [(.rotate, 0.4, 9), (.equalize, 0.6, 0)],
    [(.equalize, 0.0, 0), (.equalize, 0.8, 0)],
    [(.invert, 0.6, 0), (.equalize, 1.0, 0)],
    [(.color, 0.6, 4), (.contrast, 1.0, 8)],
    [(.rotate, 0.8, 8), (.color, 1.0, 2)],
    [(.color, 0.8, 8), (.solarize, 0.8, 7)],
    [(.sharpness, 0.4, 7), (.invert, 0.6, 0)],
    [(.shearX, 0.6, 5), (.equalize, 1.0, 0)],
    [(.color, 0.4, 0), (.equalize, 0.6, 0)],
    [(.equalize, 0.4, 0), (.solarize, 0.2, 4)],
    [(.solarize, 0.6, 5), (.autocontrast, 0.6, 0)],
    [(.invert, 0.6, 0), (.equalize, 1.0, 0)],
    [(.color, 0.6, 4), (.contrast, 1.0, 8)],
    [(.equalize, 0.8, 0), (.equalize, 0.6, 0)],
  ])
}
