extension JSONEvent {
  private static let written = JSONField.place("the file")

  /// Where an image went that is not written without `to=`.
  private static let shown: [JSONField] = [
    .text("path", "as seen from the session's folder; null without `to=`").orNull,
    .text("file", "its absolute path; null without `to=`").orNull,
    .integer("width", unit: "pixels", "null where no image was written").orNull,
    .integer("height", unit: "pixels", "null where no image was written").orNull,
  ]

  private static let notes = JSONField.texts("notes", "what a reader should know")

  private static let columns = JSONField.rows(
    "columns", "the numbers that are shown, all columns of one length",
    [
      .text("name", "of the column"),
      JSONField(
        "numbers", .list(.numberOrNull), "null where there is none; null for a column of texts"
      ).orNull,
      .texts("texts", "null for a column of numbers").orNull,
    ])

  /// What every event of images with numbers behind them begins with.
  static let gallery = shown + [notes, columns]

  private static let layer = JSONField.text("layer", "the layer, as `summary` names it, or `head`")

  static let preview = JSONEvent(
    "preview", "`preview to=`.",
    written + [
      .integer("width", unit: "pixels", "of the sheet"),
      .integer("height", unit: "pixels", "of the sheet"),
      .integer("frames", "of an animation, one for each epoch; 1 for a sheet"),
    ])

  static let render = JSONEvent(
    "render", "`render`.",
    JSONField.place("the folder") + [
      .integer("files", "that were asked for"), .integer("written", "now"),
      .integer("kept", "that existed"), .integer("skipped", "that could not be made"),
      .integer("side", unit: "pixels", "of each copy; null where each has its image's size").orNull,
      .integer("boxes", "in the copies"),
    ])

  static let plot = JSONEvent(
    "plot", "`plot`.",
    [
      .text("kind", "what is drawn")
    ] + shown + [.text("title", "of the plot"), notes, columns])

  static let mistakes = JSONEvent(
    "mistakes", "`mistakes`.",
    gallery + [
      .run, .text("on", "the split or folder it was measured on"),
      .integer("images", "that were measured"), .integer("wrong", "of these"),
      .integer("found", "those that were asked for, though not all may be shown"),
    ])

  static let confusion = JSONEvent(
    "confusion", "`confusion`.",
    gallery + [
      .run, .text("on", "the split or folder it was measured on"),
      .integer("images", "that were measured"), .integer("wrong", "of these"),
      .integer("found", "pairs of classes, though not all may be shown"),
      .rows(
        "pairs", "those that are shown, the most confused first",
        [
          .text("true", "the true class"), .text("predicted", "the class it is taken for"),
          .integer("count", "images of the true class that are taken for the other"),
          .integer("total", "images of the true class"),
        ]),
    ])

  static let neighbors = JSONEvent(
    "neighbors", "`neighbors`.",
    gallery + [
      .text("image", "the one searched for, as seen from the session's folder"),
      .text("source", "whose features they are: a run, or the encoder"),
      .integer("images", "that were compared with it"),
      .integer("computed", "of these, whose features were not known"),
      .integer("left_out", "of these, that are the image itself"),
    ])

  static let explanation = JSONEvent("explanation", "`explain`.", gallery + [.run])
  static let activations = JSONEvent("activations", "`activations`.", gallery + [.run])
  static let filters = JSONEvent("filters", "`filters`.", gallery + [.run, layer])
  static let excite = JSONEvent("excite", "`excite`.", gallery + [.run, layer])

  static let forward = JSONEvent(
    "forward", "`forward`.",
    written + [
      .integer("images", "in the batch"), .integer("tensors", "in the file"),
      .number("loss", "null without a target").orNull,
    ])

  static let embed = JSONEvent(
    "embed", "`embed`.",
    written + [
      .integer("images", "rows of the file"), .integer("features", "of an image"),
    ])

