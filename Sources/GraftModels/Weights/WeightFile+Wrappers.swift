import GraftBase
import GraftEngine

// Names as the code around a model leaves them in its file.

extension WeightFile {
  /// The modules that training code puts a model into: first parts of names.
  private static let wrappers: Set<String> = [
    "module", "_orig_mod", "model", "backbone", "encoder", "net", "network", "student", "teacher",
    "ema_model", "ema", "model_ema", "base_model", "image_encoder", "state_dict", "state_dict_ema",
  ]

  /// The modules of weights that are averaged over a training.
  private static let averages = ["ema_model.", "ema.", "model_ema.", "state_dict_ema.", "teacher."]

  /// Leaves the averaged weights alone, for files that have them beside others.
  mutating func takeAverages() throws {
    if notes.contains(where: { $0.hasPrefix("the weights are those under '") && $0.contains("ema") }
    ) {
      return
    }
    for chain in unwrappedChains
    where Self.averages.contains(where: {
      chain.text.hasPrefix($0) || chain.text.contains("." + $0)
    }) {
      self = below(chain)
      return
    }
    throw GraftError(
      .input, "'\(name.escapingControlCharacters)' has no averaged weights",
      help: "leave out ema=yes; they are those under state_dict_ema, model_ema or ema_model")
  }

  /// These weights, and those below each chain of wrappers without it, the likeliest first.
  var unwrappings: [WeightFile] { [self] + unwrappedChains.prefix(8).map(below) }

  /// The chains of wrappers that names begin with, the likeliest first.
  private var unwrappedChains: [ByteString] {
    var chains: Set<ByteString> = []
    for name in tensors.keys {
      var end = name.bytes.startIndex
      while let dot = name.bytes[end...].firstIndex(of: UInt8(ascii: ".")),
        Self.wrappers.contains(String(decoding: name.bytes[end..<dot], as: UTF8.self))
      {
        end = dot + 1
        chains.insert(ByteString(Array(name.bytes[..<end])))
      }
    }
    // Where there are a teacher and a student, the teacher is the one to use (Caron, 2021).
    return chains.sorted {
      let isStudent = ($0.text.contains("student."), $1.text.contains("student."))
      return isStudent.0 == isStudent.1
        ? ($0.bytes.count, $0) < ($1.bytes.count, $1) : isStudent.1
    }
  }

  private func below(_ chain: ByteString) -> WeightFile {
    let inside = tensors.values.filter { $0.name.bytes.starts(with: chain.bytes) }.map {
      SafetensorsTensor(
        name: ByteString(Array($0.name.bytes.dropFirst(chain.bytes.count))), type: $0.type,
        shape: $0.shape, bytes: $0.bytes)
    }
    let left = tensors.count - inside.count
    let isAverage = Self.averages.contains { average in
      average != "teacher." && tensors.keys.contains { $0.text.hasPrefix(average) }
        && !chain.text.contains(average)
    }
    let others =
      (left > 0 ? "; \(left) other tensors were left out" : "")
      + (isAverage ? "; ema=yes takes the averaged weights among them" : "")
    return replacing(
      inside, adding: ["the names began with '\(chain)', which was removed\(others)"],
      allowingReshaping: allowsReshaping)
  }

  /// Throws what keeps these weights, spelled for the encoder, from being loaded into it; its classifier
  /// does not count.
  package func checkFit(to spec: EncoderSpec) throws {
    var report = LoadReport()
    for (name, shape) in spec.parameterShapes.sorted(by: { $0.key < $1.key }) {
      guard let tensor = tensors[ByteString(name)] else {
        report.missing.append(name)
        continue
      }
      if !isLoadable(tensor.shape, as: shape.dimensions) {
        report.misshapen.append("\(name) is \(Shape(tensor.shape)) instead of \(shape)")
      }
    }
    guard report.isComplete else { throw report.mismatch(of: self, for: spec) }
  }

  /// How many classes the encoder's own classifier has in these weights, spelled for it; nil where they have
  /// none.
  package func ownClassCount(of spec: EncoderSpec) -> Int? {
    guard spec.ownClassCount > 0 else { return nil }
    let state = ModelState()
    _ = spec.makeOwnHead(Scope(state), spec.ownClassCount)
    var counts: Set<Int> = []
    for parameter in state.parameters {
      guard let shape = tensors[ByteString(parameter.name)]?.shape, let count = shape.first,
        parameter.torchShape[0] == spec.ownClassCount,
        shape.dropFirst().reduce(1, *) == parameter.torchShape.dimensions.dropFirst().reduce(1, *)
      else { return nil }
      counts.insert(count)
    }
    return counts.count == 1 ? counts.first : nil
  }

  /// The encoders that have most of these tensors, the nearest first, with the share of the larger list
  /// that is in both.
  package func nearestEncoders(_ count: Int) -> [(spec: EncoderSpec, share: Double)] {
    let files = unwrappings
    return Encoders.all.map { spec -> (spec: EncoderSpec, share: Double) in
      let shapes = Encoders.parameterShapes[spec.name] ?? [:]
      let most = Self.spellings(of: files, for: spec).map { file -> Double in
        let common = shapes.count { file.tensors[ByteString($0.key)]?.shape == $0.value.dimensions }
        return Double(common) / Double(max(1, max(shapes.count, file.weightCount - 2)))
      }.max()
      return (spec, most ?? 0)
    }.filter { $0.share > 0.2 }.sorted { $0.share > $1.share }.prefix(count).map { $0 }
  }

  /// The nearest encoders as a sentence; nil where none is near.
  package var nearestText: String? {
    let nearest = nearestEncoders(3)
    guard !nearest.isEmpty else { return nil }
    return "the nearest encoders by names and shapes: "
      + nearest.map { "\($0.spec.name) (\(Int(100 * $0.share)) %)" }.joined(separator: ", ")
  }

  /// The same with another sentence about it.
  package func noting(_ note: String) -> WeightFile {
    replacing(Array(tensors.values), adding: [note], allowingReshaping: allowsReshaping)
  }

  /// Whether values of one shape can be loaded as another; a convolution may have its own input channels.
  private func isLoadable(_ shape: [Int], as wanted: [Int]) -> Bool {
    guard shape != wanted else { return true }
    if shape.count == 4, wanted.count == 4, shape[0] == wanted[0], shape[2...] == wanted[2...] {
      return true
    }
    return allowsReshaping && shape.reduce(1, *) == wanted.reduce(1, *)
      && shape.first == wanted.first
  }
}
