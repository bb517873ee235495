import Glibc
import GraftBase

/// Picture files on disk: size and kind are checked before a byte is read.
package enum ImageFile {
  /// The picture at `path`; see `ImageCodec.decode`.
  package static func read(
    _ path: String, limits: ImageLimits = .standard, orientationApplied: Bool = true,
    keepsGray: Bool = false
  ) throws -> Image {
    try ImageCodec.decode(
      readBytes(path, limits: limits), name: path, limits: limits,
      orientationApplied: orientationApplied, keepsGray: keepsGray)
  }

  /// The bytes of the regular file at `path`, at most `limits.maximumFileBytes` of them.
  package static func readBytes(_ path: String, limits: ImageLimits = .standard) throws -> [UInt8] {
    let name = path.escapingControlCharacters
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw GraftError(.input, "\(name) cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw GraftError(.input, "\(name) cannot be read: \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw GraftError(
        .input, "\(name) is \(title(ofMode: status.st_mode)), not a picture file",
        help: "give the path of a PNG or JPEG file")
    }
    let size = Int(status.st_size)
    guard size <= limits.maximumFileBytes else {
      throw GraftError(
        .input,
        "\(name) has \(size >> 20) MiB, more than the \(limits.maximumFileBytes >> 20) MiB that"
          + " Graft reads as a picture", help: "scale the picture down")
    }
    let bytes = readAll(descriptor, count: size)
    guard bytes.count == size else {
      throw GraftError(
        .input, "\(name) ended after \(bytes.count) of \(size) bytes while it was read",
        help: "see whether another program is changing it")
    }
    return bytes
  }

  /// Writes the picture as PNG; the file appears whole or not at all.
  package static func writePNG(_ image: Image, to path: String) throws {
    let bytes = try PNGEncoder.encode(image)
    let name = path.escapingControlCharacters
    let part = path + ".part"
    let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw GraftError(.failed, "\(name) cannot be written: \(String(cString: strerror(errno)))")
    }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      written += count
    }
    let isClosed = close(descriptor) == 0
    guard written == bytes.count, isClosed, rename(part, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(part)
      throw GraftError(.failed, "\(name) could not be written: \(reason)")
    }
  }

  private static func readAll(_ descriptor: Int32, count size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = 0
      while count < size {
        let received = Glibc.read(
          descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if received < 0 && errno == EINTR { continue }
        guard received > 0 else { break }
        count += received
      }
    }
  }

  private static func title(ofMode mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe (FIFO)"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFSOCK: "a socket"
    default: "a special file"
    }
  }
}
