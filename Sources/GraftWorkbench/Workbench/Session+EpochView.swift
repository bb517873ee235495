import GraftBase
import GraftData
import GraftImaging
import GraftTraining

extension Session {
  /// What training would see of the data in an epoch, from 0; of data without training images, what
  /// it would see of the others.
  ///
  /// `views` as in `train`: 0 draws anew in each epoch, nil takes what `train` would take.
  func epochView(
    _ pipeline: Pipeline, of data: DataSet, epoch: Int, batchSize: Int = 32, views: Int? = nil,
    preprocessing: ImageInput
  ) throws -> EpochView {
    let training = data.partition(.train)
    let indices = training.isEmpty ? data.partition(.validation) : training
    var settings = Loader.Settings(batchSize: batchSize)
    settings.shuffle = workbench.balance
    settings.seed = seed
    let views = try views ?? usualViews(pipeline, of: data, epoch: epoch)
    settings.views = views > 0 ? views : nil
    return try EpochView(
      data, indices: indices, epoch: epoch, settings: settings, preprocessing: preprocessing,
      pipeline: pipeline, pool: pool)
  }

  /// The views that `train` would take; 0 where it makes no difference, since they need a model.
  private func usualViews(_ pipeline: Pipeline, of data: DataSet, epoch: Int) throws -> Int {
    guard workbench.task.isOfImages, epoch > 0, !pipeline.isEmpty, pipeline.mixing == nil,
      workbench.encoder != nil, data.classes.count > 1
    else {
      return 0
    }
    let phase = try PreparedPhase(
      TrainingPhase(workbench.policy, TrainingSettings()), of: makeModel(classes: data.classes),
      batchCount: 1)
    return phase.usualViews(of: pipeline) ?? 0
  }
}
