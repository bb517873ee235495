import GraftBase
import GraftEngine

// Names as the code around a model leaves them in its file.

extension WeightFile {
  /// The modules that training code puts a model into: first parts of names.
  private static let wrappers: Set<String> = [
    "module", "_orig_mod", "model", "backbone", "encoder", "net", "network", "student", "teacher",
    "ema_model", "base_model", "image_encoder",
  ]

  /// These weights, and those below each chain of wrappers without it, the likeliest first.
  var unwrappings: [WeightFile] {
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
    let ordered = chains.sorted {
      let isStudent = ($0.text.contains("student."), $1.text.contains("student."))
      return isStudent.0 == isStudent.1
        ? ($0.bytes.count, $0) < ($1.bytes.count, $1) : isStudent.1
    }
    return [self] + ordered.prefix(8).map(below)
  }

  private func below(_ chain: ByteString) -> WeightFile {
    let inside = tensors.values.filter { $0.name.bytes.starts(with: chain.bytes) }.map {
      SafetensorsTensor(
        name: ByteString(Array($0.name.bytes.dropFirst(chain.bytes.count))), type: $0.type,
        shape: $0.shape, bytes: $0.bytes)
    }
    let left = tensors.count - inside.count
    let others = left > 0 ? "; \(left) other tensors were left out" : ""
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
