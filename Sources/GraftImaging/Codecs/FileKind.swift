/// What a file's first bytes say it is; the kinds that are not read are known for error messages.
package enum FileKind: Sendable, Equatable {
  case readable(ReadableKind)
  case empty
  case htmlPage
  case largeFilePointer
  case text
  /// Any other known format, with its article: `an AVIF image`.
  case other(String, isImage: Bool)
  /// The first four bytes of an unknown format.
  case unknown([UInt8])

  package init(of bytes: [UInt8]) {
    if bytes.isEmpty {
      self = .empty
    } else if let kind = ReadableKind(of: bytes) {
      self = .readable(kind)
    } else if let known = Self.signatures.first(where: { $0.matches(bytes) }) {
      self = .other(known.title, isImage: known.isImage)
    } else {
      self = Self.textKind(of: bytes) ?? .unknown(Array(bytes.prefix(4)))
    }
  }

  /// What the file is, as the end of an error sentence.
  var sentence: String {
    switch self {
    case .readable(let kind): "it is a \(kind.rawValue)"
    case .empty: "the file is empty"
    case .htmlPage: "it is an HTML page"
    case .largeFilePointer: "it is a Git LFS pointer, not the image itself"
    case .text: "it looks like a text file"
    case .other(let title, _): "it is \(title)"
    case .unknown(let bytes):
      "its first bytes, \(bytes.map(Self.hexadecimal).joined(separator: " ")), match no"
        + " image format"
    }
  }

  var help: String {
    switch self {
    case .htmlPage: "the download fetched a page in place of the image; fetch it again"
    case .largeFilePointer: "fetch the real files with `git lfs pull`"
    case .empty: "copy or download it again, or remove it"
    case .other(Self.heic, _), .other(Self.avif, _):
      "build Graft with libheif, `\(HEIFDecoder.howToBuild)`, or convert the file to PNG or JPEG, "
        + "for example by `heif-convert` or `magick`"
    case .other(_, isImage: true): "convert it to PNG or JPEG"
    case .other(_, isImage: false): "unpack it or convert it to PNG or JPEG files, or remove it"
    case .readable, .text, .unknown:
      "Graft reads \(ReadableKind.list); convert or remove the file"
    }
  }

  private struct Signature: Sendable {
    var title: String
    var isImage = true
    var offset = 0
    var bytes: [UInt8]

    init(_ title: String, isImage: Bool = true, offset: Int = 0, _ bytes: [UInt8]) {
      self.title = title
      self.isImage = isImage
      self.offset = offset
      self.bytes = bytes
    }

    func matches(_ file: [UInt8]) -> Bool {
      file.count >= offset + bytes.count && file[offset..<offset + bytes.count].elementsEqual(bytes)
    }
  }

  private static let avif = "an AVIF image"
  private static let heic = "a HEIC image"

  private static let signatures: [Signature] = [
    Signature(avif, offset: 4, Array("ftypavi".utf8)),
    Signature(heic, offset: 4, Array("ftyphei".utf8)),
    Signature(heic, offset: 4, Array("ftyphev".utf8)),
    Signature(heic, offset: 4, Array("ftypmif1".utf8)),
    Signature(heic, offset: 4, Array("ftypmsf1".utf8)),
    Signature("a JPEG 2000 image", [0, 0, 0, 12, 0x6A, 0x50]),
    Signature("a JPEG XL image", [0xFF, 0x0A]),
    Signature("a Photoshop image", Array("8BPS".utf8)),
    Signature("an SVG drawing", Array("<svg".utf8)),
    Signature("a PDF document", isImage: false, Array("%PDF".utf8)),
    Signature("a gzip archive", isImage: false, [0x1F, 0x8B]),
    Signature("a zip archive", isImage: false, [0x50, 0x4B, 3, 4]),
    Signature("a bzip2 archive", isImage: false, Array("BZh".utf8)),
    Signature("an xz archive", isImage: false, [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
    Signature("a tar archive", isImage: false, offset: 257, Array("ustar".utf8)),
    Signature("an MP4 video", isImage: false, offset: 4, Array("ftyp".utf8)),
    Signature("a program", isImage: false, [0x7F, 0x45, 0x4C, 0x46]),
  ]

  /// The kind of a file whose first 512 bytes are all text, else nil.
  private static func textKind(of bytes: [UInt8]) -> FileKind? {
    let head = bytes.prefix(512)
    let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
    guard isText else { return nil }
    let text = String(decoding: head, as: UTF8.self)
    if text.hasPrefix("version https://git-lfs") { return .largeFilePointer }
    let start = text.drop { $0.isWhitespace }.prefix(15).lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return .htmlPage }
    // Bytes above 0x7F are text only as well-formed UTF-8, give or take a cut last character.
    let replaced = text.unicodeScalars.dropLast(2).contains("\u{FFFD}")
    return replaced ? nil : .text
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16, uppercase: true)
    return text.count == 2 ? text : "0" + text
  }
}
