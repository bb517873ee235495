import GraftBase
import GraftTraining

extension JSONEvent {
  static let encoder = JSONEvent(
    "encoder", "`encoder`.",
    [
      .text("encoder", "its name"), .integer("parameters", "of it, its own classifier included"),
      .integer("size", unit: "pixels", "the side of its images"),
      .text("weights", "the absolute path of the weights; null where they are random").orNull,
      .text("weights_hash", "SHA-256 of the weights; null where they are random").orNull,
      .texts("notes", "how the file of weights was understood"),
    ])

  private static let files: [JSONField] = [
    .text("path", "inside the data set"), .text("reason", "why it was left out"),
  ]

  private static let dataFields: [JSONField] = [
    .text("data", "its name"),
    .texts("places", "absolute paths of the folders and tables read; none for demos"),
    .integer("images", "that are used"), .texts("classes", "in the order of their numbers"),
    .word("task", PredictionTask.allCases.map(\.rawValue), "what is labeled"),
    .integer("train", "images of the split"), .integer("val", "images of the split"),
    .integer("test", "images of the split"), .rows("bad", "images that cannot be read", files),
    .rows("ignored", "other files", files),
    .texts("without", "images that the list of `without=` leaves out, inside the data set"),
    .text("fingerprint", "SHA-256 over classes, paths, labels and contents"),
    .texts("warnings", "about the layout"),
  ]

  static let data = JSONEvent(
    "data", "`data`.",
    dataFields + [
      .text("left_out", "the absolute path of the table that `to=` asked for; else null").orNull
    ])

  private static let copies: [JSONField] = [
    .text("path", "inside the data set"), .text("of", "the image that it resembles"),
    .word("split", ["train", "val", "test"], "of the image"),
    .word("split_of", ["train", "val", "test"], "of the other"),
    .number("correlation", "0 to 1"), .text("turn", "mirrored or turned how; empty for upright"),
  ]

  private static let doubts: [JSONField] = [
    .text("path", "inside the data set"),
    .word("split", ["train", "val", "test"], "of the image"), .text("label", "its class as given"),
    .text("suggested", "the most probable class"), .number("label_probability", "0 to 1"),
    .number("suggested_probability", "0 to 1"),
  ]

  static let checkData = JSONEvent(
    "check_data", "`check data`.",
    dataFields + [
      .integer("in_two_splits", "images whose equal is in another split"),
      .texts("exact_copies", "those images, inside the data set"),
      .rows("near_copies", "pairs in different splits, the most alike first", copies),
      .rows("near_copies_inside", "pairs in the same split", copies),
      .rows(
        "feature_copies",
        "pairs that are likely copies by the encoder's features, without those above, the most alike first; null "
          + "as for outliers, but from 50 images on",
        copies.dropLast(2) + [
          .number("distance", "1 less the cosine of their features"),
          .number("ratio", "its part of the distance to their 5th nearest, less than 0.45"),
        ]
      ).orNull,
      .rows(
        "contradictions", "files that are there under two labels",
        [
          .text("path", "inside the data set"), .text("label", "its class"),
          .text("of", "the first image with the same content"), .text("label_of", "its class"),
        ]),
      .text("encoder", "by whose features labels were judged; null where they were not").orNull,
      .text("weights_hash", "SHA-256 of its weights; null where random, or not used").orNull,
      .integer("folds", "held out in turn; null where labels were not judged").orNull,
      .number("l2", "of the head that judged; null where labels were not judged").orNull,
      .number(
        "agreement",
        "share of the images that are most probable as labeled; null where labels were not judged"
      ).orNull,
      .rows(
        "confused_pairs",
        "classes that are taken for each other, the most confused first; null as for doubtful_labels",
        [
          .texts("classes", "the two"),
          .integer("confused", "images of either that are most probable as the other"),
          .integer("images", "of both, that are most probable as one of the two"),
        ]
      ).orNull,
      .rows(
        "doubtful_labels",
        "likely label errors, the least plausible first; null where labels were not judged, or the head "
          + "predicts them no better than the sizes of classes do", doubts
      ).orNull,
      .rows(
        "outliers",
        "images unlike all others, the most distant first; null as for doubtful_labels, and where there "
          + "are fewer than 200 images or more than 20,000",
        [
          .text("path", "inside the data set"),
          .word("split", ["train", "val", "test"], "of the image"), .text("label", "its class"),
          .number("distance", "1 less the cosine of its features and its 20th neighbor's"),
        ]
      ).orNull,
      .number("outlier_distance", "from which on an image is one; null as for outliers").orNull,
    ])

  static let head = JSONEvent("head", "`head`.", [.text("head", "as it would be typed")])

  static let augment = JSONEvent(
    "augment", "`augment`.",
    [
      .text("augment", "the current pipeline, as it would be typed"),
      .text("name", "under which it was kept now; else null").orNull,
      .rows(
        "pipelines", "those kept by name",
        [.text("name", "its name"), .text("augment", "as it would be typed")]),
    ])

