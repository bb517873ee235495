/// A pipeline with a name: what `augment light` stands for.
package struct PipelinePreset: Sendable {
  package let name: String
  package let summary: String
  package let calls: [TransformCall]

  private init(_ name: String, _ summary: String, _ calls: [TransformCall]) {
    self.name = name
    self.summary = summary
    self.calls = calls
  }

  /// The recipes of the field, in the order `help` lists them.
  package static let all = [
    PipelinePreset(
      "light", "a mild default for finetuning", [call("flip"), call("crop", "scale=0.6..1")]),
    PipelinePreset(
      "imagenet", "the augmentation of torchvision's ImageNet training since 2021",
      [
        call("crop", "scale=0.08..1"), call("flip"), call("trivialaugment"),
        call("erase", "p=0.1"), call("mixup", "0.2"), call("cutmix", "1"),
      ]),
    PipelinePreset(
      "cifar", "the usual augmentation for CIFAR (AutoAugment's recipe)",
      [call("crop", "pad=4"), call("flip"), call("autoaugment", "cifar10"), call("cutout", "16")]),
    PipelinePreset(
      "timm", "the augmentation of timm's ImageNet training",
      [
        call("crop", "scale=0.08..1", "filter=random"), call("flip"),
        call("randaugment", "rand-m9-mstd0.5-inc1"),
        call("erase", "0.02..0.3333", "value=pixel", "p=0.25"),
        call("mixup", "0.8"), call("cutmix", "1", "sides=any"),
      ]),
  ]

  /// A call with its arguments as they are typed: `crop`, `scale=0.6..1`.
  private static func call(_ name: String, _ arguments: String...) -> TransformCall {
    TransformCall(
      name: name,
      arguments: arguments.map { text in
        let parts = text.split(separator: "=").map(String.init)
        return .init(label: parts.count > 1 ? parts[0] : nil, value: .word(parts.last ?? ""))
      })
  }

  /// What to type instead: `flip crop(scale=0.6..1)`.
  package var text: String { calls.map(\.description).joined(separator: " ") }
}

extension Pipeline {
  package static var presets: [PipelinePreset] { PipelinePreset.all }
}
