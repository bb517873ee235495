import GraftBase

/// An ordered list of augmentations, checked and ready to run: what an `augment` line means.
///
/// Every operation's draws are a pure function of (seed, epoch, sample, place in the line), so any
/// picture can be made again alone, on any number of threads.
package struct Pipeline: Sendable {
  /// The calls as given, numbers in their shortest form.
  package let calls: [TransformCall]
  /// What happens to whole batches; nil without `mixup` and `cutmix`.
  package let mixing: Mixing?
  let steps: [PipelineStep]

  /// The pipeline that changes nothing.
  package static let none = Pipeline()

  private init() {
    calls = []
    mixing = nil
    steps = []
  }

  /// Checks the calls; the error says which call and argument is at fault.
  package init(_ calls: [TransformCall]) throws(TransformCallError) {
    var reader = PipelineReader()
    for (index, call) in calls.enumerated() {
      do { try reader.read(call) } catch { throw error.inside(index) }
    }
    self.calls = reader.calls
    steps = reader.steps
    mixing = reader.mixes.isEmpty ? nil : Mixing(choices: reader.mixes)
  }

  /// Every operation that may stand in a line, in the order `help` lists them.
  package static let operations: [any PipelineOperation.Type] =
    Transforms.all + Mixing.all + [ChooseOne.self, ChooseSome.self]

  /// Whether no picture and no batch is changed.
  package var isEmpty: Bool { steps.isEmpty && mixing == nil }

  /// The earliest picture that an operation has to be given in training.
  package var input: TransformInput { steps.map(\.input).min() ?? .encoderInput }
}

// MARK: - Running

/// What one operation did to a picture.
package struct TraceStep: Sendable {
  package var name: String
  /// The drawn values for people: `−7.3°`; empty when nothing was drawn.
  package var drawn: String
  /// False when the gate `p` left the picture as it was.
  package var isApplied: Bool
  /// The picture after the operation.
  package var image: Image

  /// The step for people: `rotate −7.3°`, `flip (skipped)`.
  package var title: String {
    guard isApplied else { return name + " (skipped)" }
    return drawn.isEmpty ? name : name + " " + drawn
  }
}

extension Pipeline {
  /// The augmented picture of `key`.
  package func apply(to image: Image, key: SampleKey, context: TransformContext) -> Image {
    var result = image
    var noTrace: [TraceStep]?
    for step in steps { step.run(on: &result, key: key, context: context, trace: &noTrace) }
    return result
  }

  /// What each operation does to the picture of `key`; the last step's picture is the result.
  package func trace(
    _ image: Image, key: SampleKey, context: TransformContext
  ) -> [TraceStep] {
    var result = image
    var trace: [TraceStep]? = []
    for step in steps { step.run(on: &result, key: key, context: context, trace: &trace) }
    return trace ?? []
  }
}

// MARK: - Text and files

extension Pipeline: CustomStringConvertible {
  /// Language text that reads back as an equal pipeline; `none` when there is nothing in it.
  package var description: String {
    calls.isEmpty ? "none" : calls.map(\.description).joined(separator: " ")
  }
}

extension Pipeline: Equatable {
  /// Equal pipelines give the same pictures; `crop(4)` equals `crop(pad=4)`.
  package static func == (left: Pipeline, right: Pipeline) -> Bool {
    left.steps == right.steps && left.mixing == right.mixing
  }
}

extension Pipeline: Codable {
  package init(from decoder: any Decoder) throws {
    self = try Pipeline([TransformCall](from: decoder))
  }

  package func encode(to encoder: any Encoder) throws { try calls.encode(to: encoder) }
}
