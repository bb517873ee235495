import GraftBase
import GraftKernels
import Synchronization

extension ThreadPool {
  /// What `body` returns or throws for each item, in their order, computed on all threads.
  package func map<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) throws -> Value
  ) -> [Result<Value, GraftError>] {
    let results = Mutex([Result<Value, GraftError>?](repeating: nil, count: items.count))
    forEach(items.count) { index, _ in
      let result: Result<Value, GraftError>
      do { result = .success(try body(items[index])) } catch {
        result = .failure(error as? GraftError ?? GraftError(.failed, "\(error)"))
      }
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }.map { $0 ?? .failure(GraftError(.failed, "nothing was made")) }
  }
}
