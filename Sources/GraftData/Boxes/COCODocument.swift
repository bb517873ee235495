import Foundation
import GraftBase
import GraftImaging

/// A COCO file: images, annotations and categories with their ids.
struct COCODocument: Sendable {
  struct Picture: Codable, Sendable {
    let id: Int
    let file_name: String
    var width: Int?
    var height: Int?
    var extras = COCOExtras()

    enum CodingKeys: String, CodingKey, CaseIterable { case id, file_name, width, height }
  }

  struct Category: Codable, Sendable {
    let id: Int
    let name: String
    let extras: COCOExtras

    enum CodingKeys: String, CodingKey, CaseIterable { case id, name }
  }

  struct Annotation: Decodable, Sendable {
    var id: Int?
    let image_id: Int
    let category_id: Int
    let bbox: [Double]?
    let iscrowd: Int?
    /// Whether it has more than a box: a polygon or keypoints.
    let hasShape: Bool
    let extras: COCOExtras

    enum CodingKeys: String, CodingKey, CaseIterable {
      case id, image_id, category_id, bbox, iscrowd, area, segmentation, keypoints, num_keypoints
    }
  }

  /// A value that is not read, but for whether it is an empty list.
  struct Ignored: Decodable, Sendable {
    let isEmpty: Bool

    init(from decoder: any Decoder) throws {
      isEmpty = (try? decoder.unkeyedContainer())?.isAtEnd ?? false
    }
  }

