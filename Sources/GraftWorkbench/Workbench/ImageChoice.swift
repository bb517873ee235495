import GraftBase
import GraftData
import GraftImaging
import GraftModels

/// Which images a command shows: so many of the data, or a file.
enum ImageChoice: ArgumentReadable {
  case count(Int)
  case file(String)

  static func read(_ values: [ArgumentValue]) -> ImageChoice? {
    Int.read(values).map(ImageChoice.count) ?? String.read(values).map(ImageChoice.file)
  }

  var argumentText: String {
    switch self {
    case .count(let count): count.argumentText
    case .file(let path): path
    }
  }

  var count: Int? { if case .count(let count) = self { count } else { nil } }
  var file: String? { if case .file(let path) = self { path } else { nil } }
}

extension ArgumentType where Value == ImageChoice {
  static var imageChoice: Self { Self(.either([.integer(1...64), .path(.image)])) }
}

/// An image as a model sees it, with its name.
struct SubjectImage {
  /// As captions show it: a file's name.
  let name: String
  /// In pixels, of the model's size.
  let image: Image
  /// Its class in the data; nil for files and masks.
  let className: String?
}

/// Images to look at with a model: files, or some of a split of the data.
struct SubjectChoice {
  /// Of the data, where no files are given.
  let count: Int
  let files: [String]
  let part: DataPart

  private static let mostFiles = 64

  /// So many images of a split.
  init(count: Int, part: DataPart) {
    self.count = count
    self.part = part
    files = []
  }

  /// What the arguments say; throws where they say both.
  init(
    _ arguments: CheckedArguments, _ images: Argument<[ImageChoice]>, on: Argument<DataPart>,
    usualCount: Int
  ) throws {
    let counts = arguments[images].compactMap(\.count)
    files = arguments[images].compactMap(\.file)
    count = counts.first ?? usualCount
    part = arguments[on]
    if counts.count > 1 || !counts.isEmpty && !files.isEmpty {
      throw arguments.fault(
        .tooManyArguments, at: images, "give one number of images, or image files")
    }
    if !files.isEmpty, arguments.isGiven(on) {
      throw arguments.fault(
        .notAllowedHere, at: on, "`on` is for images of the data, and files are given",
        help: "leave out on=")
    }
  }

  /// What a recipe needs to choose them again.
  var needs: [String] { files.isEmpty ? ["data"] : [] }

  var inputs: [BytePath] { files.map { BytePath($0) } }

  /// Throws where the data has no such images, as far as that is known before anything runs.
  func check(in session: Session) throws {
    if files.isEmpty { _ = try session.requireMeasurable(part) }
  }

  /// The images, prepared as `input` says; of the data evenly chosen ones of the split, so that all classes come.
  func images(for input: ImageInput, in session: Session) throws -> [SubjectImage] {
    guard files.isEmpty else {
      let files = try InputImages(files, seenFrom: session.folder).images
      guard files.count <= Self.mostFiles else {
        throw GraftError(
          .usage,
          "\(files.count.groupedText) images are given, and \(Self.mostFiles) can be shown at once",
          help: "name some of them, or choose some of the data by a number")
      }
      let interrupts = session.interrupts
      let images = session.pool.map(files) { file in
        try interrupts.check()
        return input.prepared(try file.read(grayRange: input.grayRange))
      }
      return try zip(files, images).map { file, image in
        SubjectImage(name: file.path.name.description, image: try image.get(), className: nil)
      }
    }
    let data = try session.requireMeasurable(part)
    let all = data.partition(part.partition)
    let count = min(count, all.count)
    let chosen = (0..<count).map { all[$0 * all.count / count] }
    let images = session.pool.map(chosen) { try input.prepared(data.storedImage(at: $0)) }
    return try zip(chosen, images).map { sample, image in
      SubjectImage(
        name: data.samples[sample].path.lastPathComponent, image: try image.get(),
        className: data.task == .classification ? data.labelText(of: sample) : nil)
    }
  }
}

extension ImageInput {
  /// The values of a prepared image, [side, side, channels], normalized.
  func values(of image: Image) -> [Float] {
    [Float](unsafeUninitializedCapacity: image.width * image.height * channels) { buffer, count in
      write(image, into: buffer)
      count = buffer.count
    }
  }
}
