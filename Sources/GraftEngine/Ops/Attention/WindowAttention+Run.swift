import Foundation
import GraftBase
import GraftKernels

extension WindowAttentionOp {
  /// A fixed cut of all windows into 32 to 63 chunks, fewer where there are fewer: the partial sums of
  /// gradients.
  private struct Chunks {
    let total, perChunk: Int
    var count: Int { (total + perChunk - 1) / perChunk }

    init(_ shape: Shape, _ windows: Pair) {
      total = shape.batch * windows.y * windows.x
      perChunk = max(1, total / 32)
    }

    subscript(chunk: Int) -> Range<Int> {
      chunk * perChunk..<min(total, (chunk + 1) * perChunk)
    }
  }

  /// Where a window is.
  private struct Place {
    let image: Int
    let row, column: Int32

    init(_ index: Int, _ windows: Pair) {
      image = index / (windows.y * windows.x)
      row = Int32(index / windows.x % windows.y)
      column = Int32(index % windows.x)
    }
  }

  /// The gradients that a chunk adds up, and their sum.
  private struct Sums {
    let scales, bias, pairs: Slice

    init(_ memory: Slice, _ op: WindowAttentionOp, channels: Int) {
      let pairs = op.heads * op.pairCount
      scales = memory.part(0, count: op.heads)
      bias = memory.part(op.heads, count: 3 * channels)
      self.pairs = memory.part(op.heads + 3 * channels, count: pairs)
    }
  }

  private func sumCount(_ channels: Int) -> Int { heads + 3 * channels + heads * pairCount }

  private func workerScratch(_ shape: Shape, isBackward: Bool) -> Int {
    2 * tokens + bufferSlack
      + graft_attention_scratch(
        Int32(tokens), Int32(shape.channels / heads), isBackward ? 1 : 0)
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let workers =
      request.threads * workerScratch(request.output, isBackward: request.backward != nil)
    guard let needs = request.backward, needs.parameters.contains(true) else { return workers }
    let chunks = Chunks(request.output, windowCount(request.output)).count
    let sums = (chunks + 1) * sumCount(request.output.channels) + differences * heads
    // The network's own gradients; its width is a parameter's, known only to be bounded.
    return workers + sums + (isCosine ? Int(GRAFT_POSITION_HIDDEN) * (3 + heads) : 0) + bufferSlack
  }

