import Foundation
import GraftBase
import GraftImaging

extension BytePath {
  /// What the system says a path is, symbolic links followed.
  package enum Kind: Sendable, Equatable {
    case file, folder, other, missing
  }

  /// The same for all paths to one file or folder: through links, hard links and other spellings.
  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let node: UInt64
  }

  package var kind: Kind {
    guard let status else { return .missing }
    return Self.kind(of: status)
  }

  /// Nil where there is nothing.
  package var identity: Identity? {
    status.map { Identity(device: UInt64($0.st_dev), node: UInt64($0.st_ino)) }
  }

  /// When content, name or rights last changed, in seconds since 1970: an older date that a copy brings along
  /// does not count.
  package var changeTime: Double? {
    status.map { Double($0.st_ctim.tv_sec) + Double($0.st_ctim.tv_nsec) / 1e9 }
  }

  /// When the content last changed, in seconds since 1970.
  package var contentTime: Double? {
    status.map { Double($0.st_mtim.tv_sec) + Double($0.st_mtim.tv_nsec) / 1e9 }
  }

  /// The names in this folder, sorted bytewise, `.` and `..` left out.
  package func listing() throws -> [BytePath] {
    guard let folder = withCString({ opendir($0) }) else {
      throw listingFailure
    }
    defer { closedir(folder) }
    var names: [BytePath] = []
    errno = 0
    while let entry = readdir(folder) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      let length = strlen(start)
      let bytes = UnsafeRawBufferPointer(start: start, count: length)
      let name = BytePath(bytes: Array(bytes))
      if name != BytePath("."), name != BytePath("..") { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw listingFailure }
    return names.sorted()
  }

  /// The bytes of a regular file of at most `limit` bytes.
  ///
  /// Never blocks: a named pipe or a device is refused, not read. Errors call the file `name`, or
  /// by its path when none is given.
  package func read(limit: Int = 1 << 30, named name: String? = nil) throws -> [UInt8] {
    try RegularFile(pathBytes: bytes, name: name ?? description).readAll(limit: limit)
  }

  /// The image in this file, 16-bit gray scaled from a range; errors call it by its path.
  package func image(grayRange: ClosedRange<Int>? = nil) throws -> Image {
    try ImageFile.read(bytes, name: description, grayRange: grayRange)
  }

  private var status: stat? {
    var status = stat()
    return withCString { stat($0, &status) } == 0 ? status : nil
  }

  private static func kind(of status: stat) -> Kind {
    switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    default: .other
    }
  }

  private func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes + [0]).withUnsafeBytes { raw in
      raw.withMemoryRebound(to: CChar.self) { buffer in
        buffer.baseAddress.map(body) ?? body("")
      }
    }
  }

  private var listingFailure: GraftError {
    GraftError(.input, "\(self) cannot be listed: \(String(cString: strerror(errno)))")
  }
}
