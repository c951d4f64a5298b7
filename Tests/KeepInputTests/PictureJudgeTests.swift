import Foundation
import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

/// Pictures that other programs made and filled with metadata, judged by Pillow and exiftool after ours went over
/// them: `Tests/Validators/pictures.py`. `Tests/run.sh` installs both and sets `COMFYKEEP_VALIDATORS`.
@Suite(.enabled(if: Judge.isInstalled, "Pillow and exiftool are not installed; Tests/run.sh does it"))
struct PictureJudgeTests {
  @Test func noPixelChangesAndNoMetadataAreLeft() throws {
    let (pictures, folder) = (try Judge.pictures(), try TemporaryFolder())
    var pairs: [String] = []
    for name in pictures.files() {
      let asset = try AssetReader(stripsMetadata: true).read(pictures(name))
      #expect((asset.original == nil) == name.hasPrefix("bare."), "\(name)")
      guard asset.original != nil else { continue }
      #expect(try MetadataStripper.write(asset, to: folder(name)))
      #expect(try AssetReader(stripsMetadata: true).read(folder(name)).original == nil, "\(name)")
      pairs += [pictures(name).string, folder(name).string]
    }
    #expect(pairs.count > 60)
    let (status, text) = try Judge.run(["judge"] + pairs)
    #expect(status == 0, "\(String(decoding: text, as: UTF8.self))")
  }

  @Test func theJudgeObjectsToWhatWasNotStripped() throws {
    let pictures = try Judge.pictures()
    let tagged = pictures.files().filter { !$0.hasPrefix("bare.") && !$0.hasPrefix("trailed.") }
    let (status, text) = try Judge.run(
      ["judge"] + tagged.flatMap { [pictures($0).string, pictures($0).string] })
    #expect(status == 1)
    let words = String(decoding: text, as: UTF8.self)
    for name in tagged { #expect(words.contains("/\(name): "), "\(name)") }
  }

  @Test func whatTheMakerPutInIsTold() throws {
    let pictures = try Judge.pictures()
    let all: Set<MediaTraits.Metadata> = [.exif, .gps, .xmp, .text]
    for orientation in 1...8 {
      let turned = orientation > 1 ? orientation : nil
      for (kind, metadata) in [("jpg", all), ("png", all), ("webp", all.subtracting([.text]))] {
        let asset = try AssetReader().read(pictures("turned-\(orientation).\(kind)"))
        #expect(asset.traits.orientation == turned, "\(asset.path)")
        #expect(asset.traits.hasAlpha == (kind != "jpg" && orientation % 2 == 1), "\(asset.path)")
        #expect(asset.traits.metadata == metadata, "\(asset.path)")
        #expect(!asset.traits.isAnimated, "\(asset.path)")
      }
    }
    for kind in ["png", "webp"] {
      #expect(try AssetReader().read(pictures("moving.\(kind)")).traits.isAnimated)
    }
    #expect(try AssetReader().read(pictures("palette.png")).traits.hasAlpha)
    #expect(
      try AssetReader().read(pictures("tagged.jpg")).traits.metadata == [.exif, .gps, .xmp, .iptc, .text])
  }
}

/// `pictures.py` with the Python that has Pillow.
private enum Judge {
  static let folder = ProcessInfo.processInfo.environment["COMFYKEEP_VALIDATORS"].map {
    FilePath($0).removingLastComponent()
  }
  static var isInstalled: Bool { folder != nil }

  static func run(_ arguments: [String]) throws -> (status: Int32, text: [UInt8]) {
    let folder = try #require(folder)
    return try ChildProcess.run(
      [folder.appending(".venv/bin/python").string, folder.appending("pictures.py").string] + arguments)
  }

  static func pictures() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let (status, text) = try run(["make", folder.path.string])
    try #require(status == 0, "\(String(decoding: text, as: UTF8.self))")
    return folder
  }
}
