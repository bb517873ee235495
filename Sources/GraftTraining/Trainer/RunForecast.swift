import GraftAlgebra
import GraftBase
import GraftData
import GraftKernels

/// What a run will take, all phases together.
package struct RunForecast: Hashable, Sendable {
  /// The highest resident memory of the whole process, in bytes.
  package let bytes: Int
  /// Nil where nothing was timed.
  package let seconds: Double?
  /// What other variants would take; nil where nothing was timed, and of runs of several phases.
  package var variants: VariantForecast?
}

extension PreparedRun {
  /// The memory from shapes alone, before anything is computed.
  ///
  /// `resident` is what the process holds now without the model's weights.
  package func forecastFromShapes(
    resident: Int, cache: FeatureCache?, pool: ThreadPool
  ) throws -> RunForecast {
    let validation = BatchPartition(
      count: validationCount,
      batchSize: ImageBatches.validationBatchSize(ingredients.batchSize))
    let bytes = try phases.indices.map { index in
      try phases[index].memoryForecast(
        training: training, validation: validation, views: views(phase: index), cache: cache,
        resident: resident, pool: pool
      ).bytes
    }
    return RunForecast(bytes: (bytes.max() ?? resident) + solvingBytes, seconds: nil)
  }

  /// What solving its head takes beyond what a training would.
  private var solvingBytes: Int {
    guard let solving = ingredients.solving, let width = phases.first?.prefix?.rowLength else {
      return 0
    }
    let table = 4 * training.count * width
    guard case .logistic = solving else { return 2 * table }
    return table
      + FeatureBasis.bytes(
        images: training.count, features: width, classes: model.classes.count)
  }

  /// Memory and time from two timed batches of each phase; changes nothing.
  package func forecastFromTiming(cache: FeatureCache?, pool: ThreadPool) throws -> RunForecast {
    let forecasts = try phases.indices.map {
      try trainer(at: RunPlace(phase: $0), pool: pool, cache: cache).forecast()
    }
    var result = RunForecast(
      bytes: (forecasts.map(\.bytes).max() ?? 0) + solvingBytes,
      seconds: forecasts.reduce(0) { $0 + $1.seconds })
    result.variants = try forecastOfVariants(
      secondsPerEpoch: forecasts[0].computed.trainingSeconds,
      resident: ResourceMeter.residentBytes - model.weightBytes, cache: cache, pool: pool)
    return result
  }
}
