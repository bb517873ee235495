import Foundation

/// An open file that takes bytes piece by piece; short writes and interruptions are its business.
package struct FileWriter {
  private let descriptor: Int32
  private let path: String
  /// The bytes that are to come in all, for messages.
  private let total: Int
  private var written = 0

  init(descriptor: Int32, path: String, total: Int) {
    self.descriptor = descriptor
    self.path = path
    self.total = total
  }

  package mutating func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// Writes all of the bytes; the error says how far the file got.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    var place = 0
    while place < bytes.count, let base = bytes.baseAddress {
      let count = write(descriptor, base + place, bytes.count - place)
      if count >= 0 {
        place += count
        written += count
      } else if errno != EINTR {
        throw failure(errno)
      }
    }
  }

  /// Replaces bytes that were appended before.
  package func overwrite(at offset: Int, _ bytes: [UInt8]) throws {
    precondition(offset >= 0 && offset + bytes.count <= written, "bytes that were not written yet")
    try bytes.withUnsafeBytes { bytes in
      var place = 0
      while place < bytes.count, let base = bytes.baseAddress {
        let count = pwrite(descriptor, base + place, bytes.count - place, offset + place)
        if count >= 0 {
          place += count
        } else if errno != EINTR {
          throw failure(errno)
        }
      }
    }
  }

  private func failure(_ code: Int32) -> GraftError {
    GraftError(
      .failed,
      "cannot write '\(path.escapingControlCharacters)': "
        + "\(String(cString: strerror(code))) after \(written) of \(total) bytes",
      help: code == ENOSPC || code == EDQUOT ? "free \(total) bytes or save elsewhere" : nil)
  }
}
