import GraftBase
import GraftImaging
import Synchronization

/// Decoded images kept in memory, up to a number of bytes.
///
/// The first images that fit stay and none is thrown out: epochs visit every image once, and a
/// cache that evicts the oldest would then never hit.
final class ImageCache: Sendable {
  private struct State {
    var images: [Image?]
    var freeBytes: Int
  }

  private let state: Mutex<State>

  /// The bytes of a data set's images that are kept: a gigabyte, or a quarter of what there is.
  static var usualBudget: Int { min(1 << 30, MemoryBudget.bytes / 4) }

  init(count: Int, byteBudget: Int) {
    state = Mutex(State(images: [Image?](repeating: nil, count: count), freeBytes: byteBudget))
  }

  func image(at index: Int) -> Image? { state.withLock { $0.images[index] } }

  /// Whether an image of so many bytes would be kept.
  func hasRoom(for byteCount: Int) -> Bool { state.withLock { byteCount <= $0.freeBytes } }

  func store(_ image: Image, at index: Int) {
    state.withLock { state in
      guard state.images[index] == nil, image.pixels.count <= state.freeBytes else { return }
      state.freeBytes -= image.pixels.count
      state.images[index] = image
    }
  }
}
