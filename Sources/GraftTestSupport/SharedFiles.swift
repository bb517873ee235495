import Foundation
import Testing

/// The large files that tests use when they are there: data sets and weights.
///
/// They are looked for in the folder that the environment variable `GRAFT_SHARED` names, else in
/// `shared` beside the package's own folder.
package enum SharedFiles {
  /// The file or folder at a path such as `weights/resnet18.safetensors`; nil when absent.
  package static func url(_ path: String) -> URL? {
    folders.map { $0.appending(path: path) }
      .first { FileManager.default.fileExists(atPath: $0.path(percentEncoded: false)) }
  }

  /// The unpacked folder of an archive in `data/`: `folder("hymenoptera.tar")`; nil when absent.
  ///
  /// It is unpacked on first use below the system's folder for temporary files and stays there.
  package static func folder(_ archive: String, named name: String? = nil) throws -> URL? {
    guard let source = url("data/\(archive)") else { return nil }
    let name = name ?? String(archive.prefix { $0 != "." })
    let store = FileManager.default.temporaryDirectory.appending(path: "graft-test-data")
    let target = store.appending(path: name)
    if FileManager.default.fileExists(atPath: target.path(percentEncoded: false)) { return target }
    // Unpacking goes to a folder of its own, then moves, since tests of other packages may do it
    // at the same time.
    let scratch = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["tar", "xf", source.path(percentEncoded: false), "-C", scratch.path]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw UnpackingFailure(archive: archive) }
    try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
    do {
      try FileManager.default.moveItem(at: scratch.url.appending(path: name), to: target)
    } catch  where FileManager.default.fileExists(atPath: target.path(percentEncoded: false)) {
      return target
    }
    return target
  }

  private struct UnpackingFailure: Error {
    let archive: String
  }

  private static var folders: [URL] {
    if let named = ProcessInfo.processInfo.environment["GRAFT_SHARED"] {
      return [URL(filePath: named, directoryHint: .isDirectory)]
    }
    let package = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return [package.deletingLastPathComponent().appending(path: "shared")]
  }
}

extension Trait where Self == ConditionTrait {
  /// Runs the test only where all the shared files are there, and says so where it is skipped.
  package static func needsShared(_ paths: String...) -> Self {
    let missing = paths.filter { SharedFiles.url($0) == nil }
    return .enabled(
      if: missing.isEmpty,
      "\(missing.joined(separator: ", ")) not found; set GRAFT_SHARED to its folder")
  }
}
