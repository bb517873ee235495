import GraftBase

/// Finds what the user probably meant.
package enum Suggestion {
  /// Terms of the field for which Graft uses other words; they only feed suggestions.
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
    "acc": "accuracy", "random": "seed", "lr": "policy", "finetuning": "finetune",
    "tune": "finetune",
    "learnrate": "lr", "learning_rate": "lr", "learningrate": "lr", "rate": "lr",
    "batch_size": "batch", "batchsize": "batch", "bs": "batch", "optim": "optimizer",
    "opt": "optimizer", "scheduler": "schedule", "weight_decay": "decay", "wd": "decay",
    "epoch": "epochs", "iterations": "epochs", "augmentation_policy": "augment", "name": "as",
    "label_smoothing": "smooth", "smoothing": "smooth", "early_stopping": "patience",
    "grad_accum": "accumulate", "accumulation": "accumulate", "averaging": "ema",
    "output": "to", "out": "to", "file": "to", "k": "top", "topk": "top", "dropout_rate": "dropout",
    "units": "hidden", "probability": "p", "prob": "p", "hflip": "flip",
    "horizontal_flip": "flip", "random_crop": "crop", "colorjitter": "jitter",
    "resnet": "resnet18", "mobilenet": "mobilenet_v2", "vgg": "vgg16", "true": "yes",
    "false": "no", "on": "yes", "off": "no",
  ]

  /// The one candidate nearest to `word`, synonyms included; see `NearestName`.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    NearestName.of(word, among: candidates, synonyms: synonyms)
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
}
