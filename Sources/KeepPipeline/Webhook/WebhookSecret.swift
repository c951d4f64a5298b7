import KeepFiles
package import KeepModel
package import SystemPackage

/// What makes the address that the service calls unguessable: the service signs nothing, so who knows the address is
/// heard, and nobody else.
///
/// Printing, interpolating or dumping it shows `**redacted**`. It stays the same over restarts, since the service tries
/// for 24 hours to deliver (contract 4).
package struct WebhookSecret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  /// The component of the path that the secret follows.
  package static let marker = HTTPURL.webhookMarker
  /// The secret as text: 48 lower-case hexadecimal digits, 192 bits.
  package let secret: Secret
  /// Of the text, for comparisons that take the same time whatever is compared.
  private let digest: [UInt8]

  private static let size = 24

  /// A new one, from the system's random source.
  package init() {
    var source = SystemRandomNumberGenerator()
    let bytes = (0..<Self.size).map { _ in UInt8.random(in: .min ... .max, using: &source) }
    self.init(digits: Hexadecimal.encode(bytes))
  }

  private init(digits: String) {
    self.secret = Secret(digits)
    self.digest = Self.digest(digits.utf8)
  }

  /// Reads 48 lower-case hexadecimal digits, else `nil`.
  package init?(_ text: String) {
    let isDigit = { (byte: UInt8) in Hexadecimal.value(of: byte) != nil && !(0x41...0x46).contains(byte) }
    guard text.utf8.count == 2 * Self.size, text.utf8.allSatisfy(isDigit) else { return nil }
    self.init(digits: text)
  }

  /// The secret of an archive, made when there is none yet. Of several processes that begin at once, all get the one
  /// that was there first.
  ///
  /// - Parameters:
  ///   - folder: `ARCHIVE/.comfykeep`; made, for the owner alone, as needed.
  ///   - name: The file's name.
  /// - Throws: ``KeepError`` with code `local_io` when others can read the file, it holds no secret, or it cannot be made.
  package init(keptIn folder: FilePath, as name: String = Self.fileName) throws(KeepError) {
    let path = folder.appending(name)
    if !FileReader.exists(path) {
      try Folder.make(folder, isPrivate: true)
      let file = try AtomicFile(in: folder)
      try file.write(Array((Self().secret.reveal() + "\n").utf8))
      // A name that is taken is another process's secret, which counts.
      _ = try file.publish(as: name, permissions: .ownerReadWrite)
    }
    self = try Self.read(path)
  }

  package static let fileName = "webhook-secret"

  private static func read(_ path: FilePath) throws(KeepError) -> WebhookSecret {
    let reader = try FileReader(path, followsLinks: false)
    guard try reader.permissions().isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute]) else {
      throw KeepError(
        .localIO, .path(path), "the secret in it can be read by others",
        hint:
          "chmod 600 \(path.string); if somebody may have read it, remove it for a new one: what is on its way to "
          + "the old address is found by asking instead")
    }
    var bytes: [UInt8] = []
    if reader.size <= 64 { try reader.forEachPiece { piece in bytes += piece } }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    guard let secret = WebhookSecret(String(decoding: bytes, as: UTF8.self)) else {
      throw KeepError(
        .localIO, .path(path),
        "holds no webhook secret: \(2 * size) lower-case hexadecimal digits are needed",
        hint: "remove it for a new one: what is on its way to the old address is found by asking instead")
    }
    return secret
  }

  // MARK: - Comparing

  /// Whether a path ends in `/comfykeep/` and this secret; what stands before is the prefix of a proxy.
  ///
  /// It takes the same time for every wrong secret: checksums are compared, all of their bytes.
  package func opens(path: String) -> Bool {
    let bytes = Array(path.utf8)
    let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? bytes.startIndex
    let isSecret = isEqual(Self.digest(bytes[slash...].dropFirst()))
    return bytes[..<slash].reversed().starts(with: "/\(Self.marker)".utf8.reversed()) && isSecret
  }

  private func isEqual(_ other: [UInt8]) -> Bool {
    zip(digest, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func digest(_ bytes: some Collection<UInt8>) -> [UInt8] {
    Array(Checksum(of: Array(bytes)).hexadecimal.utf8)
  }

  /// Equal if the texts are, compared in constant time.
  package static func == (left: Self, right: Self) -> Bool { left.isEqual(right.digest) }

  // MARK: - Never shown

  /// Always `**redacted**`.
  package var description: String { secret.description }
  /// Shows nothing of the text.
  package var customMirror: Mirror { Mirror(self, children: []) }
  /// `text` with the secret struck out in every form.
  package func redacting(_ text: String) -> String { secret.redacting(text) }
}
