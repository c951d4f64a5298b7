import KeepModel

@testable import KeepPipeline

extension DashboardState {
  static let noon = Timestamp(milliseconds: 1_790_000_000_000)

  /// A watch that has seen nothing.
  static var empty: DashboardState {
    var state = DashboardState(now: noon, heartbeat: noon, startedAt: noon, version: "1.2.3")
    state.folders = [DashboardFolder(path: "/srv/drop", mode: .inotify)]
    return state
  }

  /// A watch that has something in every section.
  static var busy: DashboardState {
    var state = empty
    state.startedAt = ago(200_000)
    state.folders.append(
      DashboardFolder(path: "/mnt/share", mode: .polling, note: "a network share does not tell"))
    state.folders.append(DashboardFolder(path: "/mnt/gone", mode: .polling, isLost: true, note: "is gone"))
    state.settling = 2
    state.counts.waiting = 1234
    (state.counts.running, state.counts.kept, state.counts.failed) = (4, 5678, 3)
    (state.counts.skipped, state.counts.inDoubt) = (12, 1)
    (state.today.runs, state.today.runLimit) = (132, 200)
    (state.today.sent, state.today.sentLimit) = (.megabytes(880), .megabytes(900))
    (state.totals.files, state.totals.runs, state.totals.outputs) = (6932, 5694, 11_020)
    (state.totals.sent, state.totals.kept) = (.megabytes(21_400), .megabytes(48_800))
    state.running = runningItems
    state.waiting = (0..<50).map {
      item(2000 + $0, "relight/batch 7/IMG_\(4200 + $0).jpg", .waiting, 60 * $0 + 40)
    }
    state.finished = (0..<60).map { finished($0) }
    state.failures = failedItems
    state.deadlines = (0..<5).map { number in
      DashboardDeadline(
        name: "upscale/late \(number).png", request: RequestID("late-\(number)"),
        at: noon.advanced(by: .seconds(9000 + number * number * 32_000)))
    }
    state.throughput = (0..<144).map { place in
      DashboardBin(
        start: Timestamp(milliseconds: (noon.milliseconds / 600_000 - 143 + Int64(place)) * 600_000),
        kept: place % 37 < 4 ? 0 : (place * place) % 11 + place / 12,
        failed: place % 29 == 3 ? 3 : place % 17 == 0 ? 1 : 0)
    }
    return state
  }

  private static var runningItems: [DashboardItem] {
    let rows = [
      (1, "upscale/portrait of a heron at dusk.png", "keeping", nil, 190),
      (2, "relight/IMG_0412.jpg", "running", nil, 143), (3, "relight/IMG_0413.jpg", "in queue", 3, 61),
      (4, "film/take-07.mp4", "uploading", Int?.none, 12),
    ]
    return rows.map { id, name, phase, position, age in
      var row = item(id, name, .running, age)
      (row.phase, row.position, row.request) = (phase, position, RequestID("run-\(id)"))
      return row
    }
  }

  private static var failedItems: [DashboardItem] {
    var refused = item(900, "upscale/scan_00017.tif", .failed, 1900)
    refused.reason = "is not a whole TIFF file: it ends after 1,048,576 bytes of 3,145,728"
    var remote = item(901, "relight/IMG_0398.jpg", .failed, 7400)
    remote.reason =
      "the run failed: CUDA out of memory. Tried to allocate 2.40 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.1 GiB is free."
    remote.request = "7f0f2b1e-6c1a-4a0e-9a84-5d2f6f1f0b77"
    var hostile = item(902, Self.hostile, .failed, 90_000)
    (hostile.reason, hostile.folder) = (Self.hostile, Self.hostile)
    var doubtful = item(903, "film/take-03.mp4", .inDoubt, 30_000)
    doubtful.reason = "the connection broke while it was submitted, and nobody knows whether it runs"
    return [refused, remote, hostile, doubtful]
  }

  static let hostile =
    "</p><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\n\u{202E}gpj\u{1B}[2J\u{0}\u{2028}"

  private static func finished(_ number: Int) -> DashboardItem {
    var row = item(3000 + number, "relight/sea/IMG_\(4190 - number).jpg", .kept, 35 + number * number * 60)
    row.outputs = number % 4 + 1
    row.request = RequestID("done-\(number)")
    row.bundle = "\(row.since.day)/IMG_\(4190 - number)/run-done-\(number).zip"
    return row
  }

  static func item(_ id: Int, _ name: String, _ state: DashboardItem.State, _ age: Int) -> DashboardItem {
    DashboardItem(
      id: Int64(id), name: name, folder: "/srv/drop", size: ByteCount(UInt64(1_400_000 + id * 7919)),
      state: state,
      since: ago(age))
  }

  private static func ago(_ seconds: Int) -> Timestamp { noon.advanced(by: .seconds(-seconds)) }
}
