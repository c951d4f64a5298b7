import KeepInput
import KeepModel
import KeepSubmit

/// Makes runs of rows.
struct RunDrafts {
  let deployment: DeploymentID
  let mode: Submission.Mode
  let workflow: Workflow?
  let template: RunTemplate
  let placer: Placer
  let shelf: AssetShelf

  func run(_ row: RunRow, _ combination: [(sweep: Sweep, value: Sweep.Value)]) -> PlannedRun {
    let words = combination.map { $0.value.label($0.sweep.input) }.joined(separator: ", ")
    let label = words.isEmpty ? row.label : "\(row.label) [\(words)]"
    do throws(KeepError) {
      guard !Task.isCancelled else { throw KeepError(.interrupted, .none, "stopped") }
      let (overrides, warnings) = try template.overrides(of: row, combination) { path throws(KeepError) in
        try shelf.asset(at: path)
      }
      let placed = try placer.place(
        Submission(deployment: deployment, mode: mode, workflow: workflow, overrides: overrides))
      let advice = overrides.assets.flatMap {
        MediaAdvice.warnings(for: $0.asset, into: template.mediaInput($0.input))
      }
      return PlannedRun(
        item: .init(label: label, inputs: row.inputs, submission: .success(placed.submission)),
        bodySize: placed.bodySize, preview: placed.preview, placements: placed.placements,
        warnings: shelf.unsaid(warnings + placed.warnings + advice))
    } catch {
      return PlannedRun(refused: .init(label: label, inputs: row.inputs, submission: .failure(error)))
    }
  }

  func refused(_ row: RunRow, _ error: KeepError) -> PlannedRun {
    PlannedRun(refused: .init(label: row.label, inputs: row.inputs, submission: .failure(error)))
  }
}
