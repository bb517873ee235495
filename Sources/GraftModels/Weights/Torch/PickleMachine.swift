import GraftBase

/// Interprets the opcodes of a pickle that describe tensors, dictionaries and plain values.
///
/// 35 opcodes are supported; all others end the reading. What other classes and functions would make
/// is skipped: their names are kept, and nothing of them is looked up, called or built. One machine reads
/// pickle after pickle from where the last ended.
struct PickleMachine {
  /// The next byte to be read.
  private(set) var position = 0

  let source: ByteSource
  let limits: TorchFile.Limits
  var window: [UInt8] = []
  var windowStart = 0
  var opcodeCount = 0
  var object = PickledObject()
  var stack: [PickledObject.Reference] = []
  /// The height of the stack at each mark.
  var marks: [Int] = []
  var memo: [Int: PickledObject.Reference] = [:]
  var storagePlaces: [ByteString: Int] = [:]
  var foreignPlaces: [ByteString: Int] = [:]

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

  enum Opcode: UInt8 {
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

  mutating func execute(_ opcode: Opcode) throws {
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

// MARK: - Bytes

extension PickleMachine {
  mutating func byte() throws -> UInt8 {
    if let byte = window[checked: position - windowStart] {
      position += 1
      return byte
    }
    return try bytes(1)[0]
  }

  mutating func bytes(_ count: Int) throws -> [UInt8] {
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

  mutating func number(bytes count: Int) throws -> UInt64 {
    try bytes(count).littleEndian(at: 0, bytes: count)
  }

  mutating func line() throws -> ByteString {
    var text: [UInt8] = []
    while true {
      let next = try byte()
      if next == 0x0A { return ByteString(text) }
      text.append(next)
      guard text.count <= 256 else { throw fault("the name of a global of over 256 bytes") }
    }
  }

  func fault(_ message: String, help: String? = nil) -> WeightFault {
    WeightFault("byte \(position) of the pickle: \(message)", help: help)
  }

  /// The line of Python that saves weights in the form that Graft reads.
  static let conversion =
    "torch.save(torch.load('FILE', map_location='cpu', weights_only=False), 'NEW.pth')"

  /// The opcode for messages; Python's names for the common ones.
  static func title(of code: UInt8) -> String {
    let digits = String(code, radix: 16)
    let hexadecimal = "0x" + (digits.count == 1 ? "0" : "") + digits
    return knownTitles[code].map { "\($0) (\(hexadecimal))" } ?? hexadecimal
  }

  static let knownTitles: [UInt8: String] = [
    0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG",
    0x50: "PERSID", 0x53: "STRING", 0x54: "BINSTRING", 0x55: "SHORT_BINSTRING", 0x56: "UNICODE",
    0x64: "DICT", 0x69: "INST", 0x6C: "LIST", 0x6F: "OBJ", 0x82: "EXT1",
    0x83: "EXT2", 0x84: "EXT4", 0x8C: "SHORT_BINUNICODE", 0x92: "NEWOBJ_EX",
    0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME",
  ]
}
