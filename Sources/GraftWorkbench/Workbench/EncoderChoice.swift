import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTraining

/// The encoder as chosen: what network, which weights, what images.
package struct EncoderChoice {
  package let spec: EncoderSpec
  package let input: ImageInput
  /// nil draws the weights at random.
  package let weights: WeightFile?
  /// SHA-256 of the weights' file, nil when they are random.
  package let weightsHash: String?

  package var preprocessing: ImageInput { input.framed(for: spec.ownTask) }

  /// The same for images of another size, in pixels; nil leaves it as it is.
  package func resized(to side: Int?) throws -> EncoderChoice {
    guard let side, side != input.side else { return self }
    // Where all values of an image meet in one layer, that layer depends on its size.
    let spec = try Net.spec(named: spec.name, side: side) ?? spec
    try weights?.checkFit(to: spec)
    return EncoderChoice(
      spec: spec, input: input.resized(to: side), weights: weights, weightsHash: weightsHash)
  }
}

extension EncoderChoice: CustomStringConvertible {
  /// `resnet18, 11.2 M parameters, 224 px, ImageNet normalization`.
  package var description: String {
    let source = weights.map { "weights \($0.name.lastPathComponent)" } ?? "random weights"
    let images =
      [1, 3].contains(input.channels)
      ? "\(preprocessing)" : "\(input.side) px of \(input.channels) channels"
    return "\(spec.name), \(spec.parameterCount.countText) parameters, \(images), \(source)"
  }
}

extension EncoderChoice {
  /// The description, and how the weights' file was understood where that needs saying.
  package var report: String {
    guard let weights, !weights.notes.isEmpty else { return description }
    let hash = weightsHash.map { ["content hash \($0.prefix(8))"] } ?? []
    return ([description] + (weights.notes + hash).map { "  " + $0 }).joined(separator: "\n")
  }
}

extension EncoderChoice {
  /// The names of the classes that its weights were trained on: from the model file, or from a table
  /// `*_classes.csv` with a column `name` beside it; nil when there is neither.
  package var ownClasses: [String]? {
    guard let weights else { return nil }
    if let text = weights.metadata[ByteString(ModelFile.Key.classes.rawValue)]?.text {
      return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
    let folder = FilePath.folder(of: weights.name)
    for entry in FolderListing.entries(of: folder) where entry.name.hasSuffix("_classes.csv") {
      let file = BytePath(folder + "/" + entry.name)
      guard let table = try? CSVTable(file, limit: 1 << 20),
        let column = table.column(named: ["name"])
      else { continue }
      let names = table.rows.map { $0[column] }
      if names.count == spec.ownClassCount { return names }
    }
    return nil
  }
}
