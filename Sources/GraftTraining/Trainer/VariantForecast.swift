import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// What a training takes by each of the variants A, B and C, from plans and one measured update.
package struct VariantForecast: Hashable, Sendable {
  package struct Cost: Hashable, Sendable {
    package let variant: Policy.Variant
    package let seconds: Double
    /// The highest resident memory of the process.
    package let bytes: Int

    /// `about 20 s and 230 MB`.
    package var text: String { "about \(seconds.durationText) and \(bytes.bytesText)" }
  }

  package let own: Cost
  package let others: [Cost]

  /// `by A about 20 s and 230 MB, by C about 2m12s and 412 MB`.
  package var othersText: String {
    others.map { "by \($0.variant.rawValue) \($0.text)" }.joined(separator: ", ")
  }
}

extension PreparedRun {
  /// Estimates each variant from the seconds that the updates of an epoch take which computes everything; nil
  /// of runs of several phases, and of heads that are solved.
  ///
  /// Variants that could not be trained so, as with everything frozen, are left out.
  /// Seconds are in proportion to multiply-adds: forward through all layers, or behind the frozen part where
  /// its features are kept, and backward as far as anything learns. `resident` is what the process holds
  /// without the model's weights.
  package func forecastOfVariants(
    secondsPerEpoch: Double, resident: Int, cache: FeatureCache?, pool: ThreadPool
  ) throws -> VariantForecast? {
    guard phases.count == 1, ingredients.solving == nil, let own = ingredients.phases.first else {
      return nil
    }
    let rate = secondsPerEpoch / (Double(training.count) * phases[0].work(cache).computed)
    func cost(of run: PreparedRun, _ variant: Policy.Variant) throws -> VariantForecast.Cost {
      VariantForecast.Cost(
        variant: variant, seconds: rate * run.multiplyAdds(cache),
        bytes: try run.forecastFromShapes(resident: resident, cache: cache, pool: pool).bytes)
    }
    let variants: [Policy.Variant] = [.headOnly, .uniform, .discriminative]
    let others = variants.filter { $0 != own.policy.variant }.compactMap { variant in
      var phase = own
      phase.policy.rates = Policy.rates(of: variant)
      return (try? prepared(with: ingredients.replacing(phases: [phase])))
        .flatMap { try? cost(of: $0, variant) }
    }
    return VariantForecast(own: try cost(of: self, own.policy.variant), others: others)
  }

  /// Multiply-adds of the whole run, of one phase.
  package func multiplyAdds(_ cache: FeatureCache?) -> Double {
    let (phase, work) = (phases[0], phases[0].work(cache))
    let epochs = phase.settings.epochs
    let computed = work.keepsFeatures ? min(epochs, views(phase: 0) ?? epochs) : epochs
    let training =
      Double(computed) * work.computed + Double(epochs - computed) * work.kept
    return Double(self.training.count) * training
      + Double(validationCount) * (work.forward + Double(epochs - 1) * work.validation)
  }
}

extension PreparedPhase {
  /// Multiply-adds for one image.
  fileprivate struct Work {
    let forward: Double
    /// Of a validation after the first.
    let validation: Double
    /// Forward and backward with everything computed, and with features kept.
    let computed: Double
    let kept: Double
    let keepsFeatures: Bool
  }

  fileprivate func work(_ cache: FeatureCache?) -> Work {
    let graph = model.graph
    var (forward, backward) = (0.0, 0.0)
    var live: Set<Int> = []
    for node in graph.nodes(reaching: [model.trainingLosses.id]) {
      let work = Double(
        node.op.multiplyAdds(
          inputs: node.inputs.map { graph.values[$0].shape },
          output: graph.values[node.output].shape))
      let passesOn = node.inputs.contains(where: live.contains)
      let learns = node.parameters.contains { policy.configuration.trainable.contains($0.name) }
      forward += work
      backward += (passesOn ? work : 0) + (learns ? work : 0)
      if passesOn || learns { live.insert(node.output) }
    }
    let keeps = prefix.map { cache?.keeps($0) ?? false } ?? false
    let saved =
      keeps ? prefix.map { Double(graph.multiplyAdds(reaching: [$0.cut])) } ?? 0 : 0
    return Work(
      forward: forward, validation: forward - saved, computed: forward + backward,
      kept: forward + backward - saved, keepsFeatures: keeps)
  }
}

extension Policy {
  /// A variant at its usual rates.
  fileprivate static func rates(of variant: Variant) -> Rates {
    let usual = variant.usualRate
    return switch variant {
    case .headOnly: .headOnly(usual.upperBound)
    case .uniform: .uniform(usual.upperBound)
    case .discriminative: .geometric(lowest: usual.lowerBound, highest: usual.upperBound)
    case .gradual:
      .gradual(factor: gradualFactor, highest: usual.upperBound, every: 1)
    }
  }
}

extension RunIngredients {
  fileprivate func replacing(phases: [TrainingPhase]) -> RunIngredients {
    var result = self
    result.phases = phases
    return result
  }
}
