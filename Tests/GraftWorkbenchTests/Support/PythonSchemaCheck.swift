import Foundation
import Testing

/// Holds lines of `--json` against the schema by another implementation, where the Python that
/// GRAFT_PYTHON names has it.
enum PythonSchemaCheck {
  static func check(_ lines: [Substring]) throws {
    guard let python = ProcessInfo.processInfo.environment["GRAFT_PYTHON"] else {
      return print("skipped: GRAFT_PYTHON names no Python with jsonschema")
    }
    let file = try TemporaryFolder.make() + "/lines"
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: python)
    process.arguments = [
      "-c", checker, SourceTexts.repository.appending(path: "docs/json.schema.json").path, file,
    ]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard text != "none\n" else {
      return print("skipped: the Python of GRAFT_PYTHON has no jsonschema")
    }
    #expect(text == "\(lines.count) lines hold\n" && process.terminationStatus == 0)
  }

  private static let checker = """
    import json, sys
    try:
        import jsonschema
    except ImportError:
        print("none")
        sys.exit()
    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    lines = open(sys.argv[2], encoding="utf-8").read().split("\\n")
    for line in lines:
        judge.validate(json.loads(line))
    print(len(lines), "lines hold")
    """
}
