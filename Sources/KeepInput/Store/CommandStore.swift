internal import KeepFiles
internal import KeepModel
internal import SystemPackage

/// A program that uploads a file and prints its URL.
///
/// It is started without a shell for every upload: what it has put before is not known here, so nothing is found again
/// or removed.
struct CommandStore: ObjectStore {
  private let arguments: [UploadTemplate]
  private let lifetime: Duration?
  private let now: @Sendable () -> Timestamp
  private let allowsLocal: Bool
  let name: String

  /// A store for a checked target.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used.
  init(
    _ target: CommandTarget, now: @escaping @Sendable () -> Timestamp, allowsLocal: Bool
  ) throws(KeepError) {
    var templates: [UploadTemplate] = []
    for argument in target.arguments {
      templates.append(
        try UploadTemplate(
          argument, allowing: [.sha256, .ext, .stem, .date, .path], option: "upload.command"))
    }
    guard let program = target.arguments.first, !program.isEmpty, templates[0].parts == [.text(program)],
      templates.contains(where: { $0.holds(.path) }),
      target.arguments.allSatisfy({ !$0.utf8.contains(0) })
    else {
      throw KeepError(
        .usage, .option("upload.command"), "is a program and its arguments, of which one holds {path}",
        hint: "such as [mytool, upload, \"{path}\"]")
    }
    if let lifetime = target.linkLifetime, lifetime <= .zero {
      throw KeepError(.usage, .option("upload.link_lifetime"), "is not longer than nothing")
    }
    self.arguments = templates
    self.lifetime = target.linkLifetime
    self.now = now
    self.allowsLocal = allowsLocal
    // Another bucket is another argument: what one put there is not looked for by the other.
    let words = Checksum(of: Array(target.arguments.joined(separator: "\0").utf8)).hexadecimal
    self.name = "the command \(program) (\(words.prefix(8)))"
  }

  func plannedURL(for asset: Asset) -> HTTPURL? { nil }

  func put(
    _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject {
    // The program reads the file by itself: that it is still the asset is seen before and after.
    try asset.verify()
    let fields = AssetFields(asset, at: now())
    let run = CommandRun(arguments: filled(fields, asset.path), name: name)
    // Enough for 8 KiB a second, and for a program that is long in starting.
    let outcome = try await run.outcome(within: .seconds(1800 + Int64(clamping: asset.size.bytes / 8192)))
    guard outcome.isSuccess else { throw failed(outcome.ending, outcome.lastWords) }
    try asset.verify()
    let line = outcome.lastLine
    guard let url = HTTPURL(line) else {
      throw failed("printed no URL as its last line", outcome.lastWords)
    }
    if !allowsLocal {
      guard url.origin.scheme == "https" else { throw failed("gave a URL of plain http: \(url.origin)", "") }
      guard !url.isLoopback, IPAddress(url.origin.host)?.isPublic != false else {
        throw failed("gave a URL that the service cannot reach: \(url.origin)", "")
      }
    }
    progress(asset.size.bytes)
    return HostedObject(
      url: url, key: "\(fields.sha256).\(fields.ext)",
      expiresAt: lifetime.map { now().advanced(by: $0) }, wasThere: false)
  }

  func find(_ asset: Asset) async throws(KeepError) -> HostedObject? { nil }

  func remove(_ key: String) async throws(KeepError) {
    throw KeepError(
      .uploadFailed, .option("upload.command"), "cannot remove what it has uploaded",
      hint: "remove it with the program's own means")
  }

  /// The arguments as bytes: a file's name need not be text. Its path is absolute, so that it is no option.
  private func filled(_ fields: AssetFields, _ path: FilePath) -> [[UInt8]] {
    let absolute = CommandRun.absolute(path).withPlatformString { Array(String.bytes($0)) }
    return arguments.map { argument in
      argument.parts.flatMap { part -> [UInt8] in
        switch part {
        case .text(let text): Array(text.utf8)
        case .field(.path): absolute
        case .field(let field): Array(fields[field].utf8)
        }
      }
    }
  }

  private func failed(_ reason: String, _ words: String) -> KeepError {
    KeepError(
      .uploadFailed, .option("upload.command"), "\(name) \(reason)\(words.isEmpty ? "" : ": \(words)")",
      hint: "run it by hand with the file to see what is wrong")
  }
}

extension String {
  /// The bytes of a C string.
  fileprivate static func bytes(_ start: UnsafePointer<CChar>) -> [UInt8] {
    var bytes: [UInt8] = []
    var place = start
    while place.pointee != 0 {
      bytes.append(UInt8(bitPattern: place.pointee))
      place += 1
    }
    return bytes
  }
}