  static let wrote = JSONEvent(
    "wrote", "After results that a command also writes, as `predict to=` and `check augment to=`.",
    written)

  static let save = JSONEvent(
    "save", "`save` of a model, a recipe or a report.",
    written + [
      .word("kind", ["model", "recipe", "report"], "what is in it"),
      .text("weights_hash", "SHA-256 of the weights; null for what is no model").orNull,
      .integer(
        "step",
        "of the training state that is in it; null where the training is over, and for what is no model"
      ).orNull,
      .integer("lines", "of the recipe; null for what is none").orNull,
      .integer("commands", "that it was distilled from; null for what is no recipe").orNull,
      .texts("runs", "that a report covers, the best first; null for what is none").orNull,
      .integer("bytes", "of a report; null for what is none").orNull,
    ])

  static let export = JSONEvent(
    "export", "`export`, and `save` of an ONNX file.", written + [.weightsHash])

  static let load = JSONEvent(
    "load", "`load`.",
    [
      .text("path", "the file, as seen from the session's folder; null for `load run=`").orNull,
      .text("file", "its absolute path; null for `load run=`").orNull,
      .text("run", "its name in this session"), .text("encoder", "its name"),
      .texts("classes", "in the order of their numbers"), .weightsHash,
    ])

  static let settings = JSONEvent(
    "settings", "`set` and `show`.",
    [
      .integer("threads", "0 is one per core"), .text("image", "how a terminal shows images"),
      .text("color", "auto, always or never"), .text("prompt", "empty shows what is loaded"),
      .text("pager", "what shows long results"), .text("cache", "of features"),
      .text("checkpoint", "how often"), .text("precision", "of models made from now on"),
      .flag("progress", "whether it is shown"),
    ])

  static let pretrained = JSONEvent(
    "pretrained", "`show pretrained`, and `encoder` before one is chosen.",
    [
      .rows(
        "files", "weights that come with Graft and published ones",
        [
          .text("encoder", "its name"), .text("weights", "their name"),
          .text("address", "where they are published, or their place in Graft's folder"),
          .text("checksum", "as published; null where none was").orNull,
          .number("accuracy", unit: "%", "published top-1; null where none was").orNull,
          .integer("size", unit: "px", "of the images they were trained for"),
          .integer("parameters", "of the whole network; null where it is not published").orNull,
          .integer("bytes", unit: "bytes", "of the file, or about; null where unknown").orNull,
          .number("milliseconds", unit: "ms", "per image on this machine; null where not measured")
            .orNull,
          .text("file", "its absolute path here; null where it is not").orNull,
        ])
    ])

  static let knobs = JSONEvent(
    "knobs", "`param` and `show knobs`.", [.rows("knobs", "in order", variables)])

  static let names = JSONEvent(
    "names", "`let` and `show names`.", [.rows("names", "in order", variables)])

  static let aliases = JSONEvent(
    "aliases", "`alias` and `show aliases`.",
    [
      .rows(
        "aliases", "the user's own, then those of Graft",
        [.text("name", "its name"), .text("command", "what it stands for")])
    ])

  static let apropos = JSONEvent(
    "apropos", "`apropos`.",
    [
      .rows(
        "topics", "the best first; none where nothing was found",
        [.text("topic", "what `help` explains"), .text("summary", "what it is")])
    ])

  static let history = JSONEvent(
    "history", "`history`, for each recorded line.",
    [.integer("number", "from 1"), .text("text", "the line with its result")])

  static let recipe = JSONEvent("recipe", "`recipe`.", [.text("text", "the distilled recipe")])
  static let record = JSONEvent(
    "record", "`record`.",
    [
      .text("path", "the recipe, as seen from the session's folder; null for none").orNull,
      .text("file", "its absolute path; null for none").orNull,
    ])
  static let undo = JSONEvent("undo", "`undo`.", [.text("text", "the command undone")])
  static let redo = JSONEvent("redo", "`redo`.", [.text("text", "the command done again")])
}
