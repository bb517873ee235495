import GraftBase

/// Turns single pixels white or black.
package struct SaltAndPepper: Transform, Equatable {
  package static let name = "saltpepper"
  package static let summary = "set single pixels to white or black"
  private static let amount = Argument(
    "amount", .range(0...1), default: 0.01...0.06, "share of the pixels that are changed")
  private static let salt = Argument(
    "salt", .range(0...1), default: 0.4...0.6, "share of the changed pixels that become white")
  package static let arguments: [any AnyArgument] = [amount, salt]
  package static let examples = ["saltpepper(0.02)", "saltpepper(0.01..0.06, salt=0.5, p=0.3)"]
  package static let synonyms = ["saltandpepper", "impulse", "pepper"]

  let amount: ClosedRange<Double>
  let salt: ClosedRange<Double>

  package struct Parameters: Codable, Sendable, Equatable {
    package var amount: Double
    package var salt: Double
    /// Key of the positions.
    package var seed: UInt64
  }

  package init(_ arguments: ArgumentValues) {
    amount = arguments[Self.amount]
    salt = arguments[Self.salt]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    Parameters(
      amount: random.uniform(amount), salt: random.uniform(salt), seed: random.seed())
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .repaint("salt and pepper") {
        $0.withSaltAndPepper(
          amount: parameters.amount, salt: parameters.salt, seed: parameters.seed)
      }
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    (parameters.amount * 100).signedText(1) + " %"
  }
}
