internal import KeepModel
internal import KeepTransport

/// A folder of a WebDAV server (RFC 4918).
///
/// A file goes to a name beside its own, `….1a2b3c4d.part`, and is moved to its own once it is whole, with
/// `Overwrite: F`: some servers leave a broken-off upload where it was sent to, and some ignore `If-None-Match`, but all
/// that were tried keep this. On those that leave it, a killed or cancelled upload may leave such a file behind, never
/// one under the asset's name. With `{date}` in its template, the same bytes are sent again on another day.
struct WebDAVStore: ObjectStore {
  private let target: NamedAddress
  private let publicAddress: NamedAddress
  private let files: HTTPFiles

  /// A store for a checked target.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used.
  init(_ target: WebDAVTarget, _ access: StoreAccess, allowsLocal: Bool) throws(KeepError) {
    let fields: Set<UploadTemplate.Field> = [.sha256, .ext, .stem, .date]
    self.name = String(target.template.prefix { $0 != "?" })
    self.target = try NamedAddress(
      target.template, option: "upload.webdav", allowing: fields, allowsLocal: allowsLocal)
    guard !target.template.contains("?") else {
      throw KeepError(.usage, .option("upload.webdav"), "has a query, which a WebDAV address has not")
    }
    self.publicAddress = try NamedAddress(
      target.publicTemplate ?? target.template, option: "upload.public_url", allowing: fields,
      allowsLocal: allowsLocal)
    self.files = HTTPFiles(
      access: access, login: try StoreLogin(target.credentials, host: self.target.origin.host))
  }

  let name: String
  /// Somebody holds a lock on the name (RFC 4918, section 11.3).
  private static let locked = 423

  func plannedURL(for asset: Asset) -> HTTPURL? { try? publicAddress.url(fields(asset)) }