  private struct Content: Decodable {
    let images: [Picture]
    let annotations: [Annotation]
    let categories: [Category]
    let extras: COCOExtras

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case images, annotations, categories
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      images = try values.decode([Picture].self, forKey: .images)
      annotations = try values.decode([Annotation].self, forKey: .annotations)
      categories = try values.decode([Category].self, forKey: .categories)
      extras = try COCOExtras(
        from: decoder, besides: Set(CodingKeys.allCases.map(\.rawValue)))
    }
  }

  /// What is written.
  struct Written: Encodable {
    struct Object: Encodable {
      let id: Int
      let image_id: Int
      let category_id: Int
      let bbox: [Double]
      let area: Double
      let iscrowd: Int
      let extras: COCOExtras

      private enum CodingKeys: String, CodingKey {
        case id, image_id, category_id, bbox, area, iscrowd
      }

      func encode(to encoder: any Encoder) throws {
        try extras.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(image_id, forKey: .image_id)
        try values.encode(category_id, forKey: .category_id)
        try values.encode(bbox, forKey: .bbox)
        try values.encode(area, forKey: .area)
        try values.encode(iscrowd, forKey: .iscrowd)
      }
    }

    private static let ownInfo = AnyJSON.object(["description": .string("augmented copies")])

    private let info: AnyJSON
    private let extras: COCOExtras
    var images: [Picture] = []
    var annotations: [Object] = []
    private let categories: [Category]

    private enum CodingKeys: String, CodingKey { case info, images, annotations, categories }

    /// For copies of a document's images, with all that it says about itself.
    init(_ document: COCODocument) {
      categories = document.categories
      var extras = document.extras
      info =
        extras.take(CodingKeys.info.rawValue).flatMap { $0 == .object([:]) ? nil : $0 }
        ?? Self.ownInfo
      self.extras = extras
    }

    func encode(to encoder: any Encoder) throws {
      try extras.encode(to: encoder)
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(info, forKey: .info)
      try values.encode(images, forKey: .images)
      try values.encode(annotations, forKey: .annotations)
      try values.encode(categories, forKey: .categories)
    }
  }

  /// For messages.
  let name: String
  /// Relative to the folder of the data.
  let path: String
  /// Where it lies.
  let folder: String
  let images: [Picture]
  private(set) var annotations: [Annotation]
  let categories: [Category]
  /// Licenses and whatever else the file has.
  private let extras: COCOExtras
  private var imageStep = 10
  private var annotationStep = 10

  private static let fileLimit = 1 << 29
  /// Ids that are read: with them a copy's id cannot overflow.
  private static let ids = 0...1 << 40

  /// Whether a JSON file has the three lists; what is damaged seems so too, and is refused when it is
  /// read.
  static func seemsToBe(_ path: String) -> Bool {
    guard let file = try? RegularFile(path: path), file.size <= fileLimit,
      let bytes = try? file.readAll(limit: fileLimit)
    else { return false }
    let data = Data(bytes)
    return ["\"images\"", "\"annotations\"", "\"categories\""].allSatisfy {
      data.range(of: Data($0.utf8)) != nil
    }
  }

  init(_ path: String, root: String, _ hash: inout ContentHash) throws {
    name = BoxPath.shown(path)
    folder = BoxPath.folder(path)
    self.path =
      path.hasPrefix(root + "/")
      ? String(path.dropFirst(root.count + 1))
      : path.split(separator: "/").last.map(String.init) ?? "annotations.json"
    let bytes = try RegularFile(path: path, name: name).readAll(limit: Self.fileLimit)
    hash.update(bytes)
    let content: Content
    do { content = try JSONDecoder().decode(Content.self, from: Data(bytes)) } catch {
      throw Self.fault(error, name)
    }
    images = content.images
    annotations = content.annotations
    categories = content.categories
    extras = content.extras
    try check()
    completeIDs()
  }

  private static func fault(_ error: any Error, _ name: String) -> GraftError {
    let help = "it needs images, annotations and categories as COCO has them; boxes=none leaves it"
    guard let error = error as? DecodingError else {
      return GraftError(.input, "\(name) is not read as JSON", help: help)
    }
    let context: DecodingError.Context
    var missing = ""
    switch error {
    case .keyNotFound(let key, let found):
      (context, missing) = (found, "it has no `\(key.stringValue)`")
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      context = found
    @unknown default: return GraftError(.input, "\(name) is not read as JSON", help: help)
    }
    var place = ""
    for key in context.codingPath {
      place += key.intValue.map { "[\($0)]" } ?? (place.isEmpty ? "" : ".") + key.stringValue
    }
    let reason = missing.isEmpty ? context.reason : missing
    return GraftError(
      .input, "\(name)\(place.isEmpty ? "" : ", \(place)"): \(reason)", help: help)
  }

  /// Refuses ids that are no ids, and those that two have.
  private func check() throws {
    func check(_ ids: [Int?], _ list: String) throws {
      var seen: Set<Int> = []
      for (place, id) in ids.enumerated() {
        guard let id else { continue }
        guard Self.ids.contains(id) else {
          throw GraftError(
            .input, "\(name), \(list)[\(place)]: \(id) is no id that is read",
            help: "ids are whole numbers from 0 to 2^40")
        }
        guard seen.insert(id).inserted else {
          throw GraftError(
            .input, "\(name), \(list)[\(place)]: the id \(id) is given twice",
            help: "give each of `\(list)` an id of its own")
        }
      }
    }
    try check(images.map(\.id), "images")
    try check(annotations.map(\.id), "annotations")
    try check(categories.map(\.id), "categories")
    for (place, annotation) in annotations.enumerated() {
      if !Self.ids.contains(annotation.image_id)
        || !images.isEmpty && annotation.iscrowd.map({ !(0...1).contains($0) }) == true
      {
        throw GraftError(
          .input,
          "\(name), annotations[\(place)]: image_id is \(annotation.image_id) and iscrowd "
            + "\(annotation.iscrowd ?? 0)", help: "image_id is an id of an image, iscrowd 0 or 1")
      }
    }
  }

  // MARK: Writing

  /// Whether names of images have folders.
  var hasFolders: Bool { images.contains { $0.file_name.contains("/") } }

  /// The id of a copy of an image.
  func imageID(_ id: Int, copy: Int) -> Int { id + (copy - 1) * imageStep }

  /// An annotation for a copy, with the box that it has there.
  func written(
    _ annotation: Annotation, _ box: BoundingBox, image: Int, copy: Int
  ) -> Written.Object {
    func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
    return Written.Object(
      id: (annotation.id ?? 0) + (copy - 1) * annotationStep, image_id: image,
      category_id: annotation.category_id,
      bbox: [box.left, box.top, box.width, box.height].map(rounded), area: rounded(box.area),
      iscrowd: annotation.iscrowd ?? 0, extras: annotation.extras)
  }

  /// The power of ten above the largest id.
  ///
  /// Ids are at most 2^40 and copies 100,000, so that no id
  /// overflows.
  private static func step(above ids: [Int]) -> Int {
    let largest = ids.max() ?? 0
    var step = 10
    while step <= largest { step *= 10 }
    return step
  }

  /// Gives ids to annotations without one, and the steps between the ids of copies.
  private mutating func completeIDs() {
    var next = (annotations.compactMap(\.id).max() ?? 0) + 1
    for place in annotations.indices where annotations[place].id == nil {
      annotations[place].id = next
      next += 1
    }
    imageStep = Self.step(above: images.map(\.id))
    annotationStep = Self.step(above: annotations.compactMap(\.id))
  }
}

extension DecodingError.Context {
  /// What is wrong; for text that is no JSON with the line, where the parser says it.
  fileprivate var reason: String {
    let detail = (underlyingError as? NSError)?.userInfo[NSDebugDescriptionErrorKey] as? String
    return (detail ?? debugDescription).split(separator: "\n").joined(separator: " ")
      .trimmingCharacters(in: CharacterSet(charactersIn: ". ")).escapingControlCharacters
  }
}
