import GraftKernels
import Testing

/// A tap convolution beside its definition in double precision.
private struct Product {
  var taps = graft_taps()
  let input: Storage
  let weights: [Float]
  /// Floats between two outputs; more than the channels leaves gaps that must stay untouched.
  let outputPixel: Int

  init(
    batch: Int = 1, height: Int = 1, width: Int, depth: Int, channels: Int, kernel: Int = 1,
    padding: Int = 0, stride: Int = 1, gap: Int = 0
  ) {
    let outHeight = (height + 2 * padding - kernel) / stride + 1
    let outWidth = (width + 2 * padding - kernel) / stride + 1
    outputPixel = channels + gap
    taps.batch = Int32(batch)
    taps.in_h = Int32(height)
    taps.in_w = Int32(width)
    taps.in_channels = Int32(depth)
    taps.depth = Int32(depth)
    taps.out_h = Int32(outHeight)
    taps.out_w = Int32(outWidth)
    taps.out_channels = Int32(channels)
    taps.out_pixel = outputPixel
    taps.out_row = outWidth * outputPixel
    taps.out_image = outHeight * outWidth * outputPixel
    taps.stride_y = Int32(stride)
    taps.stride_x = Int32(stride)
    let (k, p) = (Int32(kernel), Int32(padding))
    graft_taps_set_window(&taps, k, k, 1, 1, p, p)
    graft_taps_prepare(&taps)
    input = Storage(count: batch * height * width * depth)
    for index in 0..<input.slice.count { input.slice.pointer[index] = Self.value(index, 1) }
    weights = (0..<kernel * kernel * depth * channels).map { Self.value($0, 2) }
  }

  /// Numbers without a pattern that a wrong index could repeat.
  static func value(_ index: Int, _ salt: UInt64) -> Float {
    var bits = (UInt64(index) &+ salt << 40) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ bits >> 29) &* 0xBF58_476D_1CE4_E5B9
    return Float(bits >> 40) / Float(1 << 23) - 1
  }

  var outputCount: Int { Int(taps.batch) * taps.out_image }

  func run(
    on start: [Float], accumulates: Bool = false, bias: [Float]? = nil, residual: [Float]? = nil,
    activation: graft_activation = GRAFT_LINEAR
  ) -> [Float] {
    var taps = taps
    let panels = Storage(count: taps.panel_count)
    for block in 0..<taps.column_blocks {
      graft_taps_pack(
        &taps, weights, Int(taps.depth * taps.out_channels), Int(taps.out_channels), 1, nil,
        panels.slice.pointer, block)
    }
    let scratch = Storage(count: taps.scratch_count)
    let output = Storage(count: outputCount)
    for index in 0..<outputCount { output.slice.pointer[index] = start[index] }
    for task in 0..<taps.task_count {
      graft_taps_task(
        &taps, task, input.slice.pointer, panels.slice.pointer, output.slice.pointer,
        accumulates ? 1 : 0, bias, residual, activation, scratch.slice.pointer)
    }
    return Array(output.slice.buffer)
  }

  /// The sum of products at each output, and the sum of their magnitudes, which bounds rounding.
  func reference() -> [(sum: Double, magnitude: Double)?] {
    var result = [(sum: Double, magnitude: Double)?](repeating: nil, count: outputCount)
    let (height, width) = (Int(taps.in_h), Int(taps.in_w))
    let (depth, channels) = (Int(taps.depth), Int(taps.out_channels))
    let tapList = withUnsafeBytes(of: taps.tap_y) { y in
      withUnsafeBytes(of: taps.tap_x) { x in
        (0..<Int(taps.taps)).map {
          (
            y: Int(y.load(fromByteOffset: 2 * $0, as: Int16.self)),
            x: Int(x.load(fromByteOffset: 2 * $0, as: Int16.self))
          )
        }
      }
    }
    for n in 0..<Int(taps.batch) {
      for oy in 0..<Int(taps.out_h) {
        for ox in 0..<Int(taps.out_w) {
          for o in 0..<channels {
            var (sum, magnitude) = (0.0, 0.0)
            for (t, tap) in tapList.enumerated() {
              let y = oy * Int(taps.stride_y) + tap.y
              let x = ox * Int(taps.stride_x) + tap.x
              guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
              for k in 0..<depth {
                let a = Double(input.slice.pointer[((n * height + y) * width + x) * depth + k])
                let product = a * Double(weights[(t * depth + k) * channels + o])
                sum += product
                magnitude += abs(product)
              }
            }
            let place = n * taps.out_image + oy * taps.out_row + ox * taps.out_pixel + o
            result[place] = (sum, magnitude)
          }
        }
      }
    }
    return result
  }

  /// How many outputs are further from the definition than rounding explains, or touched wrongly.
  func faults(accumulates: Bool) -> Int {
    let start = (0..<outputCount).map { Self.value($0, 3) }
    let found = run(on: start, accumulates: accumulates)
    return zip(reference(), zip(start, found)).count { expected, values in
      guard let expected else { return values.0 != values.1 }
      let target = expected.sum + (accumulates ? Double(values.0) : 0)
      return !(abs(Double(values.1) - target) <= 1e-6 * (expected.magnitude + 1))
    }
  }
}

