import KeepFiles
import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@testable import KeepPipeline

@Suite struct KeptInputsTests {
  private let folder: TemporaryFolder
  private let kept: KeptInputs

  init() throws {
    self.folder = try TemporaryFolder()
    try Folder.make(folder("kept"))
    self.kept = KeptInputs(folder("kept"))
  }

  @Test func aCopyIsTheFile() throws {
    let path = try folder.write(Pictures.png(1), to: "a.png")
    let asset = try AssetReader().read(path)
    try kept.keep(asset)
    try kept.keep(asset)
    #expect(try folder.read("kept/\(asset.checksum)") == Pictures.png(1))
    #expect(try kept.all() == [asset.checksum])
  }

  @Test func aCopyWithoutMetadataIsWhatIsLeftOfTheFile() throws {
    let asset = try stripped()
    try kept.keep(asset)
    #expect(try folder.read("kept/\(asset.checksum)") == Pictures.png(1))
    #expect(try FileReader.checksum(of: asset.path) == asset.original)
    #expect(kept.locate(asset) == kept.path(asset.checksum))
  }

  @Test func aDamagedCopyIsMadeAgain() throws {
    let asset = try stripped()
    try folder.write([1, 2, 3], to: "kept/\(asset.checksum)")
    try kept.keep(asset)
    #expect(try folder.read("kept/\(asset.checksum)") == Pictures.png(1))
  }

  @Test func aCopyThatIsGoneIsMadeAgainFromTheSameFileAlone() throws {
    let asset = try stripped()
    #expect(kept.locate(asset) == kept.path(asset.checksum))
    #expect(try folder.read("kept/\(asset.checksum)") == Pictures.png(1))
    try kept.discard(asset.checksum)
    // The very bytes that were sent, but under the name of a file that was another one.
    try folder.write(Pictures.png(1), to: "a.png")
    #expect(kept.locate(asset) == nil)
    #expect(throws: KeepError(.inputRejected, .path(asset.path), "")) { try kept.keep(asset) }
    #expect(folder.files() == ["a.png"])
  }

  @Test func ofAPlainFileTheFileItselfWillDo() throws {
    let asset = try AssetReader().read(try folder.write(Pictures.png(1), to: "a.png"))
    #expect(kept.locate(asset) == asset.path)
    try folder.write(Pictures.png(2), to: "a.png")
    #expect(kept.locate(asset) == nil)
  }

  @Test func whatIsSentIsReadFromTheCopies() throws {
    let (plain, asset) = (
      try AssetReader().read(try folder.write(Pictures.png(2), to: "b.png")), try stripped()
    )
    var overrides = Overrides()
    overrides[NodeInput(node: "1", name: "image")] = .asset(.inline(asset))
    overrides[NodeInput(node: "2", name: "image")] = .asset(.upload(asset))
    overrides[NodeInput(node: "3", name: "image")] = .asset(.inline(plain))
    let submission = Submission(deployment: "d", workflow: nil, overrides: overrides)
    let reading = submission.reading(from: kept)
    #expect(reading.key == submission.key)
    let assets = reading.overrides.sorted.compactMap { entry -> AssetReference? in
      if case .asset(let reference) = entry.value { reference } else { nil }
    }
    #expect(assets.compactMap(\.asset?.path) == [asset, asset, plain].map { kept.path($0.checksum) })
    #expect(assets.compactMap(\.asset?.original).isEmpty)
    #expect(assets.map { if case .upload = $0 { true } else { false } } == [false, true, false])
    #expect(assets[0].asset?.traits == asset.traits)
  }

  /// A file with a text, read as one to be sent without.
  private func stripped() throws -> Asset {
    let bytes = Pictures.png(1)
    let note = Pictures.chunk("tEXt", Array("prompt\u{0}{}".utf8))
    let path = try folder.write(Array(bytes.prefix(33)) + note + bytes.dropFirst(33), to: "a.png")
    let asset = try AssetReader(stripsMetadata: true).read(path)
    #expect(asset.original != nil && asset.checksum == Checksum(of: bytes))
    return asset
  }
}
