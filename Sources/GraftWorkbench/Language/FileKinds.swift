import GraftBase
import GraftData
import GraftImaging

/// What a file is by its suffix, and what reads it: for those who give it to another command.
enum FileKinds {
  /// What to say of a file of the wrong kind; nil where its suffix does not tell.
  static func fault(
    of path: String, asked kind: ArgumentKind.PathKind, at span: SourceSpan
  ) -> Diagnostic? {
    let name = path.lastPathComponent
    let suffix = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    let use: (what: String, help: String)?
    switch kind {
    case .weights, .model: use = isWeights(suffix) ? nil : other(name, suffix)
    case .data:
      use = isWeights(suffix) || suffix == "graft" || isArchive(name) ? other(name, suffix) : nil
    default: use = nil
    }
    return use.map { use in
      Diagnostic(
        .wrongFileKind, "`\(name)` is \(use.what), not a \(kind.title)", at: span, help: use.help)
    }
  }

  /// What a file is that is neither weights nor images of a data set.
  private static func other(_ name: String, _ suffix: String) -> (what: String, help: String)? {
    if suffix == "graft" {
      return ("a recipe", "`run \(name)` replays it, `include \(name)` takes its lines in")
    }
    if isWeights(suffix) {
      return ("a file of weights", "`encoder \(name)` or `load \(name)` reads it")
    }
    if isArchive(name) {
      let command = suffix == "zip" ? "unzip" : suffix == "7z" ? "7z x" : "tar xf"
      return ("a packed archive", "unpack it first, such as by `!\(command) \(name)`")
    }
    if ReadableKind.suffixes.contains(suffix) {
      return ("an image", "`predict \(name)` labels it, `preview \(name)` shows it")
    }
    if ["csv", "tsv"].contains(suffix) { return ("a table", "`data \(name)` reads its images") }
    return nil
  }

  private static func isWeights(_ suffix: String) -> Bool {
    ArgumentKind.PathKind.weights.accepts(fileNamed: "." + suffix) && suffix != "bin"
  }

  private static func isArchive(_ name: String) -> Bool {
    let name = name.lowercased()
    return [".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip", ".7z", ".rar"]
      .contains { name.hasSuffix($0) }
  }
}
