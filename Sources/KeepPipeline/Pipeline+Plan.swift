import KeepFiles
import KeepLedger
public import KeepModel
import SystemPackage

extension Pipeline {
  /// Plans runs as ``Planner/plan(_:)`` does, and takes care that what this archive made is not taken for new
  /// inputs, which would cost a run each, at every repetition of the same command.
  ///
  /// On the way through a named folder the archive and the folder for exports are not looked into. A file in a
  /// named folder whose bytes are known as an output of the same deployment is passed over. One that is named
  /// itself is taken, unless it lies where exports go.
  ///
  /// - Throws: ``KeepError`` as ``Planner/plan(_:)``; `usage` when a named folder is the one for exports;
  ///   `local_io` when nothing can be exported there.
  public func plan(_ wish: RunWish) async throws(KeepError) -> RunPlan {
    var wish = wish
    wish.excluded.append(archive.layout.root)
    if let folder = configuration.exportFolder {
      for path in wish.paths where Folder.isSame(path, folder) {
        throw KeepError(
          .usage, .path(path),
          "is where outputs are exported to: the same command would take them for inputs",
          hint: "name another folder with --export")
      }
      wish.excluded.append(folder)
    }
    let plan = try await withoutOutputs(try await planner.plan(wish), named: Set(wish.paths))
    if let folder = configuration.exportFolder { try Exporter(to: folder).prepare() }
    return plan
  }

  private func withoutOutputs(
    _ plan: RunPlan, named paths: Set<FilePath>
  ) async throws(KeepError) -> RunPlan {
    var runs: [PlannedRun] = []
    var skipped = plan.skipped
    for run in plan.runs {
      guard let path = run.item.inputs.first, try await isOutput(run, path) else {
        runs.append(run)
        continue
      }
      if !paths.contains(path) {
        skipped.append(
          RunPlan.Skipped(path: path, reason: "is an output of the deployment itself; name it to run it"))
      } else if isExported(path) {
        runs.append(run.refused(.exported(path)))
      } else {
        runs.append(run)
      }
    }
    return RunPlan(runs: runs, skipped: skipped, warnings: plan.warnings)
  }

  /// Whether a run's own file has the bytes of an output of its deployment.
  private func isOutput(_ run: PlannedRun, _ path: FilePath) async throws(KeepError) -> Bool {
    guard case .success(let submission) = run.item.submission,
      let asset = submission.overrides.assets.first(where: { $0.asset.path == path })?.asset
    else { return false }
    return try await ledger.isOutput(asset.checksum, of: submission.deployment)
  }

  private func isExported(_ path: FilePath) -> Bool {
    let folder = path.removingLastComponent()
    return configuration.exportFolder.map { Folder.isSame($0, folder.isEmpty ? "." : folder) } ?? false
  }
}

extension PlannedRun {
  /// The same run, not to be submitted.
  fileprivate func refused(_ error: KeepError) -> PlannedRun {
    PlannedRun(
      item: .init(label: item.label, inputs: item.inputs, submission: .failure(error)), bodySize: nil,
      preview: nil, warnings: [])
  }
}

extension KeepError {
  fileprivate static func exported(_ path: FilePath) -> KeepError {
    KeepError(
      .inputRejected, .path(path),
      "is an output of the deployment itself, and lies where outputs are exported to",
      hint: "to run it all the same, name another folder with --export")
  }
}
