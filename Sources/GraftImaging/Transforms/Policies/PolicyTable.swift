/// A policy of sub-policies, of which an image takes one; the learned ones have two operations each.
package struct PolicyTable: Sendable {
  package struct Entry: Sendable {
    package let operation: PolicyOperation
    package let probability: Double
    /// 0...9; timm's go to 10.
    package let level: Int
  }

  package let subPolicies: [[Entry]]

  /// A row is a sub-policy; 0 stands for the level of an operation that has none.
  init(_ rows: [[(PolicyOperation, Double, Int)]]) {
    subPolicies = rows.map { row in
      row.map { Entry(operation: $0.0, probability: $0.1, level: $0.2) }
    }
  }
}
