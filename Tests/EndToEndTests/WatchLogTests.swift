import Foundation
import KeepModel
import KeepTestKit
import Synchronization
import SystemPackage
import Testing

@testable import comfykeep

/// The lines that a watch writes.
@Suite struct WatchLogTests {
  private final class Lines: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
  }

  private func lines(
    _ form: WatchLog.Form, namesFolders: Bool = false, isJournal: Bool = false, _ tell: (WatchLog) -> Void
  ) -> [String] {
    let lines = Lines()
    let moment = Timestamp(milliseconds: 1_770_000_000_123)
    tell(
      WatchLog(
        form, namesFolders: namesFolders, isJournal: isJournal, now: { moment }, write: { lines.add($0) }))
    return lines.all
  }

  private let subject = WatchLog.Subject(folder: "/photos", path: "upscale/a.png")

  @Test func plainLinesBeginWithTheProgram() {
    let lines = lines(.plain) { log in
      log.tell(.info, subject, "submitted as r-1")
      log.tell(.warning, WatchLog.Subject(folder: "/photos"), "cannot be read, is looked for again")
      log.tell(.info, WatchLog.Subject(), "ready")
    }
    #expect(
      lines == [
        "comfykeep: upscale/a.png: submitted as r-1\n",
        "comfykeep: /photos: cannot be read, is looked for again\n", "comfykeep: ready\n",
      ])
  }

  @Test func filesOfSeveralFoldersAreToldApart() {
    let lines = lines(.plain, namesFolders: true) { log in
      log.tell(.info, subject, "kept")
      log.tell(.info, WatchLog.Subject(folder: "/photos"), "is there again")
    }
    #expect(lines == ["comfykeep: photos/upscale/a.png: kept\n", "comfykeep: /photos: is there again\n"])
  }

  @Test func theJournalIsToldTheLevelInPlaceOfTheProgram() {
    let lines = lines(.plain, isJournal: true) { log in
      log.tell(.info, subject, "kept")
      log.tell(.warning, subject, "waits")
      log.tell(.error, subject, "failed")
    }
    #expect(
      lines == ["<6>upscale/a.png: kept\n", "<4>upscale/a.png: waits\n", "<3>upscale/a.png: failed\n"])
  }

  @Test(arguments: [true, false])
  func jsonHasItsKeysInOneOrder(isJournal: Bool) {
    let lines = lines(.json, isJournal: isJournal) { log in
      log.tell(.warning, subject, "waits")
      log.tell(.info, WatchLog.Subject(), "ready")
    }
    let at = #""at":"2026-02-02T02:40:00.123+00:00""#
    let tail = #""type":"log","version":1}"#
    #expect(
      lines == [
        (isJournal ? "<4>" : "")
          + #"{\#(at),"folder":"/photos","level":"warning","message":"waits","path":"upscale/a.png",\#(tail)"#
          + "\n",
        (isJournal ? "<6>" : "")
          + #"{\#(at),"folder":null,"level":"info","message":"ready","path":null,\#(tail)"# + "\n",
      ])
  }

  @Test(arguments: WatchLog.Form.allCases)
  func aNameCannotSteerATerminalNorMakeALine(form: WatchLog.Form) throws {
    let name = "a\n<0>comfykeep: forged\u{1B}[2J\u{202E}\u{9B}\u{2028}\r.png"
    let lines = lines(form) { log in log.tell(.info, WatchLog.Subject(path: FilePath(name)), "kept") }
    let line = try #require(lines.first)
    #expect(lines.count == 1)
    let isSteering = { (scalar: Unicode.Scalar) in
      scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || [0x2028, 0x202E].contains(scalar.value)
    }
    #expect(line.unicodeScalars.dropLast().allSatisfy { !isSteering($0) }, "\(line)")
    guard form == .json else { return }
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(object?["path"] as? String == name)
  }

  @Test func anErrorComesWithItsWayOut() {
    let file = KeepError(.inputRejected, .path("/photos/upscale/a.png"), "is empty", hint: "copy it again")
    let other = KeepError(.unavailable, .address("api.example"), "does not answer")
    let lines = lines(.plain) { log in
      log.tell(file, subject)
      log.tell(other, subject, level: .warning)
      log.tell(file)
    }
    #expect(
      lines == [
        "comfykeep: upscale/a.png: is empty (copy it again)\n",
        "comfykeep: upscale/a.png: api.example: does not answer\n",
        "comfykeep: /photos/upscale/a.png: is empty (copy it again)\n",
      ])
  }

  @Test func theJournalIsKnownByItsNumbers() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], to: "stream")
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    let facts = try FileManager.default.attributesOfItem(atPath: path.string)
    let device = try #require(facts[.systemNumber] as? UInt64)
    let inode = try #require(facts[.systemFileNumber] as? UInt64)
    #expect(WatchLog.isJournal("\(device):\(inode)", file.rawValue))
    for text in [
      "\(device):\(inode + 1)", "\(device + 1):\(inode)", "\(inode)", "\(device):\(inode):", "", ":",
    ] {
      #expect(!WatchLog.isJournal(text, file.rawValue), "\(text)")
    }
    #expect(!WatchLog.isJournal(nil, file.rawValue))
    #expect(!WatchLog.isJournal("\(device):\(inode)", -1))
  }
}
