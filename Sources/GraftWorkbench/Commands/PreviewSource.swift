import GraftBase

/// What is shown: so many images of the data, or a file.
enum PreviewSource: ArgumentReadable {
  case count(Int)
  case file(String)

  static func read(_ values: [ArgumentValue]) -> PreviewSource? {
    Int.read(values).map(PreviewSource.count) ?? String.read(values).map(PreviewSource.file)
  }

  var argumentText: String {
    switch self {
    case .count(let count): count.argumentText
    case .file(let path): path
    }
  }

  var count: Int? { if case .count(let count) = self { count } else { nil } }
}

extension ArgumentType where Value == PreviewSource {
  static var previewSource: Self {
    Self(.either([.integer(1...64), .path(.image)]))
  }
}
