internal import GRDB
public import KeepModel

extension Ledger {
  /// Records that an asset lies at an upload target, and by which URL it was given out.
  ///
  /// - Parameter isOurs: Whether we put it there; what lay there already may be somebody else's, unless we are known to
  ///   have put it there before.
  public func recordUpload(
    of asset: Asset, to target: String, as name: String, url: HTTPURL, expiresAt: Timestamp?, isOurs: Bool
  ) throws(KeepError) {
    let time = now().milliseconds
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO upload
            (target, name, checksum, size, mediaType, url, uploadedAt, usedAt, expiresAt, isOurs)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (target, name) DO UPDATE SET checksum = excluded.checksum, size = excluded.size,
            mediaType = excluded.mediaType, url = excluded.url, usedAt = excluded.usedAt,
            expiresAt = excluded.expiresAt,
            isOurs = CASE WHEN removedAt IS NULL THEN max(isOurs, excluded.isOurs) ELSE excluded.isOurs END,
            uploadedAt = CASE WHEN removedAt IS NULL AND excluded.isOurs = 0 THEN uploadedAt
              ELSE excluded.uploadedAt END,
            removedAt = NULL
          """,
        arguments: [
          target, name, asset.checksum.hexadecimal, Int64(asset.size.bytes), asset.mediaType.rawValue,
          url.description, time, time, expiresAt?.milliseconds, isOurs,
        ])
    }
  }

  /// Records that an object was removed from its target.
  public func recordRemoval(of name: String, from target: String) throws(KeepError) {
    let time = now().milliseconds
    try write { database in
      try database.execute(
        sql: "UPDATE upload SET removedAt = ? WHERE target = ? AND name = ?", arguments: [time, target, name])
    }
  }

  /// What was uploaded to any target, oldest first.
  public func uploads() throws(KeepError) -> [UploadRecord] {
    try read { database in
      // A ledger of an earlier version that is only read has no such table.
      guard try database.tableExists("upload") else { return [] }
      return try Row.fetchAll(database, sql: Self.uploadsWithNeed + " ORDER BY uploadedAt, target, name")
        .compactMap(
          Self.upload)
    }
  }

  /// What is known of an object at a target, be it there or removed.
  public func upload(named name: String, at target: String) throws(KeepError) -> UploadRecord? {
    try read { database in
      try Row.fetchOne(
        database, sql: Self.uploadsWithNeed + " WHERE target = ? AND name = ?", arguments: [target, name]
      ).flatMap(Self.upload)
    }
  }

  /// The latest upload of some bytes to a target that was not removed since.
  public func upload(of checksum: Checksum, to target: String) throws(KeepError) -> UploadRecord? {
    try read { database in
      try Row.fetchOne(
        database,
        sql: Self.uploadsWithNeed
          + " WHERE checksum = ? AND target = ? AND removedAt IS NULL ORDER BY usedAt DESC",
        arguments: [checksum.hexadecimal, target]
      ).flatMap(Self.upload)
    }
  }

  /// The service may fetch an asset until its run has ended, and nobody knows of one in doubt.
  private static let uploadsWithNeed = """
    SELECT upload.*, EXISTS (
      SELECT 1 FROM asset JOIN submission ON submission.key = asset.submission
      WHERE asset.checksum = upload.checksum
        AND submission.state IN ('claimed', 'submitting', 'inDoubt', 'submitted')
    ) AS isNeeded FROM upload
    """

  private static func upload(_ row: Row) -> UploadRecord? {
    let expiresAt: Int64? = row["expiresAt"]
    let removedAt: Int64? = row["removedAt"]
    let size: Int64 = row["size"]
    guard let checksum = Checksum(hexadecimal: row["checksum"]), let url = HTTPURL(row["url"] as String)
    else {
      return nil
    }
    return UploadRecord(
      target: row["target"], name: row["name"], checksum: checksum, size: ByteCount(UInt64(size)),
      mediaType: MediaType(row["mediaType"]), url: url,
      uploadedAt: Timestamp(milliseconds: row["uploadedAt"]),
      usedAt: Timestamp(milliseconds: row["usedAt"]), expiresAt: expiresAt.map(Timestamp.init(milliseconds:)),
      removedAt: removedAt.map(Timestamp.init(milliseconds:)), isOurs: row["isOurs"],
      isNeeded: row["isNeeded"])
  }
}
