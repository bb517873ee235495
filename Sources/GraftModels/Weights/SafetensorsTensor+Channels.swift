import GraftEngine

extension SafetensorsTensor {
  /// A first layer's weight [O, from, h, w] for `count` channels.
  ///
  /// One channel takes the sum over the others', so that a gray image excites the layer as much as
  /// the same image in gray colors did; more channels repeat the weights in turn, times from /
  /// count.
  func adapted(toChannels count: Int) throws -> SafetensorsTensor {
    let (outputs, channels) = (shape[0], shape[1])
    let area = shape[2] * shape[3]
    let values = try floats()
    var result = [Float](repeating: 0, count: outputs * count * area)
    for output in 0..<outputs {
      for target in 0..<count {
        let sources = count == 1 ? Array(0..<channels) : [target % channels]
        let factor = count == 1 ? 1 : Float(channels) / Float(count)
        for place in 0..<area {
          let sum = sources.reduce(0) { $0 + values[(output * channels + $1) * area + place] }
          result[(output * count + target) * area + place] = sum * factor
        }
      }
    }
    return SafetensorsTensor(name: name, shape: [outputs, count] + shape[2...], floats: result)
  }
}
