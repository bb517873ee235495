import GraftBase
import GraftData
import GraftImaging

// Formats that are read from folders: the input becomes one file in it, the others are right.
extension FuzzedParser {
  static let idxImages = FuzzedParser(
    name: "idx-images", seeds: { [idx([3, 4, 5]), idx([1, 1, 1]), zipped] }
  ) { bytes in
    let folder = try Scratch.place("idx-images")
    Scratch.write(bytes, folder + "/train-images-idx3-ubyte")
    Scratch.write(idx([3]), folder + "/train-labels-idx1-ubyte")
    require(try MNISTFiles.read(BytePath(folder)).entries.count == 3, "three labels")
  }

  static let idxLabels = FuzzedParser(
    name: "idx-labels", seeds: { [idx([3])] }
  ) { bytes in
    let folder = try Scratch.place("idx-labels")
    Scratch.write(idx([3, 4, 5]), folder + "/train-images-idx3-ubyte")
    Scratch.write(bytes, folder + "/train-labels-idx1-ubyte")
    require(try MNISTFiles.read(BytePath(folder)).entries.count == 3, "three images")
  }

  /// An IDX file of bytes with these sizes.
  private static func idx(_ sizes: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 8, UInt8(sizes.count)]
    for size in sizes { bytes += [0, 0, 0, size] }
    let count = sizes.reduce(1) { $0 * Int($1) }
    for place in 0..<count { bytes.append(UInt8(place % 10)) }
    return bytes
  }

  /// `idx([3, 1, 1])` as gzip packs it.
  private static let zipped: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xE0, 0x60, 0x66, 0x60,
    0x60, 0x00, 0x61, 0x46, 0x30, 0x66, 0x64, 0x02, 0x00, 0x65, 0xD7, 0x4D, 0xE1, 0x13, 0x00, 0x00,
    0x00,
  ]

  static let cifar = FuzzedParser(
    name: "cifar", seeds: { [[UInt8](repeating: 1, count: 3073)] }, longest: 6200
  ) { bytes in
    let folder = try Scratch.place("cifar")
    Scratch.write(bytes, folder + "/data_batch_1.bin")
    let count = try CIFAR10Binary.read(BytePath(folder)).entries.count
    require(count * 3073 == bytes.count, "\(count) records in \(bytes.count) bytes")
  }

  static let table = FuzzedParser(
    name: "table",
    seeds: texts(
      "file,label,split\na.png,cat,train\nb.png,\"d,\"\"og\",val\r\n",
      "path,class_index,name\na,0,x\nb,1,y\n", "image,class,is_valid\na,b,True\nc,d,\n")
  ) { bytes in
    let folder = try Scratch.place("table")
    Scratch.write(bytes, folder + "/manifest.csv")
    let listing = try Manifest.read(BytePath(folder))
    for entry in listing.entries {
      require(listing.classes.indices.contains(entry.label), "label \(entry.label)")
    }
  }

  static let coco = FuzzedParser(
    name: "coco",
    seeds: texts(
      #"""
      {"images":[{"id":1,"file_name":"a.png","width":64,"height":48}],"annotations":[{"id":1,
      "image_id":1,"category_id":7,"bbox":[1.5,2,10,20],"iscrowd":0,"segmentation":[[1,2,3]]},
      {"image_id":1,"category_id":7,"bbox":[0,0,3e0,4],"area":12}],"categories":[{"id":7,"name":"cat",
      "supercategory":"pet"}]}
      """#)
  ) { bytes in try readBoxes(COCOBoxes.self, bytes, "annotations.json") }

  static let voc = FuzzedParser(
    name: "voc",
    seeds: texts(
      """
      <?xml version="1.0"?><!-- a -->
      <annotation><filename>a.png</filename><size><width>64</width><height>48</height><depth>3</depth>
      </size><object a="b"><name>cat &amp; &#65;</name><difficult>0</difficult><bndbox><xmin>1</xmin>
      <ymin>2.5</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object><empty/></annotation>
      """, "<!DOCTYPE a [<!ENTITY b \"c\">]><annotation><![CDATA[x]]></annotation>")
  ) { bytes in try readBoxes(VOCBoxes.self, bytes, "a.xml") }

  static let yolo = FuzzedParser(
    name: "yolo", seeds: texts("0 0.5 0.5 0.25 0.5\n1 .1 .2 1e-1 0.2 0.9\n")
  ) { bytes in try readBoxes(YOLOBoxes.self, bytes, "a.txt") }

  /// The names of classes, as data.yaml lists them.
  static let yoloNames = FuzzedParser(
    name: "yolo-names",
    seeds: texts(
      "names: [cat, 'dog', \"a, b\"]\nnc: 3\n", "train: x\nnames:\n  0: cat\n  1: dog\n",
      "names:\n- cat\n- dog # x\n")
  ) { bytes in
    let folder = try Scratch.place("yolo-names")
    Scratch.write(Array("0 0.5 0.5 0.25 0.5\n".utf8), folder + "/a.txt")
    try readBoxes(YOLOBoxes.self, bytes, "data.yaml", in: folder)
  }

  /// Reads an image's boxes, and writes them for a copy of it.
  private static func readBoxes<Format: BoxFormat>(
    _: Format.Type, _ bytes: [UInt8], _ file: String, in folder: String? = nil
  ) throws {
    let folder = try folder ?? Scratch.place(Format.name)
    Scratch.write(bytes, folder + "/" + file)
    let size = ImageSize(width: 64, height: 48)
    let place = BoxPlace(path: "a.png", file: folder + "/a.png", size: size)
    _ = Format.recognizes([place], in: folder)
    let read = try Format([place], in: folder)
    require(read.boxes.count == 1, "one image has \(read.boxes.count) lists of boxes")
    for box in read.boxes[0] {
      require(box.label.map(read.classes.indices.contains) ?? true, "label \(box.label ?? -1)")
      require(box.area.isFinite && box.area >= 0, "a box of the area \(box.area)")
    }
    let moved = read.boxes[0].enumerated().map { MovedBox(place: $0, box: $1) }
    let copies = (1...2).map {
      BoxedCopy(image: 0, copy: $0, path: "a-\($0).png", size: size, boxes: moved)
    }
    for copy in copies where read.fileName(of: 0, copy: copy.path) != nil {
      _ = try read.file(of: copy)
    }
    _ = try read.sharedFiles(copies)
  }
}