  package func forward(_ c: ForwardContext) {
    let windows = windowCount(c.outputShape)
    c.pool.forEach(
      c.outputShape.batch * windows.y * windows.x, lending: self, c, windows
    ) { index, worker, op, c, windows in
      let shape = c.outputShape
      let place = Place(index, windows)
      let scratch = c.workspace.suffix(from: worker * op.workerScratch(shape, isBackward: false))
      op.withWindow(place, shape, c.prepared, scratch) { head, attention in
        graft_attention_forward(
          attention, c.inputs[0].pointer + 3 * place.image * shape.pixels * shape.channels,
          Int32(head), 0,
          Int32(op.tokens),
          c.auxiliary.count > 0
            ? c.auxiliary.pointer + (index * op.heads + head) * op.tokens : nil,
          c.output.pointer + place.image * shape.pixels * shape.channels,
          scratch.pointer + 2 * op.tokens + bufferSlack)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    let windows = windowCount(c.outputShape)
    let chunks = Chunks(c.outputShape, windows)
    let sumsAreNeeded = c.parameterGradients.contains { $0 != nil }
    let sums = c.workspace.suffix(
      from: c.pool.threadCount * workerScratch(c.outputShape, isBackward: true))
    c.pool.forEach(
      chunks.count, lending: self, c, sums, sumsAreNeeded
    ) { chunk, worker, op, c, sums, sumsAreNeeded in
      let shape = c.outputShape
      let windows = op.windowCount(shape)
      let scratch = c.workspace.suffix(from: worker * op.workerScratch(shape, isBackward: true))
      let sumCount = op.sumCount(shape.channels)
      let own = sumsAreNeeded ? sums.part(chunk * sumCount, count: sumCount) : nil
      own?.fill(0)
      let parts = own.map { Sums($0, op, channels: shape.channels) }
      for index in Chunks(shape, windows)[chunk] {
        let place = Place(index, windows)
        let first = place.image * shape.pixels * shape.channels
        op.withWindow(place, shape, c.prepared, scratch) { head, attention in
          graft_attention_gradient(
            attention, c.inputs[0].pointer + 3 * first, Int32(head),
            c.auxiliary.pointer + (index * op.heads + head) * op.tokens,
            c.outputGradient.pointer + first, c.inputGradients[0]?.flag ?? 0,
            c.inputGradients[0].map { $0.slice.pointer + 3 * first }, parts?.bias.pointer,
            parts.map { $0.pairs.pointer + head * op.pairCount },
            op.isCosine ? parts.map { $0.scales.pointer + head } : nil,
            scratch.pointer + 2 * op.tokens + bufferSlack)
        }
      }
    }
    if sumsAreNeeded { parameterGradients(c, sums, chunks: chunks.count) }
  }

  /// Calls `body` for each head with what the kernel works on.
  private func withWindow(
    _ place: Place, _ shape: Shape, _ prepared: Slice, _ scratch: Slice,
    _ body: (_ head: Int, _ attention: UnsafePointer<graft_attention>) -> Void
  ) {
    // A window that fills a side has no neighbors there.
    let shift = Pair(
      size.y >= shape[1] ? 0 : shift.y, size.x >= shape[2] ? 0 : shift.x)
    var windows = graft_windows(
      height: Int32(shape[1]), width: Int32(shape[2]), window_y: Int32(size.y),
      window_x: Int32(size.x), shift_y: Int32(shift.y), shift_x: Int32(shift.x))
    let numbers = scratch.part(0, count: 2 * tokens).values(of: Int32.self).pointer
    graft_window_tokens(&windows, place.row, place.column, numbers, numbers + tokens)
    let parts = Prepared(prepared, self, channels: shape.channels)
    var attention = graft_attention()
    attention.tokens = Int32(tokens)
    attention.depth = Int32(shape.channels / heads)
    attention.width = Int32(shape.channels)
    attention.is_cosine = isCosine ? 1 : 0
    attention.places = UnsafePointer(numbers)
    attention.regions = shift == 0 ? nil : UnsafePointer(numbers + tokens)
    attention.bias = UnsafePointer(parts.bias.pointer)
    for head in 0..<heads {
      attention.scale = parts.scales.pointer[head]
      attention.position_bias = UnsafePointer(parts.pairs.pointer + head * pairCount)
      body(head, &attention)
    }
  }

  /// The chunks' sums become the parameters' gradients.
  private func parameterGradients(_ c: BackwardContext, _ sums: Slice, chunks: Int) {
    let channels = c.outputShape.channels
    let count = sumCount(channels)
    let total = sums.part(chunks * count, count: count)
    c.pool.forEachRange(
      of: count, step: 4096, lending: sums, total, chunks
    ) { range, _, sums, total, chunks in
      graft_sum_chunks(
        sums.pointer, Int32(chunks), total.count, range.lowerBound, range.upperBound,
        total.pointer, 0)
    }
    let parts = Sums(total, self, channels: channels)
    if isCosine { parts.bias.part(channels, count: channels).fill(0) }
    if let slot = c.parameterGradients[0] {
      graft_copy(parts.bias.pointer, 3 * channels, slot.flag, slot.slice.pointer)
    }
    let table = sums.part((chunks + 1) * count, count: differences * heads)
    graft_fold_position_bias(
      parts.pairs.pointer, Int32(size.y), Int32(size.x), Int32(heads), table.pointer)
    guard isCosine else {
      if let slot = c.parameterGradients[1] {
        graft_copy(table.pointer, table.count, slot.flag, slot.slice.pointer)
      }
      return
    }
    if let slot = c.parameterGradients[1] {
      let scales = Prepared(c.prepared, self, channels: channels).scales
      for head in 0..<heads {
        let isFree = c.parameters[1].pointer[head] <= Self.largestLogarithm
        let gradient = isFree ? parts.scales.pointer[head] * scales.pointer[head] : 0
        slot.slice.pointer[head] = (slot.accumulates ? slot.slice.pointer[head] : 0) + gradient
      }
    }
    networkGradients(c, table, sums.suffix(from: (chunks + 1) * count + table.count))
  }

  private func networkGradients(_ c: BackwardContext, _ table: Slice, _ scratch: Slice) {
    let hidden = c.parameters[3].count
    let first = scratch.part(0, count: 2 * hidden)
    let bias = scratch.part(2 * hidden, count: hidden)
    let second = scratch.part(3 * hidden, count: heads * hidden)
    for part in [first, bias, second] { part.fill(0) }
    graft_position_network_gradient(
      c.parameters[2].pointer, c.parameters[3].pointer, c.parameters[4].pointer, table.pointer,
      Int32(size.y), Int32(size.x), Int32(hidden), Int32(heads), first.pointer, bias.pointer,
      second.pointer)
    for (place, part) in [(2, first), (3, bias), (4, second)] {
      guard let slot = c.parameterGradients[place] else { continue }
      graft_copy(part.pointer, part.count, slot.flag, slot.slice.pointer)
    }
  }
}

extension WindowAttentionOp {
  package var window: Window { .everything }
  package var denseForm: DenseForm {
    .refused("the windows of a larger image lie elsewhere than those of its parts")
  }
}
