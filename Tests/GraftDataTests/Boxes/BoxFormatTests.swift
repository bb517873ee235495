import Foundation
import GraftBase
import GraftImaging
import GraftTestSupport
import Testing

@testable import GraftData

/// Reading and writing boxes in each format.
@Suite struct BoxFormatTests {
  static let size = ImageSize(width: 200, height: 100)

  /// Images by name in a folder, without files of their own: formats look at annotations only.
  static func places(_ names: [String], in folder: TemporaryFolder) -> [BoxPlace] {
    let root = folder.path.hasSuffix("/") ? String(folder.path.dropLast()) : folder.path
    return names.map { BoxPlace(path: $0, file: "\(root)/\($0)", size: size) }
  }

  static func root(_ folder: TemporaryFolder) -> String {
    folder.path.hasSuffix("/") ? String(folder.path.dropLast()) : folder.path
  }

  private static func unmoved(_ set: BoxSet, _ path: String, image: Int = 0) -> BoxedCopy {
    BoxedCopy(
      image: image, copy: 1, path: path, size: size,
      boxes: set.boxes(of: image).enumerated().map { MovedBox(place: $0.offset, box: $0.element) })
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  // MARK: YOLO

  @Test func yoloIsReadAndWritten() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "1 0.5 0.5 0.25 0.5\n\n0\t0.125 0.25 0.125 0.25\r\n", to: "labels/train/a.txt")
    try folder.write("0 0.5 0.5 1 1", to: "labels/train/none.txt")
    try folder.write(
      "path: /far/away\ntrain: images/train # here\nnames:\n  0: cat\n  1: 'big dog'\nnc: 2\n",
      to: "data.yaml")
    let images = Self.places(["images/train/a.jpg", "images/train/b.jpg"], in: folder)
    let set = try #require(try BoxSet.read(images, in: Self.root(folder)))
    #expect(set.name == "yolo" && set.classes == ["cat", "big dog"])
    #expect(
      set.boxes(of: 0) == [
        BoundingBox(left: 75, top: 25, right: 125, bottom: 75, label: 1),
        BoundingBox(left: 12.5, top: 12.5, right: 37.5, bottom: 37.5, label: 0),
      ])
    #expect(set.boxes(of: 1).isEmpty)
    #expect(set.warnings == ["1 label file has no image: train/none.txt"])
    #expect(
      set.format.fileName(of: 0, copy: "images/train/a-1.png") == "labels/train/a-1.txt")
    #expect(set.format.fileName(of: 1, copy: "images/train/b-1.png") == nil)
    let written = try set.format.file(of: Self.unmoved(set, "images/train/a-1.png"))
    #expect(
      Self.text(written) == "1 0.50000000 0.50000000 0.25000000 0.50000000\n"
        + "0 0.12500000 0.25000000 0.12500000 0.25000000\n")
    let files = try set.format.sharedFiles([])
    #expect(files.map(\.path) == ["data.yaml", "classes.txt"])
    #expect(Self.text(files[0].bytes).hasPrefix("path: .\ntrain: images/train # here\nnames:"))
    #expect(Self.text(files[1].bytes) == "cat\nbig dog\n")
  }

  @Test(arguments: [
    "names: [cat, \"dog\"]", "names: [cat,\n  dog, ]", "names:\n- cat\n- dog # two",
    "# x\nnames:\n  0: cat\n  1: dog\ntrain: a",
  ])
  func yamlNamesAreReadInEveryForm(text: String) throws {
    #expect(try YAMLNames(text, file: "data.yaml").names == ["cat", "dog"])
  }

  @Test(arguments: [
    ("2 0.5 0.5 0.1 0.1", "there is no class 2"), ("0 0.5 0.5 0.1", "here are 4 words"),
    ("0 nan 0.5 0.1 0.1", "nan is no number"), ("0 0.5 0.5 -0.1 0.1", "a width of -20"),
    ("0 0.5 0.5 0 0.1", "a width of 0"), ("0 1.5 0.5 0.1 0.1", "lies outside its image"),
    ("0 50 50 10 10", "50 is no share"), ("-1 0.5 0.5 0.1 0.1", "there is no class -1"),
    ("0 0.1 0.1 0.2 0.1 0.3 0.3", "here are 7 words"), ("a cat on a mat", "is no number"),
    ("0 0x1p3 0.5 0.1 0.1", "0x1p3 is no number"), ("0.0 0.5 0.5 0.1 0.1", "no class 0.0"),
  ])
  func yoloFaultsNameFileAndLine(line: String, message: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("0 0.5 0.5 0.5 0.5\n" + line, to: "a.txt")
    try folder.write("cat\ndog\n", to: "classes.txt")
    let images = Self.places(["a.png"], in: folder)
    let error = #expect(throws: GraftError.self) {
      try BoxSet.read(images, in: Self.root(folder))
    }
    #expect(error?.message.contains("a.txt, line 2: ") == true, "\(error as Any)")
    #expect(error?.message.contains(message) == true, "\(error as Any)")
    #expect(error?.code == .input && error?.help != nil)
  }

  @Test func boxesBeyondTheImageAreClippedAndSaid() throws {
    let folder = try TemporaryFolder()
    try folder.write("0 0 0.5 0.5 0.5", to: "a.txt")
    let set = try #require(
      try BoxSet.read(Self.places(["a.png"], in: folder), in: Self.root(folder)))
    #expect(set.boxes(of: 0) == [BoundingBox(left: 0, top: 25, right: 50, bottom: 75, label: 0)])
    #expect(set.warnings == ["1 box reaches beyond the image and is clipped to it"])
    #expect(set.classes == ["0"])
  }

  // MARK: COCO

  private static let coco = """
    {"info": {}, "images": [{"id": 7, "file_name": "a.jpg", "width": 200, "height": 100},
      {"id": 9, "file_name": "gone.jpg"}],
     "annotations": [
      {"id": 31, "image_id": 7, "category_id": 4, "bbox": [10, 20, 30.5, 40], "iscrowd": 1,
       "segmentation": [[1, 2, 3]], "area": 5},
      {"id": 32, "image_id": 9, "category_id": 4, "bbox": [1, 2, 3, 4]},
      {"image_id": 7, "category_id": 2, "bbox": [0, 0, 200, 100], "segmentation": []}],
     "categories": [{"id": 4, "name": "cat", "supercategory": "animal"}, {"id": 2, "name": "dog"}]}
    """

  @Test func cocoIsReadAndWrittenWithItsIds() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.coco, to: "annotations/instances.json")
    try folder.write("{\"other\": 1}", to: "settings.json")
    let images = Self.places(["train/a.jpg", "train/b.jpg"], in: folder)
    let set = try #require(try BoxSet.read(images, in: Self.root(folder)))
    #expect(set.name == "coco" && set.classes == ["cat", "dog"])
    #expect(
      set.boxes(of: 0) == [
        BoundingBox(left: 10, top: 20, right: 40.5, bottom: 60, label: 0),
        BoundingBox(left: 0, top: 0, right: 200, bottom: 100, label: 1),
      ])
    #expect(
      set.warnings == [
        "1 entry of annotations/instances.json has no image: gone.jpg",
        "1 annotations of annotations/instances.json have polygons or keypoints, which are left "
          + "out: only boxes are written", "1 image is in no JSON: without boxes",
      ])
    var second = Self.unmoved(set, "train/a-2.png")
    second = BoxedCopy(
      image: 0, copy: 2, path: "train/a-2.png", size: second.size, boxes: [second.boxes[1]])
    let files = try set.format.sharedFiles([Self.unmoved(set, "train/a-1.png"), second])
    #expect(files.map(\.path) == ["annotations/instances.json"])
    #expect(
      Self.text(files[0].bytes)
        == #"{"annotations":["#
        + #"{"area":1220,"bbox":[10,20,30.5,40],"category_id":4,"id":31,"image_id":7,"iscrowd":1},"#
        + #"{"area":20000,"bbox":[0,0,200,100],"category_id":2,"id":33,"image_id":7,"iscrowd":0},"#
        + #"{"area":20000,"bbox":[0,0,200,100],"category_id":2,"id":133,"image_id":17,"iscrowd":0}"#
        + #"],"categories":[{"id":4,"name":"cat","supercategory":"animal"},{"id":2,"name":"dog"}],"#
        + #""images":[{"file_name":"a-1.png","height":100,"id":7,"width":200},"#
        + #"{"file_name":"a-2.png","height":100,"id":17,"width":200}],"#
        + #""info":{"description":"augmented copies"}}"# + "\n")
  }

  @Test(arguments: [
    (#""category_id": 2"#, #""category_id": 3"#, "annotations[2]: there is no category 3"),
    ("[0, 0, 200, 100]", "[0, 0, 200]", "annotations[2]: bbox has 3 numbers"),
    ("[0, 0, 200, 100]", "[0, 0, -5, 100]", "annotations[2]: the box has a width of -5"),
    ("[0, 0, 200, 100]", "[0, 0, NaN, 100]", "instances.json: "),
    ("[0, 0, 200, 100]", "[0, 0, 1e999, 100]", "instances.json"),
    ("[0, 0, 200, 100]", "[300, 0, 20, 10]", "annotations[2]: the box lies outside"),
    (#""id": 9"#, #""id": 7"#, "images[1]: the id 7 is given twice"),
    (#""width": 200"#, #""width": 100"#, "images[0]: train/a.jpg is 200×100, and the file says"),
    (#""id": 31"#, #""id": 9223372036854775807"#, "is no id that is read"),
    (#""id": 31"#, #""id": -1"#, "annotations[0]: -1 is no id"),
    (#""name": "dog""#, #""name": 5"#, "categories[1].name"),
    (#""image_id": 7, "category_id": 2"#, #""category_id": 2"#, "it has no `image_id`"),
    (#"gone.jpg"#, "a.jpg", "train/a.jpg is listed a second time"),
    ("{\"info\"", "[{\"info\"", "instances.json"),
  ])
  func cocoFaultsNameTheEntry(old: String, new: String, message: String) throws {
    let folder = try TemporaryFolder()
    #expect(Self.coco.contains(old))
    try folder.write(Self.coco.replacing(old, with: new), to: "annotations/instances.json")
    let images = Self.places(["train/a.jpg"], in: folder)
    let error = #expect(throws: GraftError.self) {
      try BoxSet.read(images, in: Self.root(folder))
    }
    #expect(error?.message.contains(message) == true, "\(error as Any)")
    #expect(error?.code == .input && error?.help != nil)
  }

  // MARK: Pascal VOC

  private static let voc = """
    <?xml version="1.0"?>
    <annotation verified="yes">
      <!-- by hand -->
      <filename>a.jpg</filename>
      <size><width>200</width><height>100</height><depth>3</depth></size>
      <object><name>cat &amp; dog</name><difficult>1</difficult>
        <bndbox><xmin>10</xmin><ymin>20</ymin><xmax>40.5</xmax><ymax>60</ymax></bndbox></object>
    </annotation>
    """

  @Test func vocIsReadAndWritten() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.voc, to: "Annotations/a.xml")
    try folder.write(Self.voc, to: "Annotations/gone.xml")
    let images = Self.places(["JPEGImages/a.jpg", "JPEGImages/b.jpg"], in: folder)
    let set = try #require(try BoxSet.read(images, in: Self.root(folder)))
    #expect(set.name == "voc" && set.classes == ["cat & dog"])
    #expect(
      set.boxes(of: 0) == [BoundingBox(left: 10, top: 20, right: 40.5, bottom: 60, label: 0)])
    #expect(set.warnings == ["1 XML file has no image: Annotations/gone.xml"])
    #expect(set.format.fileName(of: 0, copy: "JPEGImages/a-1.png") == "Annotations/a-1.xml")
    let written = Self.text(try set.format.file(of: Self.unmoved(set, "JPEGImages/a-1.png")))
    #expect(written.contains("<xmin>10</xmin>") && written.contains("<xmax>40.5000</xmax>"))
    #expect(written.contains("<name>cat &amp; dog</name>\n    <difficult>1</difficult>"))
    // What is written reads as what was read.
    try folder.write(written, to: "Annotations/a.xml")
    let again = try #require(try BoxSet.read(images, in: Self.root(folder)))
    #expect(again.boxes(of: 0) == set.boxes(of: 0) && again.classes == set.classes)
  }

  @Test(arguments: [
    ("<xmin>10</xmin>", "<xmin>ten</xmin>", "line 7: <xmin> is \"ten\""),
    ("<xmin>10</xmin>", "<xmin>nan</xmin>", "line 7: <xmin> is \"nan\""),
    ("<xmin>10</xmin>", "", "line 7: <bndbox> has no <xmin>"),
    ("<xmin>10</xmin>", "<xmin>50</xmin>", "line 7: the box has a width of -9.5"),
    ("<xmin>10", "<xmin>1e300", "line 7: <xmin>"),
    ("<width>200", "<width>100", "line 5: the image is 200×100"),
    ("<name>cat &amp; dog</name>", "", "line 6: an object has no <name>"),
    ("&amp;", "&lol;", "line 6: &lol; stands for no character"),
    ("&amp;", "&", "line 6: & "), ("</object>", "</objekt>", "ends <object> of line 6"),
    ("<?xml version=\"1.0\"?>", "<!DOCTYPE a [<!ENTITY b \"c\">]>", "a document type is not read"),
    ("\"yes\"", "yes", "line 2: the value of verified is not quoted"),
    ("annotation verified=\"yes\">", "annotation>", "there is text after the last element"),
    ("-->", "--", "a comment does not end"),
  ])
  func vocFaultsNameFileAndLine(old: String, new: String, message: String) throws {
    let folder = try TemporaryFolder()
    #expect(Self.voc.contains(old))
    let end = message.contains("after the last") ? "</annotation>" : ""
    try folder.write(Self.voc.replacing(old, with: new) + end, to: "a.xml")
    let images = Self.places(["a.png"], in: folder)
    let error = #expect(throws: GraftError.self) {
      try BoxSet.read(images, in: Self.root(folder))
    }
    #expect(error?.message.contains("a.xml, line") == true, "\(error as Any)")
    #expect(error?.message.contains(message) == true, "\(error as Any)")
  }

  @Test func deepXMLIsRefused() throws {
    let deep = String(repeating: "<a>", count: 100_000)
    let error = #expect(throws: GraftError.self) {
      try XMLNode(reading: Array(deep.utf8), name: "a.xml")
    }
    #expect(error?.message.contains("too deep") == true)
  }

  // MARK: All of them

  @Test func twoFormatsAreAskedAbout() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.voc, to: "a.xml")
    try folder.write("0 0.5 0.5 0.5 0.5", to: "a.txt")
    let images = Self.places(["a.png"], in: folder)
    let error = #expect(throws: GraftError.self) { try BoxSet.read(images, in: nil) }
    #expect(error?.message.contains("boxes of yolo and of voc") == true)
    #expect(try BoxSet.read(images, in: nil, named: "voc")?.name == "voc")
    #expect(throws: GraftError.self) { try BoxSet.read(images, in: nil, named: "coco") }
    #expect(try BoxSet.read(Self.places(["b.png"], in: folder), in: nil) == nil)
  }

  /// Damaged files are read or refused by a sentence; none ends the process.
  @Test(arguments: ["a.txt", "data.yaml", "a.xml", "coco.json"])
  func mutantsAreReadOrRefused(name: String) throws {
    let yaml = "path: x\nnames:\n  0: cat\n  1: dog\n"
    let yolo = "0 0.5 0.5 0.5 0.5\n1 0.1 0.2 0.1 0.2\n"
    let texts = ["a.txt": yolo, "data.yaml": yaml, "a.xml": Self.voc, "coco.json": Self.coco]
    let original = Array(try #require(texts[name]).utf8)
    let folder = try TemporaryFolder()
    if name == "data.yaml" { try folder.write(yolo, to: "a.txt") }
    let images = Self.places(["a.jpg"], in: folder)
    var random = RandomStream(seed: 5, purpose: .drawing)
    var refused = 0
    for _ in 0..<1000 {
      var bytes = original
      for _ in 0...random.integer(in: 0...3) {
        let place = random.integer(in: 0...(bytes.count - 1))
        switch random.integer(in: 0...3) {
        case 0: bytes[place] = UInt8(random.integer(in: 0...255))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
        default: bytes.removeLast(min(bytes.count - 2, random.integer(in: 0...20)))
        }
      }
      try folder.write(bytes, to: name)
      do {
        guard let set = try BoxSet.read(images, in: Self.root(folder)) else { continue }
        for box in set.boxes(of: 0) {
          #expect(box.clipped(to: Self.size) == box && box.area > 0)
          #expect(set.classes.indices.contains(box.label ?? -1))
        }
        let copy = Self.unmoved(set, "a-1.png")
        _ = try set.format.file(of: copy)
        _ = try set.format.sharedFiles([copy])
      } catch let error as GraftError {
        refused += 1
        #expect(error.code == .input && !error.message.isEmpty)
      }
    }
    #expect(refused > 200, "\(name) \(refused)")
  }
}