  func put(
    _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject {
    let fields = fields(asset)
    let url = try target.url(fields)
    switch try await files.presence(of: asset, at: url) {
    case .same: return try hosted(fields, url, wasThere: true)
    case .other(let what): throw occupied(url, what)
    case .absent, .hidden: break
    }
    let part = HTTPURL(origin: url.origin, path: "\(url.path).\(mark()).part", query: nil)
    do throws(KeepError) {
      try await send(asset, to: part, progress: progress)
      let wasThere = try await move(part, to: url, asset)
      return try hosted(fields, url, wasThere: wasThere)
    } catch {
      await discard(part)
      throw error
    }
  }

  func find(_ asset: Asset) async throws(KeepError) -> HostedObject? {
    let fields = fields(asset)
    let url = try target.url(fields)
    guard try await files.presence(of: asset, at: url) == .same else { return nil }
    return try hosted(fields, url, wasThere: true)
  }

  func remove(_ key: String) async throws(KeepError) {
    try await files.remove(files.url(key, within: target.origin))
  }

  /// Eight hexadecimal digits: two uploads of the same bytes at the same time do not share a temporary name.
  private func mark() -> String {
    let bits = UInt32(files.access.random() * 4_294_967_296)
    return Hexadecimal.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) })
  }

  /// Sends the bytes to the temporary name, over whatever a broken try has left there.
  private func send(
    _ asset: Asset, to part: HTTPURL, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) {
    var pauses = StoreAccess.Pauses(files.access)
    var hasMadeFolder = false
    while true {
      do throws(KeepError) {
        let answer = try await files.put(asset, to: part, isConditional: false, progress: progress)
        switch answer.status {
        case 200...299: return try await confirm(asset, part)
        case 404 where !hasMadeFolder, 409 where !hasMadeFolder:
          hasMadeFolder = true
          try await makeFolder(of: part)
        case 500 where !hasMadeFolder:
          // So says nginx where a folder is missing. If it means something else, it says so again.
          hasMadeFolder = true
          do throws(KeepError) { try await makeFolder(of: part) } catch {}
        default:
          guard RetryPolicy.isTemporary(answer.status), try await pauses.pause(after: answer, part) else {
            throw StoreRefusal.error(answer, part)
          }
        }
      } catch {
        guard error.code == .unavailable, error.httpStatus == nil,
          try await pauses.pause(after: error, part)
        else { throw error }
      }
    }
  }

  private func confirm(_ asset: Asset, _ part: HTTPURL) async throws(KeepError) {
    switch try await files.presence(of: asset, at: part) {
    case .same, .hidden: return
    case .absent: throw failed(part, "the server said that it took the file, and has nothing under its name")
    case .other(let what): throw failed(part, "the server said that it took the file, and has \(what)")
    }
  }

  /// Gives the file its own name, unless that is taken; returns whether the bytes were there before.
  private func move(_ part: HTTPURL, to url: HTTPURL, _ asset: Asset) async throws(KeepError) -> Bool {
    let request = files.login.request(
      .move, part, headers: ["Destination": url.description, "Overwrite": "F"])
    let answer = try await self.answer(to: request)
    let presence = try await files.presence(of: asset, at: url)
    switch (answer.status, presence) {
    case (200...299, .same), (200...299, .hidden): return false
    // A try whose answer was lost has done it, or another upload of the same bytes has.
    case (404, .same): return false
    case (412, .same), (Self.locked, .same):
      await discard(part)
      return true
    case (412, .other(let what)): throw occupied(url, what)
    case (200...299, .absent):
      throw failed(url, "the server said that it moved the file there, and has nothing")
    case (200...299, .other(let what)):
      throw failed(url, "the server said that it moved the file there, and has \(what)")
    default: throw StoreRefusal.error(answer, url, "the move to its own name")
    }
  }

  /// The answer to a request, which is sent again while a name is locked: that is another upload of the same bytes, for a
  /// moment.
  private func answer(to request: HTTPRequest) async throws(KeepError) -> BufferedResponse {
    try await files.access.answer(to: request) { $0.status == Self.locked }
  }

  /// Makes the folder that a file is to lie in, and those above it as needed.
  private func makeFolder(of url: HTTPURL) async throws(KeepError) {
    var missing: [HTTPURL] = []
    var folder = url.path.split(separator: "/").dropLast()
    while !folder.isEmpty {
      let place = HTTPURL(origin: url.origin, path: "/" + folder.joined(separator: "/") + "/", query: nil)
      let answer = try await answer(to: files.login.request(.mkcol, place))
      switch answer.status {
      case 200...299, 405: folder = []
      case 409, 404:
        missing.append(place)
        folder = folder.dropLast()
      default: throw StoreRefusal.error(answer, place, "making the folder")
      }
    }
    for place in missing.reversed() {
      let answer = try await answer(to: files.login.request(.mkcol, place))
      guard (200...299).contains(answer.status) || answer.status == 405 else {
        throw StoreRefusal.error(answer, place, "making the folder")
      }
    }
  }

  /// Removes the temporary file. What led here is what the caller is told.
  private func discard(_ part: HTTPURL) async {
    guard !Task.isCancelled else { return }
    do throws(KeepError) { try await files.remove(part) } catch {}
  }

  private func fields(_ asset: Asset) -> AssetFields { AssetFields(asset, at: files.access.now()) }

  private func hosted(
    _ fields: AssetFields, _ url: HTTPURL, wasThere: Bool
  ) throws(KeepError) -> HostedObject {
    HostedObject(url: try publicAddress.url(fields), key: url.description, expiresAt: nil, wasThere: wasThere)
  }

  private func occupied(_ url: HTTPURL, _ what: String) -> KeepError {
    failed(url, "the name is taken by other bytes: \(what)", hint: "remove them; nothing is overwritten")
  }

  private func failed(_ url: HTTPURL, _ reason: String, hint: String? = nil) -> KeepError {
    KeepError(.uploadFailed, .address(url.description), reason, hint: hint)
  }
}