@Suite struct ProductsTests {
  /// A row of `rows` outputs of `channels` is one tile, so rows 1...14 by channels 1...64 reach
  /// every tile that this processor uses, whole and with each kind of partial last vector.
  @Test(arguments: 1...14) func everyTileIsTheSumOfProducts(rows: Int) {
    for vectors in 1...4 {
      for lanes in [1, 7, 15, 16] {
        let channels = (vectors - 1) * 16 + lanes
        for depth in [1, 3, 18] {
          let product = Product(width: rows, depth: depth, channels: channels, gap: 5)
          for accumulates in [false, true] {
            #expect(
              product.faults(accumulates: accumulates) == 0,
              "\(rows) rows, \(channels) channels, depth \(depth), accumulates \(accumulates)")
          }
        }
      }
    }
  }

  /// Every remainder of a row by a tile's width, and more than one panel of columns.
  @Test(arguments: [15, 16, 17, 23, 29, 41, 200]) func longRowsAreCutIntoTiles(width: Int) {
    for channels in [3, 64, 65, 130] {
      let product = Product(width: width, depth: 5, channels: channels)
      #expect(product.faults(accumulates: false) == 0, "\(channels) channels")
    }
  }

  @Test(arguments: [false, true]) func deepSumsAreSplit(accumulates: Bool) {
    let product = Product(width: 5, depth: 2500, channels: 20, gap: 1)
    #expect(product.taps.depth_blocks > 1)
    #expect(product.faults(accumulates: accumulates) == 0)
  }

  @Test(arguments: [(1, 0, 2), (3, 1, 1), (3, 1, 2), (5, 2, 1), (2, 0, 1), (3, 0, 3)])
  func windowsAreRead(kernel: Int, padding: Int, stride: Int) {
    let product = Product(
      batch: 3, height: 9, width: 11, depth: 7, channels: 37, kernel: kernel, padding: padding,
      stride: stride, gap: 2)
    for accumulates in [false, true] { #expect(product.faults(accumulates: accumulates) == 0) }
  }

  @Test(arguments: [GRAFT_LINEAR, GRAFT_RELU, GRAFT_RELU6])
  func biasResidualAndActivationFollow(activation: graft_activation) {
    let product = Product(width: 9, depth: 40, channels: 21)
    let bias = (0..<21).map { Product.value($0, 4) * 4 }
    let residual = (0..<product.outputCount).map { Product.value($0, 5) * 4 }
    let found = product.run(
      on: residual, bias: bias, residual: residual, activation: activation)
    for (place, expected) in product.reference().enumerated() {
      guard let expected else { continue }
      var value = expected.sum + Double(bias[place % 21]) + Double(residual[place])
      if activation != GRAFT_LINEAR { value = max(0, value) }
      if activation == GRAFT_RELU6 { value = min(6, value) }
      #expect(abs(Double(found[place]) - value) < 1e-4)
    }
  }

  /// The weight gradient sums over pixels and takes its tiles the other way round.
  @Test(arguments: 1...14) func weightGradientsAreTheSumOfProducts(depth: Int) {
    for (channels, kernel) in [(1, 1), (16, 3), (31, 1), (50, 1), (64, 3), (70, 1)] {
      let product = Product(
        batch: 2, height: 5, width: 6, depth: depth, channels: channels, kernel: kernel,
        padding: kernel / 2)
      var gradient = graft_weight_gradient()
      gradient.taps = product.taps
      graft_weight_gradient_prepare(&gradient)
      let dy = Storage(count: product.outputCount)
      for index in 0..<product.outputCount { dy.slice.pointer[index] = Product.value(index, 6) }
      let partials = Storage(count: Int(gradient.chunks) * gradient.weight_count)
      let scratch = Storage(count: gradient.scratch_count)
      for task in 0..<gradient.task_count {
        graft_weight_gradient_task(
          &gradient, task, product.input.slice.pointer, dy.slice.pointer, partials.slice.pointer,
          scratch.slice.pointer)
      }
      let sum = Storage(count: gradient.weight_count)
      graft_sum_chunks(
        partials.slice.pointer, gradient.chunks, gradient.weight_count, 0, gradient.weight_count,
        sum.slice.pointer, 0)
      let expected = weightGradient(product, dy: dy.slice, kernel: kernel)
      let faults = zip(sum.slice.buffer, expected).count { abs(Double($0) - $1) > 1e-4 }
      #expect(faults == 0, "\(channels) channels, kernel \(kernel)")
    }
  }

  private func weightGradient(_ product: Product, dy: Slice, kernel: Int) -> [Double] {
    let taps = product.taps
    let (height, width) = (Int(taps.in_h), Int(taps.in_w))
    let (depth, channels) = (Int(taps.depth), Int(taps.out_channels))
    var result = [Double](repeating: 0, count: kernel * kernel * depth * channels)
    for pixel in 0..<Int(taps.batch) * height * width {
      let (n, oy, ox) = (pixel / (height * width), pixel / width % height, pixel % width)
      for t in 0..<kernel * kernel {
        let (y, x) = (oy + t / kernel - kernel / 2, ox + t % kernel - kernel / 2)
        guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
        for k in 0..<depth {
          let a = Double(product.input.slice.pointer[((n * height + y) * width + x) * depth + k])
          for o in 0..<channels {
            result[(t * depth + k) * channels + o] += a * Double(dy.pointer[pixel * channels + o])
          }
        }
      }
    }
    return result
  }
}
