import KeepModel

@testable import KeepPipeline

extension CatalogEntry {
  /// An entry that ended so many minutes after the first of November 2026.
  static func sample(_ minutes: Int, _ state: State = .complete, request: String? = nil) -> CatalogEntry {
    let request = request ?? "request-\(minutes)"
    var entry = CatalogEntry(
      address: "day/stem/run-\(request).zip", size: 1000, request: request, deployment: "deployment-1",
      state: state, status: "succeeded")
    entry.finishedAt = Timestamp(parsing: "2026-11-01T00:00:00").map {
      $0.advanced(by: .seconds(minutes * 60))
    }
    entry.prompts = ["a red fox"]
    entry.seeds = ["18446744073709551615"]
    (entry.listed, entry.archived, entry.inputs) = (2, 2, 1)
    entry.outputs = [
      Tile(kind: .image, badge: "PNG", name: "a.png", thumbnail: "\(request).jpg", thumbnailSize: 9),
      Tile(kind: .video, badge: "MP4", name: "a.mp4"),
    ]
    entry.input = Tile(kind: .image, badge: "PNG", name: "in.png")
    return entry
  }

  /// So many entries, newest first, this many minutes apart.
  static func samples(_ count: Int, apart minutes: Int = 60) -> [CatalogEntry] {
    (0..<count).map { sample($0 * minutes) }.sorted(by: isBefore)
  }
}
