import GraftBase

/// The tensors of a PyTorch file under their names, wherever in it they were nested.
package struct TorchStateDict {
  /// In the file's own order.
  package private(set) var tensors: [SafetensorsTensor] = []
  /// Sentences for users about what was read and what was ignored.
  package private(set) var notes: [String] = []
  /// What the checkpoint says besides: the architecture, and its classes as a model file has them.
  package private(set) var metadata: [ByteString: ByteString] = [:]

  /// The keys under which training scripts keep the weights, the likeliest first.
  private static let wrappers: [ByteString] =
    [
      "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module",
      "weights", "params",
    ] + averages

  /// The keys of weights that are averaged over a training.
  private static let averages: [ByteString] = [
    "state_dict_ema", "model_ema", "ema_state_dict", "model_ema_state_dict", "params_ema", "ema",
  ]

  init(
    of object: PickledObject, storages: any TorchStorages, limits: TorchFile.Limits,
    source: ByteSource, isAveraged: Bool = false
  ) throws {
    var walk = Walk(object: object, limits: limits)
    guard let root = object.rootValue else { throw WeightFault("it describes nothing") }
    let (inner, path) = try walk.unwrapped(
      root, isAveraged ? Self.averages + Self.wrappers : Self.wrappers)
    try walk.collect(inner, path: [], depth: 0)
    guard !walk.found.isEmpty else { throw Self.emptiness(of: object, root) }
    if !path.isEmpty {
      notes.append("the weights are those under '\(path.joined(separator: "/"))'")
    }
    for name in walk.passedBy {
      let isAverage = Self.averages.contains { name.hasSuffix($0.text) }
      notes.append(
        "the weights under '\(name)' were not read"
          + (isAverage ? "; ema=yes takes these averages" : ""))
    }
    if walk.others > 0 { notes.append("\(walk.others) values that are not tensors were ignored") }
    let skipped = object.foreign.filter { $0 != "bytes" }
    if !skipped.isEmpty {
      let names = skipped.prefix(4).map(\.description).joined(separator: ", ")
      let more = skipped.count > 4 ? " and \(skipped.count - 4) more" : ""
      notes.append("objects beside the weights were skipped without building them: \(names)\(more)")
    }
    if case .text(let name)? = object.member("arch") { metadata["arch"] = name }
    if let classes = object.classNames {
      let list = classes.map(\.text.quotedAsJSON).joined(separator: ",")
      metadata[ByteString(ModelFile.Key.classes.rawValue)] = ByteString(Array("[\(list)]".utf8))
    }
    try gather(walk.found, of: object, storages, budget: 4 * source.size)
  }

  /// What is said of a file without tensors.
  private static func emptiness(
    of object: PickledObject, _ root: PickledObject.Value
  ) -> WeightFault {
    guard case .skipped(let place) = root else {
      return WeightFault("it holds no tensors under names", help: "save model.state_dict() instead")
    }
    return WeightFault(
      "it holds an object of '\(object.foreign[place])', which only Python can build, and no tensors "
        + "under names",
      help: "in Python: torch.save(torch.load('FILE', weights_only=False).state_dict(), 'NEW.pth')")
  }

  /// Copies each tensor's values out of its storage; one that lies in one piece shares it.
  private mutating func gather(
    _ found: [(name: ByteString, tensor: Int)], of object: PickledObject,
    _ storages: any TorchStorages, budget: Int
  ) throws {
    var names: Set<ByteString> = []
    var total = 0
    var loaded: [Int: [UInt8]] = [:]
    for (name, place) in found {
      let tensor = object.tensors[place]
      let storage = object.storages[tensor.storage]
      guard names.insert(name).inserted else { throw WeightFault("the name '\(name)' comes twice") }
      guard let size = storage.type.byteCount(of: tensor.shape) else {
        throw WeightFault("'\(name)' of shape \(tensor.shape) has a size that overflows")
      }
      total += size
      guard total <= budget else {
        throw WeightFault("its tensors share values so often that they claim four times its size")
      }
      let values = try loaded[tensor.storage] ?? storages.values(of: storage)
      loaded[tensor.storage] = values
      tensors.append(
        SafetensorsTensor(
          name: name, type: storage.type, shape: tensor.shape,
          bytes: tensor.values(from: values, elementSize: storage.type.bits / 8)))
    }
  }
}

