import GraftBase
import GraftModels
import GraftTraining

extension Session {
  /// A network to draw, and what to call it.
  typealias NamedNetwork = (name: String, model: Model)

  /// The networks of `of=`, else the one of the run, or of the chosen encoder with its head.
  func networks(of request: PlotRequest) throws -> [NamedNetwork] {
    guard request.networks.isEmpty else { return try request.networks.map(Self.blank) }
    if let name = request.runs.first ?? currentRun {
      let run = try requireRun(name)
      return [(run.name, run.model)]
    }
    let encoder = try requireEncoder()
    return [(encoder.spec.name, try makeModel(classes: assumedClasses))]
  }

  /// The one that is drawn alone.
  func network(of request: PlotRequest) throws -> NamedNetwork {
    let all = try networks(of: request)
    guard all.count == 1 else {
      preconditionFailure("several networks where one is drawn")
    }
    return all[0]
  }

  /// Refuses what `networks` would, as far as that is known before.
  func checkNetwork(_ request: PlotRequest) throws {
    guard request.networks.isEmpty else {
      for source in request.networks { _ = try Self.blank(source) }
      return
    }
    if let name = request.runs.first {
      _ = try requireRun(name)
    } else if currentRun == nil {
      try requireForeseeable("current")
      _ = try requireEncoder()
    }
  }

  /// What a plot of networks depends on: nothing where they are named.
  func networkNeeds(_ request: PlotRequest) -> [String]? {
    guard request.networks.isEmpty else { return [] }
    if let name = request.runs.first { return ["run:\(name)"] }
    return currentRun == nil ? ["encoder", "head", "precision"] : ["current"]
  }

  /// An encoder with its own classifier, without memory for its weights.
  private static func blank(_ source: EncoderSource) throws -> NamedNetwork {
    switch source {
    case .name(let name), .file(let name):
      return (name, try Model.blank(Encoders.named(name)))
    case .network(let network):
      return ("\(network)", try Model.blank(Encoders.named(Net.name(network))))
    }
  }
}
