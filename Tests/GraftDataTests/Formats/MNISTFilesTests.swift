import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

@Suite struct MNISTFilesTests {
  static func header(_ sizes: [Int], type: UInt8 = 8) -> [UInt8] {
    [0, 0, type, UInt8(sizes.count)]
      + sizes.flatMap { size in
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> $0) }
      }
  }

  static func images(_ count: Int) -> [UInt8] {
    header([count, 2, 3]) + (0..<count * 6).map { UInt8(truncatingIfNeeded: $0 * 37) }
  }

  static func labels(_ count: Int) -> [UInt8] {
    header([count]) + (0..<count).map { UInt8($0 % 2) }
  }

  static func folder(images: [UInt8], labels: [UInt8]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(images, to: "train-images-idx3-ubyte")
    try folder.write(labels, to: "train-labels-idx1-ubyte")
    return folder
  }

  /// A file packed by the gzip program.
  static func gzip(_ folder: TemporaryFolder, _ name: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-f", folder.path + "/" + name]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func grayImageComeAsRGB() throws {
    let data = try TestImages.open(Self.folder(images: Self.images(20), labels: Self.labels(20)))
    let image = try data.image(at: 1)
    #expect(image.size == ImageSize(width: 3, height: 2))
    #expect(image.pixels.prefix(6) == [222, 222, 222, 3, 3, 3])
    #expect(data.samples[1].isGray)
    #expect(try data.storedImage(at: 1).channels == 1)
    #expect(data.samples.map(\.label).prefix(4) == [0, 1, 0, 1])
  }

  @Test func packedFilesReadTheSame() throws {
    let plain = try Self.folder(images: Self.images(20), labels: Self.labels(20))
    let packed = try Self.folder(images: Self.images(20), labels: Self.labels(20))
    try Self.gzip(packed, "train-images-idx3-ubyte")
    try Self.gzip(packed, "train-labels-idx1-ubyte")
    #expect(
      try TestImages.open(packed).fingerprint == TestImages.open(plain).fingerprint)
  }

  struct BadFiles: Sendable, CustomTestStringConvertible {
    let images: [UInt8]
    let labels: [UInt8]
    let message: String
    var testDescription: String { message }

    init(_ images: [UInt8], _ labels: [UInt8], _ message: String) {
      self.images = images
      self.labels = labels
      self.message = message
    }
  }

  static let badFiles: [BadFiles] = [
    BadFiles(Array(images(20).dropLast()), labels(20), "has 135 bytes where its header asks"),
    BadFiles(images(20), labels(21), "has 20 images, but"),
    BadFiles([0, 0, 8, 3], labels(20), "not an IDX file of bytes in 3 dimensions"),
    BadFiles(header([20, 2, 3], type: 13) + images(20), labels(20), "not an IDX file of bytes"),
    BadFiles(
      header([1 << 31, 1 << 31, 1 << 31]), labels(20), "says its sizes are 2147483648×2147483648"),
    BadFiles(header([0, 28, 28]), labels(20), "says its sizes are 0×28×28"),
    BadFiles(images(1), header([1]) + [10], "is 10, but there are 10 classes"),
  ]

  @Test(arguments: badFiles) func damagedFilesAreRefused(files: BadFiles) throws {
    let folder = try Self.folder(images: files.images, labels: files.labels)
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(error?.message.contains(files.message) == true, "\(String(describing: error))")
  }

  @Test func cutAndOverfullPackedFilesAreRefused() throws {
    let folder = try Self.folder(images: Self.images(2000), labels: Self.labels(2000))
    try Self.gzip(folder, "train-images-idx3-ubyte")
    let file = folder.url.appending(path: "train-images-idx3-ubyte.gz")
    let whole = try Data(contentsOf: file)
    try whole.prefix(whole.count / 2).write(to: file)
    let cut = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(cut?.message.hasSuffix("ends too early") == true)

    // 64 MiB of zeros after a header that promises twelve bytes.
    try FileManager.default.removeItem(at: file)
    try folder.write(
      Self.header([2, 2, 3]) + [UInt8](repeating: 0, count: 64 << 20),
      to: "train-images-idx3-ubyte")
    try Self.gzip(folder, "train-images-idx3-ubyte")
    let bomb = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(bomb?.message.contains("unpacks to more than the 28 bytes it should hold") == true)

    try folder.write([0x1F, 0x8B] + [UInt8](repeating: 7, count: 90), to: file.lastPathComponent)
    let broken = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(broken?.message.hasSuffix("is damaged") == true)
  }

  @Test(.needsShared("data/mnist.tar")) func theOriginalLabelsAreRead() throws {
    let path = try #require(try SharedFiles.folder("mnist.tar")).path(percentEncoded: false)
    let data = try TestImages.open(path, threads: 2)
    #expect(data.samples.count == 70_000)
    #expect(data.samples.prefix(10).map(\.label) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    let test = data.partition(.test)
    #expect(test.prefix(10).map { data.samples[$0].label } == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    #expect(test.count == 10_000)
    let held = Double(data.partition(.validation).count)
    #expect(abs(held - 6000) < 300)
  }
}
