import GraftEngine

/// The place of a layer in a model; hands out parameters under torch's names.
///
/// `scope["layer1"]["0"]["conv1"]` is the path `layer1.0.conv1`. All scopes of a model share one
/// list of requested parameters, in order: the model's `state_dict`.
package struct Scope {
  /// Torch's dotted path, empty at the top.
  package let path: String
  private let state: ModelState
  /// Whether convolutions that keep the size but for their stride pad as TensorFlow does, the odd row and
  /// column below and to the right.
  package private(set) var padsSame = false

  package init(_ state: ModelState) {
    self.init(path: "", state: state)
  }

  private init(path: String, state: ModelState) {
    self.path = path
    self.state = state
  }

  package subscript(name: String) -> Scope {
    var inner = Scope(path: path.isEmpty ? name : "\(path).\(name)", state: state)
    inner.padsSame = padsSame
    return inner
  }

  /// The same place with TensorFlow's padding.
  package var paddedSame: Scope {
    var result = self
    result.padsSame = true
    return result
  }

  package subscript(index: Int) -> Scope { self[String(index)] }

  /// A place below by its dotted path, itself for none.
  package subscript(path path: String) -> Scope {
    path.split(separator: ".").reduce(self) { $0[String($1)] }
  }

  /// Makes the parameter `path.name` and notes how it starts.
  package func parameter(
    _ name: String, _ role: ParameterRole, layout: ParameterLayout = .plain, shape: Shape,
    _ initializer: Initializer
  ) -> Parameter {
    let parameter = Parameter(
      name: self[name].path, role: role, layout: layout, torchShape: shape)
    state.entries.append(.parameter(parameter, initializer))
    return parameter
  }

  /// The scale and the shift of a norm's channels, `weight` and `bias`, which start by changing nothing.
  func scaleAndShift(channels: Int) -> [Parameter] {
    [
      parameter("weight", .normScale, shape: [channels], .ones),
      parameter("bias", .normShift, shape: [channels], .zeros),
    ]
  }

  /// Makes the bias of a convolution that was made without one, after its weight in the list.
  func bias(of path: String, behind weight: Parameter) -> Parameter {
    let bias = Parameter(name: path + ".bias", role: .bias, torchShape: [weight.torchShape[0]])
    let place = state.entries.firstIndex { $0.name == weight.name } ?? state.entries.endIndex - 1
    state.entries.insert(.parameter(bias, .zeros), at: place + 1)
    return bias
  }

  /// Removes what was requested below these paths: layers that are made and left out.
  func forget(_ prefixes: [String]) {
    state.entries.removeAll { entry in prefixes.contains(where: ByteString(entry.name).isCovered) }
  }

  /// Notes an integer that torch keeps in files and Graft does not use.
  package func counter(_ name: String) {
    state.entries.append(.counter(self[name].path))
  }

  /// Notes numbers that follow from the layer's sizes, and that torch keeps in files all the same.
  package func table(_ name: String, shape: [Int], _ values: ModelState.Table.Values) {
    state.entries.append(.table(.init(name: self[name].path, shape: shape, values: values)))
  }
}

/// The parameters that the layers of a model requested, in the order of torch's `state_dict`.
package final class ModelState {
  package enum Entry {
    case parameter(Parameter, Initializer)
    case counter(String)
    case table(Table)

    package var name: String {
      switch self {
      case .parameter(let parameter, _): parameter.name
      case .counter(let name): name
      case .table(let table): table.name
      }
    }
  }

  /// Numbers of a file that are no weights: positions in a window.
  package struct Table: Sendable {
    package enum Values: Sendable {
      case integers([Int])
      case floats([Float])
    }

    package let name: String
    package let shape: [Int]
    package let values: Values
  }

  package fileprivate(set) var entries: [Entry] = []

  package init() {}

  package var parameters: [Parameter] {
    entries.compactMap { if case .parameter(let parameter, _) = $0 { parameter } else { nil } }
  }

  package var tables: [Table] {
    entries.compactMap { if case .table(let table) = $0 { table } else { nil } }
  }

  package var counters: [String] {
    entries.compactMap { if case .counter(let name) = $0 { name } else { nil } }
  }
}
