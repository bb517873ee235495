import GraftEngine

/// The part that turns an encoder's feature map into one number per class.
package protocol Head {
  /// Records the head on the encoder's last feature map [N, h, w, C].
  func callAsFunction(_ map: Value) throws -> HeadValues
  /// Records the rest of the head on a value with the shape of `HeadValues.input`.
  func logits(from input: Value) throws -> Value
}

/// What a head computes.
package struct HeadValues {
  /// The pooled features [N, F].
  package let features: Value
  /// What the head's own parameters read: the pooled features, or a convolution head's map.
  ///
  /// A cache for a frozen encoder keeps this.
  package let input: Value
  /// [N, classes], before softmax.
  package let logits: Value
}
