import Foundation
import GraftBase

@testable import GraftModels

/// The path of a file in this target's Fixtures folder.
func fixture(_ name: String) -> String {
  Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)").path
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