  static let policy = JSONEvent(
    "policy", "`policy`, `freeze` and `unfreeze`.",
    [
      .text("policy", "as it would be typed"),
      .integer("frozen", "tensors; null where groups are").orNull,
      .integer("trainable", "tensors; null where groups are").orNull,
      .rows(
        "groups",
        "layer groups from stem to head; null before there is an encoder, and where the policy was only set",
        [
          .text("group", "its name"), .integer("tensors", "statistics included"),
          .integer("parameters", "without statistics"),
          .integer("trained", "parameters that are trained"),
          .number("lr", "the peak rate; null where nothing is trained").orNull,
          .number("decay", "of weights; null where nothing is trained").orNull,
          .word(
            "bn", BatchNormMode.allCases.map(\.rawValue), "what its batch norms do; null for none"
          ).orNull,
        ]
      ).orNull,
    ])

  static let seed = JSONEvent("seed", "`seed`.", [.integer("seed", "as it is now")])

  static let precision = JSONEvent(
    "precision", "`set precision=`.",
    [
      .text("precision", "of models made from now on"),
      .number(
        "bf16_share",
        "of the multiply-adds of the encoder; null for fp32 and before there is an encoder"
      ).orNull,
      .flag("pays", "whether this processor computes it faster; null for fp32").orNull,
    ])

  private static let passes: [JSONField] = [
    .text("pass", "what it does"), .texts("ops", "whose edits it does"),
    .integer("bytes_read", unit: "bytes", "per image"),
    .integer("bytes_written", unit: "bytes", "per image"),
  ]

  static let explain = JSONEvent(
    "explain", "`augment explain`.",
    [
      .text("augment", "the pipeline"), .text("image", "what it was drawn for"),
      .rows("passes", "as they are run", passes),
      .rows("unfolded", "as they would be with each edit alone", passes),
    ])

  static let checkExplain = JSONEvent(
    "check_explain", "`check explain`.",
    [
      .run, .integer("images", "that were measured"),
      .rows(
        "methods", "and, at last, pixels in a random order",
        [
          .text("method", "its name"),
          .number("deletion", "mean probability while pixels are covered; smaller is better"),
          .number("insertion", "the same while they are brought back; larger is better"),
          .number(
            "randomized_correlation",
            "of ranks, with the maps of a model whose weights are drawn anew, -1 to 1"
          ).orNull,
        ]),
    ])

  static let checkAugment = JSONEvent(
    "check_augment", "`check augment`.",
    [
      .text("augment", "the pipeline"), .integer("draws", "images that were augmented"),
      .rows(
        "findings", "what was looked for",
        [
          .text("name", "such as near black"), .number("share", "of the draws, 0 to 1"),
          .word("verdict", ["ok", "look", "fault"], "what to think of it"),
        ]),
      .rows(
        "ops", "of the pipeline, in order",
        [
          .text("op", "its name"), .integer("applied", "times"), .integer("drawn", "times"),
          .number("milliseconds", unit: "ms", "for each image; null where nothing was timed")
            .orNull,
        ]),
      .number("milliseconds_per_image", unit: "ms", "decoding and all ops, on one thread"),
      .number("milliseconds_plain", unit: "ms", "the same without ops"),
      .integer(
        "fast_largest_difference", unit: "gray levels",
        "between `fast` and each edit alone; null without `fast`"
      ).orNull,
    ])

  static let summary = JSONEvent(
    "summary", "`summary`.",
    [
      .text("encoder", "its name"), .integer("parameters", "of the part shown"),
      .integer("multiply_adds", "of one image"),
      .integer("activations", "values, of one image"),
      .integer("activation_bytes", unit: "bytes", "of one image"),
      .rows(
        "layers", "of the part shown",
        [
          .text("layer", "its name"), .text("operation", "what it does"),
          JSONField("output", .list(.integer), "its shape, N H W C"),
          .integer("parameters", "of it"), .text("formula", "how they are counted"),
          .integer("values", "of its output"), .integer("multiply_adds", "of one image"),
          .integer("receptive_field", unit: "pixels", "null where it has none").orNull,
          .text("group", "its layer group"),
        ]),
      .integer("memory_bytes.A", unit: "bytes", "peak memory of training by policy A"),
      .integer("memory_bytes.B", unit: "bytes", "by policy B"),
      .integer("memory_bytes.as_set", unit: "bytes", "by the policy as it is set"),
    ])

  static let sharing = JSONEvent(
    "sharing", "`summary versus=yes`.",
    [
      .text("encoder", "its name"), .integer("convolution", "parameters"),
      .integer("locally_connected", "parameters, were no weights shared"),
      .integer("fully_connected", "parameters, were every value connected"),
    ])
}
