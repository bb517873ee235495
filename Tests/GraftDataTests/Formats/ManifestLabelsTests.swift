import GraftBase
import GraftImaging
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftData

/// Tables whose images have any number of labels.
@Suite struct ManifestLabelsTests {
  /// Ten images `0.png`… and a table of their labels.
  private static func folder(_ rows: [String], header: String = "file,tags") throws
    -> (TemporaryFolder, table: String)
  {
    let folder = try TemporaryFolder()
    for number in 0..<10 { try folder.write(TestImages.png(number), to: "p/\(number).png") }
    let text = ([header] + rows).joined(separator: "\n")
    return (folder, try folder.write(text, to: "tags.csv"))
  }

  private static func open(
    _ rows: [String], header: String = "file,tags",
    _ change: (inout DataOptions) -> Void = { _ in }
  ) throws -> DataSet {
    let (folder, table) = try folder(rows, header: header)
    return try TestImages.open(folder.path + "/p") {
      $0.labelsPath = table
      change(&$0)
    }
  }

  private static func sets(_ data: DataSet) -> [[String]] {
    data.samples.map { $0.labels.map { data.classes[$0] } }
  }

  private static let rows = [
    "0.png,cat;dog", "1.png,dog", "2.png,", "3.png,cat; bird ;cat", "4.png,bird", "5.png,cat",
    "6.png,dog;bird", "7.png,cat",
  ]

