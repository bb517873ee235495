/// What an op becomes where a classifier is applied at every position of a larger image in one pass
/// (Sermanet et al., 2014).
///
/// Ops after the last map of an encoder see a window of the map, as large as the whole map at the
/// model's own size.
package enum DenseForm: Sendable {
  /// It is recorded as it is.
  case same
  /// It does nothing in evaluation, and is left out.
  case nothing
  /// It works on each value by itself, so that it may also stand between flattening and a fully
  /// connected layer.
  case elementwise
  /// It makes one pixel of the map; the op does the same to each window of the map.
  case pooling(@Sendable (_ window: Pair) -> any Op)
  /// It averages the map to so many pixels, which the fully connected layer after it takes in.
  case averaging(to: Pair)
  /// It makes the map a vector, which the fully connected layer after it takes in.
  case flattening
  /// It is fully connected with so many outputs; the op is a convolution with the same weights.
  case connecting(outputs: Int, @Sendable (_ window: Pair) -> any Op)
  /// There is none, for this reason.
  case refused(String)
}
