import GraftBase

/// What to do when classes differ in size: `balance=`.
package enum ClassBalance: String, Codable, WordChoice {
  case none
  /// Draw each class equally often; an epoch keeps its length.
  case sampler
  /// Keep the order and weight the loss by `DataSet.classWeights`.
  case weights
}

/// The order in which an epoch visits the images: a pure function of (seed, epoch).
///
/// Nothing is carried from epoch to epoch, so a resumed run needs the epoch's number and no state.
package struct EpochOrder: Sendable {
  private let indices: [Int]
  /// The images of each class, when classes are to be drawn equally often.
  private let classMembers: [[Int]]?
  private let seed: UInt64

  /// An order over `indices`; `labels` are the labels of those, needed to balance classes.
  package init(_ indices: [Int], labels: [Int], balance: ClassBalance = .none, seed: UInt64) {
    precondition(indices.count == labels.count, "a label for each image")
    self.indices = indices
    self.seed = seed
    if balance == .sampler {
      let members = Dictionary(grouping: indices.indices, by: { labels[$0] })
      classMembers = members.keys.sorted().map { label in
        (members[label] ?? []).map { indices[$0] }
      }
    } else {
      classMembers = nil
    }
  }

  package var count: Int { indices.count }

  /// The images of one epoch, shuffled.
  package func indices(epoch: Int) -> [Int] {
    guard let classMembers else {
      var random = RandomStream(seed: seed, purpose: .order, epoch: epoch)
      return random.permutation(indices.count).map { indices[$0] }
    }
    return balancedIndices(of: classMembers, epoch: epoch)
  }

  /// The same number of images per class, give or take one: small classes start again in a new
  /// shuffle, large ones show a part of theirs that changes with the epoch.
  private func balancedIndices(of classMembers: [[Int]], epoch: Int) -> [Int] {
    var random = RandomStream(seed: seed, purpose: .order, epoch: epoch, slot: 1)
    // Which classes get the images that do not divide evenly changes with the epoch too.
    let turns = random.permutation(classMembers.count)
    var drawn: [Int] = []
    drawn.reserveCapacity(indices.count)
    for (turn, place) in turns.enumerated() {
      let members = classMembers[place]
      let extra = turn < indices.count % classMembers.count ? 1 : 0
      var wanted = indices.count / classMembers.count + extra
      while wanted > 0 {
        let order = random.permutation(members.count).prefix(wanted)
        drawn += order.map { members[$0] }
        wanted -= order.count
      }
    }
    return random.permutation(drawn.count).map { drawn[$0] }
  }
}

/// How an epoch's images are cut into batches of nearly one size.
///
/// All batches have the same size or one less, so at most two plans are compiled and there is no
/// last batch of one image, on which batch norm has no variance. Only for batches of 2 may a
/// batch have one image more than asked for.
package struct BatchPartition: Sendable, Equatable {
  /// Images in all.
  package let count: Int
  /// Batches in all.
  package let batchCount: Int

  package init(count: Int, batchSize: Int) {
    precondition(count >= 0 && batchSize >= 1, "a batch has at least one image")
    self.count = count
    let atMost = count / batchSize + (count.isMultiple(of: batchSize) ? 0 : 1)
    let hasSingle = atMost > 1 && count / atMost < 2
    batchCount = batchSize > 1 && hasSingle ? atMost - 1 : atMost
  }

  /// The size of the largest batch, which comes first.
  package var largestBatch: Int { batchCount == 0 ? 0 : range(of: 0).count }

  /// The distinct sizes, largest first.
  package var sizes: [Int] {
    guard batchCount > 0 else { return [] }
    let smallest = range(of: batchCount - 1).count
    return smallest == largestBatch ? [largestBatch] : [largestBatch, smallest]
  }

  /// The places in the epoch's order that batch number `batch` holds.
  package func range(of batch: Int) -> Range<Int> {
    precondition((0..<batchCount).contains(batch), "no such batch")
    let size = count / batchCount
    let larger = count % batchCount
    let start = batch * size + min(batch, larger)
    return start..<(start + size + (batch < larger ? 1 : 0))
  }
}
