import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// A run's batches as the trainer takes them: images, or the features of a frozen prefix where these
/// can be kept, and what the user should know of it.
struct FeatureSources {
  private(set) var training: any BatchSource
  private(set) var validation: (any BatchSource)?
  let plans: PlanCache
  private(set) var remarks: [String] = []

  init(
    _ model: Model, _ policy: ResolvedPolicy, _ training: any BatchSource,
    _ validation: (any BatchSource)?, epochs: Int, cache: FeatureCache?, pool: ThreadPool
  ) throws {
    self.training = training
    self.validation = validation
    let images = training as? ImageBatches
    if let views = images?.views, images?.isDrawn ?? false, epochs > views {
      let turns =
        views == 1
        ? "all epochs show one fixed augmented view of each image"
        : "epochs take \(views) fixed augmented views of each image in turn"
      remarks.append("\(turns) (views=0 draws new ones)")
    }
    let prefix = try FrozenPrefix(model, policy.configuration)
    plans = PlanCache(model: model, cut: prefix?.cut, pool: pool)
    guard let prefix, let cache, cache.mode != .off else { return }
    guard cache.keeps(prefix) else {
      remarks.append(
        "features are not kept: the frozen layers are a small part of the work "
          + "(`set cache on` keeps them)")
      return
    }
    let hash = prefix.contentHash
    func features(_ source: (any BatchSource)?) -> FeatureBatches? {
      guard let images = source as? ImageBatches, FeatureBatches.canServe(images) else {
        return nil
      }
      return FeatureBatches(images, prefix, hash: hash, plans: plans, cache: cache)
    }
    let (trained, validated) = (features(training), features(validation))
    self.training = trained ?? training
    self.validation = validated ?? validation
    if trained == nil, let images {
      let reason =
        images.isMixed
        ? "mixing makes new images of them" : "views=0 draws new ones in each epoch"
      remarks.append("features of training images are not kept: \(reason)")
    }
    var parts: [String] = []
    if let trained {
      let views = trained.viewCount
      parts.append(
        "\(trained.sampleCount.groupedText) images" + (views > 1 ? " × \(views) views" : ""))
    }
    if let validated { parts.append("\(validated.sampleCount.groupedText) for validation") }
    guard !parts.isEmpty else { return }
    let bytes = (trained?.byteCount ?? 0) + (validated?.byteCount ?? 0)
    let place = bytes <= cache.memoryBudget ? "in memory" : "on disk what memory does not take"
    remarks.append(
      "features of \(prefix.path) are computed once and kept: "
        + "\(parts.joined(separator: " and ")), \(bytes.bytesText) \(place)")
  }
}
