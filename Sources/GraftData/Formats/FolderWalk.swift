import GraftBase
import GraftImaging

/// Walks through folders in bytewise order and records what it ignored.
struct FolderWalk {
  let root: BytePath
  private(set) var ignored: [IgnoredFile] = []
  /// Images beside subfolders, which have no class.
  private(set) var looseFiles = 0
  private var reported: Set<BytePath> = []

  /// The root and the folders above it.
  private let ancestors: [BytePath.Identity]

  init(root: BytePath) {
    self.root = root
    var (place, found) = (root, [BytePath.Identity]())
    while let identity = place.identity, !found.contains(identity), found.count < 256 {
      found.append(identity)
      place = place.appending("..")
    }
    ancestors = found
  }

  /// The visible folders in `folder` (relative to the root), as relative paths.
  mutating func subfolders(of folder: BytePath) throws -> [BytePath] {
    var result: [BytePath] = []
    for name in try root.appending(folder).listing() {
      let path = folder.appending(name)
      if name.isHidden {
        ignore(path, "hidden")
      } else if root.appending(path).kind == .folder {
        if let identity = root.appending(path).identity, ancestors.contains(identity) {
          ignore(path, "a link to a folder above it")
        } else {
          result.append(path)
        }
      } else {
        let isNew = ignore(
          path,
          isImage(name)
            ? "in no class folder" : ReadableKind.reasonToIgnore(suffix: name.suffix))
        if isNew, isImage(name) { looseFiles += 1 }
      }
    }
    return result
  }

  /// The image files in the root itself.
  mutating func images() throws -> [BytePath] {
    var result: [BytePath] = []
    for name in try root.listing() {
      if let reason = reasonToIgnore(name, at: root.appending(name)) {
        ignore(name, reason)
      } else {
        result.append(name)
      }
    }
    return result
  }

  /// Why a name in a folder is no image to read; nil for one that is.
  private func reasonToIgnore(_ name: BytePath, at full: BytePath) -> String? {
    if name.isHidden { return "hidden" }
    if full.kind == .folder { return isImage(name) ? "a folder, not an image file" : "a folder" }
    return isImage(name) ? nil : ReadableKind.reasonToIgnore(suffix: name.suffix)
  }

  /// The image files in `folder` and below it, as relative paths.
  mutating func images(under folder: BytePath) throws -> [BytePath] {
    var result: [BytePath] = []
    let isRoot = root.appending(folder).identity == ancestors.first
    try collect(
      folder, above: Array(isRoot ? ancestors.dropFirst() : ancestors[...]), into: &result)
    return result
  }

  /// Records a folder or file that is not part of the data set.
  mutating func leaveOut(_ folder: BytePath, _ reason: String) { ignore(folder, reason) }

  private mutating func collect(
    _ folder: BytePath, above: [BytePath.Identity], into result: inout [BytePath]
  ) throws {
    let full = root.appending(folder)
    guard let identity = full.identity, !above.contains(identity) else {
      ignore(folder, "a link to a folder above it")
      return
    }
    for name in try full.listing() {
      let path = folder.appending(name)
      if name.isHidden {
        ignore(path, "hidden")
      } else if root.appending(path).kind == .folder {
        let before = result.count
        try collect(path, above: above + [identity], into: &result)
        // Otherwise somebody would wonder where the image of that name is.
        if isImage(name), result.count == before { ignore(path, "a folder, not an image file") }
      } else if isImage(name) {
        result.append(path)
      } else {
        ignore(path, ReadableKind.reasonToIgnore(suffix: name.suffix))
      }
    }
  }

  /// Remembers a path once; false when it was remembered before.
  @discardableResult
  private mutating func ignore(_ path: BytePath, _ reason: String) -> Bool {
    guard reported.insert(path).inserted else { return false }
    ignored.append(IgnoredFile(path: path.description, reason: reason))
    return true
  }

  private func isImage(_ name: BytePath) -> Bool { ReadableKind.suffixes.contains(name.suffix) }
}

extension BytePath {
  /// The image files in this folder but not below it, by the rules of data sets, and what was left
  /// out.
  package func imageFiles() throws -> (images: [BytePath], ignored: [IgnoredFile]) {
    var walk = FolderWalk(root: self)
    let images = try walk.images().map(appending)
    return (images, walk.ignored)
  }
}
