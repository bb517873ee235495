import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

/// What is said about folders that lack something.
@Suite struct ImageFolderRemarksTests {
  @Test func splitsWithoutTrainingImagesCanBeMeasured() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 3), ("b", 2)], side: "val")
    try TestImages.fill(folder, [("a", 2), ("b", 2)], side: "test", firstSeed: 50)
    let data = try TestImages.open(folder)
    #expect(data.classes == ["a", "b"])
    #expect(data.classCounts(.validation) == [3, 2] && data.classCounts(.test) == [2, 2])
    #expect(data.partition(.train).isEmpty)
    #expect(
      data.warnings == [
        "\(folder.path) has no train/ beside test/ and val/: its images can be looked at and "
          + "measured, and training needs train/"
      ])
    let error = #expect(throws: GraftError.self) { try data.requireSeveralClasses() }
    #expect(error?.message.contains("has no training images, only 5 for validation and 4") == true)
  }

  @Test func aClassOfImagesForAnotherBuildSaysWhichBuild() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 3)])
    try folder.write("....ftypheic", to: "b/1.HEIC")
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    if ReadableKind.hasSuffix("1.heic") { return }
    #expect(error?.message.hasSuffix("/b has no images") == true)
    #expect(error?.help?.contains("`swift build --traits default,HEIF`") == true)
  }

  @Test func aClassThatBadFilesEmptyInOneSplitIsTold() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 30), ("b", 30)], side: "train")
    try TestImages.fill(folder, [("a", 3)], side: "val", firstSeed: 100)
    for number in 0..<2 { try folder.write("no image", to: "val/b/\(number).png") }
    let data = try TestImages.open(folder)
    #expect(data.badFiles.count == 2)
    #expect(data.warnings == ["no image of class b in the validation split can be read"])
  }
}
