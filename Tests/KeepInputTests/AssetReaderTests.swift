import Foundation
import Glibc
import KeepFiles
import KeepInput
import KeepModel
import KeepTestKit
import SystemPackage
import Testing

@Suite struct AssetReaderTests {
  @Test(arguments: MediaFixture.all)
  func saysWhatAFileIs(_ sample: MediaFixture.Sample) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(sample.bytes, to: sample.name)
    let asset = try AssetReader().read(path)
    #expect(asset.path == path)
    #expect(asset.size == ByteCount(UInt64(sample.bytes.count)))
    #expect(asset.checksum == Checksum(of: sample.bytes))
    #expect(asset.mediaType == sample.type)
    #expect(asset.dimensions == sample.dimensions)
    #expect(asset.filename == sample.name)
  }

  @Test func readsFilesOfManyPieces() throws {
    let folder = try TemporaryFolder()
    let bytes = MediaFixture.png(pixels: FileReader.pieceSize * 2 + 17)
    let asset = try AssetReader().read(try folder.write(bytes, to: "a.png"))
    #expect(asset.checksum == Checksum(of: bytes))
    #expect(asset.size.bytes == UInt64(bytes.count))
  }

  @Test(arguments: ["a.png", "a.jpg", "a.mp4"])
  func refusesCutFilesByTheirLastPiece(_ name: String) throws {
    let sample = try #require(MediaFixture.all.first { $0.name == name })
    let folder = try TemporaryFolder()
    let path = try folder.write(sample.bytes.dropLast(), to: name)
    let error = #expect(throws: KeepError.self) { try AssetReader().read(path) }
    #expect(error == KeepError(.inputRejected, .path(path), ""))
    #expect(error?.reason.hasPrefix("is not a whole \(sample.type) file: it ") == true)
  }

  @Test func refusesAnEmptyFile() throws {
    let folder = try TemporaryFolder()
    let error = try rejection(try folder.write([], to: "a.png"))
    #expect(error.reason == "the file is empty")
  }

  @Test func refusesAHugeFileWithoutReadingIt() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(MediaFixture.png(), to: "a.png")
    truncate(path.string, 1 << 40)
    #expect(try rejection(path).reason == "has 1.0 TB; at most 2.1 GB are read")
    let small = try rejection(try folder.write(MediaFixture.png(), to: "b.png"), limit: 10)
    #expect(small.reason == "has \(MediaFixture.png().count) B; at most 10 B are read")
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe.png").string, 0o600) == 0)
    try Folder.make(folder("folder.png"))
    for path in [folder("pipe.png"), folder("folder.png"), "/dev/zero", folder("missing.png")] {
      _ = try rejection(path)
    }
  }

  @Test(arguments: [
    ("a.png", MediaFixture.jpeg(), "its name says image/png, its bytes are image/jpeg"),
    ("a.JPG", MediaFixture.png(), "its name says image/jpeg, its bytes are image/png"),
    ("a.webm", MediaFixture.matroska("matroska"), "its name says video/webm, its bytes are video/x-matroska"),
    ("a.mkv", MediaFixture.matroska("webm"), "its name says video/x-matroska, its bytes are video/webm"),
    ("a.mp4", MediaFixture.movie("qt  "), "its name says video/mp4, its bytes are video/quicktime"),
    ("a.mov", MediaFixture.movie("isom"), "its name says video/quicktime, its bytes are video/mp4"),
    ("a.mp3", MediaFixture.wave, "its name says audio/mpeg, its bytes are audio/wav"),
    ("a.txt", MediaFixture.png(), "its name says text/plain, its bytes are image/png"),
    (
      "a.png", [0x50, 0x4B, 0x03, 0x04, 0, 0],
      "is application/zip, which is no image, video, audio or 3D file"
    ),
    ("a.png", Array("<!DOCTYPE html>".utf8), "is not an image, video, audio or 3D file of a known type"),
    ("a.glb", Array("v 0 0 0".utf8), "is not an image, video, audio or 3D file of a known type"),
    ("secret", Array("-----BEGIN KEY-----".utf8), "is not an image, video, audio or 3D file of a known type"),
  ])
  func refusesWhatContradictsItsName(_ name: String, _ bytes: [UInt8], _ reason: String) throws {
    let folder = try TemporaryFolder()
    #expect(try rejection(try folder.write(bytes, to: name)).reason == reason)
  }

  @Test(
    arguments: [
      ("a.jpeg", MediaFixture.jpeg(), "image/jpeg"), ("A.JPE", MediaFixture.jpeg(), "image/jpeg"),
      ("noextension", MediaFixture.png(), "image/png"), ("a.weird", MediaFixture.png(), "image/png"),
      ("a.m4v", MediaFixture.movie("M4V "), "video/mp4"), ("a.m4a", MediaFixture.movie("mp42"), "video/mp4"),
      ("a.heif", MediaFixture.still("heic"), "image/heic"), ("a.oga", MediaFixture.ogg([1]), "audio/ogg"),
      ("a.obj", Array("v 0 0 0\n".utf8), "model/obj"), ("a.stl", Array("solid x".utf8), "model/stl"),
    ] as [(String, [UInt8], MediaType)])
  func namesOfOneFamilyAreTaken(_ name: String, _ bytes: [UInt8], _ type: MediaType) throws {
    let folder = try TemporaryFolder()
    #expect(try AssetReader().read(try folder.write(bytes, to: name)).mediaType == type)
  }

  @Test func cameraMoviesThatNameBothBrandsAreTaken() throws {
    let folder = try TemporaryFolder()
    let both = MediaFixture.box(
      "ftyp", MediaFixture.text("mp42"), MediaFixture.zeros(4), MediaFixture.text("qt  "))
    let movie = both + MediaFixture.movieBox(chunkAt: 0) + MediaFixture.box("mdat", [1])
    #expect(try AssetReader().read(try folder.write(movie, to: "a.MOV")).mediaType == "video/mp4")
  }

  @Test func noticesThatAFileGrewShrankOrWasRewritten() throws {
    let folder = try TemporaryFolder()
    let bytes = MediaFixture.png(pixels: 1000)
    for changed in [bytes + [0], Array(bytes.dropLast()), MediaFixture.png(pixels: 10)] {
      let path = try folder.write(bytes, to: "a.png")
      let reader = try FileReader(path)
      let stamp = try reader.stamp()
      try folder.write(changed, to: "a.png")
      let error = #expect(throws: KeepError.self) { try AssetReader().read(reader, since: stamp) }
      #expect(error == KeepError(.inputRejected, .path(path), ""))
      #expect(error?.reason == "changed while it was read")
    }
  }

  @Test func noticesAChangeThatKeepsTheSize() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(MediaFixture.png(), to: "a.png")
    let reader = try FileReader(path)
    let stamp = try reader.stamp()
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: path.string)
    #expect(throws: KeepError(.inputRejected, .path(path), "")) {
      try AssetReader().read(reader, since: stamp)
    }
  }

  @Test func leaksNoDescriptorsOverManyFiles() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write(MediaFixture.png(), to: "a.png")
    let bad = try folder.write([1], to: "b.png")
    let before = try descriptors()
    for _ in 0..<500 {
      _ = try AssetReader().read(good)
      _ = try? AssetReader().read(bad)
    }
    // Other tests open a few at the same time; a leak would be a thousand.
    #expect(try descriptors() < before + 200)
  }

  private func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  private func rejection(_ path: FilePath, limit: ByteCount = .mebibytes(2048)) throws -> KeepError {
    let error = #expect(throws: KeepError.self) { try AssetReader(maximumSize: limit).read(path) }
    #expect(error == KeepError(.inputRejected, .path(path), ""))
    return try #require(error)
  }
}
