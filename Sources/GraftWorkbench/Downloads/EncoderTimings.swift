import Foundation
import GraftBase
import GraftEngine
import GraftModels

/// How long encoders take for one image on this machine, measured once and kept beside the cache of weights.
struct EncoderTimings {
  private let path: String?
  private var known: [String: Double] = [:]
  private var isChanged = false

  /// Measured for so long, or so often.
  private static let seconds = 0.2
  private static let most = 20

  init(of weights: PretrainedWeights) {
    path = weights.cache.map { FilePath.folder(of: $0) + "/timings" }
    guard let path, let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    for line in text.split(separator: "\n") {
      guard let mark = line.lastIndex(of: " "), let value = Double(line[line.index(after: mark)...])
      else { continue }
      known[String(line[..<mark])] = value
    }
  }

  /// Milliseconds for one image at the size of the entry, with random weights of the same shapes.
  ///
  /// Nil where the encoder cannot be built here, and in a rehearsal, which measures nothing.
  mutating func milliseconds(
    of entry: PretrainedCatalog.Entry, in session: Session
  ) throws -> Double? {
    let key = "\(entry.encoder) \(entry.input.side) \(session.pool.threadCount)"
    if let value = known[key] { return value }
    guard session.trial == nil, let spec = try? Encoders.named(entry.encoder) else { return nil }
    try session.interrupts.check()
    let model = try Model(
      spec: spec, head: .linear(), classes: ["a", "b"], seed: 0, input: entry.input)
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: model.inputShapes(batch: 1),
      pool: session.pool)
    // The first pass packs weights and fills caches.
    plan.forward()
    var times: [Double] = []
    while times.isEmpty || times.count < Self.most && times.reduce(0, +) < Self.seconds {
      let start = ContinuousClock.now
      plan.forward()
      times.append((ContinuousClock.now - start) / .seconds(1))
    }
    let value = 1000 * times.sorted()[times.count / 2]
    known[key] = value
    isChanged = true
    return value
  }

  /// Keeps what was measured; a folder that cannot be written costs another measurement, nothing else.
  func save() {
    guard isChanged, let path else { return }
    let lines = known.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.fixedText(3))" }
    try? FileManager.default.createDirectory(
      atPath: FilePath.folder(of: path), withIntermediateDirectories: true)
    try? AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
  }
}
