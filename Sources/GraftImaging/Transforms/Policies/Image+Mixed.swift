extension Image {
  /// The weighted sum of this image and others of its shape, in float32, rounded to bytes.
  ///
  /// - Parameter cutsOff: whether sums lose what is behind the point, as torchvision's do, half a gray
  ///   level on average; else they are rounded.
  func mixed(
    share: Double, with others: [(share: Double, image: Image)], cutsOff: Bool = false
  ) -> Image {
    var sums = [Float](repeating: cutsOff ? 0 : 0.5, count: pixels.count)
    sums.withUnsafeMutableBufferPointer { sums in
      for (share, image) in [(share, self)] + others {
        precondition(image.pixels.count == sums.count, "images of another shape")
        let share = Float(share)
        image.pixels.withUnsafeBufferPointer { pixels in
          for index in 0..<sums.count { sums[index] += share * Float(pixels[index]) }
        }
      }
    }
    return sums.withUnsafeBufferPointer { sums in
      mapped { _, target in
        for index in 0..<sums.count { target[index] = UInt8(min(max(sums[index], 0), 255)) }
      }
    }
  }
}
