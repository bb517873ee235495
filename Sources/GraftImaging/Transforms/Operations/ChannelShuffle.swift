import GraftBase

/// Puts the color channels in a random order; the order drawn may be the first one.
package struct ChannelShuffle: Transform, Equatable {
  package static let name = "channelshuffle"
  package static let summary = "put the color channels in a random order"
  package static let examples = ["channelshuffle", "channelshuffle(p=0.2)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["randomchannelpermutation", "permutechannels", "swapchannels"]

  package init(_ arguments: ArgumentValues) {}

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> [Int] { random.permutation(3) }

  package func edits(_ parameters: [Int], size: ImageSize) -> [Edit] {
    [.repaint("channel shuffle") { $0.withChannels(parameters) }]
  }

  package func describe(_ parameters: [Int]) -> String {
    parameters.map { ["R", "G", "B"][$0] }.joined()
  }
}
