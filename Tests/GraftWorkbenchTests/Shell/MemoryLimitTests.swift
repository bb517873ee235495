import Foundation
import Testing

/// The built program under a limit of its address space (`ulimit -v`).
@Suite(.enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"))
struct MemoryLimitTests {
  private let folder: String

  init() throws { folder = try TemporaryFolder.make() }

  private func graft(
    _ commands: String, mebibytes: Int
  ) throws -> (status: Int32, output: String, hasTrapped: Bool) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "ulimit -v \(mebibytes << 10) && exec \"$0\" --no-color --threads 2 -c \"$1\"",
      GraftProcess.path ?? "", commands,
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = GraftProcess.environment(folder)
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, process.terminationReason == .uncaughtSignal)
  }

  /// What the program itself takes when it starts, from its own sentence.
  private func least() throws -> Int {
    for limit in stride(from: 110, through: 400, by: 10) {
      let text = try graft("seed 1", mebibytes: limit).output
      guard let range = text.range(of: "graft needs at least ") else { continue }
      return try #require(Int(text[range.upperBound...].prefix { $0.isNumber }))
    }
    throw CocoaError(.featureUnsupported)
  }

  @Test func belowWhatItNeedsItSaysSo() throws {
    let least = try least()
    #expect((120..<400).contains(least))
    let refused = try graft("seed 1", mebibytes: least - 5)
    #expect(refused.status == 1 && !refused.hasTrapped, "\(refused.output)")
    #expect(refused.output.contains("help: ulimit -v \(least << 10), or more\n"))
    let accepted = try graft("seed 1", mebibytes: least + 1)
    #expect(accepted.status == 0 && accepted.output == "seed 1\n", "\(accepted.output)")
  }

  /// A network with large maps is trained, evaluated and its images rendered in less and less memory.
  @Test func trainingEndsInSuccessOrASentence() throws {
    let least = try least()
    let net = "encoder net(\"[conv(32) relu]*2 pool conv(8) relu pool fc(8) relu\") size=96"
    let text =
      "data demo:shapes limit=20 ; \(net) ; policy B ; train epochs=2 batch=8 ; evaluate"
      + " ; render to=out copies=1 existing=replace"
    var statuses: Set<Int32> = []
    for more in [1, 12, 25, 50, 75, 100, 150, 400] {
      let run = try graft(text, mebibytes: least + more)
      statuses.insert(run.status)
      #expect(!run.hasTrapped && [0, 1].contains(run.status), "\(more): \(run.output)")
      #expect((run.status == 0) != run.output.contains("error: "), "\(more): \(run.output)")
    }
    #expect(statuses == [0, 1])
  }

  /// At the prompt and with --keep-going, what cannot be had ends the command, not the session.
  @Test func theSessionGoesOn() throws {
    let least = try least()
    let process = try graft(
      "data demo:shapes limit=20 ; encoder vgg16 weights=random ; train",
      mebibytes: least + 100)
    #expect(process.status == 1 && process.output.contains("a model of vgg16 needs"))
    try "encoder vgg16 weights=random\ndata demo:shapes limit=20\ntrain\nseed 5\n"
      .write(toFile: folder + "/a.graft", atomically: true, encoding: .utf8)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = [
      "-c", "ulimit -v \((least + 100) << 10) && \"$0\" --keep-going run a.graft > said 2>&1",
      GraftProcess.path ?? "",
    ]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder)
    shell.environment = GraftProcess.environment(folder)
    try shell.run()
    shell.waitUntilExit()
    let said = try String(contentsOfFile: folder + "/said", encoding: .utf8)
    #expect(said.contains("a model of vgg16") && said.contains("seed 5"), "\(said)")
  }

  /// A file is not bad, and left out, because there is too little memory to decode it.
  @Test func tooLittleMemoryMakesNoFileBad() throws {
    let (width, height) = (2500, 1600)
    let numbers = [14 + 40 + 3 * width * height, 0, 54, 40, width, height, 24 << 16 | 1, 0]
    let header =
      Array("BM".utf8)
      + numbers.flatMap { number in (0..<4).map { UInt8(number >> (8 * $0) & 255) } }
      + [UInt8](repeating: 0, count: 20)
    for name in ["a/1", "a/2", "b/1", "b/2"] {
      let path = URL(fileURLWithPath: "\(folder)/data/\(name).bmp")
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      let color = UInt8(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 255)
      try Data(header + [UInt8](repeating: color, count: 3 * width * height)).write(to: path)
    }
    let refused = try graft("data data bad=skip", mebibytes: least() + 9)
    #expect(refused.status == 2 && !refused.hasTrapped, "\(refused.output)")
    #expect(refused.output.contains("decoding it needs 24.0 MB of memory"), "\(refused.output)")
    let read = try graft("data data bad=skip", mebibytes: least() + 200)
    #expect(read.status == 0 && read.output.contains("data: 4 images"), "\(read.output)")
  }
}
