import GraftBase

/// Reads PyTorch's `.pth`, `.pt` and `.th` files, in both forms, without executing anything.
///
/// A file is a pickle, a program that builds objects, beside the values of its storages: in a zip
/// archive since PyTorch 1.6, in one stream before. The program's opcodes are interpreted here one
/// by one; the few globals that a state dict needs are cases of an enumeration, which are never
/// called.
package enum TorchFile {
  /// What a file may ask for; checked before anything is allocated.
  package struct Limits: Sendable {
    package var fileBytes = 4 << 30
    package var pickleBytes = 64 << 20
    package var archiveEntries = 100_016
    package var opcodes = 1_000_000
    package var stack = 100_000
    package var memo = 200_000
    package var stringBytes = 4096
    package var rank = 8
    package var tensors = 100_000
    package var nesting = 4
    package var visits = 500_000

    package static let standard = Limits()
  }

  /// Whether the file starts as one of the two forms does.
  package static func isRecognized(in start: [UInt8]) -> Bool {
    let kind = ForeignFormat.recognized(in: start)
    return kind == .zip || kind == .legacyTorch
  }

  /// - Parameter verifyingChecksums: a zip archive has a checksum of every entry; files that were
  ///   written without need false.
  /// - Parameter isAveraged: whether averages are preferred where a checkpoint has them beside the weights.
  package static func read(
    _ source: ByteSource, limits: Limits = .standard, verifyingChecksums: Bool = true,
    isAveraged: Bool = false
  ) throws -> TorchStateDict {
    do {
      guard source.size <= limits.fileBytes else {
        throw WeightFault("it has \(source.size) bytes, more than the limit of \(limits.fileBytes)")
      }
      let storages: any TorchStorages
      let object: PickledObject
      if ForeignFormat.recognized(in: try source.start(64)) == .legacyTorch {
        let stream = try LegacyTorchStream(source, limits: limits)
        (storages, object) = (stream, stream.object)
      } else {
        let archive = try TorchArchive(source, limits: limits)
        let entries = TorchArchiveStorages(archive, verifyingChecksums: verifyingChecksums)
        (storages, object) = (entries, try entries.object(limits: limits))
      }
      return try TorchStateDict(
        of: object, storages: storages, limits: limits, source: source, isAveraged: isAveraged)
    } catch let fault as WeightFault {
      throw GraftError(
        .input, "cannot read '\(source.name)' as a PyTorch file: \(fault.message)",
        help: fault.help ?? "download or export the file again")
    }
  }
}

/// What is wrong with a file; the reader adds its name.
struct WeightFault: Error {
  let message: String
  var help: String?

  init(_ message: String, help: String? = nil) {
    self.message = message
    self.help = help
  }
}

/// Where the values of a file's storages lie.
protocol TorchStorages {
  /// All values of one storage, as long as type and count demand.
  func values(of storage: PickledStorage) throws -> [UInt8]
}
