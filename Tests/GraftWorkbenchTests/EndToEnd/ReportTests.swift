import Foundation
import GraftBase
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `save report.html`: what is in the page, and that the page holds.
  @Suite struct ReportTests {
    /// Names that would break a page which does not escape them.
    private static let classes = ["<script>alert('a')</script>x", "\u{202E}\"&amp; \u{05D0}🐝"]
    private static let title = "</title><img src=x onerror='a()'> & \"b\""

    /// Two short runs on images whose classes have hostile names.
    private static func trained(_ format: Console.Format = .text) throws -> Workplace {
      let place = try Workplace(format: format)
      _ = try Shapes.write(to: place.path("shapes"), perClass: 12)
      // A slash cannot be part of a folder's name.
      let names = classes.map { $0.replacing("/", with: "\u{2215}") }
      for (old, new) in zip(["green", "red"], names) {
        try FileManager.default.moveItem(
          atPath: place.path("shapes/\(old)"), toPath: place.path("shapes/\(new)"))
      }
      try "no image".write(
        toFile: place.path("shapes/\(names[0])/<b>.png"), atomically: true, encoding: .utf8)
      let status = place.type(
        """
        encoder resnet20 weights=random size=16
        data shapes split=40/30/30 bad=skip
        augment flip
        train policy=A epochs=2 as=A
        train policy=C epochs=2 as=C
        """)
      #expect(status == 0, "\(place.errors)")
      return place
    }

    private static func page(_ place: Workplace, _ name: String = "report.html") throws
      -> PageElement
    {
      let text = try String(contentsOfFile: place.path(name), encoding: .utf8)
      #expect(text.hasPrefix("<!DOCTYPE html>\n<html "))
      return try PageElement.parse(text)
    }

    @Test func thePageIsWellFormedAndAccessibleWhateverNamesAreIn() throws {
      let place = try Self.trained()
      let quoted = Self.title.replacing("\"", with: "\\\"")
      #expect(
        place.type("compare A C\nsave report.html title=\"\(quoted)\"") == 0, "\(place.errors)")
      let page = try Self.page(place)
      #expect(page.attributes["lang"] == "en")
      let all = page.all
      let levels = all.compactMap { element in
        element.name.wholeMatch(of: /h([1-6])/).flatMap { Int($0.1) }
      }
      #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
      #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
      for name in ["main", "nav", "header", "footer"] { #expect(page.all(name).count == 1) }
      let ids = all.compactMap { $0.attributes["id"] }
      #expect(Set(ids).count == ids.count)
      let images = page.all("img")
      func count(_ section: String) -> Int {
        all.first { $0.attributes["id"] == section }?.all("img").count ?? 0
      }
      #expect(count("augmentation") == place.session.workbench.data?.partition(.train).count)
      // Of the best run, of equals the first.
      let mistakes = try ["A", "C"].compactMap { name -> Int? in
        let evaluation = try place.session.requireRun(name).result?.validation
        return evaluation.map { $0.count - $0.accuracy.count }
      }.min()
      #expect(count("mistakes") == mistakes && mistakes != 0)
      // Each of four images, and what two methods say of it.
      #expect(count("explanations") == 4 * 3)
      #expect(
        images.count == count("augmentation") + count("mistakes") + count("explanations"))
      for image in images {
        #expect(image.attributes["alt"]?.isEmpty == false)
        #expect(image.attributes["src"]?.hasPrefix("data:image/jpeg;base64,") == true)
      }
      for drawing in page.all("svg") {
        #expect(drawing.attributes["role"] == "img" && drawing.all("title").count == 1)
      }
      for cell in page.all("th") { #expect(cell.attributes["scope"] != nil) }
      // Nothing is loaded, and links lead to what is there.
      for element in all {
        for key in ["src", "href", "xlink:href", "srcset", "action", "data"] {
          guard let value = element.attributes[key] else { continue }
          let isInside = value.hasPrefix("#") && ids.contains(String(value.dropFirst()))
          #expect(isInside || value.hasPrefix("data:image/"), "\(element.name) \(key)=\(value)")
        }
        #expect(!element.attributes.keys.contains { $0.hasPrefix("on") })
        for clip in element.attributes["clip-path"]?.matches(of: /url\(#([^)]*)\)/) ?? [] {
          #expect(ids.contains(String(clip.1)))
        }
      }
      #expect(page.all("script").count == 1 && page.all("style").count == 1)
      #expect(page.all("style").first?.text.contains("url(") == false)
      // Names are there, as text.
      let names = Self.classes.map { $0.replacing("/", with: "\u{2215}") }
      let cells = page.all("bdi").map(\.text)
      #expect(cells.contains(names[0]))
      #expect(cells.contains(names[1].replacing("\u{202E}", with: "\\u{202e}")))
      #expect(page.all("h1").first?.text == Self.title)
      #expect(page.all("title").first?.text == Self.title)
      #expect(page.text.contains("<b>.png"))
      let sections = page.all("section").compactMap { $0.attributes["id"] }
      #expect(
        sections == [
          "figures", "data", "runs", "curves", "comparison", "confusion", "classes", "calibration",
          "ranking", "policy", "augmentation", "mistakes", "explanations", "layers",
          "recipe", "versions",
        ])
    }

    @Test func numbersAreThoseOfTheRuns() throws {
      let place = try Self.trained()
      let recipe = place.session.distilledRecipe(folder: nil)
      #expect(place.type("save report.html runs=[A,C]") == 0, "\(place.errors)")
      let page = try Self.page(place)
      let runs = try ["A", "C"].map { try place.session.requireRun($0) }
      let results = runs.compactMap { run -> EvaluationResult? in
        if case .images(let result)? = run.result?.validation { result } else { nil }
      }
      try #require(results.count == 2)
      let best = results[1].accuracy.count > results[0].accuracy.count ? 1 : 0
      let score = AccuracyMetric().text(results[best].accuracy.value)
      #expect(page.all("strong").first?.text.hasPrefix(score) == true)
      func rows(_ section: String) -> [[String]] {
        let part = page.all("section").first { $0.attributes["id"] == section }
        let body = part?.all("tbody").first
        return body?.all("tr").map { row in row.children.map(\.text) } ?? []
      }
      #expect(rows("runs").map { $0[0] } == [runs[best].name + "best", runs[1 - best].name])
      let classes = rows("classes")
      let scores = results[best].confusion.scores
      #expect(classes.map { $0[1] } == scores.map { "\($0.support)" })
      #expect(classes.map { $0[3] } == scores.map(\.recall.percentText))
      #expect(
        rows("data").map { $0[4] }.compactMap { Int($0) }.reduce(0, +)
          == place.session.workbench.data?.samples.count)
      #expect(page.all("pre").first?.text == recipe)
      #expect(place.output.contains("saved report.html, 2 runs, "))
    }

    @Test func programsAreToldAndTestImagesAreCounted() throws {
      let place = try Self.trained(.json)
      #expect(place.type("save report.html runs=C on=test") == 0)
      let event = try #require(try place.events("save").last)
      #expect(event["kind"] as? String == "report")
      #expect(event["runs"] as? [String] == ["C"])
      let size = try Data(contentsOf: URL(filePath: place.path("report.html"))).count
      #expect(event["bytes"] as? Int == size)
      #expect(place.session.workbench.testLooks == ["C": 1])
      let page = try Self.page(place)
      #expect(page.all("p").first?.text.contains("test image") == true)
      #expect(place.type("save report.html runs=C on=test") == 0)
      #expect(try Self.page(place).text.contains("This is evaluation 2 on the test images"))
      #expect(place.type("save again.html on=val") == 0)
      #expect(place.session.workbench.testLooks == ["C": 2])
    }

    @Test func recipesKeepReportsAndRehearseThem() throws {
      let place = try Self.trained()
      #expect(place.type("save report.html title=Shapes") == 0)
      #expect(place.recipe.contains("save report.html title=Shapes"))
      let text = place.recipe
      let again = try Workplace(folder: place.folder)
      try FileManager.default.removeItem(atPath: place.path("report.html"))
      #expect(again.replay(text) == 0, "\(again.errors)")
      #expect(FileManager.default.fileExists(atPath: place.path("report.html")))
      #expect(again.recipe == text)
      // What will not be is refused before anything runs.
      let lost = try Workplace()
      for (lines, part) in [
        ("save report.html", "there is no run yet"),
        ("train epochs=1 as=A\nsave report.html runs=B", "there is no run `B`"),
        ("train epochs=1 as=A\nsave report.html on=test", "has no test images"),
        ("train epochs=1 as=A\nsave a.graft runs=A", "`runs` is for reports"),
        ("train epochs=1 as=A\nsave report.html fold=yes", "a report has no batch norms"),
        ("train epochs=1 as=A\nsave report.htm", "does not end in"),
      ] {
        lost.capture.clear()
        #expect(lost.replay("\(Workplace.ingredients)\n\(lines)") != 0)
        #expect(lost.errors.contains(part), "\(lines): \(lost.errors)")
        #expect(lost.session.workbench.runs.isEmpty)
      }
    }

    @Test func textsAreEscapedAndMarkupIsNot() {
      let name = "<a href='x'>\"&\u{7}"
      let page: HTML = "1 & \(HTML("b", ["title": name, "id": nil], HTML(text: name))) \(name)"
      let escaped = "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\\u{7}"
      #expect(page.source == "1 &amp; <b title=\"\(escaped)\">\(escaped)</b> \(escaped)")
      #expect(HTML("br", [:]).source == "<br/>" && HTML("td", [:]).source == "<td></td>")
      #expect(
        HTML.list(["a", "b", "c"]).source
          == "<bdi>a</bdi>, <bdi>b</bdi> and <bdi>c</bdi>")
    }
  }
}
