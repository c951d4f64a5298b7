import KeepArchive
import KeepFiles
import KeepLedger
import KeepModel
import SystemPackage

/// What a bundle and the files beside it prove about a run.
struct BundleProof {
  private let layout: ArchiveLayout
  private let now: Timestamp

  init(_ layout: ArchiveLayout, now: Timestamp) {
    self.layout = layout
    self.now = now
  }

  /// The run of a bundle, with what is worth saying about it.
  ///
  /// - Throws: ``KeepError`` with `not_a_bundle`, `unsafe_bundle`, `fixity`, `failure` or `local_io` where nothing can be
  ///   told of it.
  func run(ofBundle path: FilePath) throws(KeepError) -> (run: ProvenRun, notes: [String]) {
    let report = BundleVerifier().verify(path)
    let receipt = ReceiptDocument(at: BundleSidecars(of: path).receipt)
    let place = layout.relative(path)
    var notes: [String] = []
    if let refusal = report.refusal {
      // What was paid for stays known; the bytes are for verify to judge.
      guard receipt?.checksum != nil else { throw refusal }
      notes.append("\(place.string) is damaged: \(refusal.reason); comfykeep verify tells more")
    }
    guard let checksum = report.refusal == nil ? report.checksum : receipt?.checksum else {
      throw KeepError(.fixity, .path(path), "its checksum cannot be told")
    }
    let reader = try BundleReader(path)
    let manifest = try Manifest(reading: reader)
    let stored = manifest.outputs.compactMap(\.stored)
    var run = ProvenRun(
      request: Request(id: manifest.run.request, deployment: manifest.run.deployment),
      state: Self.state(manifest), word: manifest.run.status,
      archivedAt: receipt?.archivedAt ?? manifest.run.finishedAt ?? now,
      kept: KeptRun(
        request: manifest.run.request, bundle: place, checksum: checksum, outputs: stored.count),
      outputs: stored.map(\.checksum))
    run.createdAt = manifest.run.createdAt
    run.finishedAt = manifest.run.finishedAt
    run.result = receipt?.result
    if let request = try? ArchivedRequest(manifest, reading: reader) {
      let search = SubmissionSearch(request, deployment: manifest.run.deployment)
      run.submission = receipt?.key.map { search.submission(keyed: $0) } ?? search.likely
      run.key = receipt?.key ?? run.submission?.key
      run.usedCoreKey = request.usedCoreKey
      if receipt?.key == nil {
        notes.append(
          run.key == nil
            ? "\(place.string): what went in is not told whole, so it is known by its request alone"
            : "\(place.string): it is taken for a run with the values that it had, none of them drawn at random"
        )
      }
    } else {
      run.key = receipt?.key
    }
    return (run, notes)
  }

  /// The run of a receipt whose bundle is not here, such as one that lies in a store; `nil` where it tells too little.
  func run(ofReceipt path: FilePath) -> ProvenRun? {
    guard let receipt = ReceiptDocument(at: path), let checksum = receipt.checksum,
      let request = receipt.request, let deployment = receipt.deployment
    else { return nil }
    let name = (path.lastComponent?.string ?? "").replacing(".receipt.json", with: ".zip")
    let bundle = layout.relative(path.removingLastComponent().appending(name))
    var run = ProvenRun(
      request: Request(id: request, deployment: deployment), key: receipt.key, state: receipt.state,
      word: receipt.word, archivedAt: receipt.archivedAt ?? now,
      kept: KeptRun(request: request, bundle: bundle, checksum: checksum, outputs: receipt.outputs))
    run.result = receipt.result
    return run
  }

  private static func state(_ manifest: Manifest) -> SubmissionState {
    switch CatalogEntry.State(manifest) {
    case .failed: .failed
    case .canceled: .canceled
    case .partial: .partial
    case .empty: .empty
    case .complete: .archived
    }
  }
}
