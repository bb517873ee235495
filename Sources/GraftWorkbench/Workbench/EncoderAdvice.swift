import Foundation
import GraftBase
import GraftData
import GraftModels

/// What `encoder auto` chooses and why.
struct EncoderAdvice {
  /// Weights that are available.
  struct Candidate {
    let encoder: String
    let weights: String
    /// Side of the images they were trained on, in pixels.
    let side: Int
    /// Top-1 in percent.
    let accuracy: Double
    let milliseconds: Double
  }

  /// What is to be learned.
  struct Need {
    /// The middle one of the images' shorter sides, in pixels.
    let side: Int
    let images: Int
    let classes: Int
    /// Seconds for a pass over the images.
    let budget: Double
  }

  let candidate: Candidate
  /// One sentence.
  let reason: String

  static let usualBudget = 600.0
  /// Images up to the first size and encoders up to the second are small.
  private static let smallImages = 48
  private static let smallEncoders = 64

  /// Of the candidates for images of this kind, small or not, the most accurate whose pass over the images
  /// keeps to the budget, else the fastest; nil where there is no candidate.
  ///
  /// Accuracies are compared only where the kind is the same, since those of small encoders are on easier
  /// data. Without a candidate of the kind the one whose size is nearest is taken.
  init?(_ need: Need, among candidates: [Candidate]) {
    let isSmall = need.side <= Self.smallImages
    let alike = candidates.filter { ($0.side <= Self.smallEncoders) == isSmall }
    func pass(_ candidate: Candidate) -> Double {
      Double(need.images) * candidate.milliseconds / 1000
    }
    func distance(_ candidate: Candidate) -> Double {
      abs(log2(Double(candidate.side) / Double(max(1, need.side))))
    }
    let affordable = alike.filter { pass($0) <= need.budget }
    let best: Candidate?
    let why: String
    if !affordable.isEmpty {
      best = affordable.max { ($0.accuracy, -$0.milliseconds) < ($1.accuracy, -$1.milliseconds) }
      why =
        candidates.count == 1
        ? "the only one available" : "the most accurate for such images that keeps to the budget"
    } else if !alike.isEmpty {
      best = alike.min { $0.milliseconds < $1.milliseconds }
      why = "the fastest for such images, since none keeps to the budget"
    } else {
      best = candidates.min { (distance($0), $0.milliseconds) < (distance($1), $1.milliseconds) }
      why =
        "the nearest in size, since none for \(isSmall ? "small" : "larger") images is available"
    }
    guard let best else { return nil }
    candidate = best
    let perClass = need.images / max(1, need.classes)
    reason =
      "chosen for \(need.images) images of \(need.side) px, \(perClass) per class: \(why); trained at "
      + "\(best.side) px, \(pass(best).durationText) for a pass"
      + (perClass < 20 ? ", and `policy A` suits so few" : "")
  }
}

extension Session {
  /// The best of the available weights for the chosen images.
  func encoderAdvice(budget: Double?) throws -> EncoderAdvice {
    let data = try requireData()
    let places = data.partition(.train)
    let sides = (places.isEmpty ? Array(data.samples.indices) : places).map {
      min(data.samples[$0].size.width, data.samples[$0].size.height)
    }
    var timings = EncoderTimings(of: pretrained)
    let candidates = try pretrained.listing.filter { $0.path != nil }.compactMap { weights in
      let entry = weights.entry
      return try entry.accuracy.map { accuracy in
        EncoderAdvice.Candidate(
          encoder: entry.encoder, weights: entry.weights, side: entry.input.side,
          accuracy: accuracy, milliseconds: try timings.milliseconds(of: entry, in: self) ?? 0)
      }
    }
    timings.save()
    let need = EncoderAdvice.Need(
      side: sides.sorted()[checked: sides.count / 2] ?? 0, images: sides.count,
      classes: data.classes.count, budget: budget ?? EncoderAdvice.usualBudget)
    guard let advice = EncoderAdvice(need, among: candidates) else {
      throw GraftError(
        .failed, "no weights to choose from are available",
        help: "name an encoder, which fetches its weights: encoder mobilenet_v2")
    }
    return advice
  }
}
