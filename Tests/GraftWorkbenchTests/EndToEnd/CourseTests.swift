import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// The course stays as it is told: recipes that would run, with a chapter and pictures each.
  @Suite struct CourseTests {
    private static let folder = SourceTexts.repository.appending(path: "recipes/course")
    static let names =
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0.hasSuffix(".graft") }.sorted()

    /// All that `graft check` finds but the forecasts; `scripts/course` runs them.
    @Test(.enabled(if: GraftProcess.isBuilt), arguments: names)
    func recipeIsSound(_ name: String) throws {
      let path = Self.folder.appending(path: name).path
      let outcome = try GraftProcess.run(
        ["--dry-run", "run", path], folder: TemporaryFolder.make())
      #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func eachHasAChapterAndItsPictures() throws {
      #expect(Self.names.count >= 14)
      let page = try SourceTexts.text("docs/course.md")
      for name in Self.names {
        #expect(page.contains("recipes/course/\(name)"), "\(name)")
        let recipe = try SourceTexts.text("recipes/course/\(name)")
        for match in recipe.matches(of: /to=([\w-]+\.(?:a?png|svg))/) {
          #expect(page.contains("course/\(match.1)"), "\(match.1)")
        }
      }
    }

    /// Every line of `scripts/gallery` has its picture in the page.
    @Test func galleryIsWhole() throws {
      let page = try SourceTexts.text("docs/gallery.md")
      let script = try SourceTexts.text("scripts/gallery")
      let pictures = script.matches(of: /(?m)^picture ([^ ]+) ./).map { String($0.1) }
      #expect(pictures.count > 20)
      for picture in pictures {
        #expect(page.contains("](gallery/\(picture))"), "\(picture)")
        let path = SourceTexts.repository.appending(path: "docs/gallery/\(picture)").path
        #expect(FileManager.default.fileExists(atPath: path), "\(picture)")
      }
    }
  }
}
