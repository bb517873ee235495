import GraftBase
import GraftData

// What is refused before anything is written.

extension Rendering {
  /// Throws when a rendering would overwrite what it should not.
  func checkRoom() throws {
    try OutputPlace(folder, .folder, data: isOfNamedFiles ? nil : data).spare(
      entries.flatMap(paths))
    try checkSources()
    if !isOfNamedFiles, let source = data.folder, FilePath.isInside(folder, source) {
      throw GraftError(
        .usage, "copies inside \(source.escapingControlCharacters) would become part of the data",
        help: "write to a folder beside it")
    }
    let shown = folder.lastPathComponent.escapingControlCharacters
    if existing != .replace, data.task == .segmentation, FilePath.isFolder(classesPath) != nil {
      let found = try? RegularFile(path: classesPath).readAll(limit: 1 << 20)
      guard found == Array(classNames.utf8) else {
        throw GraftError(
          .failed, "\(shown)/ has a classes.txt that names other classes",
          help: "write to another folder")
      }
    }
    if existing != .replace, data.task == .multiLabel, FilePath.isFolder(tablePath) != nil,
      FilePath.isFolder(listPath) == nil
    {
      throw GraftError(
        .failed, "\(shown)/ has a manifest.csv already",
        help: "write to another folder; existing=replace replaces it")
    }
    try checkSharedFiles()
    switch existing {
    case .replace: return
    case .stop:
      let count = entries.count { paths($0).contains { FilePath.isFolder($0) != nil } }
      let hasList = FilePath.isFolder(listPath) != nil
      guard count > 0 || hasList else { return }
      let found = count > 0 ? "\(count) of the \(entries.count) files" : "a list of other images"
      throw GraftError(
        .failed, "\(shown)/ has \(found) already",
        help: "existing=keep adds what is missing, existing=replace draws all again")
    case .keep:
      guard let old = try RenderManifest(reading: listPath), old.header != manifest.header else {
        return
      }
      throw GraftError(
        .failed, "the images in \(shown)/ were drawn differently: \(difference(from: old.header))",
        help: "existing=replace draws them again; or write to another folder")
    }
  }

  /// Refuses classes that could not be columns of the table.
  func checkColumns() throws {
    guard
      let name = data.classes.first(where: { Manifest.reservedColumns.contains($0.lowercased()) })
    else { return }
    throw GraftError(
      .usage,
      "a class of \(data.name) is called \(name.escapingControlCharacters), as a column of the copies' table is "
        + "that is no class", help: "give the class another name")
  }

  /// Refuses to write over what is read.
  private func checkSources() throws {
    guard data.isUnlabeled else { return }
    let sources = Set(data.boxPlaces.map(\.file))
    if let file = entries.lazy.flatMap(paths).first(where: sources.contains) {
      throw GraftError(
        .usage,
        "the copy \(file.lastPathComponent.escapingControlCharacters) would replace an "
          + "image that is read", help: "write to another folder")
    }
    if boxes != nil, sources.contains(where: { FilePath.folder(of: $0) == folder }) {
      throw GraftError(
        .usage, "copies with boxes in the folder of their images would replace annotations there",
        help: "write to another folder")
    }
  }

  /// Refuses to replace annotations that no rendering wrote.
  private func checkSharedFiles() throws {
    guard existing != .replace, FilePath.isFolder(listPath) == nil,
      let file = try boxes?.format.sharedFiles([]).first(where: {
        FilePath.isFolder(folder + "/" + $0.path) != nil
      })
    else { return }
    throw GraftError(
      .failed,
      "\(folder.lastPathComponent.escapingControlCharacters)/ has a "
        + "\(file.path.escapingControlCharacters) already",
      help: "write to another folder; existing=replace replaces it")
  }

  private func difference(from old: RenderManifest.Header) -> String {
    let new = manifest.header
    if old.fingerprint != new.fingerprint { return "of other data, \(old.data)" }
    if old.pipeline != new.pipeline { return "augment \(old.pipeline)" }
    if old.seed != new.seed { return "seed \(old.seed)" }
    if old.boxes != new.boxes {
      let share = old.boxes.map { "boxes of other files, minarea=\($0.minimumShare.shortText)" }
      return share ?? "without boxes"
    }
    if old.format != new.format { return "format=\(old.format.name)" }
    return "\(old.preprocessing.input)"
  }
}
