/// Finds what the user probably meant.
package enum Suggestion {
  /// Words of the trade that Graft calls differently; they only feed suggestions.
  package static let synonyms: [String: String] = [
    "fit": "train", "learn": "train", "model": "encoder", "backbone": "encoder", "net": "encoder",
    "network": "encoder", "dataset": "data", "images": "data", "load_data": "data",
    "test": "evaluate", "validate": "evaluate", "score": "evaluate", "infer": "predict",
    "classify": "predict", "inference": "predict", "transform": "augment",
    "transforms": "augment", "aug": "augment", "augmentation": "augment", "lock": "freeze",
    "unlock": "unfreeze", "write": "save", "export": "save", "open": "load", "import": "include",
    "source": "run", "execute": "run", "delete": "drop", "remove": "drop", "rm": "drop",
    "list": "runs", "select": "use", "classifier": "head", "continue": "resume",
    "describe": "summary", "info": "summary", "view": "preview", "assert": "expect",
    "var": "let", "const": "let", "knob": "param", "arg": "param", "bye": "quit", "q": "quit",
    "man": "help", "search": "apropos", "dir": "ls", "pwd": "cd", "echo": "note",
    "comment": "note", "print": "show", "config": "set", "settings": "show", "log": "history",
    "random": "seed", "lr": "policy", "finetuning": "finetune", "tune": "finetune",
    "learnrate": "lr", "learning_rate": "lr", "learningrate": "lr", "rate": "lr",
    "batch_size": "batch", "batchsize": "batch", "bs": "batch", "optim": "optimizer",
    "opt": "optimizer", "scheduler": "schedule", "weight_decay": "decay", "wd": "decay",
    "epoch": "epochs", "iterations": "epochs", "augmentation_policy": "augment", "name": "as",
    "label_smoothing": "smooth", "smoothing": "smooth", "early_stopping": "patience",
    "output": "to", "out": "to", "file": "to", "k": "top", "topk": "top", "dropout_rate": "dropout",
    "units": "hidden", "probability": "p", "prob": "p", "hflip": "flip",
    "horizontal_flip": "flip", "random_crop": "crop", "colorjitter": "jitter",
    "resnet": "resnet18", "mobilenet": "mobilenet_v2", "vgg": "vgg16", "true": "yes",
    "false": "no", "on": "yes", "off": "no",
  ]

  /// The one candidate nearest to `word`: by edit distance at most max(1, length/3), then by prefix,
  /// then by the synonym table.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let lowered = word.lowercased()
    let limit = max(1, word.count / 3)
    let close = candidates.enumerated().map {
      (distance: distance(lowered, $1.lowercased(), limit: limit), order: $0, name: $1)
    }.filter { $0.distance <= limit && $0.distance < lowered.count }.min {
      ($0.distance, $0.order) < ($1.distance, $1.order)
    }
    if let close { return close.name }
    if lowered.count >= 2 {
      let byPrefix = candidates.first { $0.lowercased().hasPrefix(lowered) }
      if let byPrefix { return byPrefix }
    }
    if let synonym = synonyms[lowered], candidates.contains(synonym) { return synonym }
    return candidates.first { $0.count >= 4 && lowered.hasPrefix($0.lowercased()) }
  }

  /// The help line for an unknown word: one suggestion, or all legal values when there are few.
  package static func help(
    for word: String, among candidates: [String], detail: String? = nil
  ) -> (suggestion: String?, help: String?) {
    if let near = nearest(to: word, among: candidates) {
      return (near, "did you mean `\(near)`?" + (detail.map { "   (\($0))" } ?? ""))
    }
    if (1...8).contains(candidates.count) {
      return (nil, "one of: " + candidates.joined(separator: ", "))
    }
    return (nil, detail.map { "see `\($0)`" })
  }

  /// The Damerau-Levenshtein distance (insert, delete, replace, swap neighbours), or `limit` + 1 when
  /// it is larger than `limit`.
  package static func distance(_ first: String, _ second: String, limit: Int) -> Int {
    let a = Array(first)
    let b = Array(second)
    if abs(a.count - b.count) > limit { return limit + 1 }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        row.append(best)
      }
      beforePrevious = previous
      previous = row
    }
    return min(previous[b.count], limit + 1)
  }
}
