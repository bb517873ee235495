import GraftBase
import GraftEngine
import GraftModels

/// A policy resolved for one model: its parameter groups and what the plan must differentiate.
package struct ResolvedPolicy: Sendable {
  package let policy: Policy
  /// Stem to head; every parameter of the model is in exactly one.
  package let groups: [ParameterGroup]
  /// The groups' trainable parameters, in their order.
  package let trainable: [Parameter]
  /// Trainable names, and the nodes that behave as in training.
  package let configuration: PlanConfiguration
  /// Running statistics that training moves.
  package let movingStatistics: [Parameter]
  /// Overrides that change nothing here, as sentences.
  package let remarks: [String]

  /// Everything that must have the same bits after the run, statistics included.
  package var frozen: [Parameter] {
    let moving = Set((trainable + movingStatistics).map(\.name))
    return groups.flatMap(\.parameters).filter { !moving.contains($0.name) }
  }

  /// Everything that training changes.
  package var changing: [Parameter] { trainable + movingStatistics }
}

extension Policy {
  /// Resolves the policy for a model's layer groups.
  ///
  /// Pure: the model is not changed. A freeze that matches nothing is refused, and so is a policy that
  /// leaves nothing to train. One that changes nothing is remarked upon: with another variant, as recipes
  /// choose by a knob, it would.
  package func resolved(for model: Model, weightDecay: Double = 0.01) throws -> ResolvedPolicy {
    try resolved(groups: model.groups, graph: model.graph, weightDecay: weightDecay)
  }

  package func resolved(
    groups: [LayerGroup], graph: Graph, weightDecay: Double
  ) throws -> ResolvedPolicy {
    try validate()
    checkPartition(groups)
    let (frozen, remarks) = try frozenNames(groups)
    let norms = ResolvedNorms(
      groups, graph, modes: try batchNormModes(groups, frozen: frozen), frozen: frozen)
    let rates = peakRates(groupCount: groups.count)
    let resolved = groups.indices.map { index in
      let group = groups[index]
      let trainable = group.parameters.filter { $0.canTrain && !norms.frozen.contains($0.name) }
      return ParameterGroup(
        name: group.name, parameters: group.parameters, trainable: trainable,
        learningRate: trainable.isEmpty ? 0 : rates[index],
        weightDecay: trainable.isEmpty ? 0 : weightDecay, batchNormMode: norms.modes[index])
    }
    let trainable = resolved.flatMap(\.trainable)
    let names = Set(trainable.map(\.name))
    guard !names.isEmpty else {
      throw GraftError(
        .usage, "everything is frozen, so there is nothing to train",
        help: "unfreeze the head: unfreeze \(groups.last?.name ?? "head")")
    }
    let dropouts = liveDropouts(groups, graph: graph, trainable: names)
    return ResolvedPolicy(
      policy: self, groups: resolved, trainable: trainable,
      configuration: PlanConfiguration(
        trainable: names, trainingNodes: norms.trainingNodes.union(dropouts)),
      movingStatistics: norms.statistics, remarks: remarks)
  }

  private func checkPartition(_ groups: [LayerGroup]) {
    var seen: Set<ObjectIdentifier> = []
    for parameter in groups.flatMap(\.parameters) {
      precondition(
        seen.insert(ObjectIdentifier(parameter)).inserted, "\(parameter.name) is in two groups")
    }
  }

