/// A pipeline with a name: what `augment light` stands for.
package struct PipelinePreset: Sendable {
  package let name: String
  package let summary: String
  package let calls: [TransformCall]

  /// The recipes of the field.
  package static let all = [
    PipelinePreset(
      name: "light", summary: "a mild default for finetuning",
      calls: [.init(name: "flip"), crop(scale: "0.6..1")]),
    PipelinePreset(
      name: "imagenet", summary: "what ImageNet networks are trained with",
      calls: [crop(scale: "0.08..1"), .init(name: "flip")]),
    PipelinePreset(
      name: "cifar", summary: "what CIFAR networks are trained with",
      calls: [
        TransformCall(name: "crop", arguments: [.init(label: "pad", value: .word("4"))]),
        TransformCall(name: "flip"),
      ]),
  ]

  private static func crop(scale: String) -> TransformCall {
    TransformCall(name: "crop", arguments: [.init(label: "scale", value: .word(scale))])
  }
}

extension Pipeline {
  package static var presets: [PipelinePreset] { PipelinePreset.all }
}
