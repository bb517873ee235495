// The form in model files, which also hold files from before there was one description. The framing
// is not in it: it follows from the head.
extension ImageInput: Codable {
  private enum CodingKeys: String, CodingKey {
    case width, height, channels, mean, std, resizeShortSide, interpolation
    case grayRange
  }

  /// Reads a saved value; throws `GraftError` for what no image has, an unknown filter included.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let width = try values.decode(Int.self, forKey: .width)
    let height = try values.decode(Int.self, forKey: .height)
    let channels = try values.decode(Int.self, forKey: .channels)
    self.init(
      side: width, resizeShortSide: try values.decode(Int.self, forKey: .resizeShortSide),
      filter: try ResizeFilter(named: values.decode(String.self, forKey: .interpolation)),
      mean: try values.decode([Float].self, forKey: .mean),
      std: try values.decode([Float].self, forKey: .std))
    if let ends = try values.decodeIfPresent([Int].self, forKey: .grayRange) {
      guard ends.count == 2, ends[0] <= ends[1] else {
        throw GraftError(.input, "images cannot be scaled from the gray values \(ends)")
      }
      grayRange = ends[0]...ends[1]
    }
    guard width == height else {
      throw GraftError(.input, "images of \(width)×\(height) are not square")
    }
    guard mean.count == channels else {
      throw GraftError(.input, "images of \(channels) channels have \(mean.count) means")
    }
    try validate()
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(side, forKey: .width)
    try values.encode(side, forKey: .height)
    try values.encode(channels, forKey: .channels)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    try values.encode(resizeShortSide, forKey: .resizeShortSide)
    try values.encode(filter, forKey: .interpolation)
    try values.encodeIfPresent(
      grayRange.map { [$0.lowerBound, $0.upperBound] }, forKey: .grayRange)
  }

  /// The text that checkpoints compare a run's input by.
  ///
  /// Checkpoints hold it since the first version, so its form stays: another spelling would refuse
  /// every older checkpoint.
  package var recordedText: String {
    "InputSpecification(width: \(side), height: \(side), channels: \(channels), mean: \(mean), "
      + "std: \(std), resizeShortSide: \(resizeShortSide), interpolation: \"\(filter.rawValue)\")"
      + (grayRange.map { " gray \($0.rangeText)" } ?? "")
  }
}
