import GraftBase
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// What a terminal shows fits it; a file gets every row of a table on one line.
  @Suite struct ListingWidthTests {
    private static let session = """
      encoder mobilenet_v2 weights=random size=32
      data demo:shapes limit=60
      augment flip rotate(15) crop(scale=0.6..1) randaugment(n=2, m=9) as=strong
      train epochs=1 batch=32 policy=A as=a_run_with_a_rather_long_name
      let rates=[1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1] name="a name"
      param lr = 1e-3 in 1e-6..1 "the learning rate of the last of all phases, and of those before it"
      encoder
      data
      data bad
      head
      policy
      policy C
      policy
      augment
      augment explain
      seed
      summary
      summary encoder
      summary head
      summary resnet20 versus=yes
      runs
      runs all
      evaluate
      check
      check data
      check augment
      show
      show knobs
      show names
      show aliases
      show pretrained
      show version
      set
      alias
      apropos learning rate
      apropos image
      help
      """

    @Test(arguments: [80, 110]) func everyListingFits(_ columns: Int) throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make(), columns: columns)
      for line in Self.session.split(separator: "\n") {
        place.capture.clear()
        _ = place.type(String(line))
        let kind = place.errors.contains("error:") ? place.errors : ""
        #expect(kind == "" || line.hasPrefix("check"), "\(line)")
        for shown in place.output.split(separator: "\n") {
          #expect(String(shown).displayWidth <= columns, "\(line): \(shown)")
        }
      }
    }

    /// Help wraps everywhere; it is for people.
    @Test func everyTopicFits() throws {
      let place = try Workplace()
      let text = HelpText(vocabulary: place.session.vocabulary, width: 80)
      for topic in text.topics {
        let page = try #require(text.page(about: topic))
        for line in page.split(separator: "\n") {
          #expect(String(line).displayWidth <= 80, "\(topic): \(line)")
        }
      }
    }

    @Test func aFileGetsWholeRows() throws {
      let place = try Workplace()
      place.type("show pretrained")
      let rows = place.output.split(separator: "\n")
      #expect(rows.count == 1 + place.session.pretrained.listing.count)
      #expect(rows.contains { String($0).displayWidth > 80 })
      place.capture.clear()
      place.type("summary mobilenet_v2")
      #expect(place.output.contains("by the formula") && !place.output.contains("for want of room"))
    }

    @Test func caretsStandBelowWideCharacters() throws {
      let place = try Workplace()
      place.type("note 日本 ; trane")
      let lines = place.errors.split(separator: "\n").map(String.init)
      let source = try #require(lines.first { $0.contains("trane") && $0.contains("|") })
      let carets = try #require(lines.first { $0.contains("^^^^^") })
      let start = try #require(source.range(of: "trane")).lowerBound
      let caret = try #require(carets.range(of: "^")).lowerBound
      #expect(
        String(source[..<start]).displayWidth == String(carets[..<caret]).displayWidth)
    }
  }
}
