import GraftBase
import Testing

@testable import GraftImaging

/// A call written as language text, for tests only; the language itself lives in another room.
struct CheckedCall {
  let call: TransformCall
  let arguments: ArgumentValues

  /// Reads one call of a transform and checks its arguments.
  init(_ text: String) throws {
    call = try #require(Self.calls(text).first)
    let type = try #require(Transforms.named(call.name))
    var reader = ArgumentReader(type)
    for argument in call.arguments { try reader.read(argument) }
    try reader.fillDefaults()
    arguments = reader.values
  }

  /// The transform of the call.
  func transform() throws -> any Transform {
    let type = try #require(Transforms.named(call.name))
    return try type.init(arguments)
  }

  /// The calls of a line such as `flip crop(4) one(blur, noise(0.1))`.
  static func calls(_ line: String) -> [TransformCall] {
    var text = Substring(line)
    var result: [TransformCall] = []
    while let call = nextCall(&text) { result.append(call) }
    return result
  }

  private static func nextCall(_ text: inout Substring) -> TransformCall? {
    text = text.drop { " ,".contains($0) }
    guard let first = text.first, first != ")" else { return nil }
    let name = text.prefix { !" ,()".contains($0) }
    text = text.dropFirst(name.count)
    var call = TransformCall(name: String(name))
    guard text.first == "(" else { return call }
    text = text.dropFirst()
    while let argument = nextCall(&text) {
      let parts = argument.name.split(separator: "=", maxSplits: 1).map(String.init)
      let value =
        argument.arguments.isEmpty
        ? TransformCall.Value.word(parts[parts.count - 1])
        : .call(argument)
      call.arguments.append(.init(label: parts.count > 1 ? parts[0] : nil, value: value))
    }
    text = text.dropFirst()
    return call
  }
}

extension Pipeline {
  /// The pipeline of a line of language text.
  init(line: String) throws(TransformCallError) { try self.init(CheckedCall.calls(line)) }
}

extension PolicyStep {
  /// The image after the step alone.
  func applied(to image: Image, fill: FillColor) -> Image {
    edits(size: image.size, fill: fill).reduce(image) { $1.applied(to: $0) }
  }
}
