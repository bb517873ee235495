/// A convolution and both its gradients by their definition, in double: the reference for kernels.
///
/// This target is optimized in debug builds too (Package.swift), since these loops are long.
package struct DirectConvolution {
  /// (rows, columns).
  package typealias Window = (y: Int, x: Int)

  private let kernel, stride, padding, dilation: Window
  private let groups: Int
  /// [N, H, W, C] of the input and of the output.
  private let input, output: [Int]

  package init(
    input: [Int], output: [Int], kernel: Window, stride: Window, padding: Window, dilation: Window,
    groups: Int
  ) {
    (self.input, self.output, self.groups) = (input, output, groups)
    (self.kernel, self.stride, self.padding, self.dilation) = (kernel, stride, padding, dilation)
  }

  /// The output y, and for the output gradient `g` the gradients of x [N, H, W, C] and of w
  /// [kernel rows, kernel columns, C / groups, output channels].
  package func sums(
    x: [Float], w: [Float], bias: [Float]?, g: [Float]
  ) -> (y: [Double], dx: [Double], dw: [Double]) {
    let depth = input[3] / groups
    let width = output[3] / groups
    var y = [Double](repeating: 0, count: output.reduce(1, *))
    var dx = [Double](repeating: 0, count: x.count)
    var dw = [Double](repeating: 0, count: w.count)
    for n in 0..<output[0] {
      for oy in 0..<output[1] {
        for ox in 0..<output[2] {
          let at = ((n * output[1] + oy) * output[2] + ox) * output[3]
          for o in 0..<output[3] { y[at + o] = Double(bias?[o] ?? 0) }
          for ky in 0..<kernel.y {
            let iy = oy * stride.y - padding.y + ky * dilation.y
            guard iy >= 0, iy < input[1] else { continue }
            for kx in 0..<kernel.x {
              let ix = ox * stride.x - padding.x + kx * dilation.x
              guard ix >= 0, ix < input[2] else { continue }
              let from = ((n * input[1] + iy) * input[2] + ix) * input[3]
              let tap = (ky * kernel.x + kx) * depth * output[3]
              for i in 0..<depth {
                for o in 0..<output[3] {
                  let place = from + o / width * depth + i
                  let weight = tap + i * output[3] + o
                  y[at + o] += Double(x[place]) * Double(w[weight])
                  dx[place] += Double(g[at + o]) * Double(w[weight])
                  dw[weight] += Double(g[at + o]) * Double(x[place])
                }
              }
            }
          }
        }
      }
    }
    return (y, dx, dw)
  }
}
