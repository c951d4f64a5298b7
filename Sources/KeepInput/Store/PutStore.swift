internal import KeepModel
internal import KeepTransport

/// A server that takes files by HTTPS PUT at URLs that we make.
///
/// With `{date}` in its template, the same bytes get another name each day, and are sent again on another day.
struct PutStore: ObjectStore {
  private let target: NamedAddress
  private let publicAddress: NamedAddress
  private let files: HTTPFiles

  /// A store for a checked target.
  ///
  /// - Throws: ``KeepError`` with code `usage` when the target cannot be used.
  init(_ target: PutTarget, _ access: StoreAccess, allowsLocal: Bool) throws(KeepError) {
    let fields: Set<UploadTemplate.Field> = [.sha256, .ext, .stem, .date]
    self.name = String(target.template.prefix { $0 != "?" })
    self.target = try NamedAddress(
      target.template, option: "upload.put", allowing: fields, allowsLocal: allowsLocal)
    guard self.target.query == nil || target.publicTemplate != nil else {
      throw KeepError(
        .usage, .option("upload.put"),
        "has a query, which may be a secret, and would be given to the service",
        hint: "say where the service fetches the file with --upload-public-url")
    }
    self.publicAddress = try NamedAddress(
      target.publicTemplate ?? target.template, option: "upload.public_url", allowing: fields,
      allowsLocal: allowsLocal)
    let login = try StoreLogin(
      target.credentials, headers: target.headers, host: self.target.origin.host)
    self.files = HTTPFiles(access: access, login: login)
  }

  let name: String

  func plannedURL(for asset: Asset) -> HTTPURL? { try? publicAddress.url(fields(asset)) }

  func put(
    _ asset: Asset, progress: @escaping @Sendable (UInt64) -> Void
  ) async throws(KeepError) -> HostedObject {
    let fields = fields(asset)
    let url = try target.url(fields)
    let mark = SentMark()
    let upload = GuardedUpload(
      access: files.access, url: url, mark: mark,
      look: { () async throws(KeepError) in try await files.presence(of: asset, at: url) },
      send: { isConditional async throws(KeepError) in
        try await files.put(asset, to: url, isConditional: isConditional, progress: mark.noting(progress))
      },
      remove: { () async throws(KeepError) in try await files.remove(url) },
      refusal: { StoreRefusal.error($0, url) })
    return try hosted(fields, url, wasThere: await upload.run())
  }

  func find(_ asset: Asset) async throws(KeepError) -> HostedObject? {
    let fields = fields(asset)
    let url = try target.url(fields)
    guard try await files.presence(of: asset, at: url) == .same else { return nil }
    return try hosted(fields, url, wasThere: true)
  }

  func remove(_ key: String) async throws(KeepError) {
    let place = try files.url(key, within: target.origin)
    try await files.remove(HTTPURL(origin: place.origin, path: place.path, query: target.query))
  }

  private func fields(_ asset: Asset) -> AssetFields { AssetFields(asset, at: files.access.now()) }

  private func hosted(
    _ fields: AssetFields, _ url: HTTPURL, wasThere: Bool
  ) throws(KeepError) -> HostedObject {
    HostedObject(
      url: try publicAddress.url(fields), key: url.withoutQuery.description, expiresAt: nil,
      wasThere: wasThere)
  }
}
