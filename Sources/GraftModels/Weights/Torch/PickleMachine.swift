import GraftBase

/// Interprets the opcodes of a pickle that describe tensors, dictionaries and plain values.
///
/// 35 opcodes are supported; all others end the reading. What other classes and functions would make
/// is skipped: their names are kept, and nothing of them is looked up, called or built. One machine reads
/// pickle after pickle from where the last ended.
struct PickleMachine {
  /// The next byte to be read.
  private(set) var position = 0

  private let source: ByteSource
  private let limits: TorchFile.Limits
  private var window: [UInt8] = []
  private var windowStart = 0
  private var opcodeCount = 0
  private var object = PickledObject()
  private var stack: [PickledObject.Reference] = []
  /// The height of the stack at each mark.
  private var marks: [Int] = []
  private var memo: [Int: PickledObject.Reference] = [:]
  private var storagePlaces: [ByteString: Int] = [:]
  private var foreignPlaces: [ByteString: Int] = [:]

  init(_ source: ByteSource, limits: TorchFile.Limits) {
    self.source = source
    self.limits = limits
  }

  /// Reads one pickle, to its STOP.
  mutating func run() throws -> PickledObject {
    object = PickledObject()
    (stack, marks, memo, storagePlaces, foreignPlaces) = ([], [], [:], [:], [:])
    guard try byte() == 0x80, case let version = try byte(), version == 2 || version == 3 else {
      let number = source.size > position ? try? source.read(at: position - 1, count: 1)?.first : 0
      throw fault(
        number == 4 || number == 5
          ? "it is a pickle of protocol \(number ?? 4), and does not start with PROTO 2 as PyTorch's do"
          : "a pickle does not start with PROTO 2",
        help: "save it anew in Python: " + Self.conversion)
    }
    while true {
      opcodeCount += 1
      guard opcodeCount <= limits.opcodes else {
        throw fault("more than \(limits.opcodes) opcodes")
      }
      let code = try byte()
      if code == 0x2E { break }
      guard let opcode = Opcode(rawValue: code) else {
        throw fault(
          "the opcode \(Self.title(of: code)), which weights do not need",
          help: "it may run code when Python loads it; nothing was run here")
      }
      try execute(opcode)
    }
    guard stack.count == 1, marks.isEmpty, let root = stack.first else {
      throw fault("a pickle ends with \(stack.count) values instead of one")
    }
    object.root = root
    return object
  }

  private enum Opcode: UInt8 {
    case protocolVersion = 0x80
    case global = 0x63
    case binPut = 0x71
    case longBinPut = 0x72
    case binGet = 0x68
    case longBinGet = 0x6A
    case mark = 0x28
    case emptyTuple = 0x29
    case tuple = 0x74
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case emptyDictionary = 0x7D
    case emptyList = 0x5D
    case setItem = 0x73
    case setItems = 0x75
    case append = 0x61
    case appends = 0x65
    case unicode = 0x58
    case integer4 = 0x4A
    case integer1 = 0x4B
    case integer2 = 0x4D
    case long1 = 0x8A
    case number = 0x47
    case persistentID = 0x51
    case reduce = 0x52
    case build = 0x62
    case none = 0x4E
    case isTrue = 0x88
    case isFalse = 0x89
    case newObject = 0x81
    case long4 = 0x8B
    case bytes = 0x42
    case shortBytes = 0x43
  }

  private mutating func execute(_ opcode: Opcode) throws {
    switch opcode {
    case .protocolVersion: throw fault("PROTO in the middle of a pickle")
    case .global: try pushGlobal()
    case .binPut: try remember(at: Int(byte()))
    case .longBinPut: try remember(at: Int(number(bytes: 4)))
    case .binGet: try recall(from: Int(byte()))
    case .longBinGet: try recall(from: Int(number(bytes: 4)))
    case .mark:
      guard marks.count < limits.stack else { throw fault("more than \(limits.stack) marks") }
      marks.append(stack.count)
    case .emptyTuple: try pushTuple([])
    case .tuple: try pushTuple(popToMark())
    case .tuple1: try pushTuple(pop(1))
    case .tuple2: try pushTuple(pop(2))
    case .tuple3: try pushTuple(pop(3))
    case .emptyList: try pushList()
    case .emptyDictionary: try pushDictionary()
    case .setItem: try setItems(pop(2))
    case .setItems: try setItems(popToMark())
    case .append: try append(pop(1))
    case .appends: try append(popToMark())
    case .unicode: try pushText()
    case .integer4: try push(.integer(Int(Int32(bitPattern: UInt32(number(bytes: 4))))))
    case .integer1: try push(.integer(Int(byte())))
    case .integer2: try push(.integer(Int(number(bytes: 2))))
    case .long1: try pushLong(count: Int(byte()))
    case .long4: try pushLong(count: Int(number(bytes: 4)))
    case .bytes: try pushBytes(count: Int(number(bytes: 4)))
    case .shortBytes: try pushBytes(count: Int(byte()))
    case .newObject: try reduce(makesObject: true)
    case .number:
      let bits = try bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      try push(.number(Double(bitPattern: bits)))
    case .persistentID: try pushStorage()
    case .reduce: try reduce()
    case .build:
      // An OrderedDict's attributes, such as `_metadata`, or those of what is skipped; they are not needed.
      let operands = try pop(2)
      switch (object[operands[0]], object[operands[1]]) {
      case (.dictionary, .dictionary), (.skipped, _), (.foreign, _): stack.append(operands[0])
      default: throw fault("BUILD of something other than a dictionary's attributes")
      }
    case .none: try push(.none)
    case .isTrue: try push(.boolean(true))
    case .isFalse: try push(.boolean(false))
    }
  }
}

