/// The events of commands that train several runs, or try some updates.
extension JSONEvent {
  static let findlr = JSONEvent(
    "findlr", "`findlr`.",
    [
      .text("policy", "A, B, C or gradual"),
      .number("suggestion", "the peak rate, of the group with the highest"),
      .text("lr", "what `train lr=` takes: the rate, or those from the lowest group to the head"),
      .number("valley", "the middle of the longest fall of the loss; null where it never falls")
        .orNull,
      .number("steepest", "where the loss falls fastest; null where it never falls").orNull,
      .rows(
        "points", "the rates that were tried, rising",
        [
          .number("lr", "the rate"), .number("loss", "of the update"),
          .number("smoothed_loss", "its moving mean"),
        ]),
    ])

  static let sweep = JSONEvent(
    "sweep", "`sweep`.",
    [
      .text("metric", "what decided"), .text("best", "the run that is current now"),
      .rows(
        "trials", "those that came furthest first, and of these the best",
        [
          .run,
          .rows(
            "values", "what it was trained with",
            [.text("key", "the argument"), .text("value", "as it would be typed")]),
          .number("score", "of the validation images; null where it is not finite").orNull,
          .integer("step", "updates done"), .integer("steps", "updates planned"),
          .number("seconds", unit: "s", "wall time; null where it is not known").orNull,
          .number("cpu_seconds", unit: "s", "processor time; null where it is not known").orNull,
        ]),
      .text("verdict", "as a sentence"),
    ])

  static let compare = JSONEvent(
    "compare", "`compare`.",
    [
      .text("metric", "what is compared"), .text("on", "train, val or test"),
      .integer("images", "that were measured"), .text("best", "the label of the best entry"),
      .texts("leaders", "the labels of all that cannot be told from the best, it included"),
      .number("target", "target=; null without one").orNull, .text("verdict", "as a sentence"),
      .rows("entries", "one for each way to train, in the order in which they were named", entry),
    ])

  private static let entry: [JSONField] = [
    .text("label", "what it differs in, or the run"),
    .texts("runs", "one for each seed"), .number("score", "their mean"),
    JSONField("scores", .list(.number), "one for each run"),
    .number("low", "where the 95 % interval of the score begins; null where none is known").orNull,
    .number("high", "where it ends").orNull,
    .number("difference", "from the best; null for the best").orNull,
    .number("p", "of a paired test, adjusted for several; null where there is none").orNull,
    .integer("better", "images that it gets right more often than the best; null for pixels")
      .orNull,
    .integer("worse", "images that it gets right less often").orNull,
    .number("cpu_seconds", unit: "s", "processor time of a training; null where it is not known")
      .orNull,
    .number("seconds", unit: "s", "wall time of a training").orNull,
    .number("images_per_second", unit: "1/s", "while training").orNull,
    .number("peak_memory_bytes", unit: "bytes", "of the whole program").orNull,
    .number("seconds_to_target", unit: "s", "until the target was reached; null where it was not")
      .orNull,
    .rows(
      "classes", "null for pixels", [.text("class", "its name"), .number("recall", "0 to 1")]
    ).orNull,
  ]
}
