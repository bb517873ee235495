import Foundation
import GraftBase
import GraftModels

/// Where published weights lie, and how those that do not are fetched.
package struct PretrainedWeights {
  /// Searched in this order: `$GRAFT_WEIGHTS`, the session's `pretrained/`, those beside and above
  /// the program, `share/graft/pretrained` beside the folder of an installed one, and the cache.
  package let folders: [String]
  /// Where fetched files go; nil where there is no home.
  package let cache: String?
  package var catalog = PretrainedCatalog.standard
  /// Whether files may be fetched; a session says so when a person or a recipe runs it.
  package var mayFetch = false

  /// With `$GRAFT_OFFLINE` set to anything nothing is ever fetched.
  private let isOffline: Bool

  package init(environment: [String: String], program: String, folders: [String]) {
    var result = (environment["GRAFT_WEIGHTS"] ?? "").split(separator: ":").map(String.init)
    result += folders.map { $0 + "/pretrained" }
    var ancestor = program
    while let slash = ancestor.lastIndex(of: "/"), slash > ancestor.startIndex {
      ancestor = String(ancestor[..<slash])
      result.append(ancestor + "/pretrained")
    }
    result.append(Self.shared(by: program) + "/pretrained")
    cache = UserFolders.cache(environment).map { $0 + "/weights" }
    if let cache { result.append(cache) }
    self.folders = result
    isOffline = !(environment["GRAFT_OFFLINE"] ?? "").isEmpty
  }

  /// `PREFIX/share/graft` of a program that is installed as `PREFIX/bin/graft`.
  package static func shared(by program: String) -> String {
    FilePath.folder(of: FilePath.folder(of: program)) + "/share/graft"
  }

  /// Suffixes of weight files, the preferred first.
  private static let suffixes = ["safetensors", "pth", "pt", "th", "onnx"]

  /// The available file for an encoder; with `weights`, that file of the catalog.
  ///
  /// In each folder: `NAME.safetensors` or another suffix, a file that the catalog lists, else the
  /// first of `NAME_*.safetensors` in bytewise order. A file in the box that is not the first of its
  /// encoder is found by the name of its weights alone.
  package func file(for encoder: String, weights: String? = nil) -> String? {
    let entries = catalog.entries(for: encoder)
    let listed = entries.enumerated().filter { place, entry in
      weights.map { entry.weights == $0 } ?? (place == 0 || !entry.isInBox)
    }
    var wanted = listed.map(\.element.fileName)
    let others = Set(entries.map(\.fileName)).subtracting(wanted)
    if weights == nil { wanted = Self.suffixes.map { encoder + "." + $0 } + wanted }
    for folder in folders {
      let names = Set(FolderListing.entries(of: folder).map(\.name))
      if let name = wanted.first(where: names.contains) { return folder + "/" + name }
      guard weights == nil else { continue }
      let variants = names.filter {
        $0.hasPrefix(encoder + "_") && $0.hasSuffix(".safetensors") && !others.contains($0)
      }
      let first = variants.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      if let first { return folder + "/" + first }
    }
    return nil
  }

  /// The file, fetched if it must be and may be; else the error says where to get and where to put
  /// it.
  package func requireFile(
    for encoder: String, weights: String? = nil, progress: (Download.Progress) throws -> Void
  ) throws -> String {
    if let file = file(for: encoder, weights: weights) { return file }
    let entry = catalog.entries(for: encoder).first { weights == nil || $0.weights == weights }
    guard let entry else { throw missing(encoder, weights, nil, because: "") }
    guard !entry.isInBox else { throw missing(encoder, weights, entry, because: "") }
    guard mayFetch, !isOffline, let cache else {
      throw missing(encoder, weights, entry, because: isOffline ? "; GRAFT_OFFLINE is set" : "")
    }
    let path = cache + "/" + entry.fileName
    do {
      try Download(from: entry.address, to: path, checksum: entry.checksum).run(progress: progress)
    } catch let error as GraftError where error.code == .input {
      throw GraftError(
        .input, error.message,
        help: [error.help, Self.place(of: entry)].compactMap { $0 }.joined(separator: "; "))
    }
    return path
  }

  /// Whether `requireFile` would have to fetch the file, and may.
  func wouldFetch(for encoder: String, weights: String?) -> Bool {
    mayFetch && !isOffline && cache != nil && file(for: encoder, weights: weights) == nil
      && catalog.entries(for: encoder).first { weights == nil || $0.weights == weights }?.isInBox
        == false
  }

  private func missing(
    _ encoder: String, _ weights: String?, _ entry: PretrainedCatalog.Entry?, because reason: String
  ) -> GraftError {
    let known = catalog.entries(for: encoder).map(\.weights)
    let name = weights.map { "\($0) weights" } ?? "weights"
    if entry == nil, weights != nil, !known.isEmpty {
      return GraftError(
        .usage, "\(encoder) has no published weights '\(weights ?? "")'",
        help: "there are: \(known.joined(separator: ", "))")
    }
    let place =
      entry.map(Self.place)
      ?? "put \(encoder).safetensors into pretrained/ or a folder that GRAFT_WEIGHTS names"
    return GraftError(
      .input, "no pretrained \(name) of \(encoder) are available\(reason)",
      help: place + ", or start from random weights: encoder \(encoder) weights=random")
  }

  /// Where to get a file and where to put it.
  private static func place(of entry: PretrainedCatalog.Entry) -> String {
    entry.isInBox
      ? "it comes with Graft: put \(entry.fileName) into pretrained/ or a folder that GRAFT_WEIGHTS names"
      : "get \(entry.address) and put it as \(entry.fileName) into pretrained/ or a folder that "
        + "GRAFT_WEIGHTS names"
  }

  /// A file of the catalog.
  package struct Listed {
    package let entry: PretrainedCatalog.Entry
    /// Where it is; nil where it is not available.
    package let path: String?
    /// `box`, `cache` or `here`; nil where it is not available.
    package let place: String?

    /// Of the file, or about as many as its parameters take.
    package var bytes: Int? {
      let attributes = path.flatMap { try? FileManager.default.attributesOfItem(atPath: $0) }
      return (attributes?[.size] as? NSNumber)?.intValue ?? entry.parameterCount.map { 4 * $0 }
    }
  }

  /// The files of the catalog, with the path of each that is available.
  package var listing: [Listed] {
    let contents = folders.map { ($0, Set(FolderListing.entries(of: $0).map(\.name))) }
    return catalog.entries.map { entry in
      let folder = contents.first { $0.1.contains(entry.fileName) }?.0
      return Listed(
        entry: entry, path: folder.map { $0 + "/" + entry.fileName },
        place: folder.map { entry.isInBox ? "box" : $0 == cache ? "cache" : "here" })
    }
  }
}
