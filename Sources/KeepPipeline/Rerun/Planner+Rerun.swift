import KeepArchive
import KeepInput
public import KeepModel
public import SystemPackage

extension Planner {
  /// Plans one run for each bundle, after what the bundle alone says was asked for. Every bundle is verified first.
  ///
  /// What is wrong with one bundle, or keeps it from being run, refuses its own run only.
  ///
  /// - Parameter archive: Where the runs are to be kept; files are taken out of the bundles into it, later.
  /// - Throws: ``KeepError`` when nothing can be planned at all: a refused token, an unreachable service, a deployment
  ///   that nobody can tell, an upload target that cannot be used.
  public func plan(_ wish: RerunWish, keptIn archive: FilePath) async throws(KeepError) -> RerunPlan {
    let placer = try placer(for: wish.changes)
    let reports = await Verification.reports(of: wish.bundles)
    let shelf = AssetShelf(
      reader: AssetReader(
        maximumSize: .mebibytes(placer.store == nil ? 2048 : 65_536),
        stripsMetadata: wish.changes.stripsMetadata))
    let folder = ArchiveLayout(root: archive).extracted
    var finder = RerunGraphFinder(wish: wish, graphs: graphs)
    var runs: [PlannedRun] = []
    var extractions: [[InputExtraction]] = []
    var requests: [RequestID?] = []
    var instances: [DeploymentID: Int] = [:]
    for report in reports {
      let label = report.path.lastComponent?.string ?? report.path.string
      do throws(KeepError) {
        let source = try RerunSource(report)
        let graph = try await finder.graph(of: source)
        instances[graph.deployment] = graph.maxInstances
        let draft = RerunDraft(
          source: source, graph: graph, wish: wish, shelf: shelf, hasCoreKey: coreAPIKey != nil,
          folder: folder)
        let ready = try draft.ready(placer)
        if wish.changes.probesURLs { try await probe(ready.addresses, wish) }
        runs.append(ready.run)
        extractions.append(ready.extractions)
        requests.append(source.manifest.run.request)
      } catch {
        if error.stopsEverything { throw error }
        runs.append(
          PlannedRun(refused: .init(label: label, inputs: [report.path], submission: .failure(error))))
        extractions.append([])
        requests.append(nil)
      }
    }
    return RerunPlan(
      runs: RunPlan(runs: runs, skipped: [], warnings: finder.warnings, instances: instances),
      bundles: wish.bundles,
      requests: requests, extractions: extractions)
  }

  private func probe(_ addresses: [HTTPURL], _ wish: RerunWish) async throws(KeepError) {
    for url in addresses { try await stores.probe(url, nil, allowsLocal: wish.changes.allowsLocalURLs) }
  }
}

extension KeepError {
  /// Whether it is about the service or the command, and no bundle can be planned.
  fileprivate var stopsEverything: Bool {
    [.tokenRefused, .unavailable, .interrupted, .usage].contains(code)
  }
}
