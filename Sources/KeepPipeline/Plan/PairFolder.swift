import Glibc
import KeepInput
import KeepModel
import SystemPackage

/// A folder whose files go into one input, each with the file of the same name, extension aside, that goes into
/// another: `photos/cat.jpg` and `masks/cat.png`. A partner is never guessed.
struct PairFolder {
  let input: NodeInput
  let folder: FilePath
  private let partners: [String: [FilePath]]
  private let refused: [(path: FilePath, error: KeepError)]

  /// Lists a folder.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` when it cannot be read or has no media.
  init(
    _ input: NodeInput, _ folder: FilePath, isRecursive: Bool, excluding excluded: [FilePath] = []
  ) throws(KeepError) {
    self.input = input
    self.folder = folder
    let list = try AssetList(at: [folder], isRecursive: isRecursive, excluding: excluded)
    var partners: [String: [FilePath]] = [:]
    for path in list.files { partners[Self.key(list.relative(path)), default: []].append(path) }
    self.partners = partners
    self.refused = list.entries.compactMap { entry in
      if case .refused(let path, let error) = entry { (path, error) } else { nil }
    }
  }

  /// What partners share: the path below the folder without the extension. As a `String` it is the same in every
  /// Unicode spelling, since macOS writes names otherwise than Linux.
  static func key(_ relative: FilePath) -> String {
    guard FilePath(relative.string) == relative else {
      // Names that are no text match by their bytes alone: as text, many would look alike.
      let stem = relative.withPlatformString { bytes in
        Hexadecimal.encode(UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))
      }
      let suffix = relative.extension.map { Hexadecimal.encode(".\($0)".utf8) } ?? ""
      return "/" + (stem.hasSuffix(suffix) ? String(stem.dropLast(suffix.count)) : stem)
    }
    let stem = relative.stem ?? relative.lastComponent?.string ?? ""
    return (relative.removingLastComponent().components.map(\.string) + [stem]).joined(separator: "/")
  }

  /// The one partner of a key.
  ///
  /// - Throws: ``KeepError`` with `input_rejected` where there is none, or several.
  func partner(of file: FilePath, key: String) throws(KeepError) -> FilePath {
    let found = partners[key] ?? []
    guard let partner = found.first else {
      throw KeepError(
        .inputRejected, .path(file), "has no partner in \(folder) for \(input)",
        hint: "a partner has the same name, its extension aside")
    }
    guard found.count == 1 else {
      let names = found.map { $0.lastComponent?.string ?? "" }.joined(separator: " and ")
      throw KeepError(
        .inputRejected, .path(file), "has \(found.count) partners in \(folder) for \(input): \(names)")
    }
    return partner
  }

  /// The files that nobody asked for, and the folders below that cannot be read.
  func leftOver(_ used: Set<String>) -> [RunPlan.Skipped] {
    let lonely = partners.filter { !used.contains($0.key) }.values.joined()
      .map { RunPlan.Skipped(path: $0, reason: "has no partner, and nothing is run with it alone") }
    let unread = refused.map { RunPlan.Skipped(path: $0.path, reason: $0.error.reason) }
    return (lonely + unread).sorted { $0.path.string < $1.path.string }
  }
}

extension [RunRow] {
  /// Gives every row its partner in a folder; rows that share a name are refused, since a partner is for one.
  ///
  /// - Returns: what of the folder nobody asked for.
  mutating func pair(with folder: PairFolder) -> [RunPlan.Skipped] {
    var counts: [String: Int] = [:]
    for row in self { if let relative = row.relative { counts[PairFolder.key(relative), default: 0] += 1 } }
    for index in indices where self[index].failure == nil && self[index].references[folder.input] == nil {
      guard let relative = self[index].relative, let path = self[index].leading else {
        self[index].failure = KeepError(
          .inputRejected, .nodeInput(folder.input), "gets no file: there is none whose partner it could be")
        continue
      }
      let key = PairFolder.key(relative)
      do throws(KeepError) {
        guard counts[key] == 1 else {
          throw KeepError(
            .inputRejected, .path(path),
            "is not the only file with this name, its extension aside, so a partner "
              + "in \(folder.folder) could belong to either", hint: "rename one of them and its partner")
        }
        self[index].references[folder.input] = .file(try folder.partner(of: path, key: key))
      } catch {
        self[index].failure = error
      }
    }
    return folder.leftOver(Set(counts.keys))
  }
}