  @Test func fieldsWithSharedLabelsAreSets() throws {
    let data = try Self.open(Self.rows)
    #expect(data.task == .multiLabel && data.classes == ["bird", "cat", "dog"])
    #expect(
      Self.sets(data) == [
        ["cat", "dog"], ["dog"], [], ["bird", "cat"], ["bird"], ["cat"], ["bird", "dog"], ["cat"],
      ])
    #expect(data.ignored.map(\.reason) == ["not in tags.csv", "not in tags.csv"])
    #expect(data.summary.contains("8 images, 3 labels, any number per image"))
    #expect(data.description.contains("labels per image: 0: 1, 1: 4, 2: 3; mean 1.25"))
    #expect(data.counts(of: Array(data.samples.indices)) == [3, 4, 3])
    #expect(data.labelText(of: 2) == "no label" && data.labelText(of: 0) == "cat, dog")
  }

  @Test func theSeparatorIsFoundOrGiven() throws {
    let bars = try Self.open(Self.rows.map { $0.replacing(";", with: "|") })
    #expect(bars.task == .multiLabel && bars.classes.count == 3)
    let spaces = try Self.open(Self.rows.map { $0.replacing(";", with: " ") }) {
      $0.hints.separator = .space
    }
    #expect(Self.sets(spaces) == Self.sets(bars))
    let commas = try Self.open(["0.png,\"cat, dog\"", "1.png,dog", "2.png,cat", "3.png,"]) {
      $0.hints.isMultiLabel = true
    }
    #expect(Self.sets(commas) == [["cat", "dog"], ["dog"], ["cat"], []])
    let error = #expect(throws: GraftError.self) {
      try Self.open(["0.png,a;b", "1.png,a|b", "2.png,a"]) { $0.hints.isMultiLabel = true }
    }
    #expect(error?.message.contains("have a semicolon and a bar in them") == true)
    let whole = try Self.open(
      ["0.png,a;b", "1.png,a;b", "2.png,a", "3.png,a", "4.png,b", "5.png,b"]
    ) { $0.hints.isMultiLabel = false }
    #expect(whole.task == .classification && whole.classes == ["a", "a;b", "b"])
  }

  @Test func rowsOfOneImageAreMerged() throws {
    let rows = ["0.png,cat,train", "0.png,dog,train", "1.png,dog,val", "2.png,cat,val"]
    let data = try Self.open(rows, header: "file,label,split") { $0.hints.isMultiLabel = true }
    #expect(Self.sets(data) == [["cat", "dog"], ["dog"], ["cat"]])
    let error = #expect(throws: GraftError.self) {
      try Self.open(rows + ["0.png,bird,val"], header: "file,label,split") {
        $0.hints.isMultiLabel = true
      }
    }
    #expect(error?.message.hasSuffix("put 0.png into different splits") == true)
    // One class per image stays the rule where nothing else is asked for.
    #expect(throws: GraftError.self) { try Self.open(rows, header: "file,label,split") }
  }

  @Test func columnsOfZeroAndOneAreClasses() throws {
    let rows = ["0.png,1,0,1", "1.png,0,0,1", "2.png,0,0,0", "3.png,1.0,1.0, 0 "]
    let data = try Self.open(rows, header: "file,cat,bird,Dog")
    #expect(data.task == .multiLabel && data.classes == ["Dog", "bird", "cat"])
    let lists = ["0.png,Dog;cat", "1.png,Dog", "2.png,", "3.png,bird;cat"]
    let same = try Self.open(lists) { $0.hints.isMultiLabel = true }
    #expect(Self.sets(data) == Self.sets(same) && data.fingerprint == same.fingerprint)
    let parts = try Self.open(
      ["0.png,train,1,0", "1.png,train,0,1", "2.png,val,1,1", "3.png,train,1,0"],
      header: "image,split,a,b")
    #expect(parts.classes == ["a", "b"] && parts.partition(.validation).count == 1)
    let one = try Self.open(
      ["0.png,1,0", "1.png,0,1", "2.png,1,0", "3.png,0,1"], header: "file,a,b"
    ) {
      $0.hints.isMultiLabel = false
    }
    #expect(one.task == .classification && one.samples.map(\.label) == [0, 1, 0, 1])
  }

  @Test(arguments: [
    ("file,a,b", "0.png,1,2", "line 3 of ", "has \"2\" in the column b, where a class has 0 or 1"),
    ("file,a,b", "0.png,1,", "line 3 of ", "has \"\" in the column b"),
    ("file,a,a", "0.png,1,0", "two columns of ", "are called a"),
    ("file,a,", "0.png,1,0", "column 3 of ", "has no name"),
    ("file,width,height", "0.png,640,480", "has no column called label", "file, width, height"),
  ])
  func wrongColumnsOfClassesAreSaid(header: String, row: String, first: String, second: String) {
    let error = #expect(throws: GraftError.self) {
      try Self.open([header.contains("width") ? "9.png,3,2" : "9.png,0,1", row], header: header)
    }
    #expect(error?.message.contains(first) == true, "\(String(describing: error))")
    #expect(error?.message.contains(second) == true, "\(String(describing: error))")
  }

  @Test func aSingleOneIsAskedForWithoutSets() {
    let error = #expect(throws: GraftError.self) {
      try Self.open(["0.png,1,0", "1.png,1,1"], header: "file,a,b") {
        $0.hints.isMultiLabel = false
      }
    }
    #expect(error?.message.hasSuffix("has 2 classes, and multilabel=no means one") == true)
  }

  @Test func weightsAreThoseOfPositives() throws {
    let data = try Self.open(Self.rows).undivided
    #expect(data.classWeights() == [Float(5) / 3, 1, Float(5) / 3])
  }

  @Test func otherListsOfClassesAreMatchedByName() throws {
    let data = try Self.open(Self.rows).relabeled(by: ["dog", "cat", "fish", "bird"])
    #expect(data.samples[0].labels == [0, 1] && data.samples[3].labels == [1, 3])
    #expect(data.samples[2].labels.isEmpty)
  }

  @Test func targetsHaveAOneForEachLabel() throws {
    let batch = try Batch(capacity: 2, imageLength: 1, classCount: 3)
    let keys = [0, 1].map { SampleKey(seed: 0, epoch: 0, sample: $0) }
    batch.prepare(index: 0, keys: keys, labels: [[0, 2], []])
    batch.writeTargets()
    #expect(Array(batch.usedTargets) == [1, 0, 1, 0, 0, 0])
  }

  @Test func drawingClassesEquallyOftenIsRefused() throws {
    let data = try Self.open(Self.rows)
    var settings = Loader.Settings(batchSize: 2)
    settings.shuffle = .sampler
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    #expect(throws: GraftError.self) {
      try Loader(
        data, indices: data.partition(.train), settings: settings, preprocessing: .imageNet,
        pool: pool)
    }
  }
}
