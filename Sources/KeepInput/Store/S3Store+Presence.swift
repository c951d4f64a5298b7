internal import KeepModel
internal import KeepTransport

extension S3Store {
  /// What lies under a key: by size, then by checksum where the store gives one, then by an `ETag` that is the MD5.
  ///
  /// An `ETag` that differs proves nothing, since stores may make it of anything; then the object is fetched and hashed.
  ///
  /// - Throws: ``KeepError`` with `upload_failed` when the keys or the bucket are refused, `unavailable`.
  func presence(of asset: Asset, at key: String) async throws(KeepError) -> Presence {
    try await presence(at: key) { answer async throws(KeepError) in
      try await comparison(answer, asset, key)
    }
  }

  /// What lies under a key, by what a HEAD tells of it.
  ///
  /// - Throws: ``KeepError`` as ``presence(of:at:)``.
  func presence(
    at key: String, _ compare: (BufferedResponse) async throws(KeepError) -> Presence
  ) async throws(KeepError) -> Presence {
    let request = bucket.request(.head, key, headers: ["x-amz-checksum-mode": "ENABLED"])
    let answer = try await answer(to: request)
    switch answer.status {
    case 200...299: return try await compare(answer)
    case 404: return .absent
    case 403:
      // Keys that may put and not list get this for what is absent; HEAD brings no words along that would tell.
      let words = await words(for: answer)
      guard ["AccessDenied", ""].contains(S3Refusal(words).code) else { throw refusal(words, request.url) }
      return .hidden
    case 301...308, 400, 401: throw refusal(await words(for: answer), request.url)
    default: throw refusal(answer, request.url, "looking for the file")
    }
  }

  private func comparison(
    _ answer: BufferedResponse, _ asset: Asset, _ key: String
  ) async throws(KeepError) -> Presence {
    if let length = answer.headers["Content-Length"].flatMap({ UInt64($0) }), length != asset.size.bytes {
      return .other("\(length) bytes where the file has \(asset.size.bytes)")
    }
    if let checksum = answer.headers["x-amz-checksum-sha256"], !checksum.contains("-") {
      return checksum == asset.checksum.base64
        ? .same : .other("\(asset.size.bytes) bytes with another checksum")
    }
    let isKeyed = answer.headers["x-amz-server-side-encryption"]?.hasPrefix("aws:kms") == true
    guard let tag = answer.headers["ETag"].map(Self.unquoted), Self.isDigest(tag), !isKeyed,
      asset.size <= singleLimit
    else { return .same }
    if try asset.entityTag() == tag { return .same }
    return try await ObjectComparison(access).presence(of: asset, bucket.request(.get, key))
  }

  /// The refusal of a HEAD with words, which a GET of the bucket's first key is refused with for the same reason.
  private func words(for answer: BufferedResponse) async -> BufferedResponse {
    let request = bucket.request(.get, "", query: [("list-type", "2"), ("max-keys", "1")])
    do throws(KeepError) {
      let words = try await access.once(request)
      return words.status >= 300 ? words : answer
    } catch {
      return answer
    }
  }

  /// An `ETag` without its quotation marks.
  static func unquoted(_ tag: String) -> String {
    let isQuoted = tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.count >= 2
    return isQuoted ? String(tag.dropFirst().dropLast()) : tag
  }

  static func isDigest(_ tag: String) -> Bool {
    tag.utf8.count == 32 && tag.utf8.allSatisfy { Hexadecimal.value(of: $0) != nil }
  }
}

extension Asset {
  /// The MD5 of the whole file, as stores name it in an `ETag`.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is no longer the asset, `localIO`.
  func entityTag() throws(KeepError) -> String {
    var hasher = EntityTagHasher()
    try forEachPiece { piece in hasher.update(piece) }
    return hasher.finish()
  }
}
