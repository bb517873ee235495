import Foundation
import GraftBase
import GraftData

/// What was asked of `graft` from the shell, already split into options and words.
package struct CommandLineRequest: Sendable {
  package var words: [String]
  package var commands: String?
  package var isInteractive = false
  package var printsJSON = false
  package var isQuiet = false
  package var refusesColor = false
  package var refusesInput = false
  package var threads: Int?
  package var root: String?
  package var keepsGoing = false
  package var isDryRun = false
  /// Ask before each command.
  package var asksBeforeSteps = false
  /// Train anew what is on disk.
  package var trainsAnew = false
  /// How much scores may differ in `verify`.
  package var tolerance: Double?
  package var wantsManualPage = false
  package var wantsReference = false
  /// The documentation of `--json` and its schema.
  package var wantsEvents = false
  package var wantsSchema = false
  package var wantsVersion = false
  package var wantsHelp = false

  package init(words: [String]) { self.words = words }

  var isVerification: Bool { words.first == "verify" }
}

extension CommandLineRequest {
  /// Refuses words and a working folder of this process whose bytes are not UTF-8: as texts they would be
  /// other names.
  static func checkProcess() throws {
    let words = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    for case let word? in words where String(validatingCString: word) == nil {
      throw GraftError(
        .usage, "`\(shown(word))` is not UTF-8 text",
        help: "rename the file, or name its folder instead")
    }
    guard let folder = getcwd(nil, 0) else { return }
    defer { free(folder) }
    guard String(validatingCString: folder) != nil else {
      throw GraftError(
        .input, "the name of this folder is not UTF-8 text: \(shown(folder))",
        help: "rename it, or start graft in another folder")
    }
  }

  private static func shown(_ text: UnsafePointer<CChar>) -> BytePath {
    BytePath(bytes: Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
  }
}
