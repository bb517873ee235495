import Foundation
import GraftBase
import GraftImaging

/// An image as text that a terminal draws: by its own protocol where it has one, else as half
/// blocks.
///
/// The choice comes from the environment alone: an answer of the terminal to a question would land in
/// what the user types next.
package enum TerminalImage {
  package enum Style: String, CaseIterable, Sendable { case kitty, iterm, sixel, blocks }

  /// The style for `set image`: nil shows nothing.
  package static func style(_ setting: ImageStyle, _ environment: [String: String]) -> Style? {
    guard setting == .auto else { return Style(rawValue: setting.rawValue) }
    // A multiplexer passes no images on, whatever terminal it runs in.
    if environment["TMUX"] != nil || environment["STY"] != nil { return .blocks }
    if environment["KITTY_WINDOW_ID"] != nil || environment["TERM"] == "xterm-kitty" {
      return .kitty
    }
    let program = environment["TERM_PROGRAM"] ?? ""
    if program == "ghostty" { return .kitty }
    let terminal = environment["TERM"] ?? ""
    let drawsSixels = terminal.contains("sixel") || terminal.hasPrefix("foot")
    if drawsSixels || ["mlterm", "yaft-256color"].contains(terminal) { return .sixel }
    return ["iTerm.app", "WezTerm"].contains(program) ? .iterm : .blocks
  }

  /// The image as text, without a final line end; blocks fit into `columns` and `rows`.
  package static func text(
    _ image: Image, _ style: Style, columns: Int, rows: Int
  ) throws -> String {
    switch style {
    case .kitty:
      kitty(
        Data(try PNGEncoder.encode(image)).base64EncodedString(),
        columns: image.width > max(1, columns) * cellWidth ? max(1, columns) : nil)
    case .iterm:
      "\u{1B}]1337;File=inline=1:" + Data(try PNGEncoder.encode(image)).base64EncodedString()
        + "\u{7}"
    case .sixel: Sixel.render(image.fitting(width: max(1, columns) * cellWidth))
    case .blocks:
      HalfBlocks.render(
        image,
        columns: max(1, min(columns, 160, 2 * max(1, rows) * image.width / image.height)))
    }
  }

  /// Pixels that a character is wide in most terminals.
  static let cellWidth = 8

  /// Kitty's graphics protocol takes at most 4096 characters at once; `columns` makes a wide image as wide as so
  /// many characters.
  private static func kitty(_ encoded: String, columns: Int?) -> String {
    var rest = encoded[...]
    let keys = [("a", "T"), ("f", "100")] + (columns.map { [("c", "\($0)")] } ?? [])
    var control = keys.map { key, value in [key, value].joined(separator: "=") + "," }.joined()
    var result = ""
    repeat {
      let part = rest.prefix(4096)
      rest = rest.dropFirst(part.count)
      result += "\u{1B}_G\(control)m=\(rest.isEmpty ? 0 : 1);\(part)\u{1B}\\"
      control = ""
    } while !rest.isEmpty
    return result
  }
}

extension Image {
  /// The image, made smaller where it is wider than `width` pixels.
  fileprivate func fitting(width limit: Int) -> Image {
    guard width > limit else { return self }
    return resized(to: ImageSize(width: limit, height: max(1, height * limit / width)))
  }
}

/// What `set image` may say: a style, `auto` by the environment, or no images.
package enum ImageStyle: String, WordChoice { case auto, kitty, iterm, sixel, blocks, none }
