import GraftBase

/// A parser of something that comes from outside, as libFuzzer calls it.
///
/// It holds when every input ends in a value or in a `GraftError`, within the memory and time that
/// libFuzzer allows. A new parser is one constant and one line in `all`.
struct FuzzedParser: Sendable {
  let name: String
  /// Files of the repository that mutation starts from: all with the suffix in a folder of fixtures.
  var fixtures: [(folder: String, suffix: String)] = []
  /// Inputs that are made here.
  var seeds: @Sendable () throws -> [[UInt8]] = { [] }
  /// The longest input in bytes.
  var longest = 4096
  /// Reads an input and uses what was read; throws `GraftError` to refuse it.
  let read: @Sendable ([UInt8]) throws -> Void

  static let all: [FuzzedParser] =
    images + [
      .safetensors, .torch, .onnx, .model, .checkpoint, .run, .idxImages, .idxLabels, .cifar,
      .table, .coco, .voc, .yolo, .yoloNames, .recipe, .formula, .completion,
    ]

  /// Lines of text as inputs.
  static func texts(_ texts: String...) -> @Sendable () throws -> [[UInt8]] {
    { texts.map { Array($0.utf8) } }
  }
}

/// Ends the process where a parser breaks a promise that is no crash.
func require(_ holds: Bool, _ promise: @autoclosure () -> String) {
  guard !holds else { return }
  fatalError("broken: \(promise())")
}
