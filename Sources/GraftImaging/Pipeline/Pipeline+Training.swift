extension Pipeline {
  /// The augmented picture of the encoder's input size, from the picture as decoded.
  ///
  /// A pipeline with an operation that maps the source to the input size (`crop(scale=…)`) starts
  /// from the source; one that takes a window (`crop`) from the evaluation resize; any other from
  /// the whole evaluation preprocessing.
  package func trainingImage(
    from source: Image, key: SampleKey, preprocessing: Preprocessing
  ) -> Image {
    let start = startingImage(from: source, preprocessing)
    let result = apply(to: start, key: key, context: preprocessing.context)
    return fitted(result, startSize: start.size, preprocessing)
  }

  /// The steps of `trainingImage`, for previews; empty for a pipeline without operations.
  package func trainingTrace(
    from source: Image, key: SampleKey, preprocessing: Preprocessing
  ) -> [TraceStep] {
    let start = startingImage(from: source, preprocessing)
    var steps = trace(start, key: key, context: preprocessing.context)
    if let last = steps.indices.last {
      steps[last].image = fitted(steps[last].image, startSize: start.size, preprocessing)
    }
    return steps
  }

  /// What the first operation is given.
  package func startingImage(from source: Image, _ preprocessing: Preprocessing) -> Image {
    let source = source.converted(toChannels: preprocessing.channels)
    return switch input {
    case .source: source
    case .resized: preprocessing.resizedImage(source)
    case .encoderInput: preprocessing.evaluationImage(source)
    }
  }

  /// The picture at the encoder's input size.
  private func fitted(_ image: Image, startSize: ImageSize, _ preprocessing: Preprocessing) -> Image
  {
    if image.size == preprocessing.outputSize { return image }
    // No resizing operation passed its gate: squeezing the whole picture would change its aspect.
    if image.size == startSize { return preprocessing.evaluationImage(image) }
    return image.resized(to: preprocessing.outputSize, filter: preprocessing.filter)
  }
}

extension Preprocessing {
  /// What transforms may know: the input size, and the mean colour that normalises to zero
  /// with its deviation, which normalises to one.
  package var context: TransformContext {
    func colour(_ shares: [Float]) -> FillColour {
      let bytes = shares.map { UInt8(min(max(255 * $0, 0), 255).rounded()) }
      return FillColour(red: bytes[0], green: bytes[1], blue: bytes[2])
    }
    return TransformContext(
      outputSize: outputSize, meanColour: colour(mean), colourDeviation: colour(std))
  }

  /// The first half of `evaluationImage`: the short side resized, nothing cropped.
  func resizedImage(_ image: Image) -> Image {
    let short = max(resizeShortSide, inputSize)
    let long = short * max(image.width, image.height) / min(image.width, image.height)
    let size =
      image.width <= image.height
      ? ImageSize(width: short, height: long) : ImageSize(width: long, height: short)
    return image.resized(to: size, filter: filter)
  }
}
