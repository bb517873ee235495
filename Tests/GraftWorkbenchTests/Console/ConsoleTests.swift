import GraftBase
import Testing

@testable import GraftWorkbench

@Suite struct ConsoleTests {
  private func line() -> ProgressLine {
    var line = ProgressLine(title: "train A", epoch: 3, epochCount: 5, fraction: 0.62)
    line.imagesPerSecond = 412
    line.loss = 0.318
    line.lossHistory = [0.9, 0.7, 0.4, 0.3, 0.3]
    line.validation = 0.902
    line.waitingShare = 0.034
    line.remainingSeconds = 41
    return line
  }

  @Test func progressOnATerminal() {
    #expect(
      line().rendered(width: 110)
        == "train A  3/5 ━━━━━━━╸──── 62%  412 img/s  loss 0.318 █▆▂▁▁  val 0.902  waiting 3%  eta 0:41"
    )
    for width in 1..<100 { #expect(line().rendered(width: width).count < max(2, width)) }
  }

  /// CJK characters take two columns, combining ones none; the last column stays free.
  @Test(arguments: ["train 花の分類", "finetune 2/3 非常に長い名前の訓練を続ける実行番号その十二の続き", "e\u{301}́tude", "训练"])
  func progressFitsWhateverTheName(_ title: String) {
    var line = line()
    line.title = title
    for width in 1...120 {
      let shown = line.rendered(width: width)
      #expect(shown.displayWidth < max(2, width), "\(width): \(shown)")
      let colored = line.rendered(width: width, paint: Paint(isOn: true))
      #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "").displayWidth < max(2, width))
    }
    let shown = line.rendered(width: 80)
    #expect(shown.hasPrefix(title) && shown.contains("62%") && shown.displayWidth > 60)
  }

  @Test func progressInALog() {
    #expect(
      line().plain == "train A  epoch 3/5  412 img/s  loss 0.318  val 0.902  waiting 3%  eta 0:41")
  }

  @Test func progressSurvivesOddNumbers() {
    var odd = line()
    odd.fraction = .nan
    odd.loss = .nan
    odd.lossHistory = [.nan, .infinity, 1]
    odd.remainingSeconds = .infinity
    odd.imagesPerSecond = -.infinity
    odd.waitingShare = .nan
    #expect(odd.rendered(width: 100).contains("loss nan"))
    #expect(ProgressLine.sparkline([]) == "")
    #expect(ProgressLine.clock(3723) == "1:02:03")
  }

  @Test func logsGetALinePerEpochAndEveryTenSeconds() {
    let capture = CapturedConsole()
    var time = 0.0
    var writer = ProgressWriter(capture.console(), now: { time })
    for step in 0..<25 {
      time = Double(step)
      writer.show(line(), isEpochEnd: step == 12)
    }
    writer.finish()
    #expect(capture.errors.split(separator: "\n").count == 3)
    #expect(!capture.errors.contains("\r"))
  }

  @Test func jsonIsStableAndEscaped() {
    let value = JSONValue.object([("b", .string("\"\n\u{1}é")), ("a", .number(.nan))])
    #expect(value.description == #"{"b":"\"\n\u0001é","a":null}"#)
  }

  @Test func columns() {
    #expect(ColumnLayout.text(["a", "bb", "c"], width: 80) == "a  bb  c")
    #expect(ColumnLayout.text(["aaaa", "bb", "c"], width: 7) == "aaaa  c\nbb")
  }
}
