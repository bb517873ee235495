import Foundation
import GraftBase
import GraftImaging

/// Which kinds of preview go together.
extension PreviewCommand {
  /// Previews with a row each cannot also be a grid, and show one thing at a time.
  func checkRows() throws {
    if arguments.isGiven(Self.strengths) {
      let drawn: [any AnyArgument] = [
        Self.steps, Self.difference, Self.epoch, Self.epochs, Self.views, Self.batch,
      ]
      if let given = arguments.firstGiven(of: drawn) {
        throw arguments.fault(
          .wrongType, at: given,
          "`\(given.name)` shows what is drawn, `strengths` what could be drawn")
      }
      if !arguments.isGiven(Self.augment) {
        throw arguments.fault(
          .missingParameter, at: Self.strengths, "`strengths` needs an op to show",
          help: "for example: preview 1 augment=rotate(5..45) strengths=7")
      }
    }
    if arguments[Self.steps], arguments[Self.difference] {
      throw arguments.fault(
        .wrongType, at: Self.difference, "`steps` and `difference` are two kinds of rows",
        help: "give one of them")
    }
    let hasRows =
      arguments[Self.steps] || arguments[Self.difference] || arguments.isGiven(Self.strengths)
      || arguments[Self.augment].count > 1
    if arguments.isGiven(Self.grid) && hasRows {
      throw arguments.fault(
        .wrongType, at: Self.grid,
        "`grid` is for one pipeline; steps, difference, strengths and several pipelines have rows",
        help: "for example: preview grid=4x2")
    }
  }

  /// The kind of animation that the suffix of `to=` names; nil for others.
  var animationFormat: Animation.Format? {
    let suffix = arguments[Self.output].map { ($0 as NSString).pathExtension.lowercased() }
    return suffix.flatMap(Animation.Format.init)
  }

  /// Animations go into files of their own kinds, and nothing else does.
  func checkAnimation() throws {
    let animated = arguments.isGiven(Self.epochs)
    if arguments.isGiven(Self.pause), !animated {
      throw arguments.fault(
        .wrongType, at: Self.pause, "`pause` is for animations",
        help: "for example: preview 4 epochs=8 pause=1 to=epochs.apng")
    }
    if animated, animationFormat == nil {
      let places: [any AnyArgument] = [Self.output, Self.epochs]
      let place = arguments.firstGiven(of: places) ?? Self.epochs.declaration
      throw arguments.fault(
        .wrongType, at: place, "an animation is written as .apng or .gif",
        help: "for example: preview 4 epochs=8 to=epochs.apng")
    }
    if !animated, let format = animationFormat {
      throw arguments.fault(
        .wrongType, at: Self.output, "a .\(format.rawValue) file is an animation of epochs",
        help: "for example: preview 4 epochs=8 to=epochs.\(format.rawValue)")
    }
    if animated, arguments[Self.epoch] > 1_000_000 - 200 {
      throw arguments.fault(
        .outOfRange, at: Self.epoch, "`epoch` leaves no room for the epochs of an animation")
    }
  }
}
