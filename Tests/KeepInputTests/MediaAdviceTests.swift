import KeepInput
import KeepModel
import SystemPackage
import Testing

@Suite struct MediaAdviceTests {
  @Test func aPlainPictureGivesNone() {
    #expect(MediaAdvice.warnings(for: asset("image/png"), into: input("LoadImage")).isEmpty)
    #expect(MediaAdvice.warnings(for: asset("video/mp4"), into: input("LoadVideo", [.video])).isEmpty)
  }

  @Test func heicIsRarelyRead() {
    #expect(
      MediaAdvice.warnings(for: asset("image/heic"), into: nil)
        == ["photos/a: is HEIC, which many loaders cannot read; export it as JPEG or PNG"])
  }

  @Test(
    arguments: zip(
      2...8,
      [
        "mirrored left to right", "turned by 180°", "mirrored top to bottom",
        "mirrored left to right, then turned 90° anticlockwise", "turned 90° clockwise",
        "mirrored left to right, then turned 90° clockwise", "turned 90° anticlockwise",
      ]))
  func anOrientationIsSaidInWords(_ orientation: Int, _ words: String) {
    let turned = asset("image/jpeg", MediaTraits(orientation: orientation))
    #expect(
      MediaAdvice.warnings(for: turned, into: input("SomeLoader")) == [
        "photos/a: its pixels have to be \(words) to be upright (EXIF orientation \(orientation));"
          + " many loaders ignore that and see it as it is stored; export it upright to be sure"
      ])
    #expect(
      MediaAdvice.warnings(for: turned, into: input("LoadImage")) == [
        "photos/a: its pixels have to be \(words) to be upright (EXIF orientation \(orientation));"
          + " LoadImage of ComfyUI does that, many other loaders do not"
      ])
  }

  @Test func transparencyIsDroppedFromPicturesAndNotFromMasks() {
    let clear = asset("image/png", MediaTraits(hasAlpha: true))
    #expect(
      MediaAdvice.warnings(for: clear, into: input("LoadImage")) == [
        "photos/a: has transparency: LoadImage gives that as a mask,"
          + " and the picture without it shows what lies hidden there"
      ])
    #expect(MediaAdvice.warnings(for: clear, into: input("SomeLoader")).count == 1)
    for loader in ["LoadImageMask", "ComfyUIDeployExternalImageAlpha"] {
      #expect(MediaAdvice.warnings(for: clear, into: input(loader)).isEmpty)
    }
  }

  @Test func manyFramesAreABatch() {
    let moving = asset("image/gif", MediaTraits(isAnimated: true))
    #expect(MediaAdvice.warnings(for: moving, into: input("LoadImage")).count == 1)
    #expect(MediaAdvice.warnings(for: moving, into: input("VHS_LoadVideo", [.video])).isEmpty)
  }

  @Test func aPlaceLeavesTheHouse() {
    let placed = MediaTraits(metadata: [.exif, .gps])
    #expect(
      MediaAdvice.warnings(for: asset("image/jpeg", placed), into: input("LoadImage")) == [
        "photos/a: says where it was taken (GPS), and that is sent along; --strip-metadata leaves it out"
      ])
    let others = ["image/avif", "video/mp4"].map { MediaAdvice.warnings(for: asset($0, placed), into: nil) }
    #expect(others.allSatisfy { $0.count == 1 && !$0[0].contains("--strip-metadata") })
    #expect(others[0][0].contains("may say where"))
  }

  private func asset(_ type: MediaType, _ traits: MediaTraits = MediaTraits()) -> Asset {
    Asset(path: "photos/a", size: ByteCount(1), checksum: Checksum(of: [1]), mediaType: type, traits: traits)
  }

  private func input(_ nodeClass: String, _ kinds: Set<MediaKind> = [.image]) -> MediaInput {
    MediaInput(
      input: NodeInput(node: "1", name: "image"), nodeClass: nodeClass, nodeTitle: nil, kinds: kinds,
      acceptance: .file, evidence: .nodeClass, current: .null)
  }
}