extension PickledTensor {
  /// The values row by row; checked before to lie inside the storage.
  fileprivate func values(from storage: [UInt8], elementSize: Int) -> ArraySlice<UInt8> {
    let count = shape.reduce(1, *)
    guard count > 0 else { return [] }
    if isContiguous {
      return storage[offset * elementSize..<(offset + count) * elementSize]
    }
    var result: [UInt8] = []
    result.reserveCapacity(count * elementSize)
    var index = [Int](repeating: 0, count: shape.count)
    var place = offset
    for _ in 0..<count {
      result += storage[place * elementSize..<(place + 1) * elementSize]
      for axis in shape.indices.reversed() {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= shape[axis] * strides[axis]
        index[axis] = 0
      }
    }
    return result[...]
  }
}

/// Looks for tensors in nested dictionaries; lists and tuples are not entered.
private struct Walk {
  let object: PickledObject
  let limits: TorchFile.Limits
  var found: [(name: ByteString, tensor: Int)] = []
  /// Values that are neither tensors nor dictionaries.
  var others = 0
  /// Other wrappers beside the one that was stepped into.
  var passedBy: [String] = []
  private var visits = 0

  init(object: PickledObject, limits: TorchFile.Limits) {
    self.object = object
    self.limits = limits
  }

  /// Steps into a wrapper such as {"state_dict": …, "best_acc1": …} as long as most tensors are there.
  mutating func unwrapped(
    _ value: PickledObject.Value, _ wrappers: [ByteString]
  ) throws -> (value: PickledObject.Value, path: [String]) {
    var value = value
    var path: [String] = []
    while path.count < limits.nesting, case .dictionary(let place) = value {
      var members: [ByteString: PickledObject.Value] = [:]
      var tensorCount = 0
      for member in object.dictionaries[place] {
        try visit()
        let inner = object[member.value]
        if case .tensor = inner { tensorCount += 1 }
        if case .text(let key) = object[member.key] { members[key] = inner }
      }
      let wrapper = wrappers.first {
        if case .dictionary? = members[$0] { true } else { false }
      }
      guard let wrapper, let inner = members[wrapper],
        try tensorCount == 0 || tensorCount < count(of: inner)
      else { break }
      passedBy += wrappers.filter { other in
        if other != wrapper, case .dictionary(let place)? = members[other] {
          return object.dictionaries[place].contains {
            if case .tensor = object[$0.value] { true } else { false }
          }
        }
        return false
      }.map { (path + [$0.description]).joined(separator: "/") }
      value = inner
      path.append(wrapper.description)
    }
    return (value, path)
  }

  /// The tensors that a dictionary has itself.
  private mutating func count(of value: PickledObject.Value) throws -> Int {
    guard case .dictionary(let place) = value else { return 0 }
    var count = 0
    for member in object.dictionaries[place] {
      try visit()
      if case .tensor = object[member.value] { count += 1 }
    }
    return count
  }

  mutating func collect(_ value: PickledObject.Value, path: [UInt8], depth: Int) throws {
    try visit()
    switch value {
    case .tensor(let place):
      guard !path.isEmpty else { break }
      guard found.count < limits.tensors else {
        throw WeightFault("it has more than \(limits.tensors) tensors")
      }
      found.append((ByteString(path), place))
    case .dictionary(let place):
      guard depth < limits.nesting else {
        throw WeightFault("its dictionaries are nested deeper than \(limits.nesting)")
      }
      for member in object.dictionaries[place] {
        guard case .text(let key) = object[member.key] else {
          others += 1
          continue
        }
        let name = path.isEmpty ? key.bytes : path + [UInt8(ascii: ".")] + key.bytes
        guard name.count <= limits.stringBytes else {
          throw WeightFault("a name of over \(limits.stringBytes) bytes")
        }
        try collect(object[member.value], path: name, depth: depth + 1)
      }
    default: others += 1
    }
  }

  private mutating func visit() throws {
    visits += 1
    guard visits <= limits.visits else {
      throw WeightFault("its dictionaries refer to each other more than \(limits.visits) times")
    }
  }
}
