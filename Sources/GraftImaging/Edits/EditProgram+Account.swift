import GraftBase

/// What one pass of a program costs, and which edits it does.
package struct PassAccount: Sendable, Equatable {
  /// The pass for users: `resize 310×270+80+20 to 224×224, bilinear, mirrored`.
  package let text: String
  /// Places in the list of edits that were folded into this pass.
  package let edits: [Int]
  package let size: ImageSize
  /// Bytes of the image that it reads, counted once, and that it writes.
  package let bytesRead: Int
  package let bytesWritten: Int
  package let kind: Kind

  /// What a pass can be joined with when the image is normalized after it.
  package enum Kind: Sendable, Equatable {
    case resize
    /// Looks values up, so that the next pass can do it as it reads the image; a fixed table
    /// also on the way out of a resize.
    case table(isFixed: Bool)
    case other
  }
}

extension EditProgram {
  /// The passes of `edits` on an image of `size` with so many channels.
  ///
  /// Edits that do nothing belong to no pass.
  package static func account(
    of edits: [Edit], size: ImageSize, channels: Int, isFast: Bool = false
  ) -> [PassAccount] {
    func passes(_ edits: [Edit]) -> [Pass] {
      EditProgram(edits, size: size, isFast: isFast).passes
    }
    var owners: [[Int]] = []
    var texts: [String] = []
    for index in edits.indices {
      // An edit went where the program of one more edit differs from the program before.
      let next = passes(Array(edits[...index])).map(\.identity)
      if let place = next.indices.first(where: { texts[checked: $0] != next[$0] }) {
        if place == owners.count { owners.append([]) }
        owners[place].append(index)
      }
      texts = next
    }
    let program = passes(edits)
    var size = size
    return zip(program, owners).map { pass, edits in
      let from = size
      size = pass.outputSize(from: size)
      return PassAccount(
        text: pass.description, edits: edits, size: size,
        bytesRead: pass.bytesRead(from: from, channels: channels),
        bytesWritten: size.width * size.height * channels, kind: pass.kind)
    }
  }

  /// The passes of `edits` when each is done alone, as without a program.
  package static func unfoldedAccount(
    of edits: [Edit], size: ImageSize, channels: Int
  ) -> [PassAccount] {
    var size = size
    return edits.indices.flatMap { index in
      let from = size
      size = edits[index].outputSize(from: size)
      return account(of: [edits[index]], size: from, channels: channels).map {
        PassAccount(
          text: $0.text, edits: [index], size: $0.size, bytesRead: $0.bytesRead,
          bytesWritten: $0.bytesWritten, kind: $0.kind)
      }
    }
  }
}

extension EditProgram.Pass {
  /// Tells passes apart that read alike: a warp that another was joined with is another warp.
  fileprivate var identity: String {
    guard case .move(.warp(let warping)) = self else { return description }
    return "\(description) \(warping.map)"
  }

  fileprivate var kind: PassAccount.Kind {
    switch self {
    case .resize: .resize
    case .recolor(let operations): .table(isFixed: operations.allSatisfy(\.isFixed))
    case .move, .repaint: .other
    }
  }
}
