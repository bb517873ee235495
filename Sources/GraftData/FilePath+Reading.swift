import Foundation
import GraftBase

extension FilePath {
  /// What the system says a path is, symbolic links followed.
  package enum Kind: Sendable, Equatable {
    case file, folder, other, missing
  }

  /// A number that is the same for two paths to one folder; finds loops of symbolic links.
  struct Identity: Hashable {
    let device: UInt64
    let node: UInt64
  }

  package var kind: Kind {
    guard let status else { return .missing }
    return Self.kind(of: status)
  }

  var identity: Identity? {
    status.map { Identity(device: UInt64($0.st_dev), node: UInt64($0.st_ino)) }
  }

  /// The names in this folder, sorted bytewise, `.` and `..` left out.
  package func listing() throws -> [FilePath] {
    guard let folder = withCString({ opendir($0) }) else {
      throw Self.failure(description, "cannot be listed")
    }
    defer { closedir(folder) }
    var names: [FilePath] = []
    errno = 0
    while let entry = readdir(folder) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      let length = strlen(start)
      let bytes = UnsafeRawBufferPointer(start: start, count: length)
      let name = FilePath(bytes: Array(bytes))
      if name != FilePath("."), name != FilePath("..") { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw Self.failure(description, "cannot be listed") }
    return names.sorted()
  }

  /// The bytes of a regular file of at most `limit` bytes.
  ///
  /// Never blocks: a named pipe or a device is refused, not read. Errors call the file `name`, or
  /// by its path when none is given.
  package func read(limit: Int = 1 << 30, named name: String? = nil) throws -> [UInt8] {
    let name = name ?? description
    let descriptor = withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw Self.failure(name, "cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(name, "cannot be read") }
    guard Self.kind(of: status) == .file else {
      throw GraftError(.input, "\(name) is not a regular file")
    }
    let size = Int(status.st_size)
    guard (0...limit).contains(size) else {
      throw GraftError(.input, "\(name) has \(size) bytes, more than the \(limit) that are read")
    }
    var failureNumber: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = Foundation.read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failureNumber = errno }
        if got <= 0 { break }
        count += got
      }
    }
    guard failureNumber == 0 else {
      throw Self.failure(name, "cannot be read", number: failureNumber)
    }
    return bytes
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

  private static func failure(
    _ name: String, _ what: String, number: Int32 = errno
  ) -> GraftError {
    GraftError(.input, "\(name) \(what): \(String(cString: strerror(number)))")
  }
}
