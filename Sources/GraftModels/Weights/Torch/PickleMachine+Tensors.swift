import GraftBase

// The tensors of a pickle, and the functions and classes that make them.
extension PickleMachine {
  /// ("storage", type, key, location, count), in the old form followed by None; the location is
  /// where the values lay when they were saved.
  mutating func pushStorage() throws {
    let items = try tuple(pop(1)[0], "a storage")
    guard items.count == 5 || items.count == 6, case .text("storage") = object[items[0]],
      case .global(.storage(let type)) = object[items[1]], case .text(let key) = object[items[2]],
      case .text = object[items[3]], case .integer(let count) = object[items[4]], count >= 0
    else { throw fault("a storage that is not described as PyTorch does") }
    if items.count == 6 {
      guard case .none = object[items[5]] else { throw fault("a storage that views another") }
    }
    let storage = PickledStorage(key: key, type: type, count: count)
    if let place = storagePlaces[key] {
      let known = object.storages[place]
      guard known.type == type, known.count == count else {
        throw fault("two descriptions of the storage '\(key)'")
      }
      return try push(.storage(place))
    }
    storagePlaces[key] = object.storages.count
    object.storages.append(storage)
    try push(.storage(object.storages.count - 1))
  }

  /// - Parameter makesObject: whether a class makes an object without a call (NEWOBJ).
  mutating func reduce(makesObject: Bool = false) throws {
    let operands = try pop(2)
    switch object[operands[0]] {
    case .foreign(let place): try push(.skipped(place))
    // A method of what was skipped, or a class that was made.
    case .skipped(let place): try push(.skipped(place))
    case .global(let global):
      guard !makesObject || global == .orderedDictionary || global == .otherDictionary else {
        throw fault("NEWOBJ (0x81) of what is no class")
      }
      try call(global, tuple(operands[1], "arguments"))
    default: throw fault("a call of something that is not a function")
    }
  }

  mutating func call(
    _ global: TorchGlobal, _ items: [PickledObject.Reference]
  ) throws {
    switch global {
    case .otherDictionary: try pushDictionary()
    case .rebuildFromType:
      guard items.count == 4, case .global(let inner) = object[items[0]], inner != .rebuildFromType
      else { throw fault("a tensor of a class that is not described as PyTorch does") }
      try call(inner, tuple(items[2], "arguments"))
    case .rebuildParameterWithState:
      guard items.count == 4, case .tensor = object[items[0]] else {
        throw fault("a parameter that is not described as PyTorch does")
      }
      stack.append(items[0])
    case .orderedDictionary:
      guard items.isEmpty else { throw fault("an OrderedDict with arguments") }
      try pushDictionary()
    case .size:
      guard items.count == 1 else { throw fault("a torch.Size of \(items.count) arguments") }
      _ = try sizes(items[0])
      stack.append(items[0])
    case .rebuildParameter:
      guard items.count == 3, case .tensor = object[items[0]] else {
        throw fault("a parameter that is not described as PyTorch does")
      }
      stack.append(items[0])
    case .rebuildTensor:
      guard items.count == 4 else { throw fault("a tensor of \(items.count) arguments") }
      try pushTensor(items)
    case .rebuildTensorV2:
      guard items.count == 6 || items.count == 7 else {
        throw fault("a tensor of \(items.count) arguments")
      }
      try pushTensor(items)
    case .storage: throw fault("a storage that is called like a function")
    }
  }

  mutating func pushTensor(_ items: [PickledObject.Reference]) throws {
    guard case .storage(let place) = object[items[0]], case .integer(let offset) = object[items[1]]
    else { throw fault("a tensor without a storage") }
    let tensor = PickledTensor(
      storage: place, offset: offset, shape: try sizes(items[2]), strides: try sizes(items[3]))
    guard object.tensors.count < limits.tensors else {
      throw fault("more than \(limits.tensors) tensors")
    }
    guard tensor.strides.count == tensor.shape.count else {
      throw fault("a tensor of \(tensor.shape.count) sizes and \(tensor.strides.count) strides")
    }
    try check(tensor, in: object.storages[place])
    object.tensors.append(tensor)
    try push(.tensor(object.tensors.count - 1))
  }

  /// A tensor must lie inside its storage and have no more values than that.
  func check(_ tensor: PickledTensor, in storage: PickledStorage) throws {
    var (count, overflows) = (1, false)
    for size in tensor.shape {
      let product = count.multipliedReportingOverflow(by: size)
      count = product.partialValue
      overflows = overflows || product.overflow
    }
    var last = tensor.offset
    for (size, stride) in zip(tensor.shape, tensor.strides) where size > 0 {
      let reach = (size - 1).multipliedReportingOverflow(by: stride)
      let sum = last.addingReportingOverflow(reach.partialValue)
      last = sum.partialValue
      overflows = overflows || reach.overflow || sum.overflow
    }
    guard tensor.offset >= 0, !overflows, count <= storage.count, count == 0 || last < storage.count
    else {
      throw fault(
        "a tensor of shape \(tensor.shape), strides \(tensor.strides) at \(tensor.offset) in the "
          + "storage '\(storage.key)' of \(storage.count) values")
    }
  }

  func tuple(
    _ reference: PickledObject.Reference, _ what: String
  ) throws -> [PickledObject.Reference] {
    guard case .tuple(let start, let count) = object[reference] else {
      throw fault("\(what) without a tuple")
    }
    return Array(object.items[Int(start)..<Int(start + count)])
  }

  func sizes(_ reference: PickledObject.Reference) throws -> [Int] {
    let items = try tuple(reference, "sizes")
    guard items.count <= limits.rank else {
      throw fault("\(items.count) sizes; up to \(limits.rank) are read")
    }
    return try items.map {
      guard case .integer(let size) = object[$0], size >= 0 else {
        throw fault("a size that is not a whole number of 0 or more")
      }
      return size
    }
  }
}
