import GraftBase

/// A transform without arguments that draws nothing but its gate.
protocol PlainTransform: Transform where Parameters == NoParameters {
  init()
  var edit: Edit { get }
}

/// The parameters of a transform that draws none.
package struct NoParameters: Codable, Sendable {}

extension PlainTransform {
  package init(_ arguments: ArgumentValues) { self.init() }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> NoParameters { NoParameters() }

  package func edits(_ parameters: NoParameters, size: ImageSize) -> [Edit] { [edit] }

  package func describe(_ parameters: NoParameters) -> String { "" }
}
