import GraftBase
import GraftEngine

/// A kind of layer that formulas may name: one file and one line in `NetLayers.all`.
package struct NetLayer: Sendable {
  /// A layer ready to be recorded.
  package typealias Module = (Value) throws -> Value

  /// The word in formulas.
  package let name: String
  package let summary: String
  /// Its arguments.
  package let arguments: [ArgumentDeclaration]
  /// Whether a stage ends after it, as after pooling.
  package let endsStage: Bool
  /// Makes the layer for inputs of this shape; throws a sentence when it cannot be.
  package let make:
    @Sendable (_ arguments: NetArguments, _ scope: Scope, _ input: Shape) throws -> Module

  package init(
    _ name: String, _ summary: String, arguments: [any AnyArgument] = [], endsStage: Bool = false,
    make:
      @escaping @Sendable (_ arguments: NetArguments, _ scope: Scope, _ input: Shape) throws ->
      Module
  ) {
    self.name = name
    self.summary = summary
    self.arguments = arguments.map(\.declaration)
    self.endsStage = endsStage
    self.make = make
  }

  /// A layer of one op without arguments.
  static func plain(
    _ name: String, _ summary: String, endsStage: Bool = false, _ op: any Op
  ) -> NetLayer {
    NetLayer(name, summary, endsStage: endsStage) { _, scope, _ in
      let layer = PlainLayer(scope, op)
      return { try layer($0) }
    }
  }
}

extension NetLayer {
  /// How it is written, with its defaults: `pool(kernel=2, …)`.
  package var usage: String {
    let parts = arguments.map { $0.name + ($0.defaultText.map { "=" + $0 } ?? "") }
    return name + (parts.isEmpty ? "" : "(\(parts.joined(separator: ", ")))")
  }
}
