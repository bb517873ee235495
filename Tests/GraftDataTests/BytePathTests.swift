import Foundation
import GraftBase
import GraftData
import GraftTestSupport
import Testing

@Suite struct BytePathTests {
  @Test(arguments: [
    ("a/b/c.JPG", "c.JPG", "a/b", "jpg"), ("c", "c", ".", "c"), ("/x", "x", "/", "/x"),
    ("a/b///", "b", "a", "a/b///"),
  ])
  func pathsComeApart(path: String, name: String, parent: String, suffixOrWhole: String) {
    let file = BytePath(path)
    #expect(file.name.description == name)
    #expect(file.parent.description == parent)
    #expect(file.suffix == (path.contains(".") ? suffixOrWhole : ""))
  }

  @Test func orderIsBytewise() {
    let names = ["b", "Z", "a-b/1", "a/1", "", "é", "a"].map { BytePath($0) }
    #expect(names.sorted().map(\.description) == ["", "Z", "a", "a-b/1", "a/1", "b", "é"])
  }

  @Test func whatCannotBePrintedIsEscaped() {
    #expect(BytePath(bytes: [0x61, 0xFF, 0x0A]).description == "a\\xff\\x0a")
    #expect(BytePath("tab\there\u{1B}[31m").description == "tab\\there\\u{1b}[31m")
    #expect(BytePath("日本").description == "日本")
  }

  @Test(arguments: [(".git", true), ("__MACOSX", true), ("a.b", false), ("_x", false)])
  func hiddenNamesAreKnown(name: String, isHidden: Bool) {
    #expect(BytePath(name).isHidden == isHidden)
  }

  @Test func filesOverTheLimitAndFoldersAreNotRead() throws {
    let folder = try TemporaryFolder()
    let file = BytePath(try folder.write([1, 2, 3], to: "x"))
    #expect(try file.read() == [1, 2, 3])
    let long = #expect(throws: GraftError.self) { try file.read(limit: 2) }
    #expect(long?.message.contains("has 3 bytes, more than the 2") == true)
    let notAFile = #expect(throws: GraftError.self) { try BytePath(folder.path).read() }
    #expect(notAFile?.message.hasSuffix("is a folder, not a regular file") == true)
    #expect(throws: GraftError.self) { try file.listing() }
  }
}
