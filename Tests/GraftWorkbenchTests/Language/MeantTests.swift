import Foundation
import Testing

@testable import GraftWorkbench

/// What people type who mean something else: each gets the line that does it.
@Suite struct MeantTests {
  @Test(arguments: [
    ("preview 8 to aug.png", "did you mean `to=aug.png`?"),
    ("train epochs 5", "did you mean `epochs=5`?"),
    ("expect accuracy = 0.9", "write `accuracy >= 0.9`"),
    ("load r.graft", "`run r.graft` replays it"),
    ("encoder r.graft", "`run r.graft` replays it"),
    ("data r.graft", "`run r.graft` replays it"),
    ("data x.tar", "`!tar xf x.tar`"),
    ("data x.zip", "`!unzip x.zip`"),
    ("load x.csv", "`data x.csv` reads its images"),
    ("encoder rose.jpg", "`predict rose.jpg` labels it"),
    ("data w.safetensors", "`encoder w.safetensors` or `load w.safetensors`"),
    ("augment totensor", "nothing to type"),
    ("augment normalize", "nothing to type"),
    ("train lr=0", "see `help train.lr`"),
    ("learn.fit_one_cycle(3)", "schedule=one-cycle"),
    ("leaderboard", "`compare A B C`"),
    ("learn = vision_learner(dls, resnet18)", "`encoder resnet18`"),
    ("dls = ImageDataLoaders.from_folder('photos')", "`data FOLDER`"),
  ])
  func isTold(line: String, help: String) throws {
    let bench = try TestBench()
    for name in ["r.graft", "x.tar", "x.zip", "x.csv", "rose.jpg", "w.safetensors"] {
      try bench.write(name, "")
    }
    #expect([2, 4].contains(bench.type(line)))
    #expect(bench.capture.errors.contains(help), "\(bench.capture.errors)")
    // One fault, not one for each half.
    #expect(bench.capture.errors.components(separatedBy: "error:").count == 2)
  }

  @Test(arguments: ["A", "C", "policies", "light", "rotate.degrees", "train.lr", "augment.rotate"])
  func hasAPage(topic: String) throws {
    let bench = try TestBench()
    #expect(bench.type("help \(topic)") == 0, "\(bench.capture.errors)")
  }

  @Test func spacesInNamesNeedQuotes() throws {
    let bench = try TestBench()
    #expect(bench.type("data my photos") != 0)
    #expect(bench.capture.errors.contains("`my`"), "\(bench.capture.errors)")
    #expect(bench.capture.errors.contains("data \"my photos\""))
    bench.session.metrics["A.val.accuracy"] = 0.5
    bench.session.refresh()
    bench.type("expect A.acc > 0.1")
    #expect(bench.capture.errors.contains("did you mean `A.accuracy`?"), "\(bench.capture.errors)")
  }

  @Test func aModelNeedsNoSuffix() throws {
    let place = try Workplace()
    #expect(
      place.replay(Workplace.ingredients + "\ntrain epochs=1 as=A ; save m ; load m.safetensors")
        == 0,
      "\(place.errors)")
    #expect(FileManager.default.fileExists(atPath: place.path("m.safetensors")))
    #expect(!FileManager.default.fileExists(atPath: place.path("m")))
  }

  @Test func anOpSaysHowOftenItIsApplied() throws {
    let bench = try Workplace()
    bench.type("help posterize")
    #expect(bench.output.contains("default 0.5"), "\(bench.output)")
    bench.type("help resize")
    #expect(bench.output.contains("squeezed"))
  }
}
