import Foundation
import GraftAlgebra
import GraftBase
import GraftKernels

/// One float32 product on one thread, as a 1×1 convolution of a network has it: `pixels` rows of `inputs`
/// numbers times a matrix [inputs, outputs].
final class ProductWork {
  private let pixels: Int
  private let inputs: Int
  private let outputs: Int
  private var taps = graft_taps()
  private let images: Storage
  private let weights: Storage
  private let panels: Storage
  private let scratch: Storage
  private let result: Storage

  init(pixels: Int, inputs: Int, outputs: Int) {
    (self.pixels, self.inputs, self.outputs) = (pixels, inputs, outputs)
    taps.batch = 1
    taps.in_h = 1
    taps.in_w = Int32(pixels)
    taps.in_channels = Int32(inputs)
    taps.depth = Int32(inputs)
    taps.out_h = 1
    taps.out_w = Int32(pixels)
    taps.out_channels = Int32(outputs)
    taps.out_pixel = outputs
    taps.out_row = pixels * outputs
    taps.out_image = pixels * outputs
    taps.stride_y = 1
    taps.stride_x = 1
    graft_taps_set_window(&taps, 1, 1, 1, 1, 0, 0)
    graft_taps_prepare(&taps)
    images = Storage(count: pixels * inputs)
    weights = Storage(count: inputs * outputs)
    panels = Storage(count: taps.panel_count)
    scratch = Storage(count: taps.scratch_count)
    result = Storage(count: pixels * outputs)
    var random = RandomStream(seed: 1, purpose: .drawing)
    for storage in [images, weights] {
      for place in 0..<storage.slice.count {
        storage.slice.pointer[place] = Float(2 * random.uniform() - 1)
      }
    }
  }

  /// GFLOP/s of Graft's micro-kernel, the packing of weights included.
  func own(seconds: Double) -> Double {
    rate(seconds) {
      for block in 0..<taps.column_blocks {
        graft_taps_pack(
          &taps, weights.slice.pointer, inputs * outputs, outputs, 1, nil, panels.slice.pointer,
          block)
      }
      for task in 0..<taps.task_count {
        graft_taps_task(
          &taps, task, images.slice.pointer, panels.slice.pointer, result.slice.pointer, 0, nil,
          nil, GRAFT_LINEAR, scratch.slice.pointer)
      }
    }
  }

  /// GFLOP/s of OpenBLAS with its loops for this processor.
  func openBLAS(_ algebra: LinearAlgebra, seconds: Double) -> Double {
    rate(seconds) {
      algebra.product(
        images.slice, weights.slice, into: result.slice, rows: pixels, columns: outputs,
        inner: inputs)
    }
  }

  private func rate(_ seconds: Double, _ work: () -> Void) -> Double {
    let start = ContinuousClock.now
    var (count, elapsed) = (0.0, 0.0)
    repeat {
      work()
      count += 1
      elapsed = (ContinuousClock.now - start) / .seconds(1)
    } while elapsed < seconds
    return 2 * Double(pixels) * Double(inputs) * Double(outputs) * count / elapsed / 1e9
  }
}