  /// Names of what the variant and its overrides freeze, and which overrides change nothing.
  private func frozenNames(
    _ groups: [LayerGroup]
  ) throws -> (names: Set<String>, remarks: [String]) {
    var frozen: Set<String> = []
    var remarks: [String] = []
    if case .headOnly = rates {
      for group in groups.dropLast() {
        frozen.formUnion(group.parameters.filter(\.canTrain).map(\.name))
      }
    }
    for override in overrides {
      let names = try LayerSelector(override.selector, in: groups).parameters()
        .filter(\.canTrain).map(\.name)
      let before = frozen.count
      let isFreeze = if case .freeze = override { true } else { false }
      if isFreeze { frozen.formUnion(names) } else { frozen.subtract(names) }
      let text =
        (isFreeze ? "freeze " : "unfreeze ") + override.selector.escapingControlCharacters
      guard !names.isEmpty else {
        throw GraftError(
          .usage, "\(text) changes nothing: there is nothing to train",
          help: "leave it out, or show the layer groups with 'policy'")
      }
      if frozen.count == before {
        remarks.append(
          "\(text) changes nothing: it \(isFreeze ? "is frozen" : "learns") already")
      }
    }
    return (frozen, remarks)
  }

  /// The mode of each group; groups without anything to train are always frozen.
  private func batchNormModes(
    _ groups: [LayerGroup], frozen: Set<String>
  ) throws -> [BatchNormMode] {
    var wished = [BatchNormMode](repeating: .train, count: groups.count)
    for wish in batchNormRequests {
      let selector = wish.selector ?? "all"
      guard let indices = try LayerSelector(selector, in: groups).groupIndices() else {
        throw GraftError(
          .usage, "'\(selector.escapingControlCharacters)' is not a layer group",
          help: "batch-norm modes belong to groups: "
            + groups.map(\.name).joined(separator: ", "))
      }
      for index in indices { wished[index] = wish.mode }
    }
    return groups.indices.map { index in
      let learns = groups[index].parameters.contains {
        $0.canTrain && !frozen.contains($0.name)
      }
      return learns ? wished[index] : .frozen
    }
  }

  /// Dropouts outside the constant part: in a group that learns, or fed by one that does.
  private func liveDropouts(
    _ groups: [LayerGroup], graph: Graph, trainable: Set<String>
  ) -> [Int] {
    var learning: Set<Int> = []
    for group in groups where group.parameters.contains(where: { trainable.contains($0.name) }) {
      learning.formUnion(group.nodes)
    }
    var liveValues: Set<Int> = []
    var found: [Int] = []
    for node in graph.nodes {
      let isFed = node.inputs.contains(where: liveValues.contains)
      if isFed || node.parameters.contains(where: { trainable.contains($0.name) }) {
        liveValues.insert(node.output)
      }
      if node.op.isRandom, isFed || learning.contains(node.index) { found.append(node.index) }
    }
    return found
  }
}

/// What the batch norms of a model do where single layers, and not only groups, are frozen.
private struct ResolvedNorms {
  /// Names of all that is frozen, scales and shifts of frozen norms among them.
  private(set) var frozen: Set<String>
  /// Nodes that use and move the statistics of the batch.
  private(set) var trainingNodes: Set<Int> = []
  /// What these move.
  private(set) var statistics: [Parameter] = []
  /// The resulting modes of the groups: the most that one of the group's norms does.
  private(set) var modes: [BatchNormMode]

  init(_ groups: [LayerGroup], _ graph: Graph, modes: [BatchNormMode], frozen: Set<String>) {
    self.frozen = frozen
    self.modes = modes
    for (place, (group, mode)) in zip(groups, modes).enumerated() {
      let norms = group.nodes.filter { !graph.nodes[$0].runningStatistics.isEmpty }
      if !norms.isEmpty { self.modes[place] = .frozen }
      for index in norms { resolve(index, graph.nodes[index].parameters, mode, in: place) }
    }
  }

  private mutating func resolve(
    _ index: Int, _ parameters: [Parameter], _ mode: BatchNormMode, in place: Int
  ) {
    let isFixed = parameters.contains { $0.canTrain && frozen.contains($0.name) }
    if mode == .train && !isFixed {
      trainingNodes.insert(index)
      modes[place] = .train
      statistics += parameters.filter { !$0.canTrain }
    } else if mode == .frozen {
      frozen.formUnion(parameters.map(\.name))
    } else if modes[place] == .frozen,
      parameters.contains(where: { $0.canTrain && !frozen.contains($0.name) })
    {
      modes[place] = .affine
    }
  }
}
