import GraftBase

/// What a pickle describes: all its values in one flat array, which refer to each other by number.
///
/// Nested Swift values would recurse when they are released, and a file may nest as deep as it likes.
struct PickledObject {
  /// A place in `values`.
  typealias Reference = Int32

  enum Value {
    case none
    case boolean(Bool)
    case integer(Int)
    /// An integer of more than 64 bits, lowest byte first.
    case wideInteger([UInt8])
    case number(Double)
    case text(ByteString)
    /// A run of `items`.
    case tuple(start: Int32, count: Int32)
    /// A place in `lists`.
    case list(Int)
    /// A place in `dictionaries`.
    case dictionary(Int)
    case global(TorchGlobal)
    /// A class or function of Python that weights do not need, a place in `foreign`: never called.
    case foreign(Int)
    /// What one of them would have made, a place in `foreign`: never built.
    case skipped(Int)
    /// A place in `storages`.
    case storage(Int)
    /// A place in `tensors`.
    case tensor(Int)
  }

  var values: [Value] = []
  /// What tuples hold, one after the other: a million small ones take no allocations.
  var items: [Reference] = []
  var lists: [[Reference]] = []
  var dictionaries: [[(key: Reference, value: Reference)]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []
  /// The names of classes and functions that were met, each once.
  var foreign: [ByteString] = []
  var root: Reference = -1

  subscript(reference: Reference) -> Value { values[Int(reference)] }

  var rootValue: Value? { values[checked: Int(root)] }

  /// The last value under a text key of a dictionary at the top.
  func member(_ name: ByteString) -> Value? {
    guard case .dictionary(let place)? = rootValue else { return nil }
    for member in dictionaries[place].reversed() {
      if case .text(name) = self[member.key] { return self[member.value] }
    }
    return nil
  }

  /// The texts of a list at the top; nil where it is something else.
  func textsOfRootList() -> [ByteString]? { rootValue.flatMap(texts) }

  /// The texts of a list; nil where it is something else.
  func texts(of value: Value) -> [ByteString]? {
    guard case .list(let place) = value else { return nil }
    var texts: [ByteString] = []
    for reference in lists[place] {
      guard case .text(let text) = self[reference] else { return nil }
      texts.append(text)
    }
    return texts
  }

  /// The classes that a checkpoint names beside its weights: a list of them, or their numbers.
  var classNames: [ByteString]? {
    for key in ["classes", "class_names", "classnames"] as [ByteString] {
      if let value = member(key), let texts = texts(of: value), !texts.isEmpty { return texts }
    }
    guard case .dictionary(let place)? = member("class_to_idx") else { return nil }
    let members = dictionaries[place]
    var names = [ByteString?](repeating: nil, count: members.count)
    for member in members {
      guard case .text(let name) = self[member.key], case .integer(let number) = self[member.value],
        names.indices.contains(number)
      else { return nil }
      names[number] = name
    }
    let found = names.compactMap(\.self)
    return found.count == names.count && !found.isEmpty ? found : nil
  }
}

/// A run of values of one type, which tensors are views of.
struct PickledStorage {
  let key: ByteString
  let type: TensorType
  let count: Int

  func byteCount() throws -> Int {
    guard let bytes = type.byteCount(of: [count]) else {
      throw WeightFault("the storage '\(key)' has \(count) values, which no file can hold")
    }
    return bytes
  }
}

/// A view of a storage; offset and strides count elements.
struct PickledTensor {
  let storage: Int
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }
}

/// The globals that a state dict needs: names, never looked up and never called.
enum TorchGlobal: Hashable {
  case orderedDictionary
  /// Another kind of dictionary; what it is made with does not matter.
  case otherDictionary
  case rebuildTensor
  case rebuildTensorV2
  case rebuildParameter
  case rebuildParameterWithState
  /// A tensor of a class of its own: the arguments of another rebuilding, and attributes.
  case rebuildFromType
  case size
  case storage(TensorType)

  init?(module: ByteString, name: ByteString) {
    switch (module.text, name.text) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch._utils", "_rebuild_parameter_with_state"): self = .rebuildParameterWithState
    case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildFromType
    case ("collections", "defaultdict"), ("collections", "Counter"): self = .otherDictionary
    case ("torch", "Size"): self = .size
    case ("torch", let name):
      guard let type = Self.storageTypes[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  /// Whether a global belongs to no weights and to no plain checkpoint: what runs commands, reads files or
  /// looks things up, and tensors of forms that Graft does not read.
  static func isRefused(module: ByteString, name: ByteString) -> Bool {
    let module = module.text
    switch module {
    case "builtins", "__builtin__": return !harmlessBuiltins.contains(name.text)
    case "torch": return ["load", "save", "compile"].contains(name.text)
    case "torch._utils", "torch._tensor": return true
    default:
      return refusedModules.contains(String(module.prefix { $0 != "." }))
        || module.hasPrefix("torch.hub") || module.hasPrefix("torch.serialization")
    }
  }

  private static let harmlessBuiltins: Set<String> = [
    "set", "frozenset", "complex", "bytearray", "bytes", "slice", "range", "xrange", "int", "float",
    "str", "unicode", "long", "bool", "list", "dict", "tuple", "object", "type",
  ]
  private static let refusedModules: Set<String> = [
    "os", "posix", "nt", "subprocess", "commands", "sys", "runpy", "shutil", "socket", "pty",
    "importlib", "imp", "ctypes", "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal",
    "code", "codeop", "webbrowser", "platform", "popen2", "asyncio", "multiprocessing", "signal",
    "types", "operator", "functools", "timeit", "pdb", "pip", "requests", "urllib", "http",
  ]

  private static let storageTypes: [String: TensorType] = [
    "FloatStorage": .f32, "DoubleStorage": .f64, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool,
  ]
}
