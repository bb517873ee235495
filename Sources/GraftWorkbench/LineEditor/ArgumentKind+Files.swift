import GraftBase
import GraftImaging

extension ArgumentKind.PathKind {
  /// Whether TAB offers a file with this name; folders are always offered, as a way to go on.
  package func accepts(fileNamed name: String) -> Bool {
    let suffix = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    switch self {
    case .folder: return false
    case .recipe: return suffix == "graft"
    case .weights: return ["safetensors", "pth", "pt", "th", "bin", "onnx"].contains(suffix)
    case .model: return suffix == "safetensors"
    case .image: return ReadableKind.suffixes.contains(suffix)
    case .data: return ["tar", "zip", "csv", "tsv", "npz", "gz", "bin", "txt"].contains(suffix)
    case .file, .output: return true
    case .saved: return ["safetensors", "onnx", "graft", "html"].contains(suffix)
    }
  }
}
