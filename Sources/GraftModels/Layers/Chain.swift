import GraftEngine

/// Anything that turns one value into another.
package protocol Layer {
  func callAsFunction(_ x: Value) throws -> Value
}

extension PlainLayer: Layer {
  package func callAsFunction(_ x: Value) throws -> Value { try self([x]) }
}

/// A layer that is one operation of one input, with parameters that it asks its scope for.
package protocol OperationLayer: Layer {
  var operation: PlainLayer { get }
}

extension OperationLayer {
  package func callAsFunction(_ x: Value) throws -> Value { try operation(x) }
}

/// Layers one after the other.
package struct Chain: Layer {
  private let layers: [any Layer]

  package init(_ layers: [any Layer]) { self.layers = layers }
  package init(_ layers: any Layer...) { self.layers = layers }

  package func callAsFunction(_ x: Value) throws -> Value { try layers.reduce(x) { try $1($0) } }
}

/// Branches that read one value; their results joined along the channels, in their order.
package struct Branches: Layer {
  private let branches: [any Layer]
  private let concatenation: PlainLayer

  package init(_ scope: Scope, _ branches: [any Layer]) {
    self.branches = branches
    concatenation = .concatenation(scope["concatenation"])
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try concatenation(branches.map { try $0(x) })
  }
}
