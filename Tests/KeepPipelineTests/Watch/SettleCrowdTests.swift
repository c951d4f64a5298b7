import KeepFiles
import SystemPackage
import Testing

@testable import KeepPipeline

/// Many files at once.
@Suite(.timeLimit(.minutes(10))) struct SettleCrowdTests {
  @Test func thoseThatCameFirstAreLookedAtFirst() {
    var table = SettleTable()
    for (index, name) in ["/c", "/a", "/b", "/d"].enumerated() {
      table.see(FilePath(name), stamp(), at: .milliseconds(index / 2))
    }
    table.see("/c", stamp(2), at: .milliseconds(5))
    #expect(table.next == .milliseconds(2000))
    #expect(table.due(at: .seconds(3), limit: 2) == ["/a", "/b"])
    #expect(table.due(at: .seconds(3), limit: 2) == ["/d", "/c"])
    #expect(table.due(at: .seconds(3), limit: 2) == [])
  }

  @Test func aHundredThousandAreHeldAndSettledInTheirOrder() {
    var table = SettleTable()
    let paths = (0..<100_000).map { FilePath("/in/folder-\($0 % 100)/photo-\($0).png") }
    for (index, path) in paths.enumerated() { table.see(path, stamp(index), at: .microseconds(index)) }
    // Half of them change, and many go.
    for index in stride(from: 0, to: paths.count, by: 2) {
      table.see(paths[index], stamp(index, at: 1), at: .seconds(1) + .microseconds(index))
    }
    for index in stride(from: 1, to: paths.count, by: 4) { table.see(paths[index], nil, at: .seconds(1.5)) }
    #expect(table.count == 75_000)
    var settled: [FilePath] = []
    while let next = table.next {
      for path in table.due(at: next + .milliseconds(10), limit: 1000) {
        let index = Int(path.stem.flatMap { $0.split(separator: "-").last } ?? "") ?? -1
        let state = stamp(index, at: index % 2 == 0 ? 1 : 0)
        if case .settled = table.look(path, state, hasWriter: false, at: next + .milliseconds(10)) {
          settled.append(path)
        }
      }
    }
    let odd = stride(from: 3, to: paths.count, by: 4).map { paths[$0] }
    let even = stride(from: 0, to: paths.count, by: 2).map { paths[$0] }
    #expect(settled == odd + even)
  }

  /// Against a plain account of what was done: none is settled before its time, and none is left out.
  @Test(arguments: 1...20)
  func noneIsSettledEarlyAndNoneIsMissed(seed: UInt64) throws {
    struct File {
      var state = 0
      var changed: Duration = .zero
      var isOpen = false
    }
    var random = seed &* 0x9E37_79B9_7F4A_7C15
    func draw(_ limit: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % limit
    }
    var table = SettleTable()
    var files = [File](repeating: File(), count: 50)
    var settled: [Int: Int] = [:]
    func path(_ index: Int) -> FilePath { FilePath("/in/\(index)") }
    var now = Duration.zero
    for step in 0..<6000 {
      now += .milliseconds(draw(100))
      let index = draw(files.count)
      // In the end all is left alone.
      switch step < 4000 ? draw(6) : 5 {
      case 0, 1:
        files[index].state += 1
        files[index].changed = now
      case 2: files[index].isOpen.toggle()
      case 3: table.see(path(index), stamp(files[index].state), at: now)
      default: break
      }
      if step == 4000 {
        for index in files.indices { files[index].isOpen = false }
        for index in files.indices { table.see(path(index), stamp(files[index].state), at: now) }
      }
      for due in table.due(at: now, limit: draw(5)) {
        let index = try #require(due.lastComponent.flatMap { Int($0.string) })
        let file = files[index]
        switch table.look(due, stamp(file.state), hasWriter: file.isOpen, at: now) {
        case .settled(let seen):
          #expect(seen == stamp(file.state))
          #expect(!file.isOpen)
          #expect(now - file.changed >= .seconds(2))
          settled[index] = file.state
        case .wait: break
        default: Issue.record("nothing went")
        }
      }
    }
    for index in files.indices { #expect(settled[index] == files[index].state) }
    #expect(table.count == 0)
  }
}
