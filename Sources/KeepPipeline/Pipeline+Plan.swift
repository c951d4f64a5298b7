import KeepFiles
import KeepLedger
public import KeepModel
public import SystemPackage

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
    let wish = try wish.sparing(archive: archive.layout.root, export: configuration.exportFolder)
    return try await ready(try await planner.plan(wish), for: wish)
  }

  /// The part of ``plan(_:)`` that needs the archive: a plan without the outputs among its files, those that were
  /// skipped for it added at the end; and the folder for exports is made.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable`; `usage` for more runs or bytes than the wish allows; `local_io`
  ///   when nothing can be exported.
  public func ready(_ plan: RunPlan, for wish: RunWish) async throws(KeepError) -> RunPlan {
    let ready = try await plan.withoutOutputs(of: archive, for: wish, export: configuration.exportFolder)
    let outlooks = try await ready.outlooks(
      in: archive, repeatsEnded: configuration.repeatsEnded, repeatsKept: configuration.repeatsKept)
    try ready.check(wish.budget, outlooks, uploaded: await archive.uploads())
    if let folder = configuration.exportFolder { try Exporter(to: folder).prepare() }
    return ready
  }
}

extension RunPlan {
  /// The plan without the files in named folders that are outputs which an archive knows, those added at the end of
  /// what was skipped.
  ///
  /// - Throws: ``KeepError`` with `ledger_unusable`.
  public func withoutOutputs(
    of archive: Archive, for wish: RunWish, export folder: FilePath? = nil
  ) async throws(KeepError) -> RunPlan {
    let named = Set(wish.paths)
    var runs: [PlannedRun] = []
    var skipped = skipped
    for run in self.runs {
      guard let path = run.item.inputs.first, try await Self.isOutput(run, path, of: archive) else {
        runs.append(run)
        continue
      }
      if !named.contains(path), wish.table == nil {
        skipped.append(
          Skipped(path: path, reason: "is an output of the deployment itself; name it to run it"))
      } else if Self.lies(path, in: folder) {
        runs.append(run.refused(.exported(path)))
      } else {
        runs.append(run)
      }
    }
    return RunPlan(runs: runs, skipped: skipped, warnings: warnings, instances: instances)
  }

  /// Whether a run's own file has the bytes of an output of its deployment.
  private static func isOutput(
    _ run: PlannedRun, _ path: FilePath, of archive: Archive
  ) async throws(KeepError) -> Bool {
    guard case .success(let submission) = run.item.submission,
      let asset = submission.overrides.assets.first(where: { $0.asset.path == path })?.asset
    else { return false }
    // Outputs are known as they came, with the text that ComfyUI writes into them.
    return try await archive.ledger.isOutput(asset.original ?? asset.checksum, of: submission.deployment)
  }

  private static func lies(_ path: FilePath, in folder: FilePath?) -> Bool {
    let parent = path.removingLastComponent()
    return folder.map { Folder.isSame($0, parent.isEmpty ? "." : parent) } ?? false
  }
}

extension RunWish {
  /// The same wish, that does not look into an archive and the folder for exports on its way through a named one.
  ///
  /// - Throws: ``KeepError`` with `usage` when a named folder is the one for exports.
  public func sparing(archive root: FilePath, export folder: FilePath?) throws(KeepError) -> RunWish {
    var wish = self
    wish.excluded.append(root)
    guard let folder else { return wish }
    for path in paths where Folder.isSame(path, folder) {
      throw KeepError(
        .usage, .path(path), "is where outputs are exported to: the same command would take them for inputs",
        hint: "name another folder with --export")
    }
    wish.excluded.append(folder)
    return wish
  }
}

extension PlannedRun {
  /// The same run, not to be submitted.
  fileprivate func refused(_ error: KeepError) -> PlannedRun {
    PlannedRun(refused: .init(label: item.label, inputs: item.inputs, submission: .failure(error)))
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
