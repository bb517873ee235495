import Foundation
import GraftBase
import Synchronization
import Testing

@testable import GraftWorkbench

/// All tests that train: one after the other, because each uses every core.
@Suite(.serialized) enum EndToEnd {}

/// A session with the real registries in a folder of its own, driven as the prompt and recipes are.
struct Workplace {
  let capture = CapturedConsole()
  let session: Session
  let folder: String

  /// With `stateFolder`, interrupted recipes leave checkpoints there.
  ///
  /// With `columns`, standard output is a terminal of that width. `watch` sees all that is written and may
  /// press Ctrl-C.
  init(
    format: Console.Format = .text, threads: Int = 2, folder: String? = nil,
    stateFolder: String? = nil, isProgressTerminal: Bool = false,
    columns: Int? = nil, watch: @escaping (String, Interrupts) -> Void = { _, _ in }
  ) throws {
    self.folder = try folder ?? TemporaryFolder.make()
    let capture = capture
    let interrupts = InterruptsBox()
    let inner = capture.console(format: format)
    let console = Console(
      format: format, isOutputTerminal: columns != nil, isProgressTerminal: isProgressTerminal,
      width: { columns ?? 80 },
      output: { text in
        inner.promptRaw(text)
        interrupts.value.withLock { $0.map { watch(text, $0) } }
      },
      errors: { text in
        inner.progressRaw(text)
        interrupts.value.withLock { $0.map { watch(text, $0) } }
      })
    session = Session(console: console, folder: self.folder)
    session.settings.threads = threads
    session.stateFolder = stateFolder
    let own = session.interrupts
    interrupts.value.withLock { $0 = own }
  }

  /// Types lines at the prompt; returns the status of the last.
  @discardableResult
  func type(_ text: String) -> Int32 {
    session.isInteractive = true
    var status: Int32 = 0
    for line in text.split(separator: "\n") {
      session.interrupts.reset()
      let file = SourceFile(name: "prompt", text: String(line), folder: folder, isTyped: true)
      status = Executor(session).run(file, mode: .prompt)
    }
    return status
  }

  /// Runs a recipe that lies in the folder; returns the exit status.
  @discardableResult
  func replay(_ text: String) -> Int32 {
    let file = SourceFile(name: "test.graft", text: text, folder: folder)
    return Executor(session).run(file, mode: .recipe)
  }

  var output: String { capture.output }
  var errors: String { capture.errors }
  var recipe: String { session.distilledRecipe(folder: folder) }
  func path(_ name: String) -> String { folder + "/" + name }

  func hash(_ run: String) throws -> String {
    try session.requireRun(run).model.weightsHash.hex
  }

  /// The events of a kind that `--json` printed; all lines must be as they are declared.
  func events(_ kind: String) throws -> [[String: Any]] {
    try checkLines()
    return try output.split(separator: "\n").compactMap { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }.filter { $0["event"] as? String == kind }
  }

  /// Whether all that `--json` printed is as it is declared.
  func checkLines() throws {
    let validator = try SchemaValidator(Data(JSONSchema.text().utf8))
    for line in output.split(separator: "\n") {
      let faults = try validator.faults(ofLine: line)
      #expect(faults.isEmpty, "\(line.prefix(400)): \(faults)")
    }
  }

  /// The least there must be to train: an encoder of random weights on few, small images.
  static let ingredients = """
    encoder resnet20 weights=random size=16
    data demo:shapes limit=40
    """
}

/// Holds the interrupts of a session that is made after its console.
private final class InterruptsBox: Sendable {
  let value = Mutex<Interrupts?>(nil)
}
