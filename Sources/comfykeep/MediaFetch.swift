import KeepHTTP
import KeepModel
import KeepSimulator
import KeepTransport
import SystemPackage

/// Fetches media for the simulator, as the service does: by GET, as nobody in particular, along no redirect.
struct MediaFetch: Sendable {
  /// Files up to this size can come out of a run again.
  private static let wholeLimit = 64 << 20

  private let transport: CurlTransport

  /// A fetcher that trusts a file of certificates besides the system's.
  init(caFile: FilePath?) throws(KeepError) {
    self.transport = try CurlTransport(CurlTransport.Configuration(caFile: caFile))
  }

  /// What lies behind an address; `nil` for whatever else than media comes.
  func media(_ address: String) async -> Simulator.FetchedMedia? {
    guard let url = HTTPURL(address) else { return nil }
    // What cannot be fetched fails the run, which says so.
    return try? await transport.withResponse(to: HTTPRequest(.get, url)) { response in
      guard response.status == 200 else { return nil }
      var hasher = ChecksumHasher()
      var size: UInt64 = 0
      var start: [UInt8] = []
      while let piece = try await response.body.next() {
        piece.withUnsafeBytes { hasher.update($0) }
        size += UInt64(piece.count)
        if start.count < Self.wholeLimit { start += piece.prefix(Self.wholeLimit - start.count) }
      }
      return Simulator.FetchedMedia(size: size, checksum: hasher.finish(), start: start)
    }
  }
}
