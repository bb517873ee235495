import GraftBase
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

/// A layer of a run's model that pictures are made of.
struct LayerChoice {
  let name: String
  let value: Value
  let network: ExplainedNetwork
  /// What a unit of it sees; nil is the whole image.
  let field: ReceptiveField?
  let seed: UnitSeed

  init(_ name: String, of model: Model) throws {
    let network = ExplainedNetwork(model)
    try self.init(name, network.value(ofLayer: name), network)
  }

  private init(_ name: String, _ value: Value, _ network: ExplainedNetwork) throws {
    self.name = name
    self.value = value
    self.network = network
    field = ReceptiveFields(network.graph, image: network.image)[value.id]
    seed = try UnitSeed(value, network)
  }

  /// The first layer with weights.
  static func first(of model: Model) throws -> LayerChoice {
    let network = ExplainedNetwork(model)
    let node = network.graph.nodes(reaching: [network.logits.id]).first { node in
      node.parameters.contains { $0.role == .weight }
    }
    guard let node else {
      throw GraftError(.failed, "\(model.spec.shortName) has no layer with weights")
    }
    return try LayerChoice(node.path, network.graph.output(of: node), network)
  }

  /// The layer groups of the encoder that have feature maps, from the first to the last.
  static func groups(of model: Model) throws -> [LayerChoice] {
    let network = ExplainedNetwork(model)
    return try network.groupNames.map { try LayerChoice($0, network.value(ofLayer: $0), network) }
      .filter { $0.value.shape.rank == 4 }
  }

  /// `layer1 56×56×64`.
  var title: String {
    let size = value.shape.rank == 4 ? "\(seed.size.y)×\(seed.size.x)×" : ""
    return "\(name.escapingControlCharacters) \(size)\(seed.units)"
  }

  /// The part of an image that the unit at (y, x) sees.
  func box(y: Int, x: Int) -> ImageBox {
    let side = network.side
    guard let field else { return ImageBox(ImageSize(width: side, height: side)) }
    let square = field.square(ofUnit: y, x, in: Pair(side))
    return ImageBox(
      x: square.columns.lowerBound, y: square.rows.lowerBound, width: square.columns.count,
      height: square.rows.count)
  }

  /// Refuses numbers of units that there are not.
  func check(_ units: [Int]) throws {
    guard let unit = units.first(where: { !(0..<seed.units).contains($0) }) else { return }
    throw GraftError(
      .usage, "\(name.escapingControlCharacters) has no unit \(unit)",
      help: "its units are numbered from 0 to \(seed.units - 1)")
  }

  /// The name of a unit: of logits the class.
  func unitName(_ unit: Int, of model: Model) -> String {
    value.id == network.logits.id
      ? model.classes[unit].escapingControlCharacters : "unit \(unit)"
  }
}

extension ImageInput {
  /// The image of values [side, side, C] that were normalized; the inverse of `values(of:)`, rounded to bytes.
  func image(of values: [Float], side: Int) -> Image {
    var image = Image(width: side, height: side, channels: channels)
    for (place, value) in values.enumerated() {
      let channel = place % channels
      let byte = (value * std[channel] + mean[channel]) * 255
      image.pixels[place] = UInt8(min(max(byte, 0), 255).rounded())
    }
    return image
  }

  /// The values that a byte can have in each channel.
  var valueBounds: [ClosedRange<Float>] {
    zip(mean, std).map { mean, std in (0 - mean) / std...(1 - mean) / std }
  }
}
