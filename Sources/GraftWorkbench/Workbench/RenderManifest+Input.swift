import GraftBase
import GraftImaging

extension RenderManifest {
  /// An encoder's input with the keys of manifests, which are older than those of model files.
  ///
  /// Gray images have their mean and deviation three times in it.
  struct RecordedInput: Equatable {
    let input: ImageInput

    init(_ input: ImageInput) { self.input = input }
  }
}

extension RenderManifest.RecordedInput: Codable {
  private enum CodingKeys: String, CodingKey {
    case inputSize, resizeShortSide, filter, mean, std, channels, framing, grayRange
  }

  /// Reads a saved value; throws `GraftError` when its numbers could not have been saved by Graft.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let mean = try values.decode([Float].self, forKey: .mean)
    let std = try values.decode([Float].self, forKey: .std)
    let side = try values.decode(Int.self, forKey: .inputSize)
    let shortSide = try values.decode(Int.self, forKey: .resizeShortSide)
    let channels = try values.decode(Int.self, forKey: .channels)
    let sides = 1...ImageLimits.standard.maximumSide
    guard sides.contains(side), sides.contains(shortSide) else {
      throw GraftError(
        .input, "a preprocessing of \(side) px out of \(shortSide) px is not possible")
    }
    func fits(_ values: [Float]) -> Bool { values.count == channels || values.count == 3 }
    guard channels == 1 || channels == 3, fits(mean), fits(std),
      std.allSatisfy({ $0 > 0 && $0.isFinite }), mean.allSatisfy(\.isFinite)
    else {
      throw GraftError(
        .input,
        "a preprocessing with mean \(mean), std \(std) and \(channels) channels is not possible",
        help: "it takes 1 or 3 channels, a mean and a deviation above 0 of each")
    }
    var input = ImageInput(
      side: side, resizeShortSide: shortSide,
      filter: try ResizeFilter(named: values.decode(String.self, forKey: .filter)),
      mean: Array(mean.prefix(channels)), std: Array(std.prefix(channels)),
      framing: try values.decodeIfPresent(Framing.self, forKey: .framing) ?? .resized)
    if let ends = try values.decodeIfPresent([Int].self, forKey: .grayRange) {
      guard ends.count == 2, ends[0] < ends[1] else {
        throw GraftError(.input, "images cannot be scaled from the gray values \(ends)")
      }
      input.grayRange = ends[0]...ends[1]
    }
    self.input = input
  }

  func encode(to encoder: any Encoder) throws {
    func three(_ values: [Float]) -> [Float] {
      values.count == 1 ? Array(repeating: values[0], count: 3) : values
    }
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(input.side, forKey: .inputSize)
    try values.encode(input.resizeShortSide, forKey: .resizeShortSide)
    try values.encode(input.filter, forKey: .filter)
    try values.encode(three(input.mean), forKey: .mean)
    try values.encode(three(input.std), forKey: .std)
    try values.encode(input.channels, forKey: .channels)
    // Defaults are left out, as in files from before there was a choice.
    if input.framing != .resized { try values.encode(input.framing, forKey: .framing) }
    try values.encodeIfPresent(
      input.grayRange.map { [$0.lowerBound, $0.upperBound] }, forKey: .grayRange)
  }
}
