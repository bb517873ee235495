import GraftTraining

extension JSONEvent {
  /// `val.loss` and its like.
  private static let validation = EpochScores.named(nil).map { name, _ in
    JSONField.number("val.\(name)", "of the validation images; null where it does not apply").orNull
  }

  static let epoch = JSONEvent(
    "epoch", "At the end of each epoch of a training.",
    [
      .run, .integer("epoch", "from 1"), .integer("step", "updates so far"),
      .number("train.loss", "the mean of the epoch"),
      .number("train.accuracy", "of the augmented images, 0 to 1"),
    ] + validation + [
      .number("images_per_second", unit: "1/s", "null where nothing was measured yet").orNull,
      .number("waiting_share", "of the time spent waiting for images, 0 to 1; else null").orNull,
    ])

  static let run = JSONEvent(
    "run", "When a training ends, is stopped, or is taken from the disk unchanged.",
    [
      .run,
      .word("ending", ["completed", "outOfPatience", "stopped", "aborted"], "how it ended"),
      .integer("step", "updates done"), .integer("steps", "updates planned"),
    ] + validation + [
      .number("seconds", unit: "s", "wall time of this command; 0 where nothing was trained"),
      .number("cpu_seconds", unit: "s", "processor time"),
      .number("images_per_second", unit: "1/s", "while training"),
      .number("waiting_share", "of the time spent waiting for images, 0 to 1"),
      .integer("peak_memory_bytes", unit: "bytes", "of the whole program"), .weightsHash,
      .integer("frozen_changed", "frozen tensors that changed; 0"),
      .integer("frozen", "frozen tensors"),
      .integer("trainable_changed", "trained tensors that changed"),
      .integer("trainable", "trained tensors"),
      .number("l2", "of a linear head that was solved; null for all others").orNull,
      .integer("l2_tried", "strengths that `solve` tried; null where it was not solved").orNull,
      .integer("folds", "by which it chose; 0 where it was given; null where it was not solved")
        .orNull,
      .integer("iterations", "of the solver; null where it was not solved").orNull,
      .number("solving_seconds", unit: "s", "without features; null where it was not solved")
        .orNull,
    ])

  static let runs = JSONEvent(
    "runs", "`runs`.",
    [
      .rows(
        "runs", "those of this session, oldest first",
        [
          .run, .flag("current", "whether commands without a name are about it"),
          .flag("saved", "whether it was saved or loaded"), .text("encoder", "its name"),
          .texts("policies", "of its phases; none for a model from a file"),
          .integer("step", "updates done"),
          .integer("steps", "updates planned; null for a model from a file").orNull,
          .number("seconds", unit: "s", "wall time; null for a model from a file").orNull,
          .number("val.accuracy", "null where it was not measured").orNull,
          .number("val.iou", "null where it was not measured").orNull,
          .number("val.map", "null where it was not measured").orNull,
          .weightsHash,
        ])
    ])

  static let storedRuns = JSONEvent(
    "stored_runs", "`runs all`.",
    [
      .rows(
        "runs", "those on disk, newest first",
        [
          .text("id", "the name of its folder"), .run, .text("encoder", "its name"),
          .text("data", "the name of its data"), .integer("epoch", "epochs done"),
          .integer("epochs", "epochs planned"), .integer("step", "updates done"),
          .integer("steps", "updates planned"),
          .word(
            "state", ["training now", "interrupted", "stopped", "failed", "finished"], "as it is"),
          .text("score", "the metric that leads, as text; null where none was measured").orNull,
          .text("weights_hash", "SHA-256 of the weights; null while it is trained").orNull,
        ])
    ])

  static let use = JSONEvent("use", "`use`.", [.text("run", "the current run")])
  static let drop = JSONEvent("drop", "`drop`.", [.texts("runs", "those dropped")])

