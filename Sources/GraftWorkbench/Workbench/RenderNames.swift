import GraftBase

/// Names of rendered files: `FOLDER/STEM-COPY.png`, no two alike on any file system.
struct RenderNames {
  let suffix: String
  private var taken: Set<String> = []

  init(suffix: String) { self.suffix = suffix }

  /// The stem of an image in `folder`; when another has it, with a number appended.
  mutating func stem(of path: String, in folder: String) -> String {
    let name = path.lastPathComponent
    let bare = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let stem = Self.safe(name.hasSuffix("]") || bare.isEmpty ? name : bare)
    var candidate = stem
    var number = 2
    while !taken.insert("\(folder)/\(candidate)".lowercased()).inserted {
      candidate = "\(stem)_\(number)"
      number += 1
    }
    return candidate
  }

  /// The stem of one of an image's copies.
  func numbered(_ stem: String, copy: Int, of copies: Int) -> String {
    let digits = String(copies).count
    let number = String(copy)
    return "\(stem)-\(String(repeating: "0", count: digits - number.count))\(number)"
  }

  /// The folders of a path, each of them safe; empty without any.
  static func safeFolders(of path: String) -> String {
    path.split(separator: "/").dropLast().map { safe(String($0)) }.joined(separator: "/")
  }

  /// A text as one component of a path: no slashes, brackets or control characters, not hidden.
  static func safe(_ text: String) -> String {
    let characters = text.unicodeScalars.map { scalar -> String in
      let isPlain = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
      return isPlain && !"/\\[]:".unicodeScalars.contains(scalar) ? String(scalar) : "_"
    }.joined()
    return characters.hasPrefix(".") || characters.isEmpty ? "_" + characters : characters
  }
}
