import GraftBase
import GraftImaging

/// Boxes as Pascal VOC keeps them: an XML file per image with `object`s.
///
/// The sides in `bndbox` are taken as they are, in pixels from the left upper corner, as
/// Albumentations and torchvision take them. The file lies in `Annotations/` where the image lies in
/// `JPEGImages/` or `images/`, or beside the image.
package struct VOCBoxes: BoxFormat {
  package static let name = "voc"
  package static let summary =
    "NAME.xml beside the image or in Annotations/, with a bndbox in pixels for each object"

  package private(set) var classes: [String] = []
  package private(set) var boxes: [[BoundingBox]] = []
  package private(set) var warnings: [String] = []
  package private(set) var content = ContentHash.of([])
  private let files: [String?]
  /// What else is known of each box, by image.
  private var details: [[[Detail]]] = []

  /// A field of an object that does not depend on where it is.
  private struct Detail {
    let name: String
    let value: String
  }

  private static let kept = ["pose", "truncated", "occluded", "difficult"]
  private static let fileLimit = 16 << 20

  package static func recognizes(_ images: [BoxPlace], in folder: String?) -> Bool {
    images.contains { file(of: $0) != nil }
  }

  private static func file(of image: BoxPlace) -> String? {
    let beside = BoxPath.stem(image.file) + ".xml"
    let elsewhere = ["Annotations", "annotations"].map {
      BoxPath.replacing(["jpegimages", "images"], by: $0, in: beside)
    }
    return (elsewhere + [beside]).compactMap { $0 }.first(where: BoxPath.isFile)
  }

  package init(_ images: [BoxPlace], in folder: String?) throws {
    files = images.map(Self.file)
    var checker = BoxChecker()
    var hash = ContentHash()
    for (image, file) in zip(images, files) {
      boxes.append([])
      details.append([])
      guard let file else { continue }
      let name = BoxPath.shown(file)
      let bytes = try RegularFile(path: file, name: name).readAll(limit: Self.fileLimit)
      hash.update(image.path + "\0")
      hash.update(bytes)
      try read(XMLNode(reading: bytes, name: name), name, image, &checker)
    }
    content = hash.finish()
    warnings = checker.warnings
    if folder != nil { warnings += BoxPath.strays(strays(), "XML file") }
  }

  // MARK: Reading

  private mutating func read(
    _ root: XMLNode, _ file: String, _ image: BoxPlace, _ checker: inout BoxChecker
  ) throws {
    guard root.name == "annotation" else {
      throw GraftError(
        .input, "\(file), line \(root.line): <\(root.name)> is no Pascal VOC annotation",
        help: "it starts with <annotation>; boxes=none leaves such files alone")
    }
    if let size = root.child("size") {
      let sides = try ["width", "height"].map { try Self.number($0, in: size, file) }
      // Some tools leave the size at 0.
      guard sides == [0, 0] || sides == [Double(image.size.width), Double(image.size.height)] else {
        throw GraftError(
          .input,
          "\(file), line \(size.line): the image is \(image.size), and the file says "
            + "\(sides[0].shortText)×\(sides[1].shortText)",
          help: "boxes belong to the image as it is shown, turned as its EXIF orientation says")
      }
    }
    for object in root.children where object.name == "object" {
      guard let name = object.child("name")?.text, !name.isEmpty else {
        throw GraftError(
          .input, "\(file), line \(object.line): an object has no <name>",
          help: "it names the object's class")
      }
      guard let sides = object.child("bndbox") else {
        throw GraftError(
          .input, "\(file), line \(object.line): an object has no <bndbox>",
          help: "it has xmin, ymin, xmax and ymax")
      }
      let values = try ["xmin", "ymin", "xmax", "ymax"].map { try Self.number($0, in: sides, file) }
      let box = BoundingBox(
        left: values[0], top: values[1], right: values[2], bottom: values[3], label: label(name))
      boxes[boxes.count - 1].append(
        try checker.checked(box, on: image.size, at: "\(file), line \(sides.line)"))
      details[details.count - 1].append(
        Self.kept.compactMap { name in
          object.child(name).map { Detail(name: name, value: $0.text) }
        })
    }
  }

  private mutating func label(_ name: String) -> Int {
    if let label = classes.firstIndex(of: name) { return label }
    classes.append(name)
    return classes.count - 1
  }

  private static func number(_ name: String, in node: XMLNode, _ file: String) throws -> Double {
    guard let child = node.child(name) else {
      throw GraftError(
        .input, "\(file), line \(node.line): <\(node.name)> has no <\(name)>",
        help: "add it, or remove the object")
    }
    let isPlain = child.text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0)
    }
    guard isPlain, let value = Double(child.text), value.isFinite, abs(value) < 1e9 else {
      throw GraftError(
        .input,
        "\(file), line \(child.line): <\(name)> is "
          + "\"\(String(child.text.prefix(40)).escapingControlCharacters)\", which is no number",
        help: "sides are pixels")
    }
    return value
  }

  private func strays() -> [String] {
    let known = Set(files.compactMap { $0 })
    return Set(known.map(BoxPath.folder)).sorted().flatMap { folder in
      BoxPath.names(in: folder).filter { $0.hasSuffix(".xml") }
        .map { BoxPath.joined(folder, $0) }.filter { !known.contains($0) }.map(BoxPath.shown)
    }
  }

  // MARK: Writing

  package func fileName(of image: Int, copy path: String) -> String? {
    guard let file = files[image] else { return nil }
    let beside = BoxPath.stem(path) + ".xml"
    let folder = BoxPath.folder(file).split(separator: "/").map(String.init)
      .last { $0.lowercased() == "annotations" }
    guard let folder else { return beside }
    return BoxPath.replacing(["jpegimages", "images"], by: folder, in: beside) ?? beside
  }

  package func file(of copy: BoxedCopy) -> [UInt8] {
    func element(_ name: String, _ text: String, indent: Int) -> String {
      String(repeating: "  ", count: indent) + "<\(name)>\(text.asXMLText)</\(name)>\n"
    }
    let file = copy.path.split(separator: "/").last.map(String.init) ?? copy.path
    var text = "<annotation>\n" + element("filename", file, indent: 1) + "  <size>\n"
    text += element("width", "\(copy.size.width)", indent: 2)
    text += element("height", "\(copy.size.height)", indent: 2)
    text += element("depth", "3", indent: 2) + "  </size>\n"
    for moved in copy.boxes {
      let box = moved.box
      text += "  <object>\n" + element("name", classes[box.label ?? 0], indent: 2)
      for detail in details[copy.image][moved.place] {
        text += element(detail.name, detail.value, indent: 2)
      }
      text += "    <bndbox>\n"
      let sides = [
        ("xmin", box.left), ("ymin", box.top), ("xmax", box.right), ("ymax", box.bottom),
      ]
      for (name, value) in sides { text += element(name, Self.text(value), indent: 3) }
      text += "    </bndbox>\n  </object>\n"
    }
    return Array((text + "</annotation>\n").utf8)
  }

  /// A whole number as one, others with four decimals.
  private static func text(_ value: Double) -> String {
    let rounded = (value * 1e4).rounded() / 1e4
    return rounded == rounded.rounded() ? String(Int(rounded)) : rounded.fixedText(4)
  }

  package func sharedFiles(_ copies: [BoxedCopy]) -> [BoxFile] { [] }
}
