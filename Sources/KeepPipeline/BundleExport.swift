public import KeepModel
public import SystemPackage

/// Writes what is in bundles as plain files.
public enum BundleExport {
  /// Writes the outputs of some bundles into a folder, each checked against its manifest on the way; nothing is
  /// overwritten, and what is damaged does not get its name.
  ///
  /// - Parameter report: Told of each bundle as soon as it is done.
  /// - Throws: ``KeepError`` with code `local_io` when nothing can be written there.
  public static func export(
    _ bundles: [FilePath], to folder: FilePath, _ choice: ExportChoice,
    report: (ExportReport) -> Void
  ) throws(KeepError) {
    var exporter = Exporter(to: folder)
    exporter.choice = choice
    try exporter.prepare()
    try exporter.clear()
    for bundle in bundles {
      do {
        report(try exporter.report(of: bundle))
      } catch  where error.code != .localIO || error.subject == .path(bundle) {
        report(ExportReport(bundle: bundle, failures: [error]))
      }
    }
  }
}
