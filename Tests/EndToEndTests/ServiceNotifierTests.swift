import Glibc
import KeepTestKit
import SystemPackage
import Testing

@testable import comfykeep

/// What a service manager is told, and how.
@Suite struct ServiceNotifierTests {
  private func notifier(_ variables: [String: String], process: pid_t = 7) -> ServiceNotifier {
    ServiceNotifier(process: process) { variables[$0].map { Array($0.utf8) } }
  }

  /// A socket that listens as the manager does.
  private struct Manager: ~Copyable {
    let file: Int32

    init(_ address: ServiceNotifier.Address) throws {
      self.file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var place = sockaddr_un()
      place.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: address.bytes) }
      let length = socklen_t(2 + address.bytes.count)
      let file = file
      let result = withUnsafePointer(to: place) { place in
        place.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) }
      }
      try #require(result == 0)
    }

    deinit { close(file) }

    func datagram() -> String {
      var bytes = [UInt8](repeating: 0, count: 8192)
      let count = recv(file, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
  }

  @Test func saysThroughAFileOfTheManagers() throws {
    let folder = try TemporaryFolder()
    let place = folder("notify").string
    let notifier = notifier(["NOTIFY_SOCKET": place])
    #expect(!notifier.tell(.ready))
    let manager = try Manager(#require(notifier.address))
    #expect(notifier.tell(.ready, "3 folders, nothing to do"))
    #expect(manager.datagram() == "READY=1\nSTATUS=3 folders, nothing to do")
    #expect(notifier.tell(.stopping))
    #expect(manager.datagram() == "STOPPING=1")
  }

  @Test func saysThroughANameWithoutAFile() throws {
    let notifier = notifier([
      "NOTIFY_SOCKET": "@comfykeep-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    ])
    let address = try #require(notifier.address)
    #expect(address.bytes.first == 0)
    let manager = try Manager(address)
    #expect(notifier.tell(.alive))
    #expect(manager.datagram() == "WATCHDOG=1")
    #expect(notifier.tell(.reloading))
    #expect(manager.datagram().contains(/^RELOADING=1\nMONOTONIC_USEC=[0-9]+$/))
  }

  @Test func aManagerThatDoesNotListenIsNotWaitedForLong() throws {
    let notifier = notifier([
      "NOTIFY_SOCKET": "@comfykeep-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    ])
    let manager = try Manager(#require(notifier.address))
    var told = 0
    while told < 100_000, notifier.tell(.alive) { told += 1 }
    #expect(told > 0)
    #expect(told < 100_000)
    #expect(manager.datagram() == "WATCHDOG=1")
  }

  @Test func nothingIsToldWhereNobodyAsks() {
    for value in [
      nil, "", "@", "/", "relative/path", "vsock:2:1234", "@" + String(repeating: "a", count: 107),
    ] {
      let notifier = notifier(value.map { ["NOTIFY_SOCKET": $0, "WATCHDOG_USEC": "1000000"] } ?? [:])
      #expect(notifier.address == nil, "\(value ?? "none")")
      #expect(notifier.watchdog == nil)
      #expect(!notifier.tell(.ready))
    }
    #expect(ServiceNotifier.Address(Array(("@" + String(repeating: "a", count: 106)).utf8)) != nil)
  }

  @Test func theWatchdogIsToldTwiceAsOftenAsItWants() {
    let place = ["NOTIFY_SOCKET": "/run/notify"]
    let with = { (more: [String: String]) in notifier(place.merging(more) { _, new in new }).watchdog }
    #expect(with([:]) == nil)
    #expect(with(["WATCHDOG_USEC": "30000000"]) == .seconds(15))
    #expect(with(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"]) == .seconds(15))
    #expect(with(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"]) == nil)
    #expect(with(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "seven"]) == nil)
    #expect(with(["WATCHDOG_USEC": "1"]) == .microseconds(1))
    for text in ["0", "-5", "soon", "18446744073709551615"] { #expect(with(["WATCHDOG_USEC": text]) == nil) }
  }

  @Test func wordsAreOneShortLine() {
    let message = ServiceNotifier.message(.status, "two\nREADY=1\u{1B}[2J", at: .zero)
    #expect(message == "STATUS=two\\u{a}READY=1\\u{1b}[2J")
    #expect(
      ServiceNotifier.message(.status, String(repeating: "ä", count: 9000), at: .zero).utf8.count < 4096)
    #expect(
      ServiceNotifier.message(.status, "e" + String(repeating: "\u{301}", count: 9000), at: .zero).utf8.count
        < 4096)
    #expect(
      ServiceNotifier.message(.reloading, nil, at: .seconds(12) + .microseconds(345))
        == "RELOADING=1\nMONOTONIC_USEC=12000345")
  }
}
