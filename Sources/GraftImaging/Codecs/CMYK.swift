/// Colors of four inks.
enum CMYK {
  /// One channel of RGB by Pillow's rule: the light that black lets through minus what ink absorbs.
  static func channel(ink: UInt8, light: UInt8) -> UInt8 {
    let product = UInt32(ink) * UInt32(light) + 128
    let absorbed = (product >> 8 + product) >> 8
    return UInt8(UInt32(light) - min(absorbed, UInt32(light)))
  }
}
