import GraftBase
import GraftData
import GraftTestSupport
import Testing

@Suite struct ManifestTests {
  @Test func textLabelsBecomeSortedClasses() throws {
    let folder = try TemporaryFolder()
    var table = "file,label,split\n"
    for seed in 0..<12 {
      try folder.write(TestImages.png(seed), to: "images/\(seed).png")
      let side = seed < 8 ? "train" : "val"
      table += "images/\(seed).png,\(seed % 2 == 0 ? "\"b, \"\"x\"\"\"" : "a"),\(side)\r\n"
    }
    let path = try folder.write("\u{FEFF}" + table, to: "list.csv")
    let data = try TestImages.open(path)
    #expect(data.classes == ["a", "b, \"x\""])
    #expect(data.classCounts(.train) == [4, 4])
    #expect(data.classCounts(.validation) == [2, 2])
    #expect(data.samples.first { $0.path == "images/4.png" }?.label == 1)
  }

  @Test func fastaisColumnSaysWhatIsValidation() throws {
    let folder = try TemporaryFolder()
    var table = "File , Label,is_valid\n"
    for seed in 0..<12 {
      try folder.write(TestImages.png(seed), to: "\(seed).png")
      table += "\(seed).png, \(seed % 2 == 0 ? "b" : "a"),\(seed < 8 ? "False" : "True")\n"
    }
    let data = try TestImages.open(try folder.write(table, to: "list.csv"))
    #expect(data.classes == ["a", "b"])
    #expect(data.classCounts(.train) == [4, 4] && data.classCounts(.validation) == [2, 2])
  }

  /// Two labels that differ in a byte that is not UTF-8 were one class.
  @Test func textThatIsNotUTF8IsRefused() throws {
    let folder = try TemporaryFolder()
    let rows = Array("file,label\n1.png,tea\n2.png,caf".utf8) + [0xE9]
    let latin = try folder.write(rows + Array("\n3.png,caf".utf8) + [0xE8], to: "latin.csv")
    var error = #expect(throws: GraftError.self) { try TestImages.open(latin) }
    #expect(error?.message == "line 3 of \(latin) is not UTF-8; it may be Latin-1")
    #expect(error?.help?.contains("encoding=latin1") == true)
    let wide = try folder.write([0xFF, 0xFE] + Array("f\0i\0".utf8), to: "wide.csv")
    error = #expect(throws: GraftError.self) { try TestImages.open(wide) }
    #expect(error?.message == "the table \(wide) is UTF-16, and UTF-8 is expected")
    #expect(error?.help?.contains("encoding=utf-16") == true)
  }

  /// The euro sign has no place in Latin-1; bytes are those of Python's codecs.
  @Test(arguments: [
    (TextEncoding.latin1, [0x63, 0x61, 0x66, 0xE9], "café"),
    (.latin2, [0xB3, 0xF3, 0x64, 0xBC], "łódź"), (.cp1250, [0xB3, 0xF3, 0x64, 0x9F], "łódź"),
    (.cp1251, [0xEA, 0xEE, 0xF2], "кот"), (.cp1252, [0x80, 0x20, 0x93, 0x78, 0x94], "€ “x”"),
    (.utf8, [0x63, 0x61, 0x66, 0xC3, 0xA9], "café"),
  ])
  func encodingsAreRead(_ encoding: TextEncoding, _ bytes: [UInt8], _ name: String) throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("x", 4)])
    let table =
      Array("file,label\nx/0.png,tea\nx/1.png,tea\nx/2.png,".utf8) + bytes
      + Array("\nx/3.png,".utf8) + bytes + Array("\n".utf8)
    let path = try folder.write(table, to: "list.csv")
    let data = try TestImages.open(path) { $0.hints.encoding = encoding }
    #expect(data.classes.contains(name) && data.classes.count == 2)
  }

  @Test func tablesOfUTF16AreRead() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("x", 4)])
    let text = "file,label\nx/0.png,tea\nx/1.png,tea\nx/2.png,café\nx/3.png,café\n"
    let bytes = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let path = try folder.write([0xFF, 0xFE] + bytes, to: "list.csv")
    #expect(
      try TestImages.open(path) { $0.hints.encoding = .utf16 }.classes == ["café", "tea"])
    let error = #expect(throws: GraftError.self) {
      try TestImages.open(folder) { $0.hints.encoding = .latin1 }
    }
    #expect(error?.code == .usage && error?.message.hasPrefix("encoding= is for tables") == true)
  }

  @Test(arguments: [
    (["cat", "dog", "cat dog", "bird"], 4, "cat dog", "as no other row has", "space"),
    (["\"cat, dog\"", "dog", "fox", "cow"], 2, "cat, dog", "as no other row has", "comma"),
  ])
  func severalLabelsBetweenCommasOrSpacesHaveToBeAskedFor(
    _ labels: [String], _ line: Int, _ text: String, _ count: String, _ separator: String
  ) throws {
    let folder = try TemporaryFolder()
    let rows = labels.enumerated().map { "\($0.offset).png,\($0.element)" }
    let path = try folder.write(
      (["fname,labels"] + rows).joined(separator: "\n"), to: "t.csv")
    let error = #expect(throws: GraftError.self) { try TestImages.open(path) }
    #expect(
      error?.message
        == "line \(line) of \(path) has several labels, \"\(text)\", \(count)")
    #expect(error?.help?.hasPrefix("separator=\(separator) ") == true)
  }

  @Test func namesWithSpacesAndSignsAreClasses() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("x", 4)])
    let table = """
      file,label
      x/0.png,golden retriever
      x/1.png,retriever
      x/2.png,a;b
      x/3.png,tea
      """
    let path = try folder.write(table, to: "t.csv")
    let data = try TestImages.open(path) { $0.isForMeasuring = true }
    #expect(data.classes == ["a;b", "golden retriever", "retriever", "tea"])
  }

  @Test func classIndicesAreKept() throws {
    let folder = try TemporaryFolder()
    try folder.write(TestImages.png(1), to: "1.png")
    try folder.write(TestImages.png(2), to: "2.png")
    try folder.write(
      "file,class_index,name\n1.png,7,seven\n2.png,2,two\n", to: "manifest.csv")
    let data = try TestImages.open(folder)
    #expect(data.hasFixedLabels)
    #expect(data.classes.count == 8)
    #expect(data.classes[7] == "seven" && data.classes[3] == "class 3")
    #expect(data.samples.map(\.label) == [7, 2])
    #expect(data.partition(.validation) == [0, 1])
  }

  @Test(arguments: [
    ("", "is empty"),
    ("name,label\nx,1\n", "has no column called file"),
    ("file,color\nx,1\n", "has no column called label, class or class_index"),
    ("file,class_index\nx,-1\n", "line 2 of"),
    ("file,class_index\nx,9999999999999999999999\n", "has class_index"),
    ("file,label\nx\n", "line 2 of"),
    ("file,label\nx,\"a\n\n", "line 2 of"),
    ("file,label\n\nx,a\ny,\"b\"c\n", "has a quote that is not closed"),
    ("file,label,split\nx,a,holdout\n", "has split \"holdout\""),
    ("file,label\n,a\n", "line 2 of"),
    ("file,label\nx,a\ny,\nz, \n", "has no label, nor do 1 more rows"),
    (
      "file,label\nx,a\ny,b\nx,b\n",
      "lines 2 and 4 of"
    ),
    ("file,label\nx,a\nx,b\n", "give x two labels, \"a\" and \"b\""),
    ("file,label\nx,a\nx,a\n", "both list x"),
    ("file,label,is_valid\nx,a,maybe\n", "has is_valid \"maybe\""),
  ])
  func damagedTablesAreRefused(table: String, text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(table, to: "list.csv")
    let error = #expect(throws: GraftError.self) { try TestImages.open(path) }
    #expect(error?.message.contains(text) == true, "\(String(describing: error))")
  }

  @Test(.needsShared("data/imagenet_sample_100.tar")) func theImageNetSampleIsRead() throws {
    let path = try #require(try SharedFiles.folder("imagenet_sample_100.tar"))
      .path(percentEncoded: false)
    let data = try TestImages.open(path, threads: 2)
    #expect(data.samples.map(\.label).sorted() == Array(stride(from: 0, through: 990, by: 10)))
    #expect(data.classes[10] == "brambling")
    #expect(data.samples.count(where: \.isGray) == 1)
    #expect(data.badFiles.isEmpty)
  }
}
