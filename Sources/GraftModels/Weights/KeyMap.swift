/// How another library names the layers of an encoder that Graft has under torchvision's names.
///
/// A map replaces the longest prefix that it contains, only whole parts between dots; other names
/// stay. A new map is one file with one line in `all`.
package struct KeyMap: Sendable {
  /// The library with these names: `timm`.
  package let source: String
  /// The encoders it is for.
  package let encoders: Set<String>
  /// From the other library's prefixes to torchvision's.
  package let prefixes: [String: String]

  package static let all: [KeyMap] =
    [cifarResNets, projectedResNets, oldXception, oldDenseNet] + timm + efficientNetPyTorch

  /// github.com/akamaster/pytorch_resnet_cifar10 calls the classifier `linear`.
  static let cifarResNets = KeyMap(
    source: "akamaster", encoders: Set([20, 32, 44, 56, 110, 1202].map { "resnet\($0)" }),
    prefixes: ["linear": "fc"])

  /// github.com/chenyaofo/pytorch-cifar-models names projected shortcuts as torchvision does.
  static let projectedResNets: KeyMap = {
    let shortcuts = [2, 3].map { ("layer\($0).0.downsample", "layer\($0).0.shortcut") }
    return KeyMap(
      source: "chenyaofo", encoders: Set([20, 32, 44, 56, 110].map { "resnet\($0)_b" }),
      prefixes: Dictionary(uniqueKeysWithValues: shortcuts))
  }()

  /// github.com/Cadene/pretrained-models.pytorch, where timm has Xception from.
  static let oldXception = KeyMap(
    source: "pretrainedmodels", encoders: ["xception"], prefixes: ["last_linear": "fc"])

  func covers(_ spec: EncoderSpec) -> Bool { encoders.contains(spec.name) }

  /// The name that the layer has here.
  package func name(for name: ByteString) -> ByteString {
    var end = name.bytes.endIndex
    while true {
      let prefix = String(decoding: name.bytes[..<end], as: UTF8.self)
      if let replacement = prefixes[prefix] {
        return ByteString(Array(replacement.utf8) + name.bytes[end...])
      }
      guard let dot = name.bytes[..<end].lastIndex(of: UInt8(ascii: ".")) else { return name }
      end = dot
    }
  }
}
