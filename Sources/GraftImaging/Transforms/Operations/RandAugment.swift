import GraftBase

/// Applies `n` operations drawn from 14 at one magnitude (Cubuk et al., 2020), as in torchvision.
package struct RandAugment: Transform, Equatable {
  package static let name = "randaugment"
  package static let summary = "apply n operations drawn from 14, at magnitude m"
  package static let options = [
    TransformOption("n", .integer(1...14), default: "2", "operations per image"),
    TransformOption("m", .integer(0...30), default: "9", "magnitude, 0 weakest to 30 strongest"),
    WarpFilter.option,
    FillChoice.option(default: .black),
  ]
  package static let examples = ["randaugment(n=2, m=9)", "randaugment(2, 15, fill=mean)"]
  package static let synonyms = ["rand", "randaug", "autoaugment", "trivialaugment", "augmix"]

  let count: Int
  let magnitude: Int
  let filter: WarpFilter
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    package var steps: [PolicyStep]
    package var fill: FillColour
  }

  package init(_ arguments: TransformArguments) {
    count = arguments.integer("n")
    magnitude = arguments.integer("m")
    filter = arguments.choice("filter")
    fill = arguments.choice("fill")
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let operations = PolicyOperation.randAugment
    let steps = (0..<count).map { _ in
      let operation = operations[random.integer(in: 0...(operations.count - 1))]
      let amount = operation.randAugmentAmount(Double(magnitude) / 30, size: size)
      let isReversed = operation.isSigned && random.gate(0.5)
      return PolicyStep(operation: operation, amount: isReversed ? -amount : amount)
    }
    return Parameters(steps: steps, fill: fill.colour(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    parameters.steps.flatMap { $0.edits(size: size, filter: filter, fill: parameters.fill) }
  }

  package func describe(_ parameters: Parameters) -> String {
    parameters.steps.map(\.text).joined(separator: ", ")
  }
}