// MARK: - Values

extension PickleMachine {
  private mutating func push(_ value: PickledObject.Value) throws {
    guard stack.count < limits.stack else {
      throw fault("more than \(limits.stack) values on the stack")
    }
    stack.append(PickledObject.Reference(object.values.count))
    object.values.append(value)
  }

  private mutating func pushTuple(_ items: [PickledObject.Reference]) throws {
    let start = Int32(object.items.count)
    object.items += items
    guard object.items.count <= limits.opcodes else {
      throw fault("tuples of more than \(limits.opcodes) values")
    }
    try push(.tuple(start: start, count: Int32(items.count)))
  }

  private mutating func pushList() throws {
    object.lists.append([])
    try push(.list(object.lists.count - 1))
  }

  private mutating func pushDictionary() throws {
    object.dictionaries.append([])
    try push(.dictionary(object.dictionaries.count - 1))
  }

  private mutating func pushText() throws {
    let count = Int(try number(bytes: 4))
    guard count <= limits.stringBytes else {
      throw fault("a text of \(count) bytes; up to \(limits.stringBytes) are read")
    }
    let text = try bytes(count)
    guard String(validating: text, as: UTF8.self) != nil else {
      throw fault("a text that is not UTF-8")
    }
    try push(.text(ByteString(text)))
  }

  /// Bytes are no weights: what they are part of is skipped.
  private mutating func pushBytes(count: Int) throws {
    guard count <= limits.pickleBytes else {
      throw fault("\(count) bytes; up to \(limits.pickleBytes) are read")
    }
    _ = try bytes(count)
    try pushSkipped("bytes")
  }

  private mutating func pushSkipped(_ name: ByteString) throws {
    try push(.skipped(place(ofForeign: name)))
  }

  private mutating func place(ofForeign name: ByteString) throws -> Int {
    if let place = foreignPlaces[name] { return place }
    guard object.foreign.count < 1000 else { throw fault("more than 1000 classes of Python") }
    foreignPlaces[name] = object.foreign.count
    object.foreign.append(name)
    return object.foreign.count - 1
  }

  private mutating func pushLong(count: Int) throws {
    guard count <= limits.stringBytes else {
      throw fault("a number of \(count) bytes; up to \(limits.stringBytes) are read")
    }
    let digits = try bytes(count)
    guard digits.count <= 8 else { return try push(.wideInteger(digits)) }
    let isNegative = (digits.last ?? 0) >= 0x80
    var bits: UInt64 = isNegative ? .max : 0
    for digit in digits.reversed() { bits = bits << 8 | UInt64(digit) }
    try push(.integer(Int(Int64(bitPattern: bits))))
  }

  private mutating func pushGlobal() throws {
    let module = try line()
    let name = try line()
    guard let global = TorchGlobal(module: module, name: name) else {
      guard TorchGlobal.isRefused(module: module, name: name) else {
        let full = ByteString(module.bytes + [UInt8(ascii: ".")] + name.bytes)
        return try push(.foreign(place(ofForeign: full)))
      }
      throw fault(
        "the global '\(module).\(name)', which weights do not need",
        help: "it may run code when Python loads it; nothing was run here. A whole model saved by "
          + "torch.save(model) needs Python; save model.state_dict() instead")
    }
    try push(.global(global))
  }

