extension Image {
  /// The image after a journey through JPEG at `quality` 1...100, chroma at half size.
  ///
  /// An image with a side above 65,500 pixels fits no JPEG and is returned as it is.
  func compressed(quality: Int) -> Image {
    guard let bytes = try? JPEGEncoder.encode(self, quality: quality),
      let image = try? ImageCodec.decode(bytes, name: "the image", keepsGray: channels == 1)
    else { return self }
    return image
  }
}
