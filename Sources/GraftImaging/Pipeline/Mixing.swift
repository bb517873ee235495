import GraftBase

/// The batch-level part of a pipeline: `mixup`, `cutmix`, or one of both drawn per batch.
package struct Mixing: Sendable {
  struct Choice: Sendable, Equatable {
    let name: String
    let arguments: TransformArguments
    let probability: Double
    let mix: any BatchMix

    static func == (left: Choice, right: Choice) -> Bool {
      left.name == right.name && left.arguments == right.arguments
    }
  }

  /// Every batch draws one of them, each as likely; its gate is drawn after that.
  let choices: [Choice]

  /// The operations on batches, in the order `help` lists them.
  package static let all: [any BatchMix.Type] = [MixUp.self, CutMix.self]

  package static func named(_ name: String) -> (any BatchMix.Type)? {
    all.first { $0.name == name }
  }

  /// What happens to a batch of `count` pictures of `size`; nil when it stays as it is.
  ///
  /// `batch` is the number of the batch in its epoch.
  package func draw(
    seed: UInt64, epoch: Int, batch: Int, count: Int, size: ImageSize
  ) -> MixingDraw? {
    guard count > 1 else { return nil }
    var random = RandomStream(seed: seed, purpose: .mixing, epoch: epoch, sample: batch)
    let choice = choices[random.integer(in: 0...(choices.count - 1))]
    guard random.gate(choice.probability) else { return nil }
    let region = choice.mix.sample(size: size, random: &random)
    return MixingDraw(
      name: choice.name, region: region, partners: random.permutation(count), size: size)
  }
}

extension Mixing: Equatable {}
