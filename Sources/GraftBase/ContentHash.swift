import CNettle

/// A SHA-256 digest built up from bytes; says whether two files, weights or data sets are the same.
package struct ContentHash {
  private var context = sha256_ctx()

  package init() { nettle_sha256_init(&context) }

  /// The digest of one block of bytes.
  package static func of(_ bytes: [UInt8]) -> Digest {
    var hash = ContentHash()
    hash.update(bytes)
    return hash.finish()
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  package mutating func update(_ text: String) { update(Array(text.utf8)) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, base.assumingMemoryBound(to: UInt8.self))
  }

  package mutating func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    nettle_sha256_digest(&context, 32, &bytes)
    return Digest(bytes: bytes)
  }

  /// The 32 bytes of a SHA-256.
  package struct Digest: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// A digest that was kept.
    package init(bytes: [UInt8]) {
      precondition(bytes.count == 32, "a digest of another length")
      self.bytes = bytes
    }

    /// The first eight bytes as a number: a stable key for sorting and sampling.
    package var prefix: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// All 64 hexadecimal digits.
    package var hex: String {
      let digits = Array("0123456789abcdef")
      return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// The first eight hexadecimal digits, as shown to users.
    package var description: String { String(hex.prefix(8)) }
  }
}
