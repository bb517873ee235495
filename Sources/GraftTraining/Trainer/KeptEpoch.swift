import GraftBase

/// The epoch whose weights a run ends with.
package enum KeptEpoch: String, Codable, WordChoice {
  case last
  /// The one with the best validation.
  case best
}
