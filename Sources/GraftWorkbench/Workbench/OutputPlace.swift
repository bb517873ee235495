import Foundation
import GraftBase
import GraftData
import GraftImaging

/// A path that a command may write to: the one place that decides it, before anything is computed.
///
/// Refused are inputs of the command and files of the current data set, under any name: files are
/// compared by device and inode, so links and other spellings count. So are new images inside
/// folders that are read, since they would become part of them, and what cannot be created. Devices
/// and pipes are written into; missing folders are made when the writing starts.
package struct OutputPlace {
  package enum Kind { case file, folder }

  package let path: String
  private let kind: Kind
  private let inputs: [BytePath]
  private let data: DataSet?

  /// Decides about `path`, where `inputs` are the files and folders that the command reads.
  package init(
    _ path: String, _ kind: Kind, reading inputs: [BytePath] = [], data: DataSet? = nil
  ) throws {
    self.path =
      path.count > 1 && path.hasSuffix("/") && kind == .folder
      ? String(path.dropLast()) : path
    self.kind = kind
    self.inputs = inputs
    self.data = data
    try checkKind()
    // A device has no content that could be lost.
    guard BytePath(path).kind != .other else { return }
    try checkFolders()
    if kind == .file { try spare([self.path]) }
    try checkRoom()
  }

  /// The path, its missing folders made.
  package func prepared() throws -> String {
    let folder = kind == .folder ? path : FilePath.folder(of: path)
    guard FilePath.isFolder(folder) != true, BytePath(path).kind != .other else { return path }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw GraftError(
        .failed, "the folder \(folder.escapingControlCharacters) cannot be made",
        help: "check that you may write there")
    }
    return path
  }

  /// Refuses what the disk has no room for.
  package func requireSpace(for bytes: Int) throws {
    var status = statvfs()
    guard BytePath(path).kind != .other, statvfs(nearestFolder, &status) == 0 else { return }
    let free = Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    guard free < bytes else { return }
    throw GraftError(
      .failed,
      "\(path.escapingControlCharacters) needs \(bytes.bytesText), and \(free.bytesText) are free there",
      help: "make room, or write somewhere else")
  }

  /// The deepest folder of the path that exists.
  private var nearestFolder: String {
    let target = FilePath.resolvingLinks(path)
    var folder = BytePath(path).kind == .folder ? target : FilePath.folder(of: target)
    while BytePath(folder).kind == .missing, folder != "/" { folder = FilePath.folder(of: folder) }
    return folder
  }

  /// Refuses to write to any of `paths` that is an input or a file of the data.
  package func spare(_ paths: [String]) throws {
    let existing = paths.filter { BytePath($0).kind == .file }
    guard !existing.isEmpty else { return }
    let read = Self.byIdentity(inputs)
    let ofData = Self.byIdentity(data?.files ?? [])
    for path in existing {
      guard let identity = BytePath(path).identity else { continue }
      let shown = path.escapingControlCharacters
      if let input = read[identity] {
        let name = input == BytePath(path) ? "" : ", \(input),"
        throw GraftError(
          .usage, "writing to \(shown) would replace an input of this command\(name)",
          help: "write somewhere else")
      }
      if ofData[identity] != nil {
        throw GraftError(
          .usage, "writing to \(shown) would replace a file of the data set \(data?.name ?? "")",
          help: "write somewhere else")
      }
    }
  }

  private static func byIdentity(_ paths: [BytePath]) -> [BytePath.Identity: BytePath] {
    Dictionary(
      paths.compactMap { path in path.identity.map { ($0, path) } }, uniquingKeysWith: { a, _ in a }
    )
  }

  private func checkKind() throws {
    let shown = path.escapingControlCharacters
    switch (kind, BytePath(path).kind) {
    case (.folder, .file), (.folder, .other):
      throw GraftError(
        .usage, "\(shown) is a file, and a folder was to be written", help: "name a folder")
    case (.file, .folder):
      throw GraftError(
        .usage, "\(shown) is a folder, and a file was to be written",
        help: "name a file inside it")
    case (.file, .missing) where path.hasSuffix("/"):
      throw GraftError(
        .usage, "\(shown) names a folder, and a file was to be written",
        help: "leave out the slash at the end")
    default: return
    }
  }

  /// Refuses new images inside folders that are read.
  private func checkFolders() throws {
    guard kind == .folder || ReadableKind.hasSuffix(path) else { return }
    let shown = kind == .folder ? "images" : "an image"
    for folder in inputs where folder.kind == .folder {
      guard FilePath.isInside(path, String(decoding: folder.bytes, as: UTF8.self)) else { continue }
      throw GraftError(
        .usage, "\(shown) written inside \(folder) would mix with the images that are read there",
        help: "write to a folder beside it")
    }
    for folder in data?.folders ?? [] {
      guard FilePath.isInside(path, String(decoding: folder.bytes, as: UTF8.self)) else { continue }
      throw GraftError(
        .usage, "\(shown) written inside \(folder) would become part of the data",
        help: "write to a folder beside it")
    }
  }

  /// Refuses what cannot be created: the nearest folder that exists must be one to write to.
  private func checkRoom() throws {
    let target = FilePath.resolvingLinks(path)
    let shown = path.escapingControlCharacters
    let folder = nearestFolder
    let name = folder.escapingControlCharacters
    guard BytePath(folder).kind == .folder else {
      throw GraftError(
        .usage, "\(shown) cannot be created, because \(name) is not a folder",
        help: "write to a folder")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      throw GraftError(
        .usage,
        "\(shown) cannot be written into the folder \(name): \(String(cString: strerror(errno)))",
        help: "write to a folder that you may change")
    }
    let missing = target.dropFirst(folder.count).split(separator: "/")
    guard missing.allSatisfy({ $0.utf8.count <= Self.longestName }) else {
      throw GraftError(
        .usage, "\(shown) has a name of more than \(Self.longestName) bytes",
        help: "give a shorter name")
    }
  }

  /// What file systems keep, 255 bytes, less what the name of a file gets while it is written.
  private static let longestName = 230
}

extension Session {
  /// Decides whether a command may write to `path`; `inputs` are what it reads.
  func output(
    _ path: String, _ kind: OutputPlace.Kind = .file, reading inputs: [BytePath] = []
  ) throws -> OutputPlace {
    try OutputPlace(path, kind, reading: inputs, data: workbench.data)
  }
}

extension Session {
  /// Says where what a command writes besides its results is now.
  func tellWritten(_ place: OutputPlace) {
    console.result(
      "wrote \(FilePath.relative(place.path, to: folder))", event: .wrote,
      fields(ofPlace: place.path))
  }
}
