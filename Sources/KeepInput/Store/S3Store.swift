internal import KeepModel
internal import KeepTransport

/// A bucket of an S3-compatible store.
///
/// Small files go in one PUT, large ones in parts (``S3Multipart``). With `{date}` in its prefix, the same bytes are
/// sent again on another day.
struct S3Store: ObjectStore {
  let bucket: S3Bucket
  let access: StoreAccess
  /// Larger files go in parts.
  var singleLimit = ByteCount.mebibytes(64)
  /// The smallest part, but for the last.
  var partSize = ByteCount.mebibytes(8)
  let name: String
  private let prefix: UploadTemplate
  private let publicAddress: NamedAddress?
  private let lifetime: Duration

  /// A store for a checked target.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used.
  init(_ target: S3Target, _ access: StoreAccess, allowsLocal: Bool) throws(KeepError) {
    self.access = access
    self.bucket = try S3Bucket(target, allowsLocal: allowsLocal)
    let fields: Set<UploadTemplate.Field> = [.sha256, .ext, .stem, .date]
    let folder = target.prefix.isEmpty ? "" : "/\(target.prefix)"
    self.name = "s3://\(bucket.bucket)\(folder) at \(bucket.origin)"
    self.prefix = try UploadTemplate(target.prefix, allowing: fields, option: "upload.prefix")
    let parts = target.prefix.split(separator: "/", omittingEmptySubsequences: false)
    let isPath = !parts.contains { $0 == "." || $0 == ".." } && !parts.dropFirst().dropLast().contains("")
    guard isPath, target.prefix.utf8.count <= 400, target.prefix.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
      throw KeepError(
        .usage, .option("upload.prefix"), "is no prefix that every store takes",
        hint: "at most 400 bytes, without empty components, . and ..")
    }
    guard target.linkLifetime >= .seconds(60), target.linkLifetime <= .seconds(604_800) else {
      throw KeepError(
        .usage, .option("upload.link_lifetime"), "a presigned URL lives from a minute to seven days")
    }
    self.lifetime = .seconds(target.linkLifetime.components.seconds)
    if let template = target.publicTemplate {
      self.publicAddress = try NamedAddress(
        template, option: "upload.public_url", allowing: fields.union([.key]), unique: [.sha256, .key],
        allowsLocal: allowsLocal)
    } else {
      self.publicAddress = nil
    }
  }

  func plannedURL(for asset: Asset) -> HTTPURL? {
    let fields = AssetFields(asset, at: access.now())
    return try? hosted(fields, key(fields), wasThere: false).url
  }

  func put(
    _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject {
    // Once for all: with a date in it, a name must not change while the file is on its way.
    let fields = AssetFields(asset, at: access.now())
    let key = key(fields)
    let wasThere =
      asset.size > singleLimit
      ? try await S3Multipart(store: self, asset: asset, key: key, progress: progress).run()
      : try await upload(asset, key, progress).run()
    return try hosted(fields, key, wasThere: wasThere)
  }

  func find(_ asset: Asset) async throws(KeepError) -> HostedObject? {
    let fields = AssetFields(asset, at: access.now())
    let key = key(fields)
    guard try await presence(of: asset, at: key) == .same else { return nil }
    return try hosted(fields, key, wasThere: true)
  }

  func remove(_ key: String) async throws(KeepError) {
    let request = bucket.request(.delete, key)
    let answer = try await answer(to: request)
    guard (200...299).contains(answer.status) || answer.status == 404 else {
      throw refusal(answer, request.url, "the removal")
    }
  }

  private func upload(
    _ asset: Asset, _ key: String, _ progress: @escaping @Sendable (UInt64) -> Void
  ) -> GuardedUpload {
    let mark = SentMark()
    return GuardedUpload(
      access: access, url: bucket.url(key), mark: mark,
      look: { () async throws(KeepError) in try await presence(of: asset, at: key) },
      send: { isConditional async throws(KeepError) in
        var headers: HTTPHeaders = ["x-amz-checksum-sha256": asset.checksum.base64]
        if isConditional { headers.add("If-None-Match", "*") }
        return try await access.once(
          bucket.request(
            .put, key, headers: headers, body: asset.body(asset.whole, progress: mark.noting(progress)),
            hash: asset.checksum))
      },
      remove: { () async throws(KeepError) in try await remove(key) },
      refusal: { refusal($0, bucket.url(key)) },
      isConflict: { S3Refusal($0).isConflict })
  }

  /// An exchange that may be made again; the store's own words count beside the status.
  func answer(to request: HTTPRequest) async throws(KeepError) -> BufferedResponse {
    try await access.answer(to: request) { answer in
      // A completion may fail after its 200 was sent.
      (answer.status >= 400 || request.method == .post) && S3Refusal(answer).isTemporary
    }
  }

  /// The error for an answer that refuses.
  func refusal(_ answer: BufferedResponse, _ url: HTTPURL, _ deed: String = "the upload") -> KeepError {
    S3Refusal(answer).error(url, now: access.now(), deed)
  }

  private func key(_ fields: AssetFields) -> String {
    let folder = prefix.filled(fields).split(separator: "/")
    return (folder + ["\(fields.sha256).\(fields.ext)"[...]]).joined(separator: "/")
  }

  private func hosted(
    _ fields: AssetFields, _ key: String, wasThere: Bool
  ) throws(KeepError) -> HostedObject {
    if let publicAddress {
      var fields = fields
      fields.key = key
      return HostedObject(url: try publicAddress.url(fields), key: key, expiresAt: nil, wasThere: wasThere)
    }
    // The signature knows whole seconds.
    let start = Timestamp(milliseconds: access.now().milliseconds / 1000 * 1000)
    return HostedObject(
      url: bucket.presigned(key, from: start, lifetime: lifetime), key: key,
      expiresAt: start.advanced(by: lifetime), wasThere: wasThere)
  }
}

extension Checksum {
  /// The digest as S3's headers carry it.
  var base64: String { Base64.encode(Hexadecimal.bytes(hexadecimal)) }
}
