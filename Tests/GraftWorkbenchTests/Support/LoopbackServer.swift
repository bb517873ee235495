import Foundation

/// A web server on 127.0.0.1 that answers each request with what the test says, then hangs up.
final class LoopbackServer: @unchecked Sendable {
  struct Request: Sendable {
    let path: String
    /// The first byte of `Range: bytes=N-`.
    let rangeStart: Int?
  }

  private let socketDescriptor: Int32
  let port: UInt16
  private let answer: @Sendable (Request) -> [UInt8]
  private let lock = NSLock()
  private var seen: [Request] = []

  /// The requests so far, in order.
  var requests: [Request] { lock.withLock { seen } }

  init(_ answer: @escaping @Sendable (Request) -> [UInt8]) throws {
    self.answer = answer
    socketDescriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = socketDescriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw CocoaError(.fileNoSuchFile) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in serve() }
  }

  func address(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  func stop() {
    shutdown(socketDescriptor, Int32(SHUT_RDWR))
    close(socketDescriptor)
  }

  private func serve() {
    while true {
      let connection = accept(socketDescriptor, nil, nil)
      guard connection >= 0 else { return }
      if let request = read(connection) {
        lock.withLock { seen.append(request) }
        let bytes = answer(request)
        bytes.withUnsafeBytes { buffer in
          var place = 0
          while place < buffer.count, let base = buffer.baseAddress {
            let count = send(
              connection, base + place, buffer.count - place, Int32(MSG_NOSIGNAL))
            guard count > 0 else { break }
            place += count
          }
        }
      }
      close(connection)
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
    let lines = text.components(separatedBy: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let start = range.flatMap { Int($0.dropFirst(13).prefix { $0.isNumber }) }
    return Request(
      path: lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? "",
      rangeStart: start)
  }

  /// An answer; `length` is what the header claims, the body's own unless given.
  static func response(
    _ status: String, _ body: [UInt8] = [], headers: [String] = [], length: Int? = nil
  ) -> [UInt8] {
    let head =
      ["HTTP/1.1 \(status)", "Content-Length: \(length ?? body.count)", "Connection: close"]
      + headers + ["", ""]
    return Array(head.joined(separator: "\r\n").utf8) + body
  }
}
