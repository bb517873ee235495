import GraftBase

/// The batch-level part of a pipeline: `mixup`, `cutmix`, or one of both.
package struct Mixing: Sendable {
  struct Choice: Sendable, Equatable {
    let name: String
    let arguments: ArgumentValues
    let probability: Double
    let mix: any BatchMix

    var mode: MixingMode { arguments[Mixing.mode] }
    var weight: Double { arguments[Mixing.weight] }

    static func == (left: Choice, right: Choice) -> Bool {
      left.name == right.name && left.arguments == right.arguments
    }
  }

  /// One of them is drawn by weight, and then its gate; all have one mode.
  let choices: [Choice]

  /// The operations on batches, in the order `help` lists them.
  package static let all: [any BatchMix.Type] = [MixUp.self, CutMix.self]

  package static func named(_ name: String) -> (any BatchMix.Type)? {
    all.first { $0.answers(to: name) }
  }

  /// What happens to a batch of `count` images of `size`; nil when it stays as it is.
  ///
  /// `batch` is the number of the batch in its epoch. Partners have a stream of their own, and so
  /// has each draw of the mode.
  package func draw(
    seed: UInt64, epoch: Int, batch: Int, count: Int, size: ImageSize
  ) -> MixingDraw? {
    guard count > 1 else { return nil }
    func stream(_ slot: Int) -> RandomStream {
      RandomStream(seed: seed, purpose: .mixing, epoch: epoch, sample: batch, slot: slot)
    }
    let draws = { (count: Int) in
      (0..<count).map { index in
        var random = stream(1 + index)
        return mix(size: size, random: &random)
      }
    }
    var partners = stream(0)
    switch choices[0].mode {
    case .batch:
      guard let mix = draws(1)[0] else { return nil }
      return MixingDraw(
        size: size, partners: partners.permutation(count),
        mixes: [MixingDraw.Mix?](repeating: mix, count: count))
    case .pair:
      let half = draws(count / 2)
      let middle = [MixingDraw.Mix?](repeating: nil, count: count % 2)
      return MixingDraw(
        size: size, partners: (0..<count).reversed(), mixes: half + middle + half.reversed())
    case .element:
      return MixingDraw(size: size, partners: partners.permutation(count), mixes: draws(count))
    }
  }

  private func mix(size: ImageSize, random: inout RandomStream) -> MixingDraw.Mix? {
    let choice = choices[random.index(weights: choices.map(\.weight))]
    guard random.gate(choice.probability) else { return nil }
    return MixingDraw.Mix(
      name: choice.name, region: choice.mix.sample(size: size, random: &random))
  }
}

extension Mixing: Equatable {}
