import Foundation
import Testing

/// The C files of CGraftKernels as a whole: includes, calls, and functions that are never called.
struct KernelRoomTests {
  private let room = KernelRoom()

  /// A file that reaches itself over includes and calls has no place of its own in the reading order.
  @Test func noFileReachesItself() {
    #expect(room.files.count > 40, "CGraftKernels has moved")
    #expect(room.cycles() == [])
  }

  @Test func whatIsDeclaredIsDefined() {
    #expect(room.declared.subtracting(room.definitions.keys).sorted() == [])
  }

  /// Only tests call the switches between AMX or AVX-512 and the portable loops, and noise alone.
  @Test func whatIsDefinedIsCalled() {
    let forTests = ["graft_allow_amx", "graft_pixels_allow_avx512", "graft_uniform_noise"]
    let called = room.swiftWords.union(room.callsAcrossFiles)
    #expect(Set(room.definitions.keys).subtracting(called).sorted() == forTests)
  }

  @Test func everyHeaderIsIncluded() {
    let headers = room.files.keys.filter { $0.hasSuffix(".h") && !$0.hasPrefix("include/") }
    #expect(Set(headers).subtracting(room.files.values.flatMap(\.includes)).sorted() == [])
  }
}

/// The files of Sources/CGraftKernels with what they include, define and name.
private struct KernelRoom {
  struct File {
    /// Other files of the target, by their path in it.
    var includes: Set<String>
    var words: Set<Substring>
    /// Functions that a .c file defines for others, or a header declares without a body.
    var functions: Set<String>
  }

  let files: [String: File]
  /// The .c file of each function.
  let definitions: [String: String]
  let declared: Set<String>
  /// All words of the Swift sources that call kernels.
  let swiftWords: Set<String>

  init() {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources").standardizedFileURL
    let folder = sources.appending(path: "CGraftKernels")
    var files: [String: File] = [:]
    for path in Self.paths(in: folder, endings: ["c", "h"]) {
      let text = Self.withoutComments(Self.text(folder.appending(path: path)))
      files[path] = File(
        includes: Self.includes(text), words: Self.words(text),
        functions: Self.functions(text, areDefinitions: path.hasSuffix(".c")))
    }
    self.files = files
    var definitions: [String: String] = [:]
    for (path, file) in files where path.hasSuffix(".c") {
      for function in file.functions { definitions[function] = path }
    }
    self.definitions = definitions
    declared = files.filter { $0.key.hasSuffix(".h") }.reduce(into: []) {
      $0.formUnion($1.value.functions)
    }
    swiftWords = [
      "GraftKernels", "GraftEngine", "GraftImaging", "GraftModels", "GraftTraining",
      "GraftWorkbench",
    ]
    .reduce(into: []) { words, target in
      let folder = sources.appending(path: target)
      for path in Self.paths(in: folder, endings: ["swift"]) {
        words.formUnion(Self.words(Self.text(folder.appending(path: path))).map(String.init))
      }
    }
  }

  /// Functions that another file of the target calls.
  var callsAcrossFiles: Set<String> {
    Set(
      definitions.filter { function, home in
        files.contains { path, file in
          path.hasSuffix(".c") && path != home && file.words.contains(function[...])
        }
      }.keys)
  }

  /// Every file that reaches itself.
  ///
  /// Headers name functions to declare them; they call none.
  func cycles() -> [String] {
    func next(_ path: String) -> Set<String> {
      guard let file = files[path] else { return [] }
      let calls = path.hasSuffix(".c") ? file.words.compactMap { definitions[String($0)] } : []
      return file.includes.union(calls).subtracting([path])
    }
    return files.keys.sorted().filter { start in
      var seen: Set<String> = []
      var waiting = next(start)
      while let path = waiting.popFirst() {
        if seen.insert(path).inserted { waiting.formUnion(next(path)) }
      }
      return seen.contains(start)
    }
  }

  private static func paths(in folder: URL, endings: Set<String>) -> [String] {
    let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return (found ?? []).filter { endings.contains(($0 as NSString).pathExtension) }
  }

  private static func text(_ url: URL) -> String {
    (try? String(contentsOf: url, encoding: .utf8)) ?? ""
  }

  private static func withoutComments(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.range(of: "//").map { line[..<$0.lowerBound] } ?? line
    }.joined(separator: "\n")
  }

  private static func words(_ text: String) -> Set<Substring> {
    Set(text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) })
  }

  private static func includes(_ text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").compactMap { line -> String? in
        guard line.hasPrefix("#include \"") else { return nil }
        let name = line.dropFirst("#include \"".count).prefix { $0 != "\"" }
        return name.contains("/") ? String(name) : "include/\(name)"
      })
  }

  /// Functions at the beginning of a line that other files may call.
  ///
  /// Their name stands before the first parenthesis; a declaration ends in a semicolon before a brace opens.
  private static func functions(_ text: String, areDefinitions: Bool) -> Set<String> {
    var result: Set<String> = []
    for line in text.split(separator: "\n") {
      guard line.first?.isLetter == true, line.contains("("), !line.contains("static "),
        let head = line.split(separator: "(").first?.split(separator: " ").last
      else { continue }
      let name = head.drop { $0 == "*" }
      guard name.hasPrefix("graft_") || name.hasPrefix("pixels_") else { continue }
      let end = text[line.startIndex...].first { $0 == ";" || $0 == "{" }
      if (end == "{") == areDefinitions { result.insert(String(name)) }
    }
    return result
  }
}
