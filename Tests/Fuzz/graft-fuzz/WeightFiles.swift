import Foundation
import GraftBase
import GraftModels
import GraftTraining

@testable import GraftWorkbench

extension FuzzedParser {
  private static let fixtureFolder = "Tests/GraftModelsTests/Fixtures"

  static let safetensors = FuzzedParser(
    name: "safetensors", fixtures: [(fixtureFolder, "safetensors")], read: readWeights)

  /// ZIP archives and the older streams, with the pickles in them.
  static let torch = FuzzedParser(
    name: "torch",
    fixtures: [(fixtureFolder + "/torch", "pth"), (fixtureFolder + "/torch", "bin")],
    longest: 8192, read: readWeights)

  static let onnx = FuzzedParser(
    name: "onnx", fixtures: [(fixtureFolder + "/onnx", "onnx")], read: readWeights)

  private static let readWeights: @Sendable ([UInt8]) throws -> Void = { bytes in
    let source = ByteSource(bytes: bytes, name: "x")
    // Without checksums, so that damage gets past them to what comes after.
    let file = try WeightFile(source, verifyingChecksums: bytes.count.isMultiple(of: 2))
    _ = (file.warnings, file.recognizedEncoder)
    let total = file.tensors.values.reduce(0) { $0 + $1.bytes.count }
    require(total <= 4 * bytes.count, "\(bytes.count) bytes hold tensors of \(total)")
  }

  /// Models as `save` writes them; what is wrong with the weights' hash comes last.
  static let model = FuzzedParser(
    name: "model", seeds: { try TrainedSeeds.files("model.safetensors") }, longest: 16384
  ) { bytes in
    let file = try WeightFile(ByteSource(bytes: bytes, name: "x"))
    let model = try ModelFile.load(file).model
    let weights = Dictionary(
      model.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    use(try RunState(of: file, weights: weights))
  }

  /// Checkpoints, with a hash that is right for what they hold: damage gets past it.
  static let checkpoint = FuzzedParser(
    name: "checkpoint", seeds: { try TrainedSeeds.files("last.safetensors") }, longest: 16384
  ) { bytes in use(try RunState(fileBytes: withRightHash(bytes), name: "x")) }

  private static func use(_ state: RunState?) {
    guard let state else { return }
    _ = state.stepsDone
    if let last = state.progress.history.last { _ = EpochScores(last).leadingText }
  }

  private static func withRightHash(_ bytes: [UInt8]) -> [UInt8] {
    let mark = Array("\"graft.sha256\":\"".utf8)
    guard let start = bytes.firstRange(of: mark)?.upperBound, start + 64 <= bytes.count else {
      return bytes
    }
    var result = bytes
    result.replaceSubrange(
      start..<start + 64, with: [UInt8](repeating: UInt8(ascii: "0"), count: 64))
    result.replaceSubrange(start..<start + 64, with: ContentHash.of(result).hex.utf8)
    return result
  }

  /// `run.json`, as `runs all` lists it.
  static let run = FuzzedParser(
    name: "run", seeds: { try TrainedSeeds.files("run.json") }
  ) { bytes in
    guard let run = try? JSONDecoder().decode(StoredRun.self, from: Data(bytes)) else { return }
    _ = (run.shortID, run.place, run.updated.clockText, run.started.clockText, run.isCalled("B"))
    let again = try JSONDecoder().decode(StoredRun.self, from: JSONEncoder().encode(run))
    require(again == run, "what is written reads otherwise")
  }
}

/// Files of a tiny training that is run once, in this process.
enum TrainedSeeds {
  static func files(_ name: String) throws -> [[UInt8]] {
    let folder = try made.get()
    guard let found = FileManager.default.enumerator(atPath: folder) else { return [] }
    return try found.compactMap { $0 as? String }.filter { $0.hasSuffix("/" + name) }.map {
      [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + $0)))
    }
  }

  private static let made = Result { () throws -> String in
    let folder = Scratch.folder + "/trained"
    try FileManager.default.createDirectory(
      atPath: folder + "/out", withIntermediateDirectories: true)
    let console = Console(isQuiet: true, output: { _ in }, errors: { print($0) })
    let session = Session(console: console, folder: folder)
    session.stateFolder = folder + "/state"
    let recipe = """
      set checkpoint=step
      data demo:shapes limit=40
      encoder net("conv(2) relu pool fc(4) relu") size=16
      train epochs=2 batch=16 policy=B as=B patience=1
      save out/model.safetensors
      train epochs=3 batch=16 policy=B as=C stop=3
      save out/part/model.safetensors
      """
    let file = SourceFile(name: "seeds", text: recipe, folder: folder)
    let status = Executor(session).run(file, mode: .recipe)
    guard status == 0 else { throw GraftError(.failed, "the seeds' recipe ended with \(status)") }
    return folder
  }
}
