import GraftBase
import GraftEngine

/// A network by its formula, `net("[[conv(32) relu]*2 pool]*3 [fc(256) relu]*1")`.
///
/// Layers are numbered from 0 like those of torch's `Sequential`, or have the names that the
/// formula gives; a `flatten` comes before the first fully connected layer. One that ends the
/// formula is the classifier: it belongs to the head.
package struct Net: Encoder {
  private var modules: [NetLayer.Module] = []
  private(set) var stages: [EncoderSpec.Stage] = []
  /// Where the classifier goes, and its outputs where the formula says them.
  private(set) var classifierPath = ""
  private(set) var classCount: Int?
  /// What comes out for one image.
  private(set) var output: Shape

  /// Makes the layers in `scope`, for images of this side; throws a `NetFault` with its place.
  init(_ syntax: NetSyntax, _ scope: Scope, side: Int, channels: Int) throws {
    // A separate graph gives the shapes that layers are made for.
    var value = Graph().input("image", [1, side, side, channels])
    output = value.shape
    var paths: [String] = []
    var stage: [String] = []
    var poolCount = 0
    var count = 0

    func add(_ name: String?, _ module: (Scope) throws -> NetLayer.Module) throws {
      let path = name ?? String(count)
      let module = try module(scope[path])
      value = try module(value)
      modules.append(module)
      paths.append(path)
      stage.append(path)
      count += 1
    }
    func flatten() throws {
      try add(nil) { scope in
        let layer = PlainLayer(scope, FlattenOp())
        return { try layer($0) }
      }
    }
    func endStage() {
      guard !stage.isEmpty else { return }
      stages.append(.init("stage\(stages.count + 1)", stage))
      stage = []
    }

    let calls = try Self.checkedCalls(syntax)
    let classifier = calls.last.flatMap { $0.layer == NetLayer.fc.name ? $0 : nil }
    for call in calls.dropLast(classifier == nil ? 0 : 1) {
      guard let layer = NetLayers.named(call.layer) else { throw Self.unknown(call) }
      let arguments = try NetArguments(call, of: layer, poolCount: poolCount)
      do {
        if layer.name == NetLayer.fc.name, value.shape.rank == 4 { try flatten() }
        try add(call.name) { try layer.make(arguments, $0, value.shape) }
      } catch let error as GraftError {
        throw NetFault(error.message, at: call.place, help: error.help)
      }
      if layer.endsStage {
        poolCount += 1
        endStage()
      }
    }
    if let classifier {
      let arguments = try NetArguments(classifier, of: .fc, poolCount: poolCount)
      classCount = arguments[NetLayer.outputs]
      if value.shape.rank == 4 { try flatten() }
    }
    endStage()
    // Without a classifier the head pools and flattens what is still an image.
    classifierPath = classifier?.name ?? String(count + (value.shape.rank == 4 ? 2 : 0))
    output = value.shape
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try modules.reduce(image) { try $1($0) }
  }

  /// All layers but a softmax at the end, which the loss includes; names must be used once.
  private static func checkedCalls(_ syntax: NetSyntax) throws -> [NetSyntax.Call] {
    var calls = syntax.calls
    if calls.last?.layer == "softmax", calls.dropLast().last?.layer == NetLayer.fc.name {
      calls.removeLast()
    }
    guard !calls.isEmpty else { throw NetFault("a network without a layer", at: 0..<1) }
    var names: Set<String> = []
    for call in calls {
      guard let name = call.name else { continue }
      guard names.insert(name).inserted else {
        throw NetFault(
          "two layers are called `\(name)`", at: call.place,
          help: "repeated layers cannot have a name; leave it out")
      }
      guard name != "head",
        !name.split(separator: ".", omittingEmptySubsequences: false)
          .contains(where: \.isEmpty)
      else {
        throw NetFault("a layer cannot be called `\(name)`", at: call.place)
      }
    }
    return calls
  }

  private static func unknown(_ call: NetSyntax.Call) -> NetFault {
    let names = NetLayers.all.map(\.name)
    let synonyms = [
      "linear": "fc", "dense": "fc", "convolution": "conv", "conv2d": "conv", "maxpool": "pool",
      "avgpool": "pool", "batchnorm": "bn", "globalpool": "gap",
    ]
    let nearest = NearestName.of(call.layer, among: names, synonyms: synonyms)
    return NetFault(
      "there is no layer `\(call.layer)`", at: call.place, suggestion: nearest,
      help: nearest.map { "did you mean `\($0)`?" } ?? "layers: \(names.joined(separator: ", "))")
  }
}

/// An encoder whose formula does not fit the images it was asked for.
private struct RefusedNet: Encoder {
  let error: GraftError

  func callAsFunction(_ image: Value) throws -> Value { throw error }
}

extension Net {
  /// The image size where the formula gives none.
  static let usualSide = 32

  /// The encoder that a formula spells, for images of another size if asked; throws a `NetFault`.
  package static func spec(_ syntax: NetSyntax, side: Int? = nil) throws -> EncoderSpec {
    var syntax = syntax
    let side = side ?? syntax.side ?? usualSide
    let channels = syntax.channels ?? 3
    if side != usualSide || channels != 3 { syntax.side = side }
    let named = syntax
    let state = ModelState()
    let net = try Net(named, Scope(state), side: side, channels: channels)
    let width = net.output.channels
    let path = net.classifierPath
    let classCount = net.classCount ?? 10
    let ownCount = state.parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) }
    return EncoderSpec(
      name: name(named), family: "formula", summary: "a network by its formula",
      parameterCount: ownCount + (width + 1) * classCount, stages: net.stages,
      featureWidth: width, input: .formula(side: side, channels: channels),
      classifierPrefix: [path], linearHeadPath: path, ownClassCount: classCount,
      makeEncoder: { scope, channels in
        do {
          return try Net(named, scope, side: side, channels: channels)
        } catch {
          return RefusedNet(error: graftError(error, in: "\(named)"))
        }
      },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope[path], from: width, to: classCount))
      })
  }

  /// The name of an encoder that this formula spells: `net("…")`.
  package static func name(_ syntax: NetSyntax) -> String { "\(callName)(\"\(syntax)\")" }

  /// Stands beside the formula.
  package static let optional = Argument(
    "optional", .flag, default: true, "whether what ends in ? is there")

  /// The word before the formula in recipes.
  package static let callName = "net"

  /// The encoder of a name that `spec` gave; nil where the name is no formula.
  ///
  /// For images of another size, fully connected layers get other weights.
  package static func spec(named name: String, side: Int? = nil) throws -> EncoderSpec? {
    guard name.hasPrefix(callName + "(\""), name.hasSuffix("\")") else { return nil }
    let text = String(name.dropFirst(callName.count + 2).dropLast(2))
    do {
      return try spec(NetParser.parse(text), side: side)
    } catch {
      throw graftError(error, in: text)
    }
  }

  private static func graftError(_ error: any Error, in text: String) -> GraftError {
    guard let fault = error as? NetFault else {
      return error as? GraftError ?? GraftError(.usage, "\(error)")
    }
    let part = text.dropFirst(fault.place.lowerBound).prefix(fault.place.count)
    let place = part.isEmpty ? "" : ", at '\(String(part).escapingControlCharacters)'"
    return GraftError(
      .usage, "the network cannot be built\(place): \(fault.message)", help: fault.help)
  }
}
