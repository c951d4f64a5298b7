internal import KeepModel
internal import KeepTransport

extension S3Store {
  /// What lies under a key, held against a file whose only other copy may be removed afterwards: nothing but a digest
  /// of all bytes counts as proof.
  ///
  /// That is the store's SHA-256 of the whole, the SHA-256 of the parts' (both by `x-amz-checksum-sha256`), or an `ETag`
  /// that is the MD5 of the whole or of the parts' MD5. An `ETag` that is none of these says nothing, since stores may
  /// make it of anything; then the object is fetched and hashed.
  ///
  /// - Throws: ``KeepError`` as ``presence(of:at:)``, and when the file is no longer the asset.
  func proof(of asset: Asset, at key: String) async throws(KeepError) -> Presence {
    try await presence(at: key) { answer async throws(KeepError) in
      if let length = answer.headers["Content-Length"].flatMap({ UInt64($0) }), length != asset.size.bytes {
        return .other("\(length) bytes where the bundle has \(asset.size.bytes)")
      }
      if let isSame = try digest(in: answer, isOf: asset) {
        return isSame ? .same : .other("\(asset.size.bytes) bytes with another checksum")
      }
      return try await ObjectComparison(access).presence(of: asset, bucket.request(.get, key))
    }
  }

  /// Whether an answer's digests are those of a file; `nil` where they do not tell.
  private func digest(in answer: BufferedResponse, isOf asset: Asset) throws(KeepError) -> Bool? {
    if let checksum = answer.headers["x-amz-checksum-sha256"] {
      guard let count = Self.partCount(checksum) else { return checksum == asset.checksum.base64 }
      if count == partCount(of: asset), try asset.partDigests(of: partSize(of: asset)).checksum == checksum {
        return true
      }
    }
    let isKeyed = answer.headers["x-amz-server-side-encryption"]?.hasPrefix("aws:kms") == true
    guard let tag = answer.headers["ETag"].map(Self.unquoted), !isKeyed else { return nil }
    if Self.isDigest(tag), try asset.entityTag() == tag.lowercased() { return true }
    guard Self.partCount(tag) == partCount(of: asset) else { return nil }
    return try asset.partDigests(of: partSize(of: asset)).tag == tag.lowercased() ? true : nil
  }

  /// The number behind the hyphen of a digest of parts.
  private static func partCount(_ digest: String) -> UInt64? {
    digest.lastIndex(of: "-").flatMap { UInt64(digest[digest.index(after: $0)...]) }
  }

  private func partCount(of asset: Asset) -> UInt64 {
    (asset.size.bytes + partSize(of: asset) - 1) / partSize(of: asset)
  }
}

extension Asset {
  /// The digests that a store makes of a file's parts: of the digests of all parts in order, with their number behind.
  ///
  /// - Throws: ``KeepError`` with code `inputRejected` when the file is no longer the asset, `localIO`.
  fileprivate func partDigests(of size: UInt64) throws(KeepError) -> (checksum: String, tag: String) {
    var (checksums, tags) = (ChecksumHasher(), EntityTagHasher())
    var (hasher, tagger) = (ChecksumHasher(), EntityTagHasher())
    var (count, filled) = (0, UInt64(0))
    func finish() {
      Hexadecimal.bytes(hasher.finish().hexadecimal).withUnsafeBytes { checksums.update($0) }
      Hexadecimal.bytes(tagger.finish()).withUnsafeBytes { tags.update($0) }
      (hasher, tagger) = (ChecksumHasher(), EntityTagHasher())
      (count, filled) = (count + 1, 0)
    }
    try forEachPiece { piece in
      var rest = piece[...]
      while !rest.isEmpty {
        let part = rest.prefix(Int(min(UInt64(rest.count), size - filled)))
        hasher.update(UnsafeRawBufferPointer(rebasing: part))
        tagger.update(UnsafeRawBufferPointer(rebasing: part))
        filled += UInt64(part.count)
        rest = rest.dropFirst(part.count)
        if filled == size { finish() }
      }
    }
    if filled > 0 { finish() }
    return ("\(checksums.finish().base64)-\(count)", "\(tags.finish())-\(count)")
  }
}

extension Hexadecimal {
  /// The bytes of a digest's digits.
  static func bytes(_ digits: String) -> [UInt8] {
    let digits = Array(digits.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { index in
      (value(of: digits[index]) ?? 0) << 4 | (value(of: digits[index + 1]) ?? 0)
    }
  }
}
