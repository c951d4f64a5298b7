import SystemPackage

/// The files that lie beside a bundle.
enum SidecarPath {
  /// Its checksum, as `sha256sum` writes it.
  static func checksum(of bundle: FilePath) -> FilePath { beside(bundle, "\(name(bundle)).sha256") }

  /// Who archived it and when.
  static func receipt(of bundle: FilePath) -> FilePath {
    let name = name(bundle)
    return beside(bundle, "\(name.hasSuffix(".zip") ? String(name.dropLast(4)) : name).receipt.json")
  }

  private static func name(_ bundle: FilePath) -> String { bundle.lastComponent?.string ?? "" }

  private static func beside(_ bundle: FilePath, _ name: String) -> FilePath {
    bundle.removingLastComponent().appending(name)
  }
}
