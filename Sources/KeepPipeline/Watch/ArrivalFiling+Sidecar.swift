import KeepFiles
import KeepInput
import KeepLedger
import KeepModel
import SystemPackage

/// What gives values to a file goes where the file goes: it is taken again with the same values, and another file of its
/// name does not get them.
extension ArrivalFiling {
  /// Moves the sidecar of an arrival beside its file, which lies at `moved` by now; one that another file takes values
  /// from stays.
  ///
  /// - Throws: ``KeepError`` with `local_io` where it cannot be moved, or another lies there.
  func moveSidecar(of arrival: Arrival, to moved: FilePath) throws(KeepError) {
    let place = arrival.place
    let pairs = zip(Sidecar.places(of: place), Sidecar.places(of: moved)).filter { sidecar, _ in
      sidecar.lastComponent?.string != WatchSetting.recipeName && FileReader.exists(sidecar)
    }
    guard !pairs.isEmpty, usesSidecars(arrival.path, arrival.folder) else { return }
    let stem = place.stem
    let others = try FolderListing.files(in: place.removingLastComponent())
    guard !others.contains(where: { $0.stem == stem && AssetList.reasonToPassOver($0) == nil }) else {
      return
    }
    for (sidecar, target) in pairs where try !Folder.moveFile(sidecar, to: target) {
      throw KeepError(
        .localIO, .path(sidecar),
        "gives values to the file that was moved, and another lies at \(target.string)")
    }
  }
}
