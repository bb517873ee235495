import CGraftBuild
import GraftBase
import GraftKernels

/// Which graft this is: its version, how it was built, what it computes with, and its license.
package enum Version {
  package static let number = "0.1.0"
  /// The day of that number, for the manual page.
  package static let date = "2026-11-29"

  /// The commit, where the build was told; with `-modified` when files differed from it.
  package static var commit: String? { graft_build_commit().map { String(cString: $0) } }

  #if DEBUG
    package static let configuration = "debug"
  #else
    package static let configuration = "release"
  #endif

  /// Major and minor version of the Swift that compiled this; its library tells no more.
  package static var swift: String {
    "\(_SwiftStdlibVersion.current)".split(separator: ".").prefix(2).joined(separator: ".")
  }

  /// The libraries beyond those of every build, by their traits.
  package static var traits: [String] {
    var traits: [String] = []
    #if Readline
      traits.append("Readline")
    #endif
    #if HEIF
      traits.append("HEIF")
    #endif
    return traits
  }

  /// The license of the source, and of the program where a library that it links asks for more.
  package static var license: String {
    traits.contains("Readline")
      ? "Apache-2.0; with GNU readline linked, to be distributed under GPL-3" : "Apache-2.0"
  }

  /// Shows all of it.
  static func show(on console: Console) {
    let build = [configuration, commit.map { "commit \($0)" }, "Swift \(swift)"]
    let rows = [
      ["build", build.compactMap { $0 }.joined(separator: ", ")],
      ["with", traits.isEmpty ? "no optional library" : traits.joined(separator: ", ")],
      ["networks", Processor.networks], ["images", Processor.images], ["bf16", Processor.bf16],
      ["license", license],
    ]
    let table = TextTable(rows: rows, alignments: [.left, .left], indent: 2)
    console.result(
      "graft \(number)\n" + table.rendered(), event: .version,
      [
        ("version", .string(number)), ("configuration", .string(configuration)),
        ("commit", commit.map(JSONValue.string) ?? .null), ("swift", .string(swift)),
        ("traits", .array(traits.map(JSONValue.string))),
        ("networks", .string(Processor.networks)), ("images", .string(Processor.images)),
        ("bf16", .string(Processor.bf16)), ("license", .string(license)),
      ])
  }
}
