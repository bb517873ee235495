import Testing

@testable import GraftWorkbench

@Suite struct FilePathTests {
  @Test(arguments: [
    ("/a/b/c", "/a/b", "c"), ("/a/b/", "/a/b", "."), ("/a/c/", "/a/b", "../c/"),
    ("/x/y", "/a/b", "/x/y"), ("/a", "/", "a"), ("/a/~/x", "/a", "./~/x"), ("/a/~x", "/a", "~x"),
    ("/a/-", "/a", "./-"), ("/a/-x", "/a", "-x"), ("/a/demo:x", "/a", "./demo:x"),
    ("/a/\u{301}x", "/a", "\u{301}x"), ("/e\u{301}/x", "/\u{E9}", "/e\u{301}/x"),
  ])
  func relativePathsComeBack(_ path: String, _ base: String, _ relative: String) {
    #expect(FilePath.relative(path, to: base).hasSameBytes(as: relative))
    let again = FilePath.absolute(relative, base: base)
    #expect(again.hasSameBytes(as: path) || again + "/" == path)
  }

  @Test func namesAreCutByteByByte() {
    #expect(FilePath.folder(of: "/a/\u{301}b/c").hasSameBytes(as: "/a/\u{301}b"))
    #expect("/a/\u{301}b".lastPathComponent.hasSameBytes(as: "\u{301}b"))
    #expect(FilePath.absolute("./x/../\u{301}y//z/", base: "/a").hasSameBytes(as: "/a/\u{301}y/z/"))
  }

  @Test func foldersHoldWhatIsBelowThem() {
    #expect(FilePath.contains("/a/b", "/a/b/c") && FilePath.contains("/a/b/", "/a/b"))
    #expect(!FilePath.contains("/a/b", "/a/bc") && !FilePath.contains("/a/b", "/a"))
    #expect(!FilePath.contains("/\u{E9}", "/e\u{301}/x") && FilePath.contains("/", "/x"))
    #expect(FilePath.sharedFolder(of: ["/a/b/c", "/a/b/d/e"]) == "/a/b")
    #expect(FilePath.sharedFolder(of: ["/a/b", "/c/d"]) == "/")
    #expect(FilePath.sharedFolder(of: ["/a/b"]) == "/a")
  }
}
