import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftModels

/// The encoder as chosen: what network, which weights, what pictures.
package struct EncoderChoice {
  package let spec: EncoderSpec
  package let input: InputSpecification
  /// nil draws the weights at random.
  package let weights: WeightFile?
  /// SHA-256 of the weights' file, nil when they are random.
  package let weightsHash: String?

  package var preprocessing: Preprocessing { get throws { try input.preprocessing } }
}

extension InputSpecification {
  /// The same in the words of the imaging room, which has pictures in gray and in RGB only.
  package var preprocessing: Preprocessing {
    get throws {
      guard channels == 1 || channels == 3 else {
        throw GraftError(
          .usage, "a model of \(channels) channels takes no pictures, which have 1 or 3",
          help: "feed it with forward, export it, or choose encoder … channels=1 or 3")
      }
      // Of a gray picture's three means the first is used.
      return Preprocessing(
        inputSize: width, resizeShortSide: resizeShortSide,
        filter: ResizeFilter(rawValue: interpolation) ?? .bilinear,
        mean: channels == 1 ? [Float](repeating: mean[0], count: 3) : mean,
        std: channels == 1 ? [Float](repeating: std[0], count: 3) : std, channels: channels)
    }
  }
}

extension EncoderChoice: CustomStringConvertible {
  /// `resnet18, 11.2 M parameters, 224 px, ImageNet normalisation`.
  package var description: String {
    let source = weights.map { "weights \($0.name.lastPathComponent)" } ?? "random weights"
    let pictures =
      (try? input.preprocessing).map(String.init(describing:))
      ?? "\(input.width) px of \(input.channels) channels"
    return "\(spec.name), \(spec.parameterCount.countText) parameters, \(pictures), \(source)"
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
  /// `*_classes.csv` with a column `name` beside it; nil when nobody tells.
  package var ownClasses: [String]? {
    guard let weights else { return nil }
    if let text = weights.metadata[ByteString(ModelFile.Key.classes.rawValue)]?.text {
      return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
    let folder = FilePath.folder(of: weights.name)
    for entry in FolderListing.entries(of: folder) where entry.name.hasSuffix("_classes.csv") {
      let file = BytePath(folder + "/" + entry.name)
      guard let table = try? CSVTable(bytes: file.read(limit: 1 << 20), name: file),
        let column = table.column(named: ["name"])
      else { continue }
      let names = table.rows.map { $0[column] }
      if names.count == spec.ownClassCount { return names }
    }
    return nil
  }
}
