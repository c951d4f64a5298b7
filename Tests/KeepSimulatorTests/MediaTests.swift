import Foundation
import KeepModel
import Testing

@testable import KeepSimulator

@Suite struct MediaTests {
  private static let film = Film.frames(
    after: InputMedia(bytes: Fixture.png()), Painter(checksum: Checksum(of: [3])))

  @Test func formatsAreKnownByTheirBytes() {
    #expect(MediaFormat.sniff(Fixture.png()) == .png)
    #expect(MediaFormat.sniff(Self.film) == .mp4)
    #expect(MediaFormat.sniff(Synthetic.tone(Checksum(of: []))) == .wav)
    #expect(MediaFormat.sniff(Synthetic.tetrahedron(Checksum(of: []))) == .glb)
    #expect(MediaFormat.sniff([0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
    #expect(MediaFormat.sniff([0x1A, 0x45, 0xDF, 0xA3]) == .webm)
    #expect(MediaFormat.sniff(Array("GIF89a".utf8)) == .gif)
    #expect(MediaFormat.sniff(Array("hello".utf8)) == .text)
    #expect(MediaFormat.sniff([0, 1, 2]) == .binary)
  }

  @Test(arguments: [
    Fixture.png(), film, Synthetic.tone(Checksum(of: [])), Synthetic.tetrahedron(Checksum(of: [])),
  ])
  func wholeFilePassesAndCutOneDoesNot(_ bytes: [UInt8]) throws {
    try InputMedia(bytes: bytes).check()
    #expect(throws: MediaFlaw.self) { try InputMedia(bytes: Array(bytes.dropLast(40))).check() }
  }

  @Test func jpegWithoutItsEndIsCut() throws {
    let head: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 30, 0, 40, 1, 1, 0x11, 0]
    try InputMedia(bytes: head + [0xFF, 0xD9]).check()
    #expect(throws: MediaFlaw.self) { try InputMedia(bytes: head).check() }
    let size = try #require(InputMedia(bytes: head + [0xFF, 0xD9]).pixels)
    #expect(size == (width: 40, height: 30))
  }

  @Test func bytesThatAreNotWhatTheyClaimAreFlawed() {
    #expect(throws: MediaFlaw.self) {
      try InputMedia(bytes: Fixture.png(), claimed: "image/jpeg").check()
    }
    #expect(throws: MediaFlaw.self) { try InputMedia(bytes: []).check() }
  }

  @Test func nameFollowsFromTheBytes() {
    #expect(InputMedia(bytes: Fixture.png(1)).name == InputMedia(bytes: Fixture.png(1)).name)
    #expect(InputMedia(bytes: Fixture.png(1)).name != InputMedia(bytes: Fixture.png(2)).name)
    #expect(InputMedia(bytes: Fixture.png()).name.hasSuffix(".png"))
  }

  @Test func base64IsReadAsFoundationWritesIt() {
    for count in 0..<40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      let text = Data(bytes).base64EncodedString()
      #expect(Base64Text.decode(text[...].utf8) == bytes)
    }
  }

  @Test(arguments: ["A", "AA", "AAA", "AA=A", "A===", "====", "AAAA AAA", "AA-_", "AAAAA==="])
  func brokenBase64IsRefused(_ text: String) { #expect(Base64Text.decode(text[...].utf8) == nil) }
}