  private mutating func pop(_ count: Int) throws -> [PickledObject.Reference] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("an empty stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [PickledObject.Reference] {
    guard let mark = marks.popLast() else { throw fault("no mark on the stack") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private func top() throws -> PickledObject.Reference {
    guard stack.count > (marks.last ?? 0), let top = stack.last else {
      throw fault("an empty stack")
    }
    return top
  }

  private mutating func remember(at place: Int) throws {
    guard memo.count < limits.memo else { throw fault("more than \(limits.memo) memos") }
    memo[place] = try top()
  }

  private mutating func recall(from place: Int) throws {
    guard let reference = memo[place] else { throw fault("the memo \(place), which is empty") }
    guard stack.count < limits.stack else {
      throw fault("more than \(limits.stack) values on the stack")
    }
    stack.append(reference)
  }

  private mutating func setItems(_ items: [PickledObject.Reference]) throws {
    guard items.count.isMultiple(of: 2) else { throw fault("a key without a value") }
    if case .skipped = object[try top()] { return }
    guard case .dictionary(let place) = object[try top()] else {
      throw fault("items for something other than a dictionary")
    }
    for index in stride(from: 0, to: items.count, by: 2) {
      object.dictionaries[place].append((items[index], items[index + 1]))
    }
  }

  private mutating func append(_ items: [PickledObject.Reference]) throws {
    if case .skipped = object[try top()] { return }
    guard case .list(let place) = object[try top()] else {
      throw fault("items for something other than a list")
    }
    object.lists[place] += items
  }
}

// MARK: - Tensors

extension PickleMachine {
  /// ("storage", type, key, location, count), in the old form followed by None; the location is
  /// where the values lay when they were saved.
  private mutating func pushStorage() throws {
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
  private mutating func reduce(makesObject: Bool = false) throws {
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

  private mutating func call(
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

  private mutating func pushTensor(_ items: [PickledObject.Reference]) throws {
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
  private func check(_ tensor: PickledTensor, in storage: PickledStorage) throws {
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

  private func tuple(
    _ reference: PickledObject.Reference, _ what: String
  ) throws -> [PickledObject.Reference] {
    guard case .tuple(let start, let count) = object[reference] else {
      throw fault("\(what) without a tuple")
    }
    return Array(object.items[Int(start)..<Int(start + count)])
  }

  private func sizes(_ reference: PickledObject.Reference) throws -> [Int] {
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

// MARK: - Bytes

extension PickleMachine {
  private mutating func byte() throws -> UInt8 {
    if let byte = window[checked: position - windowStart] {
      position += 1
      return byte
    }
    return try bytes(1)[0]
  }

  private mutating func bytes(_ count: Int) throws -> [UInt8] {
    let first = position - windowStart
    if first + count > window.count {
      // A piece at a time: the end of the pickle is not known yet.
      let length = min(max(count, 1 << 16), source.size - position)
      guard length >= count, let piece = try source.read(at: position, count: length) else {
        throw fault("the pickle ends early")
      }
      window = piece
      windowStart = position
    }
    let start = position - windowStart
    position += count
    return Array(window[start..<start + count])
  }

  private mutating func number(bytes count: Int) throws -> UInt64 {
    try bytes(count).littleEndian(at: 0, bytes: count)
  }

  private mutating func line() throws -> ByteString {
    var text: [UInt8] = []
    while true {
      let next = try byte()
      if next == 0x0A { return ByteString(text) }
      text.append(next)
      guard text.count <= 256 else { throw fault("the name of a global of over 256 bytes") }
    }
  }

  private func fault(_ message: String, help: String? = nil) -> WeightFault {
    WeightFault("byte \(position) of the pickle: \(message)", help: help)
  }

  /// The line of Python that saves weights in the form that Graft reads.
  static let conversion =
    "torch.save(torch.load('FILE', map_location='cpu', weights_only=False), 'NEW.pth')"

  /// The opcode for messages; Python's names for the common ones.
  private static func title(of code: UInt8) -> String {
    let digits = String(code, radix: 16)
    let hexadecimal = "0x" + (digits.count == 1 ? "0" : "") + digits
    return knownTitles[code].map { "\($0) (\(hexadecimal))" } ?? hexadecimal
  }

  private static let knownTitles: [UInt8: String] = [
    0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG",
    0x50: "PERSID", 0x53: "STRING", 0x54: "BINSTRING", 0x55: "SHORT_BINSTRING", 0x56: "UNICODE",
    0x64: "DICT", 0x69: "INST", 0x6C: "LIST", 0x6F: "OBJ", 0x82: "EXT1",
    0x83: "EXT2", 0x84: "EXT4", 0x8C: "SHORT_BINUNICODE", 0x92: "NEWOBJ_EX",
    0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME",
  ]
}
