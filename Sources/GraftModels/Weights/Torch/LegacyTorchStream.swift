import GraftBase

/// The form of a PyTorch file before version 1.6: five pickles, then the storages, nothing after.
///
/// The pickles are a magic number, a version, facts about the machine, the object, and the keys of the
/// storages in their order; each storage is its count of elements and its values. There is no checksum.
struct LegacyTorchStream: TorchStorages {
  let object: PickledObject
  private let source: ByteSource
  /// Where each storage's values begin, by key.
  private var offsets: [ByteString: Int] = [:]

  init(_ source: ByteSource, limits: TorchFile.Limits) throws {
    self.source = source
    var machine = PickleMachine(source, limits: limits)
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    guard case .wideInteger(magic)? = try machine.run().rootValue else {
      throw WeightFault("it does not start with PyTorch's magic number")
    }
    guard case .integer(1001)? = try machine.run().rootValue else {
      throw WeightFault("the version of its old format is not 1001")
    }
    let machineFacts = try machine.run()
    guard case .boolean(true)? = machineFacts.member("little_endian") else {
      throw WeightFault("it does not say that its values are little-endian")
    }
    object = try machine.run()
    guard let keys = try machine.run().textsOfRootList() else {
      throw WeightFault("it has no list of its storages")
    }
    try locate(keys, from: machine.position)
  }

  private mutating func locate(_ keys: [ByteString], from start: Int) throws {
    let storages = Dictionary(
      object.storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    guard keys.count == storages.count else {
      throw WeightFault("it lists \(keys.count) storages, but its tensors have \(storages.count)")
    }
    var place = start
    for key in keys {
      guard let storage = storages[key] else {
        throw WeightFault("it lists the storage '\(key)', which no tensor has")
      }
      guard let count = try source.read(at: place, count: 8)?.littleEndian(at: 0, bytes: 8) else {
        throw WeightFault("it ends before the storage '\(key)'")
      }
      guard count == UInt64(storage.count) else {
        throw WeightFault(
          "the storage '\(key)' has \(count) values, but its tensors say \(storage.count)")
      }
      let byteCount = try storage.byteCount()
      place += 8
      guard byteCount <= source.size - place else {
        throw WeightFault("it ends within the storage '\(key)'")
      }
      guard offsets.updateValue(place, forKey: key) == nil else {
        throw WeightFault("it lists the storage '\(key)' twice")
      }
      place += byteCount
    }
    guard place == source.size else {
      throw WeightFault("\(source.size - place) bytes follow its last storage")
    }
  }

  func values(of storage: PickledStorage) throws -> [UInt8] {
    guard let offset = offsets[storage.key],
      let bytes = try source.read(at: offset, count: storage.byteCount())
    else { throw WeightFault("it has no storage '\(storage.key)'") }
    return bytes
  }
}
