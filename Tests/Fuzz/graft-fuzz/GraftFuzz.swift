import Foundation
import GraftBase

/// libFuzzer's loop, from the library without a `main` of its own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The parser that `GRAFT_FUZZ` names.
private let chosen = FuzzedParser.all.first {
  $0.name == ProcessInfo.processInfo.environment["GRAFT_FUZZ"]
}

private func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try chosen?.read(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch let error as GraftError {
    require(!error.message.isEmpty && error.message.utf8.count < 4000, "a message of its length")
  } catch {
    fatalError("broken: an error that is no GraftError: \(error)")
  }
  return 0
}

/// Runs libFuzzer on one parser; `scripts/fuzz` builds and calls it.
///
///     graft-fuzz --list                         the parsers' names, with their longest inputs
///     GRAFT_FUZZ=NAME graft-fuzz --seeds FOLDER  writes the inputs to start from
///     GRAFT_FUZZ=NAME graft-fuzz OPTION… FOLDER  fuzzes; the options are libFuzzer's
@main enum GraftFuzz {
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    let arguments = CommandLine.arguments
    if arguments.count == 2, arguments[1] == "--list" {
      for parser in FuzzedParser.all { print(parser.name, parser.longest) }
      return
    }
    guard let chosen else {
      print("GRAFT_FUZZ names no parser; graft-fuzz --list lists them")
      exit(2)
    }
    if arguments.count == 3, arguments[1] == "--seeds" {
      do { return try writeSeeds(of: chosen, to: arguments[2]) } catch {
        print(error)
        exit(1)
      }
    }
    var count = CommandLine.argc
    var words = CommandLine.unsafeArgv
    exit(runDriver(&count, &words, { test($0, $1) }))
  }

  private static func writeSeeds(of parser: FuzzedParser, to folder: String) throws {
    var inputs = try parser.seeds()
    for (fixtures, suffix) in parser.fixtures {
      for name in try FileManager.default.contentsOfDirectory(atPath: fixtures).sorted()
      where name.hasSuffix("." + suffix) {
        inputs.append([UInt8](try Data(contentsOf: URL(filePath: "\(fixtures)/\(name)"))))
      }
    }
    inputs.removeAll { $0.count > parser.longest }
    guard !inputs.isEmpty else { throw GraftError(.failed, "\(parser.name) has no seeds") }
    for input in inputs {
      let name = ContentHash.of(input).hex.prefix(16)
      try Data(input).write(to: URL(filePath: "\(folder)/\(name)"))
    }
  }
}
