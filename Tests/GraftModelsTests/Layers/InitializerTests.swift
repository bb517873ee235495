import GraftEngine
import Testing

@testable import GraftModels

@Suite struct InitializerTests {
  @Test func drawsDependOnSeedAndNameAlone() {
    func values(_ name: String, seed: UInt64) -> [Float] {
      let parameter = Parameter(name: name, role: .weight, torchShape: [8])
      Initializer.normal(deviation: 1).fill(parameter, seed: seed)
      return parameter.torchValues()
    }
    #expect(values("fc.weight", seed: 1) == values("fc.weight", seed: 1))
    #expect(values("fc.weight", seed: 1) != values("fc.weight", seed: 2))
    #expect(values("fc.weight", seed: 1) != values("fc.bias", seed: 1))
  }

  @Test func kaimingHasItsVariance() {
    let parameter = Parameter(name: "w", role: .weight, torchShape: [20_000])
    for initializer in [Initializer.kaimingNormal(fan: 50), .kaimingUniform(fan: 50)] {
      initializer.fill(parameter, seed: 3)
      let values = parameter.torchValues().map(Double.init)
      let mean = values.reduce(0, +) / 20_000
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
      #expect(abs(mean) < 0.005)
      #expect(abs(variance - 0.04) < 0.001)
    }
  }

  @Test func torchDefaultStaysInItsBound() {
    let parameter = Parameter(name: "w", role: .bias, torchShape: [1000])
    Initializer.torchDefault(fan: 16).fill(parameter, seed: 0)
    let values = parameter.torchValues()
    #expect(values.allSatisfy { abs($0) <= 0.25 })
    #expect(values.contains { abs($0) > 0.24 })
  }

  /// ResNet's convolutions start by their outputs, SqueezeNet's by their inputs, as torchvision has
  /// them; norms start as the identity.
  @Test func modelsStartAsTorchvisionHasThem() throws {
    let model = try Model(spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 5)
    let weight = try #require(model.parameter("layer3.1.conv1.weight")).torchValues()
    let deviation = (weight.reduce(0) { $0 + $1 * $1 } / Float(weight.count)).squareRoot()
    #expect(abs(deviation - (2 / Float(64 * 9)).squareRoot()) < 0.001)
    #expect(model.parameter("bn1.weight")?.torchValues().allSatisfy { $0 == 1 } == true)
    #expect(model.parameter("bn1.running_var")?.torchValues().allSatisfy { $0 == 1 } == true)
    #expect(model.parameter("bn1.running_mean")?.torchValues().allSatisfy { $0 == 0 } == true)
  }
}
