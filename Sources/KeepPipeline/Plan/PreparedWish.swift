import KeepFiles
import KeepInput
import KeepModel
import KeepSubmit
import SystemPackage

/// What is asked for, with the workflow that it is for: ready to make runs of files, one batch or one file after the
/// other.
struct PreparedWish: Sendable {
  let wish: RunWish
  let template: RunTemplate
  /// The deployment by its id.
  let deployment: DeploymentID
  /// How many instances the deployment has at most, where that is known.
  let instances: [DeploymentID: Int]
  /// What is worth saying about all runs.
  let warnings: [String]
  private let mode: Submission.Mode
  private let workflow: Workflow?
  private let placer: Placer

  /// - Throws: ``KeepError`` for an unknown node or input, a value of the wrong kind, and whatever is named twice.
  init(_ wish: RunWish, graph: PlannedGraph, placer: Placer) throws(KeepError) {
    self.wish = wish
    self.template = try RunTemplate(wish, graph: graph)
    self.deployment = graph.deployment
    self.instances = graph.maxInstances.map { [graph.deployment: $0] } ?? [:]
    self.warnings = graph.warnings
    self.mode = wish.isInline ? .inlineWorkflow : .overrides
    self.workflow = graph.running
    self.placer = placer
  }

  /// Reads files as the wish wants them sent.
  var reader: AssetReader { wish.reader }

  /// A run for each row and combination of swept values, ready or refused.
  ///
  /// - Parameter known: Files that were read already.
  /// - Throws: ``KeepError`` with `usage` for more runs than a batch may have.
  func runs(_ rows: [RunRow], known: [Asset] = []) throws(KeepError) -> [PlannedRun] {
    let combinations = try template.combinations()
    let drafts = RunDrafts(
      deployment: deployment, mode: mode, workflow: workflow, template: template, placer: placer,
      shelf: AssetShelf(reader: reader, known: known))
    guard rows.count.multipliedReportingOverflow(by: combinations.count).partialValue <= Sweep.mostValues
    else {
      throw KeepError(
        .usage, .option("--sweep"),
        "\(rows.count) files with \(combinations.count) combinations each are more than \(Sweep.mostValues) runs"
      )
    }
    return rows.flatMap { row in
      if let failure = row.failure { return [drafts.refused(row, failure)] }
      return combinations.map { drafts.run(row, $0) }
    }
  }

  /// The runs of one file.
  ///
  /// - Throws: ``KeepError`` when nothing can be run for it: it is left out by the wish's globs, or has no partner.
  func runs(of asset: Asset) throws(KeepError) -> [PlannedRun] {
    var wish = wish
    wish.paths = [asset.path]
    wish.table = nil
    return try runs(try RowFinder(wish: wish, template: template).rows().rows, known: [asset])
  }
}

extension RunWish {
  /// Reads files as they are to be sent, no larger than can be.
  var reader: AssetReader {
    AssetReader(maximumSize: .mebibytes(upload == nil ? 2048 : 65_536), stripsMetadata: stripsMetadata)
  }
}
