import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTraining

/// The encoder as chosen: what network, which weights, what pictures.
package struct EncoderChoice {
  package let spec: EncoderSpec
  package let input: InputSpecification
  /// nil draws the weights at random.
  package let weights: WeightFile?
  /// SHA-256 of the weights' file, nil when they are random.
  package let weightsHash: String?

  package var preprocessing: Preprocessing { input.preprocessing(for: spec.ownTask) }
}

extension EncoderChoice: CustomStringConvertible {
  /// `resnet18, 11.2 M parameters, 224 px, ImageNet normalisation`.
  package var description: String {
    let source = weights.map { "weights \($0.name.lastPathComponent)" } ?? "random weights"
    return "\(spec.name), \(spec.parameterCount.countText) parameters, \(preprocessing), \(source)"
  }
}

/// Where weights lie that were made before: `pretrained/` folders and `$GRAFT_WEIGHTS`.
package struct PretrainedWeights {
  /// Searched in this order.
  package let folders: [String]

  /// The folders of a process: `$GRAFT_WEIGHTS`, the session's `pretrained/`, those beside and above
  /// the program, and the cache.
  package init(environment: [String: String], program: String, folders: [String]) {
    var result = (environment["GRAFT_WEIGHTS"] ?? "").split(separator: ":").map(String.init)
    result += folders.map { $0 + "/pretrained" }
    var ancestor = program
    while let slash = ancestor.lastIndex(of: "/"), slash > ancestor.startIndex {
      ancestor = String(ancestor[..<slash])
      result.append(ancestor + "/pretrained")
    }
    if let cache = UserFolders.cache(environment) { result.append(cache + "/weights") }
    self.folders = result
  }

  /// `NAME.safetensors`, else the first of `NAME_*.safetensors` in bytewise order.
  package func file(for encoder: String) -> String? {
    for folder in folders {
      let names = FolderListing.entries(of: folder).map(\.name)
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let fitting = names.filter {
        $0 == encoder + ".safetensors"
          || ($0.hasPrefix(encoder + "_") && $0.hasSuffix(".safetensors"))
      }
      if let name = fitting.first(where: { $0 == encoder + ".safetensors" }) ?? fitting.first {
        return folder + "/" + name
      }
    }
    return nil
  }

  /// The file, or where one could be put.
  package func requireFile(for encoder: String) throws -> String {
    if let file = file(for: encoder) { return file }
    throw GraftError(
      .input, "no pretrained weights of \(encoder) are at hand",
      help: "put \(encoder).safetensors into pretrained/ or a folder that GRAFT_WEIGHTS names, "
        + "or start from random weights: encoder \(encoder) weights=random")
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
