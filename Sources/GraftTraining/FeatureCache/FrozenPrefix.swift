import GraftBase
import GraftEngine
import GraftModels

/// The part of a model that a policy leaves constant: the same image always gives the same
/// features.
///
/// Variant A's ends where the head begins. It is found in the graph, not by name, so a freeze of the
/// lower stages alone has one too.
package struct FrozenPrefix {
  let model: Model
  /// The features [N, …]: what the rest of the model reads.
  package let cut: Value

  /// Nil when training changes what the very first layer computes.
  package init?(_ model: Model, _ configuration: PlanConfiguration) throws {
    let cut = try model.graph.constantCut(
      from: model.image, outputs: [model.logits], loss: model.trainingLosses,
      configuration: configuration)
    guard let cut else { return nil }
    self.model = model
    self.cut = cut
  }

  /// Floats of one image's features.
  var rowLength: Int { cut.shape.elementCount / cut.shape.batch }

  /// The shape of the features of images of this shape.
  func features(of images: Shape) throws -> Shape {
    guard let name = model.graph.values[model.image.id].inputName else { return cut.shape }
    return try model.graph.shapes(forInputs: [name: images], reaching: [cut.id])[cut.id]
  }

  /// The layer that computes the features.
  var path: String {
    model.graph.values[cut.id].producer.map { model.graph.nodes[$0].path } ?? "the images"
  }

  /// Whether reading features is so much faster than computing them that a run should do so
  /// by default: they take half of the forward pass or more, and 256 multiply-adds for each float,
  /// which is about the time that a disk needs to read one.
  package var pays: Bool {
    let saved = model.graph.multiplyAdds(reaching: [cut])
    let all = model.graph.multiplyAdds(reaching: [model.logits])
    return 2 * saved >= all && saved >= 256 * rowLength
  }

  /// SHA-256 over all that features depend on besides the image: layers, their order, their weights.
  var contentHash: ContentHash.Digest { model.contentHash(reaching: cut) }
}

extension Model {
  /// SHA-256 over the preparation of images, the layers that compute a value, their order and their weights.
  func contentHash(reaching value: Value) -> ContentHash.Digest {
    var hash = ContentHash()
    hash.update("\(input.recordedText)\n")
    for node in graph.nodes(reaching: [value.id]) {
      hash.update("\(node.path) \(node.op) \(node.inputs) \(node.output)\n")
      for parameter in node.parameters { hash.update(parameter.contentHash.bytes) }
    }
    return hash.finish()
  }
}
