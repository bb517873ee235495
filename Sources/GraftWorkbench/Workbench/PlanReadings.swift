import GraftBase
import GraftData
import GraftModels

/// What a rehearsal has read, so that the plan that follows need not read it again.
///
/// Driven by one session at a time, as a workbench is.
final class PlanReadings {
  private var dataSets: [(path: String, options: DataOptions, data: DataSet)] = []
  private var weightFiles: [(stamp: Stamp, reading: WeightReading)] = []

  /// A file of weights with the SHA-256 of its bytes.
  struct WeightReading {
    let file: WeightFile
    let hash: String
  }

  /// What decides whether a file would be read the same again.
  private struct Stamp: Equatable {
    let path: String
    let verifiesChecksums: Bool
    let isAveraged: Bool
    let state: RegularFile.State
  }

  /// The data set opened by the rehearsal, or opened now.
  func dataSet(
    _ path: String, _ options: DataOptions, isKept: Bool, open: () throws -> DataSet
  ) throws -> DataSet {
    if let found = dataSets.first(where: { $0.path == path && $0.options == options }) {
      return found.data
    }
    let data = try open()
    if isKept { dataSets.append((path, options, data)) }
    return data
  }

  /// The weights read by the rehearsal, where their file is as it was, or read now.
  func weights(
    _ path: String, verifyingChecksums: Bool, isAveraged: Bool = false, isKept: Bool
  ) throws -> WeightReading {
    let stamp = Stamp(
      path: path, verifiesChecksums: verifyingChecksums, isAveraged: isAveraged,
      state: try RegularFile(path: path).state)
    if let found = weightFiles.first(where: { $0.stamp == stamp }) { return found.reading }
    let reading = WeightReading(
      file: try WeightFile(
        path: path, verifyingChecksums: verifyingChecksums, isAveraged: isAveraged),
      hash: try ContentHash.ofFile(path).hex)
    if isKept { weightFiles.append((stamp, reading)) }
    return reading
  }

  /// Forgets everything, at the end of a plan.
  func clear() {
    dataSets = []
    weightFiles = []
  }
}
