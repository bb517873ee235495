import Foundation

/// Reads a JSON file that lies in `Fixtures` beside the tests; `make_fixtures.py` there wrote it.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
  let data = try Data(contentsOf: folder.appending(path: "Fixtures/\(name).json"))
  return try JSONDecoder().decode(Value.self, from: data)
}
