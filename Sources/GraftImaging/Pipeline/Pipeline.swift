import GraftBase

/// An ordered list of augmentations, checked and ready to run: what an `augment` line means.
///
/// Every operation's draws are a pure function of (seed, epoch, sample, place in the line), so any
/// image can be made again alone, on any number of threads. They are made from the image's size,
/// before its pixels are touched: `draw` gives edits, `EditProgram` does them.
package struct Pipeline: Sendable {
  /// The calls as given, numbers in their shortest form.
  package let calls: [TransformCall]
  /// What happens to whole batches; nil without `mixup` and `cutmix`.
  package let mixing: Mixing?
  /// Whether passes are joined where that changes pixels a little.
  package let isFast: Bool
  let steps: [PipelineStep]

  /// The pipeline that changes nothing.
  package static let none = Pipeline()

  private init() {
    calls = []
    mixing = nil
    isFast = false
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
    isFast = reader.isFast
    mixing = reader.mixes.isEmpty ? nil : Mixing(choices: reader.mixes)
  }

  /// Every operation that may stand in a line, in the order `help` lists them.
  package static let operations: [any PipelineOperation.Type] =
    Transforms.all + Mixing.all + [ChooseOne.self, ChooseSome.self, FastMode.self]

  /// Whether no image and no batch is changed.
  package var isEmpty: Bool { steps.isEmpty && mixing == nil }

  /// Whether `fast` stands there with nothing to be fast about.
  package var isIdle: Bool { isFast && isEmpty }

  /// Whether a consistency loss has images to compare: `augmix` is among the operations.
  package var differsBetweenCopies: Bool { steps.contains(where: \.differsBetweenCopies) }

  /// The earliest image that an operation has to be given in training.
  package var input: TransformInput { steps.map(\.input).min() ?? .encoderInput }
}

// MARK: - Drawing

extension Pipeline {
  /// What each operation does to the sample of `key` with an image of `size`.
  package func draw(
    size: ImageSize, key: SampleKey, context: TransformContext
  ) -> [DrawnStep] {
    var drawn: [DrawnStep] = []
    var size = size
    for step in steps { step.draw(&drawn, size: &size, key: key, context: context) }
    return drawn
  }

  /// The augmented image of `key`.
  package func apply(to image: Image, key: SampleKey, context: TransformContext) -> Image {
    let edits = draw(size: image.size, key: key, context: context).flatMap { $0.edits ?? [] }
    return EditProgram(edits, size: image.size, isFast: isFast).run(on: image)
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
  /// Equal pipelines give the same images; `crop(4)` equals `crop(pad=4)`.
  package static func == (left: Pipeline, right: Pipeline) -> Bool {
    left.steps == right.steps && left.mixing == right.mixing && left.isFast == right.isFast
  }
}

extension Pipeline: Codable {
  package init(from decoder: any Decoder) throws {
    self = try Pipeline([TransformCall](from: decoder))
  }

  package func encode(to encoder: any Encoder) throws { try calls.encode(to: encoder) }
}
