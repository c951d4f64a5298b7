internal import Glibc
internal import KeepModel

/// Numbers that follow from a checksum alone (SplitMix64).
struct SeededNumbers {
  private var state: UInt64

  init(_ checksum: Checksum) {
    state = UInt64(checksum.hexadecimal.prefix(16), radix: 16) ?? 0
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to 1.
  mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}

/// A color whose parts run from 0 to 255.
struct Color: Sendable {
  var red: Double
  var green: Double
  var blue: Double

  /// From hue (turns), saturation and lightness.
  init(hue: Double, saturation: Double, lightness: Double) {
    let reach = saturation * min(lightness, 1 - lightness)
    func part(_ shift: Double) -> Double {
      let turn = fmod(shift + hue * 12, 12)
      return 255 * (lightness - reach * max(-1, min(turn - 3, 9 - turn, 1)))
    }
    self.red = part(0)
    self.green = part(8)
    self.blue = part(4)
  }

  /// This color moved toward another, `share` from 0 to 1.
  func mixed(_ other: Color, _ share: Double) -> Color {
    var color = self
    color.red += (other.red - red) * share
    color.green += (other.green - green) * share
    color.blue += (other.blue - blue) * share
    return color
  }

  var bytes: (UInt8, UInt8, UInt8) {
    (Self.byte(red), Self.byte(green), Self.byte(blue))
  }

  private static func byte(_ part: Double) -> UInt8 { UInt8(max(0, min(255, part))) }
}

/// Draws pictures that follow from a checksum: the same inputs, seed and prompt give the same pixels.
struct Painter {
  let checksum: Checksum

  /// Another look at a picture: toned after its lightness, edges lit.
  func retouched(_ source: Raster) -> Raster {
    var numbers = SeededNumbers(checksum)
    let hue = numbers.unit()
    let dark = Color(hue: hue, saturation: 0.6, lightness: 0.12)
    let bright = Color(hue: fmod(hue + 0.12 + numbers.unit() * 0.3, 1), saturation: 0.75, lightness: 0.8)
    let tones = (0..<256).map { level in
      let (red, green, blue) = dark.mixed(bright, Double(level) / 255).bytes
      return (Int(red), Int(green), Int(blue))
    }
    var raster = source
    let stride = source.width * 3
    raster.pixels.withUnsafeMutableBufferPointer { target in
      source.pixels.withUnsafeBufferPointer { pixels in
        for row in 0..<source.height {
          for column in 0..<source.width {
            let place = row * stride + column * 3
            let light = Self.lightness(pixels, place)
            let right = column + 1 < source.width ? Self.lightness(pixels, place + 3) : light
            let below = row + 1 < source.height ? Self.lightness(pixels, place + stride) : light
            let edge = min(abs(light - right) + abs(light - below), 96)
            let tone = tones[light]
            target[place] = Self.blend(pixels[place], tone.0, edge)
            target[place + 1] = Self.blend(pixels[place + 1], tone.1, edge)
            target[place + 2] = Self.blend(pixels[place + 2], tone.2, edge)
          }
        }
      }
    }
    return raster
  }

  private static func lightness(_ pixels: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    (Int(pixels[place]) * 77 + Int(pixels[place + 1]) * 150 + Int(pixels[place + 2]) * 29) >> 8
  }

  private static func blend(_ original: UInt8, _ tone: Int, _ edge: Int) -> UInt8 {
    UInt8(min((Int(original) * 5 + tone * 3) / 8 + edge, 255))
  }

  /// A landscape: sky, a sun, ridges one behind the other. `phase` moves the ridges, for films.
  func landscape(width: Int, height: Int, phase: Double = 0) -> Raster {
    var numbers = SeededNumbers(checksum)
    let hue = numbers.unit()
    let horizon = Color(hue: fmod(hue + 0.08, 1), saturation: 0.8, lightness: 0.78)
    let zenith = Color(hue: hue, saturation: 0.55, lightness: 0.38)
    let sun = Sun(
      x: (0.2 + 0.6 * numbers.unit()) * Double(width), y: (0.18 + 0.3 * numbers.unit()) * Double(height),
      radius: (0.05 + 0.05 * numbers.unit()) * Double(max(width, height)))
    let ridges = (0..<5).flatMap { layer in
      ridge(layer, width: width, height: height, phase: phase, numbers: &numbers)
    }
    let colors = (0..<5).map { layer in
      let near = Color(hue: fmod(hue + 0.5, 1), saturation: 0.35, lightness: 0.1)
      return horizon.mixed(near, 0.25 + Double(layer + 1) / 5 * 0.7).bytes
    }
    let skies = (0..<height).map { zenith.mixed(horizon, min(Double($0) / Double(height) * 1.5, 1)) }
    let halo = Color(hue: 0.14, saturation: 1, lightness: 0.92)
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
      ridges.withUnsafeBufferPointer { ridges in
        var place = 0
        for row in 0..<height {
          let sky = skies[row].bytes
          for column in 0..<width {
            var layer = 4
            while layer >= 0, row < ridges[layer * width + column] { layer -= 1 }
            var color = layer >= 0 ? colors[layer] : sky
            if layer < 0, let glow = sun.glow(column, row) { color = skies[row].mixed(halo, glow).bytes }
            (target[place], target[place + 1], target[place + 2]) = color
            place += 3
          }
        }
      }
      count = width * height * 3
    }
    return Raster(width: width, height: height, pixels: pixels)
  }

  /// The row at which a ridge begins in each column.
  private func ridge(
    _ layer: Int, width: Int, height: Int, phase: Double, numbers: inout SeededNumbers
  ) -> [Int] {
    let waves = (1...4).map { octave in
      (
        frequency: Double(octave) * (1.1 + numbers.unit()), shift: numbers.unit() * 6.283,
        height: (0.07 + 0.05 * numbers.unit()) / Double(octave)
      )
    }
    let base = 0.45 + 0.13 * Double(layer)
    return (0..<width).map { column in
      let x = Double(column) / Double(width) * 6.283 + phase * Double(layer + 1)
      let level = waves.reduce(base) { $0 + sin(x * $1.frequency + $1.shift) * $1.height }
      return Int(level * Double(height))
    }
  }

  private struct Sun {
    let x: Double
    let y: Double
    let radius: Double

    /// How bright the sun is there, `nil` far from it.
    func glow(_ column: Int, _ row: Int) -> Double? {
      let (across, down) = (Double(column) - x, Double(row) - y)
      let square = across * across + down * down
      if square < radius * radius { return 1 }
      guard square < radius * radius * 9 else { return nil }
      return 0.5 * (3 - square.squareRoot() / radius) / 2
    }
  }
}
