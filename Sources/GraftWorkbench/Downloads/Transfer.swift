import Foundation
import GraftBase
import GraftKernels

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One HTTP request whose answer goes to a file as it comes.
final class Transfer: NSObject, URLSessionDataDelegate, Sendable {
  enum Outcome: Equatable {
    case finished
    /// The server has no bytes after those that are there.
    case rangeRefused
    case refused(status: Int)
    case failed(String)
  }

  private static let redirectLimit = 10

  private let part: PartialFile
  private let byteLimit: Int
  private let state: Monitor<State>

  private struct State: Sendable {
    var received: Int
    var total: Int?
    var redirects = 0
    /// Set from the question whether to follow a redirection to the next answer.
    var isRedirecting = false
    /// Whether the last redirection led from an encrypted address to one that is not.
    var isUnsafe = false
    var result: Outcome?
    var session: URLSession?
  }

  /// - Parameter isWhole: asks for the whole file; else for what follows the bytes that are there.
  init(_ url: URL, into part: PartialFile, patience: Double, byteLimit: Int, isWhole: Bool) {
    self.part = part
    self.byteLimit = byteLimit
    state = Monitor(State(received: part.size))
    super.init()
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = patience
    configuration.timeoutIntervalForResource = 24 * 3600
    configuration.httpShouldSetCookies = false
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    var request = URLRequest(url: url)
    request.setValue("graft/\(Version.number)", forHTTPHeaderField: "User-Agent")
    // Compressed on the way, a part could not be gone on with.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if !isWhole { request.setValue("bytes=\(part.size)-", forHTTPHeaderField: "Range") }
    state.withLock { $0.session = session }
    session.dataTask(with: request).resume()
  }

  var outcome: Outcome { state.withLock { $0.result ?? .failed("it was stopped") } }

  var progress: Download.Progress {
    state.withLock { Download.Progress(received: $0.received, total: $0.total) }
  }

  /// Waits so long at most; true when the transfer has ended.
  func waits(seconds: Double) -> Bool {
    state.wait(seconds: seconds) { $0.result != nil }
  }

  /// Ends the transfer, if it is still going on; nothing is written afterwards.
  func cancel() {
    end(.failed("it was stopped"))
    // Foundation ends the process when a request is canceled before it has taken the answer to its
    // question about a redirection.
    _ = state.wait(seconds: 0.5) { !$0.isRedirecting }
    state.withLock { $0.session }?.invalidateAndCancel()
  }

  /// The first end is the one that counts.
  private func end(_ outcome: Outcome) {
    state.withLock { if $0.result == nil { $0.result = outcome } }
  }

  // MARK: What the session tells

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    let isWanted = state.withLock { state in
      state.isRedirecting = false
      guard state.result == nil, let response = response as? HTTPURLResponse else { return false }
      do {
        state.result = try judge(response, &state)
      } catch {
        state.result = .failed("\(error)")
      }
      return state.result == nil
    }
    completionHandler(isWanted ? .allow : .cancel)
  }

  /// Prepares the file for the answer; nil says that its body is wanted.
  private func judge(_ response: HTTPURLResponse, _ state: inout State) throws -> Outcome? {
    let length = response.expectedContentLength
    switch response.statusCode {
    case 200:
      try part.cut(to: 0)
    case 206:
      let range = response.value(forHTTPHeaderField: "Content-Range") ?? ""
      guard range.hasPrefix("bytes \(part.size)-") else {
        return .failed("the server sent another part than was requested")
      }
    case 300..<400:
      return .failed(
        state.isUnsafe
          ? "it redirects to an address without encryption"
          : "it redirects more than \(Self.redirectLimit) times")
    case 416: return .rangeRefused
    default: return .refused(status: response.statusCode)
    }
    state.received = part.size
    let (sum, isHuge) = part.size.addingReportingOverflow(Int(length))
    state.total = length >= 0 ? (isHuge ? .max : sum) : nil
    let total = state.total ?? 0
    guard total <= byteLimit else {
      return .failed("it has \(total.bytesText); up to \(byteLimit.bytesText) are downloaded")
    }
    return nil
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let goesOn = state.withLock { state in
      guard state.result == nil else { return false }
      do {
        guard part.size + data.count <= byteLimit else {
          throw GraftError(.failed, "the server sent more than \(byteLimit.bytesText)")
        }
        try part.append([UInt8](data))
        state.received = part.size
      } catch {
        state.result = .failed((error as? GraftError)?.message ?? "\(error)")
      }
      return state.result == nil
    }
    if !goesOn { dataTask.cancel() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    // Never from an encrypted address to one that is not.
    let isSafe = response.url?.scheme != "https" || request.url?.scheme == "https"
    let goesOn = state.withLock { state in
      state.redirects += 1
      state.isRedirecting = true
      state.isUnsafe = !isSafe
      return state.redirects <= Self.redirectLimit && isSafe
    }
    // Without a new request the redirection itself is the answer, and is judged as one.
    completionHandler(goesOn ? request : nil)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    let progress = progress
    state.withLock { $0.isRedirecting = false }
    if let error {
      end(.failed(Self.sentence(error)))
    } else if let total = progress.total, progress.received < total {
      end(.failed("the connection ended after \(progress.received) of \(total) bytes"))
    } else {
      end(.finished)
    }
  }

  private static func sentence(_ error: any Error) -> String {
    switch (error as? URLError)?.code {
    case .cannotFindHost?, .dnsLookupFailed?: "the server's name cannot be resolved"
    case .cannotConnectToHost?, .notConnectedToInternet?: "no connection to the server"
    case .networkConnectionLost?: "the connection was lost"
    case .timedOut?: "the server stopped answering"
    case .httpTooManyRedirects?: "it redirects more than \(redirectLimit) times"
    case .secureConnectionFailed?, .serverCertificateUntrusted?: "the connection is not secure"
    default: error.localizedDescription.escapingControlCharacters
    }
  }
}
