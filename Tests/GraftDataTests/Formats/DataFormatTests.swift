import GraftBase
import GraftData
import Testing

@Suite struct DataFormatTests {
  @Test func formatsHaveNamesOfTheirOwn() {
    let names = DataFormats.all.map { $0.name }
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0 == $0.lowercased() && !$0.contains(" ") })
    #expect(DataFormats.all.allSatisfy { !$0.summary.isEmpty })
  }

  @Test func unknownFormatsAndDemoSetsAreNamed() {
    let format = #expect(throws: GraftError.self) {
      try DataFormats.format(for: BytePath("x"), named: "parquet")
    }
    #expect(format?.message == "there is no data format called \"parquet\"")
    #expect(format?.help?.contains("folder") == true)
    let demo = #expect(throws: GraftError.self) {
      try DataFormats.format(for: BytePath("demo:cats"), named: nil)
    }
    #expect(demo?.message == "there is no demo set called \"demo:cats\"")
  }

  @Test func aFormatCanBeForced() throws {
    let format = try DataFormats.format(for: BytePath("anything"), named: "folder")
    #expect(format.name == "folder")
  }
}
