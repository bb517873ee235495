/// The one EXIF field that changes pixels: how the camera was held.
///
/// Reads the orientation (tag 0x0112) of the first directory and nothing else; every access is
/// bounds-checked, no offset is followed twice, and anything malformed counts as upright, as in
/// Pillow.
enum EXIF {
  /// What precedes the block in a JPEG and in some files of other formats: `Exif` and two zeros.
  static let prefix: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]

  /// The orientation in a TIFF block (what follows the prefix in a JPEG, a PNG's `eXIf`).
  static func orientation(_ block: ArraySlice<UInt8>) -> Orientation {
    let start = block.startIndex
    guard block.count >= 8 else { return .upright }
    let isLittleEndian: Bool
    switch (block[start], block[start + 1]) {
    case (0x49, 0x49): isLittleEndian = true
    case (0x4D, 0x4D): isLittleEndian = false
    default: return .upright
    }

    func integer(at offset: Int, bytes count: Int) -> Int? {
      guard offset >= 0 && offset <= block.count - count else { return nil }
      let bytes = block[start + offset..<start + offset + count]
      return isLittleEndian
        ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    guard integer(at: 2, bytes: 2) == 42, let directory = integer(at: 4, bytes: 4),
      let entryCount = integer(at: directory, bytes: 2)
    else { return .upright }
    for entry in 0..<entryCount {
      let offset = directory + 2 + entry * 12
      guard let tag = integer(at: offset, bytes: 2) else { return .upright }
      guard tag == 0x0112 else { continue }
      guard let type = integer(at: offset + 2, bytes: 2),
        integer(at: offset + 4, bytes: 4) == 1
      else { return .upright }
      let shortType = 3
      let longType = 4
      let value: Int? =
        switch type {
        case shortType: integer(at: offset + 8, bytes: 2)
        case longType: integer(at: offset + 8, bytes: 4)
        default: nil
        }
      return value.flatMap(Orientation.init) ?? .upright
    }
    return .upright
  }
}
