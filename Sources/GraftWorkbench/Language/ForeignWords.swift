/// What people type who come from other tools, and the lines of Graft that do it.
///
/// A line says what to type; words for which one command is the whole answer are synonyms in `Suggestion`.
package enum ForeignWords {
  /// The help for a word that is no command; nil for words of no other tool.
  ///
  /// Case, `_`, `-` and what stands before a dot do not count: `learn.fit_one_cycle` is `fitonecycle`.
  package static func help(for word: String) -> String? {
    let last = word.split(separator: ".").last.map(String.init) ?? word
    return lines[last.lowercased().filter { $0 != "_" && $0 != "-" }]
  }

  private static let groups: [(words: [String], line: String)] = [
    (
      ["lrfind", "lrfinder", "autolr", "suggestlr"],
      "`findlr` finds a learning rate; `train lr=auto` trains at the one it finds"
    ),
    (
      ["fitonecycle", "fit", "trainer", "trainstep", "compile"],
      "`train epochs=5 schedule=one-cycle` trains; without schedule= by half a cosine wave"
    ),
    (
      ["finetune", "fitflatcos"], "`finetune` trains the head and then everything; `help finetune`"
    ),
    (["showbatch", "showimages", "imshow"], "`preview 8` shows images as training sees them"),
    (
      [
        "confusionmatrix", "plotconfusionmatrix", "classificationreport", "interpret",
      ], "`evaluate` gives precision, recall and F1 of each class"
    ),
    (
      ["mostconfused"],
      "`confusion` shows pairs of classes that are taken for one another, the most confused first"
    ),
    (
      ["toplosses", "plottoplosses", "misclassified", "errors"],
      "`mistakes order=loss` shows the images with the highest losses"
    ),
    (
      ["discriminative", "discriminativelr", "layerdecay", "llrd", "differential"],
      "`policy C lr=1e-5..1e-3` gives each layer group its own rate"
    ),
    (
      ["comparison", "leaderboard", "benchmark", "ablation"],
      "`compare A B C` compares runs or trains the variants, `runs` shows the scores of all runs"
    ),
    (
      ["early", "earlystop", "earlystopping"],
      "`train patience=3` stops when the score has not risen for three epochs"
    ),
    (
      ["normalize", "totensor", "convert"],
      "images are turned into tensors and normalized as the encoder was trained: nothing to type"
    ),
    (
      ["import", "from", "using", "require"],
      "nothing need be imported: `data FOLDER` reads images, `include FILE.graft` a recipe"
    ),
    (["lr", "learningrate", "rate"], "`policy B lr=1e-3` sets it, or `train lr=1e-3`"),
    (["adam", "adamw", "sgd", "optimizer", "optim"], "`train optimizer=sgd lr=0.01` chooses it"),
    (["epochs", "epoch"], "`train epochs=5` trains for five"),
    (["batch", "batchsize", "bs"], "`train batch=32` sets it"),
    (["loss", "criterion", "lossfunc"], "`train loss=focal` chooses it; `help losses` lists them"),
    (["metrics", "accuracy"], "`evaluate` measures the current run; `help metrics` lists scores"),
    (["scheduler", "schedule"], "`train schedule=cosine` chooses it; `help schedules` lists them"),
    (
      ["cuda", "gpu", "device", "cpu", "to"],
      "Graft computes on the processor; `set threads=4` limits how much of it"
    ),
    (
      ["createmodel", "visionlearner", "cnnlearner", "loadlearner", "timm", "torchvision"],
      "`encoder resnet18` chooses a network, `head linear` its classifier"
    ),
    (
      [
        "imagefolder", "imagedataloaders", "dataloaders", "dataloader", "datablock",
        "imagedatabunch", "fromfolder",
      ], "`data FOLDER` reads a folder with one subfolder for each class"
    ),
    (["compose", "albumentations", "oneof"], "`augment flip rotate(15)` composes a pipeline"),
    (["tfms", "itemtfms", "batchtfms", "augtransforms"], "`augment light` is a usual pipeline"),
    (
      ["mistakes", "errors", "wrong"],
      "`evaluate` gives scores of each class, `compare A to=FILE.csv` what was predicted of each image"
    ),
    (
      ["gradcam", "explain", "activations", "heatmap"],
      "`predict IMAGE dense=yes to=where.png` shows where"
    ),
    (["python", "pip", "print", "exec"], "lines are commands of Graft; `help` lists them"),
    (["clear", "cls"], "Ctrl-L clears the screen"),
  ]

  private static let lines = Dictionary(
    groups.flatMap { group in group.words.map { ($0, group.line) } },
    uniquingKeysWith: { a, _ in a })
}
