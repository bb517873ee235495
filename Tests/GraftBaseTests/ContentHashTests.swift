import GraftBase
import Testing

@Suite struct ContentHashTests {
  /// FIPS 180-4's examples, as NIST publishes them.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func knownAnswers(text: String, hex: String) {
    #expect(ContentHash.of(Array(text.utf8)).hex == hex)
  }

  @Test(arguments: [1, 63, 64, 65, 200]) func piecesMakeTheSameDigest(length: Int) {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    var hash = ContentHash()
    for start in stride(from: 0, to: bytes.count, by: length) {
      hash.update(Array(bytes[start..<min(bytes.count, start + length)]))
    }
    #expect(hash.finish() == ContentHash.of(bytes))
  }

  @Test func aCopyGoesItsOwnWay() {
    var hash = ContentHash()
    hash.update("a")
    var copy = hash
    copy.update("x")
    hash.update("bc")
    #expect(hash.finish() == ContentHash.of(Array("abc".utf8)))
    #expect(copy.finish() == ContentHash.of(Array("ax".utf8)))
  }

  @Test func shortForms() {
    let digest = ContentHash.of(Array("abc".utf8))
    #expect(digest.prefix == 0xBA78_16BF_8F01_CFEA)
    #expect(digest.description == "ba7816bf")
    #expect(digest.bytes.count == 32)
  }
}
