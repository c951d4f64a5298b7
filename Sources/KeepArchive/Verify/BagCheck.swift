import KeepModel

/// Checks the BagIt side: tag files exactly as the profile has them, and exactly the payload they list.
struct BagCheck {
  let contents: BundleContents
  /// `bag-info.txt` as it was read before the pass.
  let info: BagInfo

  func check(_ log: inout FindingLog) {
    checkTagFiles(&log)
    checkInfo(&log)
    checkPayload(&log)
    checkTagList(&log)
  }

  private func checkTagFiles(_ log: inout FindingLog) {
    for name in BundleContents.tagFiles where !contents.has(name) {
      log.note(.tagFileMissing, path: name, "is missing")
    }
    for path in contents.paths
    where !path.hasPrefix("data/") && !BundleContents.tagFiles.contains(path) {
      log.note(.tagFileStray, path: path, "is no tag file of the profile")
    }
    let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    if let found = contents["bagit.txt"]?.bytes, found != Array(declaration.utf8) {
      log.note(.bagDeclarationDiffers, path: "bagit.txt", "is not the two lines of BagIt 1.0")
    }
  }

  private func checkInfo(_ log: inout FindingLog) {
    guard contents.has("bag-info.txt") else { return }
    let path = "bag-info.txt"
    if !info.hasProfileLabels {
      log.note(
        .bagInfoDiffers, path: path,
        "must have exactly these labels, one a line: \(BagInfo.labels.joined(separator: ", "))")
    }
    if let text = info["External-Description"], text != BagInfo.description {
      log.note(.bagInfoDiffers, path: path, "External-Description is \(text)")
    }
    if let text = info["BagIt-Profile-Identifier"], text != Bag.profileIdentifier {
      log.note(
        .bagInfoDiffers, path: path,
        "BagIt-Profile-Identifier is \(text), not \(Bag.profileIdentifier)")
    }
    if let text = info["External-Identifier"], !Self.isUUIDName(text) {
      log.note(.bagInfoDiffers, path: path, "External-Identifier is no urn:uuid: \(text)")
    }
    let octets = contents.payload.reduce(UInt64(0)) { $0 + (contents[$1]?.size ?? 0) }
    let oxum = "\(octets).\(contents.payload.count)"
    if info["Payload-Oxum"] != oxum {
      log.note(
        .oxumDiffers, path: path, "Payload-Oxum is \(info["Payload-Oxum"] ?? "missing"), not \(oxum)")
    }
  }

  /// Whether a text is `urn:uuid:` and a UUID in lower case.
  static func isUUIDName(_ text: String) -> Bool {
    guard text.hasPrefix("urn:uuid:") else { return false }
    return isUUID(String(text.dropFirst(9)))
  }

  static func isUUID(_ text: String) -> Bool {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12]
      && groups.joined().allSatisfy { Hexadecimal.value(of: $0) != nil && !(0x41...0x46).contains($0) }
  }

  private func checkPayload(_ log: inout FindingLog) {
    guard let bytes = contents["manifest-sha256.txt"]?.bytes else { return }
    let list = ChecksumList(bytes)
    noteSpelling(list, "manifest-sha256.txt", &log)
    for (path, checksum) in list.lines {
      guard path.hasPrefix("data/") else {
        log.note(.checksumListMalformed, path: path, "manifest-sha256.txt lists what is no payload")
        continue
      }
      guard contents.has(path) else {
        log.note(.payloadMissing, path: path, "is listed in manifest-sha256.txt but not there")
        continue
      }
      if contents[path]?.differs(from: checksum) != false {
        log.note(.payloadDamaged, path: path, "SHA-256 differs from manifest-sha256.txt")
      }
    }
    let listed = Set(list.lines.map(\.path))
    for path in contents.payload where !listed.contains(path) {
      log.note(.payloadUnlisted, path: path, "is not listed in manifest-sha256.txt")
    }
  }

  private func checkTagList(_ log: inout FindingLog) {
    guard let bytes = contents["tagmanifest-sha256.txt"]?.bytes else { return }
    let list = ChecksumList(bytes)
    noteSpelling(list, "tagmanifest-sha256.txt", &log)
    let expected = BundleContents.tagFiles.dropLast()
    if list.lines.map(\.path) != Array(expected) {
      log.note(
        .tagFileUnlisted, path: "tagmanifest-sha256.txt",
        "must list exactly \(expected.joined(separator: ", "))")
    }
    for (path, checksum) in list.lines where contents.has(path) {
      if contents[path]?.differs(from: checksum) != false {
        log.note(.tagFileDamaged, path: path, "SHA-256 differs from tagmanifest-sha256.txt")
      }
    }
  }

  private func noteSpelling(_ list: ChecksumList, _ path: String, _ log: inout FindingLog) {
    if let fault = list.fault { log.note(.checksumListMalformed, path: path, fault) }
  }
}

/// The lines of a `sha256sum` list as BagIt 1.0 has it.
struct ChecksumList: Sendable {
  /// Every line that could be read. Paths are portable ASCII.
  private(set) var lines: [(path: String, checksum: Checksum)] = []
  /// The first thing that is not as it must be.
  private(set) var fault: String?

  init(_ bytes: [UInt8]) {
    if bytes.last != 0x0A { fault = "does not end in a line feed" }
    let rows = bytes.dropLast(bytes.last == 0x0A ? 1 : 0)
      .split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, row) in rows.enumerated() {
      guard let line = Self.line(row) else {
        fault = fault ?? "line \(number + 1) is not a lower-case SHA-256, two spaces and a path"
        continue
      }
      if let last = lines.last, !last.path.utf8.lexicographicallyPrecedes(line.path.utf8) {
        fault = fault ?? "line \(number + 1) is out of order"
      }
      lines.append(line)
    }
  }

  private static func line(_ row: ArraySlice<UInt8>) -> (path: String, checksum: Checksum)? {
    guard row.count > 66,
      let checksum = Checksum(hexadecimal: String(decoding: row.prefix(64), as: UTF8.self)),
      row.dropFirst(64).starts(with: [0x20, 0x20]),
      let path = PayloadPath(String(decoding: row.dropFirst(66), as: UTF8.self))
    else { return nil }
    return (path.rawValue, checksum)
  }
}
