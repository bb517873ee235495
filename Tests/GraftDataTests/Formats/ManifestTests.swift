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
    #expect(error?.help?.contains("iconv -f LATIN1") == true)
    let wide = try folder.write([0xFF, 0xFE] + Array("f\0i\0".utf8), to: "wide.csv")
    error = #expect(throws: GraftError.self) { try TestImages.open(wide) }
    #expect(error?.message == "the table \(wide) is UTF-16, and Graft reads UTF-8")
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
