import Foundation
import KeepTestKit
import SystemPackage

/// Small true files for runs, each with bytes of its own.
enum SamplePhotos {
  /// The repository's samples.
  static let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Samples")

  /// A folder of PNGs named `photo-00.png` and on; `first` numbers the first one's bytes.
  static func folder(_ count: Int, from first: Int = 0) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for number in 0..<count {
      let name = "photo-" + (number < 10 ? "0" : "") + "\(number).png"
      try folder.write(Pictures.png(UInt8(first + number)), to: name)
    }
    return folder
  }
}
