import GraftBase

/// What training sees of one sample: how its image is brought to the encoder's input size, and all
/// that the pipeline drew for it.
package struct TrainingDraw: Sendable {
  /// The image's size as decoded.
  package let size: ImageSize
  /// What comes before the first operation: nothing, a resize, or the evaluation preprocessing.
  package let preparation: [Edit]
  package let steps: [DrawnStep]
  /// What brings the result of the last operation to the encoder's input size.
  package let completion: [Edit]
  /// Whether the program may join passes where that changes pixels a little.
  package let isFast: Bool

  package var edits: [Edit] { preparation + steps.flatMap { $0.edits ?? [] } + completion }
  package var program: EditProgram {
    EditProgram(edits, size: size, isFast: isFast)
  }

  /// The image and its annotation before the first operation and after each.
  ///
  /// The last is what training sees but for what `fast` changes; `source` has the channels of the preprocessing.
  package func trace(
    _ source: Image, _ annotation: Annotation = Annotation()
  ) -> (start: (image: Image, annotation: Annotation), steps: [TraceStep]) {
    var (image, annotation) = (source, annotation)
    func run(_ edits: [Edit]) {
      annotation = annotation.edited(by: edits, size: image.size)
      image = edits.reduce(image) { $1.applied(to: $0) }
    }
    run(preparation)
    let start = (image, annotation)
    let last = steps.indices.last
    let traced = steps.indices.map { index in
      run((steps[index].edits ?? []) + (index == last ? completion : []))
      return TraceStep(step: steps[index], image: image, annotation: annotation)
    }
    return (start, traced)
  }
}

extension Pipeline {
  /// What happens to the sample of `key`, whose image as decoded has `size`.
  ///
  /// A pipeline with an operation that maps the source to the input size (`crop(scale=…)`) starts
  /// from the source; one that takes a window (`crop`) from the evaluation resize; any other from
  /// the whole evaluation preprocessing. Of images that are shown in patches it is the source, or a
  /// patch drawn for the sample.
  package func trainingDraw(
    size: ImageSize, key: SampleKey, preprocessing: ImageInput
  ) -> TrainingDraw {
    TrainingDraw(
      size: size, key: key, preprocessing: preprocessing, input: input, isFast: isFast
    ) { draw(size: $0, key: key, context: $1) }
  }

  /// The augmented image of the encoder's input size, from the image as decoded.
  package func trainingImage(
    from source: Image, key: SampleKey, preprocessing: ImageInput
  ) -> Image {
    trainingDraw(size: source.size, key: key, preprocessing: preprocessing).program
      .run(on: preprocessing.converted(source))
  }
}

extension TrainingDraw {
  /// What `steps` draws for an image of `size`, between what brings the image to where they start and
  /// what brings it to the encoder's input size.
  init(
    size: ImageSize, key: SampleKey, preprocessing: ImageInput, input: TransformInput, isFast: Bool,
    steps draw: (ImageSize, TransformContext) -> [DrawnStep]
  ) {
    let preparation: [Edit] =
      switch input {
      case .source: []
      case .resized:
        preprocessing.framing != .resized ? [] : [.move(preprocessing.resize(of: size))]
      case .encoderInput: [.move(preprocessing.frame(of: size, key: key))]
      }
    let start = size.edited(by: preparation)
    let steps = draw(start, preprocessing.context(for: size))
    let end = steps.reduce(start) { $0.edited(by: $1.edits ?? []) }
    self.init(
      size: size, preparation: preparation, steps: steps,
      completion: Self.completion(from: end, start: start, preprocessing, key: key),
      isFast: isFast)
  }

  /// Brings an image to the encoder's input size.
  private static func completion(
    from size: ImageSize, start: ImageSize, _ preprocessing: ImageInput, key: SampleKey
  ) -> [Edit] {
    if preprocessing.framing == .original || size == preprocessing.outputSize { return [] }
    // No resizing operation passed its gate: squeezing the whole image would change its aspect.
    if size == start { return [.move(preprocessing.frame(of: size, key: key))] }
    return [
      .move(.resize(from: size, to: preprocessing.outputSize, filter: preprocessing.filter))
    ]
  }
}

extension ImageSize {
  func edited(by edits: [Edit]) -> ImageSize {
    edits.reduce(self) { $1.outputSize(from: $0) }
  }
}

extension ImageInput {
  /// Where the patch of a sample is drawn; no operation has so high a number.
  private static let patchSlot = 1 << 20

  /// The input of the encoder out of an image of `size`, without any operation: for patches, one
  /// that is drawn for the sample.
  func frame(of size: ImageSize, key: SampleKey) -> Movement {
    guard framing == .patch else { return evaluation(of: size) }
    var random = RandomStream(
      seed: key.seed, purpose: .augmentation, epoch: key.epoch, sample: key.sample,
      slot: Self.patchSlot)
    func offset(_ length: Int) -> Int {
      // What is too short is shown whole, in the middle.
      length > side ? random.integer(in: 0...(length - side)) : (length - side) / 2
    }
    let x = offset(size.width)
    return patch(x: x, y: offset(size.height))
  }
}
