import KeepFiles
import KeepModel
import SystemPackage

extension RowFinder {
  /// Gives rows what stands in the sidecars of their files: `cat.yaml`, `cat.yml` or `cat.json` beside `cat.jpg`.
  ///
  /// Sidecars that were listed as no media are no longer told as skipped.
  func addSidecars(to rows: inout [RunRow], _ skipped: inout [RunPlan.Skipped]) throws(KeepError) {
    var used: Set<FilePath> = []
    for index in rows.indices where rows[index].failure == nil {
      guard let file = rows[index].leading else { continue }
      do throws(KeepError) {
        guard let path = try Self.sidecar(of: file) else { continue }
        used.insert(path)
        try add(Sidecar(at: path), of: path, to: &rows[index])
      } catch {
        rows[index].failure = error
      }
    }
    skipped.removeAll { used.contains($0.path) }
  }

  private static func sidecar(of file: FilePath) throws(KeepError) -> FilePath? {
    let found = Sidecar.places(of: file).filter { FileReader.exists($0) }
    guard found.count <= 1 else {
      throw KeepError(
        .inputRejected, .path(file),
        "has \(found.count) sidecars: \(found.map(\.string).joined(separator: " and "))",
        hint: "keep one of them")
    }
    return found.first
  }

  private func add(_ sidecar: Sidecar, of path: FilePath, to row: inout RunRow) throws(KeepError) {
    do throws(KeepError) {
      for text in sidecar.settings {
        let (input, value) = try template.setting(text)
        row.values[input] = value
      }
      for text in sidecar.assets {
        let argument = try AssetArgument(text, in: template.workflow, allowsLocalURLs: wish.allowsLocalURLs)
        switch argument.source {
        case .file(let file): row.references[argument.input] = .file(file)
        case .url(let url): row.references[argument.input] = .url(url)
        case .each, .folder:
          throw KeepError(.inputRejected, .nodeInput(argument.input), "needs one file or a URL in a sidecar")
        }
      }
    } catch {
      throw KeepError(
        .inputRejected, .path(path), "\(error.subject == .none ? "" : "\(error.subject) ")\(error.reason)",
        hint: error.hint)
    }
  }
}
