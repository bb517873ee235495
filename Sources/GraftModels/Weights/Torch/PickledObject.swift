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
  func textsOfRootList() -> [ByteString]? {
    guard case .list(let place)? = rootValue else { return nil }
    var texts: [ByteString] = []
    for reference in lists[place] {
      guard case .text(let text) = self[reference] else { return nil }
      texts.append(text)
    }
    return texts
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
  case rebuildTensor
  case rebuildTensorV2
  case rebuildParameter
  case size
  case storage(TensorType)

  init?(module: ByteString, name: ByteString) {
    switch (module.text, name.text) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch", let name):
      guard let type = Self.storageTypes[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  private static let storageTypes: [String: TensorType] = [
    "FloatStorage": .f32, "DoubleStorage": .f64, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool,
  ]
}
