extension Array {
  /// The element at `index`, or nil outside the array.
  package subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
