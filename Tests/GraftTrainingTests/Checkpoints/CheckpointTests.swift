import Foundation
import GraftBase
import GraftModels
import GraftTestSupport
import Testing

@testable import GraftTraining

@Suite struct CheckpointTests {
  private let policy = Policy(.geometric(lowest: 1e-3, highest: 1e-2))

  private func trainer(resuming state: RunState? = nil) throws -> Trainer {
    try TrainerTests.trainer(
      ToyEncoder.model(dropout: 0.2), policy, settings: TrainerTests.settings(epochs: 4),
      resuming: state)
  }

  /// A run stopped after so many updates.
  private func stopped(at step: Int) throws -> RunState {
    let trainer = try trainer()
    _ = try trainer.run { event in
      if case .progress(let progress) = event, progress.step == step { return .stop }
      return .continue
    }
    return trainer.state()
  }

  @Test(arguments: [4, 6])
  func fourEpochsEqualTwoSavedLoadedAndTwo(step: Int) throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(folder.path)
    try checkpoints.save(stopped(at: step))
    let loaded = try #require(try checkpoints.load())
    #expect(loaded.warning == nil && loaded.state.progress.step == step)
    let resumed = try trainer(resuming: loaded.state).run()
    let straight = try trainer().run()
    #expect(resumed.weightsHash == straight.weightsHash)
    #expect(resumed.history == straight.history)
  }

  @Test func theSameStateGivesTheSameBytes() throws {
    let first = try stopped(at: 5).fileBytes()
    let second = try stopped(at: 5).fileBytes()
    #expect(first == second)
    let again = try RunState(fileBytes: first, name: "again").fileBytes()
    #expect(again == first)
  }

  /// Older checkpoints have the place among the words of the identity.
  @Test func placesOfOlderCheckpointsAreRead() throws {
    var state = try stopped(at: 5)
    state.place = RunPlace(phase: 1, stepsBefore: 40)
    #expect(try RunState(fileBytes: state.fileBytes(), name: "new").place == state.place)
    var file = try Safetensors.read(bytes: state.fileBytes(), name: "old")
    let (content, hash) = (ByteString("graft.state"), ByteString("graft.sha256"))
    let text = try #require(file.metadata[content]?.text)
    let place = #""place":{"phase":1,"stepsBefore":40},"#
    #expect(text.contains(place) && text.contains(#""data":"toy""#))
    #expect(text.contains(#""batchNormWishes":"#))
    file.metadata[content] = ByteString(
      text.replacing(place, with: "").replacing(
        #""data":"toy""#, with: #""data":"toy","phase":"1","steps before":"40""#))
    file.metadata[hash] = ByteString(String(repeating: "0", count: 64))
    let zeroed = try Safetensors.bytes(of: file)
    file.metadata[hash] = ByteString(ContentHash.of(zeroed).hex)
    let old = try RunState(fileBytes: Safetensors.bytes(of: file), name: "old")
    #expect(old.place == state.place && old.identity == ["data": "toy"])
  }

  @Test func scoresThatAreNotFiniteAreKept() throws {
    var state = try stopped(at: 3)
    state.progress.history = [
      EpochRecord(
        epoch: 1, step: 3, trainLoss: 1, trainAccuracy: Proportion(1, of: 2),
        validationLoss: .nan, validationAccuracy: nil)
    ]
    let again = try RunState(fileBytes: state.fileBytes(), name: "again")
    #expect(again.progress.history[0].validationLoss?.isNaN ?? false)
  }

  @Test func keepsTheLastTwo() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(folder.path)
    #expect(try checkpoints.load() == nil)
    for step in 1...3 { try checkpoints.save(stopped(at: step)) }
    #expect(try checkpoints.load()?.state.progress.step == 3)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["last-1.safetensors", "last.safetensors"])
  }

  @Test func aDamagedCheckpointGivesWayToTheOneBefore() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(folder.path)
    for step in 1...2 { try checkpoints.save(stopped(at: step)) }
    let last = folder.url.appending(path: "last.safetensors")
    var bytes = try Data(contentsOf: last)
    bytes[bytes.count - 3] ^= 1
    try bytes.write(to: last)
    let loaded = try #require(try checkpoints.load())
    #expect(loaded.state.progress.step == 1)
    #expect(loaded.warning?.contains("its SHA-256 does not match") ?? false)
    // The damaged file must not push the whole one out.
    try checkpoints.save(loaded.state)
    #expect(try checkpoints.load()?.warning == nil)
  }

  /// `GRAFT_EVERY_BYTE` tries each byte of the file, else all of the header and a sample of the values.
  @Test func everyFlippedByteIsDetected() throws {
    let bytes = try stopped(at: 1).fileBytes()
    let isWhole = ProcessInfo.processInfo.environment["GRAFT_EVERY_BYTE"] != nil
    let places =
      Array(0..<min(bytes.count, 700))
      + Array(stride(from: 700, to: bytes.count, by: isWhole ? 1 : 97))
    for place in places {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      #expect(throws: GraftError.self, "byte \(place)") {
        try RunState(fileBytes: damaged, name: "damaged")
      }
    }
    for count in stride(from: 0, to: bytes.count, by: isWhole ? 1 : 997) {
      #expect(throws: GraftError.self, "cut to \(count)") {
        try RunState(fileBytes: Array(bytes.prefix(count)), name: "cut")
      }
    }
  }

  /// A checkpoint with one changed byte is told, and the one before it taken, whichever byte it is.
  @Test func afterEveryFlippedByteTheStateBeforeIsLoaded() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(folder.path)
    let trainer = try trainer()
    _ = try trainer.run { event in
      if case .progress(let progress) = event, progress.step <= 2 {
        try? checkpoints.save(trainer.state())
        return progress.step == 2 ? .stop : .continue
      }
      return .continue
    }
    let last = folder.url.appending(path: "last.safetensors")
    let bytes = [UInt8](try Data(contentsOf: last))
    let isWhole = ProcessInfo.processInfo.environment["GRAFT_EVERY_BYTE"] != nil
    for place in stride(from: 0, to: bytes.count, by: isWhole ? 1 : 61) {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      try folder.write(damaged, to: "last.safetensors")
      let loaded = try #require(try checkpoints.load())
      #expect(loaded.state.progress.step == 1, "byte \(place)")
      #expect(loaded.warning?.contains("last.safetensors") == true, "byte \(place)")
    }
  }

  /// A file from elsewhere may have the right hash and counters that are none.
  @Test(arguments: [
    ("\"step\":1", "\"step\":9223372036854775807"), ("\"step\":1", "\"step\":-1"),
    ("\"stepsBefore\":0", "\"stepsBefore\":9223372036854775807"), ("\"phase\":0", "\"phase\":-1"),
    ("\"history\":[]", "\"best\":0,\"history\":[]"),
    ("\"history\":[]", "\"patienceStart\":1,\"history\":[]"),
    ("\"judged\":4", "\"judged\":-4"), ("\"judged\":4", "\"judged\":0,\"x\":1"),
  ]) func countersOfNoRunAreRefused(old: String, new: String) throws {
    var file = try Safetensors.read(bytes: stopped(at: 1).fileBytes(), name: "file")
    let key = ByteString("graft.state")
    let json = try #require(file.metadata[key]?.text)
    #expect(json.contains(old), "\(json)")
    file.metadata[key] = ByteString(json.replacing(old, with: new))
    file.metadata[ByteString("graft.sha256")] = ByteString(String(repeating: "0", count: 64))
    let zeros = try Safetensors.bytes(of: file)
    file.metadata[ByteString("graft.sha256")] = ByteString(ContentHash.of(zeros).hex)
    let error = #expect(throws: GraftError.self) {
      try RunState(fileBytes: Safetensors.bytes(of: file), name: "file")
    }
    #expect(error?.message.contains("its counters are those of no run") == true)
  }

  @Test(arguments: [(5, 2), (-1, 2), (0, -1)]) func proportionsOfNoCountAreRefused(
    count: Int, total: Int
  ) {
    let json = Data(#"{"count":\#(count),"total":\#(total)}"#.utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Proportion.self, from: json) }
  }

  @Test func aFailedSaveLeavesTheOldOnes() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(folder.path)
    try checkpoints.save(stopped(at: 1))
    let missing = CheckpointFolder(folder.path + "/absent")
    #expect(throws: GraftError.self) { try missing.save(stopped(at: 2)) }
    // A folder in the place of the new file makes its creation fail at the rename.
    try folder.makeFolder("next.safetensors")
    #expect(throws: GraftError.self) { try checkpoints.save(stopped(at: 2)) }
    try FileManager.default.removeItem(at: folder.url.appending(path: "next.safetensors"))
    #expect(try checkpoints.load()?.state.progress.step == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == ["last.safetensors"])
  }

  @Test func otherSafetensorsFilesAreNoCheckpoints() throws {
    let bytes = try Safetensors.bytes(of: SafetensorsFile(tensors: []))
    #expect {
      try RunState(fileBytes: bytes, name: "model.safetensors")
    } throws: {
      ($0 as? GraftError)?.message == "'model.safetensors' is not a checkpoint of a run"
    }
  }
}
