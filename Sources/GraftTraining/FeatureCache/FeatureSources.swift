import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// A run's batches as the trainer takes them: images, or the features of a frozen prefix where these
/// can be stored, and what the user should know about it.
struct FeatureSources {
  private(set) var training: any BatchSource
  private(set) var validation: (any BatchSource)?
  let plans: PlanCache
  private(set) var remarks: [String] = []

  init(
    _ phase: PreparedPhase, _ training: any BatchSource, _ validation: (any BatchSource)?,
    cache: FeatureCache?, pool: ThreadPool
  ) throws {
    self.training = training
    self.validation = validation
    plans = PlanCache(model: phase.model, cut: phase.prefix?.cut, pool: pool)
    let images = training as? ImageBatches
    if let remark = images?.remarkOnViews(epochs: phase.settings.epochs) { remarks.append(remark) }
    guard let prefix = phase.prefix, let cache, cache.mode != .off else { return }
    guard cache.keeps(prefix) else {
      remarks.append(
        "features are not kept: the frozen layers are a small part of the work "
          + "(`set cache on` keeps them)")
      return
    }
    let hash = prefix.contentHash
    func features(_ source: (any BatchSource)?) throws -> FeatureBatches? {
      guard let images = source as? ImageBatches, FeatureBatches.canServe(images) else {
        return nil
      }
      return try FeatureBatches(images, prefix, hash: hash, plans: plans, cache: cache)
    }
    let (trained, validated) = (try features(training), try features(validation))
    self.training = trained ?? training
    self.validation = validated ?? validation
    if trained == nil, let images {
      let reason =
        images.isMixed
        ? "mixing changes them in each batch" : "views=0 draws new ones in each epoch"
      remarks.append("features of training images are not kept: \(reason)")
    }
    if let remark = Self.remark(on: trained, validated, from: prefix, cache) {
      remarks.append(remark)
    }
  }

  /// What is kept and where; nil for nothing.
  private static func remark(
    on training: FeatureBatches?, _ validation: FeatureBatches?, from prefix: FrozenPrefix,
    _ cache: FeatureCache
  ) -> String? {
    var parts: [String] = []
    if let training {
      let views = training.viewCount
      parts.append(
        "\(training.sampleCount.groupedText) images" + (views > 1 ? " × \(views) views" : ""))
    }
    if let validation { parts.append("\(validation.sampleCount.groupedText) for validation") }
    guard !parts.isEmpty else { return nil }
    let bytes = (training?.byteCount ?? 0) + (validation?.byteCount ?? 0)
    let place = bytes <= cache.memoryBudget ? "in memory" : "on disk what memory does not take"
    return "features of \(prefix.path) are computed once and kept: "
      + "\(parts.joined(separator: " and ")), \(bytes.bytesText) \(place)"
  }
}

extension ImageBatches {
  /// That epochs show fixed views, where one comes again.
  fileprivate func remarkOnViews(epochs: Int) -> String? {
    guard let views, isDrawn, epochs > views else { return nil }
    let turns =
      views == 1
      ? "all epochs show one fixed augmented view of each image"
      : "epochs take \(views) fixed augmented views of each image in turn"
    return "\(turns) (views=0 draws new ones)"
  }
}
