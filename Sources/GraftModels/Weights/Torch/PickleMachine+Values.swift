import GraftBase

// What a pickle holds besides tensors.
extension PickleMachine {
  mutating func push(_ value: PickledObject.Value) throws {
    guard stack.count < limits.stack else {
      throw fault("more than \(limits.stack) values on the stack")
    }
    stack.append(PickledObject.Reference(object.values.count))
    object.values.append(value)
  }

  mutating func pushTuple(_ items: [PickledObject.Reference]) throws {
    let start = Int32(object.items.count)
    object.items += items
    guard object.items.count <= limits.opcodes else {
      throw fault("tuples of more than \(limits.opcodes) values")
    }
    try push(.tuple(start: start, count: Int32(items.count)))
  }

  mutating func pushList() throws {
    object.lists.append([])
    try push(.list(object.lists.count - 1))
  }

  mutating func pushDictionary() throws {
    object.dictionaries.append([])
    try push(.dictionary(object.dictionaries.count - 1))
  }

  mutating func pushText() throws {
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
  mutating func pushBytes(count: Int) throws {
    guard count <= limits.pickleBytes else {
      throw fault("\(count) bytes; up to \(limits.pickleBytes) are read")
    }
    _ = try bytes(count)
    try pushSkipped("bytes")
  }

  mutating func pushSkipped(_ name: ByteString) throws {
    try push(.skipped(place(ofForeign: name)))
  }

  mutating func place(ofForeign name: ByteString) throws -> Int {
    if let place = foreignPlaces[name] { return place }
    guard object.foreign.count < 1000 else { throw fault("more than 1000 classes of Python") }
    foreignPlaces[name] = object.foreign.count
    object.foreign.append(name)
    return object.foreign.count - 1
  }

  mutating func pushLong(count: Int) throws {
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

  mutating func pushGlobal() throws {
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

  mutating func pop(_ count: Int) throws -> [PickledObject.Reference] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("an empty stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  mutating func popToMark() throws -> [PickledObject.Reference] {
    guard let mark = marks.popLast() else { throw fault("no mark on the stack") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  func top() throws -> PickledObject.Reference {
    guard stack.count > (marks.last ?? 0), let top = stack.last else {
      throw fault("an empty stack")
    }
    return top
  }

  mutating func remember(at place: Int) throws {
    guard memo.count < limits.memo else { throw fault("more than \(limits.memo) memos") }
    memo[place] = try top()
  }

  mutating func recall(from place: Int) throws {
    guard let reference = memo[place] else { throw fault("the memo \(place), which is empty") }
    guard stack.count < limits.stack else {
      throw fault("more than \(limits.stack) values on the stack")
    }
    stack.append(reference)
  }

  mutating func setItems(_ items: [PickledObject.Reference]) throws {
    guard items.count.isMultiple(of: 2) else { throw fault("a key without a value") }
    if case .skipped = object[try top()] { return }
    guard case .dictionary(let place) = object[try top()] else {
      throw fault("items for something other than a dictionary")
    }
    for index in stride(from: 0, to: items.count, by: 2) {
      object.dictionaries[place].append((items[index], items[index + 1]))
    }
  }

  mutating func append(_ items: [PickledObject.Reference]) throws {
    if case .skipped = object[try top()] { return }
    guard case .list(let place) = object[try top()] else {
      throw fault("items for something other than a list")
    }
    object.lists[place] += items
  }
}
