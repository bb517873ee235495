import Foundation
import GraftBase
import GraftData

extension RecipeText {
  /// Refuses to replace a text that somebody wrote or changed, or that cannot be read.
  static func spareHandwork(at path: String, _ shown: String, help: String) throws {
    guard BytePath(path).kind == .file else { return }
    let file = FileHandle(forReadingAtPath: path)
    let bytes = try? file?.read(upToCount: SourceFile.byteLimit + 1) ?? Data()
    let what: String
    if let bytes, file != nil {
      guard !bytes.isEmpty, !isUnchanged([UInt8](bytes)) else { return }
      what =
        isOfGraft(String(decoding: bytes, as: UTF8.self))
        ? "was changed since Graft wrote it" : "is there already, and Graft did not write it"
    } else {
      what = "is there already and cannot be read, so somebody may have changed it"
    }
    throw GraftError(.failed, "`\(shown)` \(what)", help: help)
  }
}