  static let evaluate = JSONEvent(
    "evaluate", "`evaluate`.",
    [
      .run, .text("on", "train, val, test, or the name of a folder"),
      .integer("images", "that were measured"),
      .number("temperature", "what logits are divided by; 1 without `calibrate`"),
      .text("curves", "the absolute path of the table that `curves=` asked for; else null").orNull,
      .integer(
        "correct",
        "of the images; of the pixels where pixels are predicted, of decisions where any number of labels is"
      ),
    ] + decision
      + Metrics.all.map {
        JSONField.number($0.name, "\($0.summary); null where it does not apply").orNull
      } + [
        .rows(
          "scores", "the same metrics with what belongs to them, without those that do not apply",
          [
            .text("metric", "its name"), .number("value", "its value"),
            .number("low", "where the 95 % interval begins; null where none is known").orNull,
            .number("high", "where it ends").orNull,
            .rows(
              "classes", "of metrics that are known by class; else none",
              [.text("class", "its name"), .number("value", "its value")]),
          ]),
        .rows(
          "classes", "the table by class",
          [
            .text("class", "its name"),
            .integer("images", "of it; null where pixels are predicted").orNull,
            .integer("pixels", "of it; null where images are").orNull,
            .number("precision", "0 to 1"), .number("recall", "0 to 1"),
            .number("f1", "null where pixels are predicted").orNull,
            .number("iou", "null where images are").orNull,
            .number("dice", "null where images are").orNull,
            .number("ap", "average precision; null but where images have any number of labels")
              .orNull,
            .number(
              "threshold", "the probability from which on an image has the label; null as before"
            ).orNull,
          ]), .weightsHash,
      ])

  static let calibrate = JSONEvent(
    "calibrate", "`calibrate`.",
    [
      .run, .number("temperature", "what logits are divided by"),
      .integer("images", "of the validation images"),
    ] + calibrationScores("before", "at a temperature of 1")
      + calibrationScores("after", "on the images that the temperature was found by")
      + calibrationScores(
        "cross_fitted", "each fifth by the temperature of the others; null where it was given",
        isOptional: true) + decision
      + thresholdScores("at_half", "by the more probable class; null without `threshold=`")
      + thresholdScores("at_threshold", "by the threshold; null as before")
      + thresholdScores(
        "at_cross_fitted",
        "each fifth by the threshold of the others; null as before, and where it was given"))

  /// What decides between two classes.
  private static let decision: [JSONField] = [
    .text("threshold_class", "the class that the threshold is of; null without one").orNull,
    .number("threshold", "probability from which it is predicted; null as before").orNull,
  ]

  private static func thresholdScores(_ name: String, _ summary: String) -> [JSONField] {
    [
      JSONField.number("f1_\(name)", "F1 of that class \(summary)").orNull,
      .number("balanced_accuracy_\(name)", "the mean recall of both classes").orNull,
      .number("accuracy_\(name)", "0 to 1").orNull,
    ]
  }

  static let fewshot = JSONEvent(
    "fewshot", "`fewshot`.",
    [
      .integer("ways", "classes of an episode"), .integer("shots", "labeled images of each"),
      .integer("queries", "images of each to be labeled"), .integer("episodes", "that were drawn"),
      .word("head", FewShot.Head.allCases.map(\.rawValue), "that labels the queries"),
      .number("l2", "of a logistic regression; null with another head").orNull,
      .word("distance", FewShot.Distance.allCases.map(\.rawValue), "to prototypes"),
      .text("encoder", "its name"), .integer("images", "to draw from"),
      .integer("classes", "with enough images"), .number("accuracy", "the mean of episodes"),
      .number("low", "where its 95 % interval begins"), .number("high", "where it ends"),
    ])

  private static func calibrationScores(
    _ name: String, _ summary: String, isOptional: Bool = false
  ) -> [JSONField] {
    [
      JSONField.number("nll_\(name)", "negative log-likelihood \(summary)"),
      .number("brier_\(name)", "Brier score"), .number("ece_\(name)", "calibration error"),
    ].map { isOptional ? $0.orNull : $0 }
  }

  static let predict = JSONEvent(
    "predict", "`predict`, for each image and each of its labels, or of `top=` of them.",
    JSONField.place("the image") + [
      .text("label", "a class"), .number("probability", "0 to 1"),
      .integer("rank", "from 1, the most probable, or the one that a threshold decides for"),
      .flag(
        "predicted",
        "whether the image has it: of one class the first, of any number of labels those from their "
          + "thresholds on"),
      .number(
        "threshold", "of the label; null where images have one class and no threshold decides"
      ).orNull,
    ])

  static let predictPixels = JSONEvent(
    "predict_pixels", "`predict` by a model of pixels, for each image.",
    JSONField.place("the image") + [
      .integer("width", unit: "pixels", "of the image"),
      .integer("height", unit: "pixels", "of the image"),
      .rows(
        "shares", "of the pixels, by class in the order of their numbers",
        [.text("class", "its name"), .number("share", "0 to 1")]),
    ])

  static let unreadable = JSONEvent(
    "unreadable", "`predict`, for each image that cannot be read.",
    JSONField.place("the image") + [.text("reason", "as a sentence")])

  static let expect = JSONEvent(
    "expect", "`expect`, where it holds; else the line is an error of status 3.",
    [
      .text("metric", "as it was given"), .number("value", "its value"), .flag("holds", "true"),
    ])
}
