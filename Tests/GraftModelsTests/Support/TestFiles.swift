import Foundation
import GraftBase

@testable import GraftModels

/// A folder of its own for one test, removed afterwards.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("graft-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: url.appendingPathComponent(name))
    return path(name)
  }
}

/// The path of a file in this target's Fixtures folder.
func fixture(_ name: String) -> String {
  Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)").path
}

/// The path of a file of the shared folder, nil when this machine does not have it.
func sharedFile(_ name: String) -> String? {
  let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let folders = [
    ProcessInfo.processInfo.environment["GRAFT_SHARED"].map { URL(fileURLWithPath: $0) },
    root.deletingLastPathComponent().appendingPathComponent("shared"),
    root.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared"),
  ]
  return folders.compactMap { $0?.appendingPathComponent(name).path }
    .first(where: FileManager.default.fileExists)
}

/// The error that the closure throws, nil when it throws none or another type.
func graftError(_ body: () throws -> some Any) -> GraftError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? GraftError
  }
}

/// A safetensors file of this header, with this many zero bytes as values.
func safetensors(_ header: String, values: Int = 0) -> [UInt8] {
  safetensors(header: Array(header.utf8), values: values)
}

func safetensors(header: [UInt8], values: Int) -> [UInt8] {
  let count = UInt64(header.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + header
    + [UInt8](repeating: 0, count: values)
}
