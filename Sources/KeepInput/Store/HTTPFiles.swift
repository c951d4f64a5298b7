internal import KeepModel
internal import KeepTransport

/// Files on a server that knows HEAD, PUT and DELETE.
struct HTTPFiles: Sendable {
  let access: StoreAccess
  let login: StoreLogin

  /// What lies at a URL: a file is the asset when it has its size; servers give no checksum.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when the login is refused, `unavailable`.
  func presence(of asset: Asset, at url: HTTPURL) async throws(KeepError) -> Presence {
    let answer = try await access.answer(to: login.request(.head, url))
    switch answer.status {
    case 200...299:
      guard let length = answer.headers["Content-Length"].flatMap({ UInt64($0) }) else {
        return try await ObjectComparison(access).presence(of: asset, login.request(.get, url))
      }
      return length == asset.size.bytes
        ? .same : .other("\(length) bytes where the file has \(asset.size.bytes)")
    case 404, 410: return .absent
    case 403, 405, 501: return .hidden
    default: throw StoreRefusal.error(answer, url, "looking for the file")
    }
  }

  /// Sends an asset's bytes.
  ///
  /// - Throws: ``KeepError`` as ``StoreAccess/once(_:)``, and what is wrong with the file.
  func put(
    _ asset: Asset, to url: HTTPURL, isConditional: Bool, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> BufferedResponse {
    var headers = HTTPHeaders()
    if isConditional { headers.add("If-None-Match", "*") }
    return try await access.once(
      login.request(.put, url, headers: headers, body: asset.body(asset.whole, progress: progress)))
  }

  /// Removes what lies at a URL, if something does.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when the server refuses, `unavailable`.
  func remove(_ url: HTTPURL) async throws(KeepError) {
    let answer = try await access.answer(to: login.request(.delete, url))
    guard (200...299).contains(answer.status) || answer.status == 404 || answer.status == 410 else {
      throw StoreRefusal.error(answer, url, "the removal")
    }
  }

  /// The URL that a key is, if it is one of this server: credentials go nowhere else.
  ///
  /// - Throws: ``KeepError`` with code `uploadFailed` when it is not.
  func url(_ key: String, within origin: HTTPURL.Origin) throws(KeepError) -> HTTPURL {
    guard let url = HTTPURL(key), url.origin == origin else {
      throw KeepError(.uploadFailed, .address(origin.description), "has no object of that name: \(key)")
    }
    return url
  }
}

/// Fetches an object to see whether it is an asset, where a store says too little about it.
struct ObjectComparison {
  private let access: StoreAccess

  init(_ access: StoreAccess) { self.access = access }

  /// What the answer to a request is, held against an asset.
  ///
  /// - Throws: ``KeepError`` with `unavailable` when it cannot be fetched.
  func presence(of asset: Asset, _ request: HTTPRequest) async throws(KeepError) -> Presence {
    var request = request
    request.reach = access.reach
    do {
      return try await access.transport.withResponse(to: request) { response in
        guard response.status == 200 else { return response.status == 404 ? .absent : .hidden }
        var (count, hasher) = (UInt64(0), ChecksumHasher())
        while let piece = try await response.body.next() {
          count += UInt64(piece.count)
          guard count <= asset.size.bytes else {
            return .other("more than the file's \(asset.size.bytes) bytes")
          }
          piece.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finish() == asset.checksum
          ? .same : .other("\(count) bytes with another checksum than the file's")
      }
    } catch let error as KeepError {
      throw error
    } catch {
      throw KeepError(
        .failure, .address(request.url.withoutQuery.description), "cannot be compared: \(error)")
    }
  }
}
