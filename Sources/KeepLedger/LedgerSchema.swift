internal import GRDB

/// The tables of the ledger. The schema is the first guard: states, references and uniqueness are checked by
/// SQLite before any Swift looks at them.
enum LedgerSchema {
  /// The first migration: a database that has it is a ledger.
  static let first = "1: submissions, assets, requests, events"

  /// The migrations that a database has had.
  static func applied(_ database: Database) throws -> Set<String> {
    try migrator.appliedIdentifiers(database)
  }

  /// Every migration, in order; a published one is never changed.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration(first) { database in
      try database.execute(sql: version1)
    }
    migrator.registerMigration("2: checksums of outputs") { database in
      try database.execute(sql: version2)
    }
    migrator.registerMigration("3: uploads, originals of stripped assets") { database in
      try database.execute(sql: version3)
    }
    migrator.registerMigration("4: bundles in stores") { database in
      try database.execute(sql: version4)
    }
    migrator.registerMigration("5: batches, hints of webhooks") { database in
      try database.execute(sql: version5)
    }
    migrator.registerMigration("6: guards of states") { database in
      try database.execute(sql: version6)
    }
    migrator.registerMigration("7: what bundles hold") { database in
      try database.execute(sql: version7)
    }
    migrator.registerMigration("8: arrivals in watched folders") { database in
      try database.execute(sql: version8)
    }
    return migrator
  }

  /// `state` of a submission:
  ///
  /// | state | meaning | next |
  /// |---|---|---|
  /// | claimed | intended, nothing sent | submitting, rejected |
  /// | submitting | recorded before the first byte is sent | submitted, claimed (certainly not accepted), inDoubt, rejected |
  /// | inDoubt | the service may have accepted it | submitted (found), claimed (a person says so), abandoned |
  /// | submitted | the service gave a request id, or a person named it | finished, expired, inDoubt (the service does not know what a person named), kept |
  /// | finished | the result is recorded, the outputs are not yet kept | archived, partial, failed, canceled, empty, expired |
  /// | archived, partial, failed, canceled, empty | kept as a bundle | claimed, only where a person asks for another run |
  /// | rejected, abandoned, expired | nothing to keep | claimed |
  private static let version1 = """
    CREATE TABLE workflow (
      checksum TEXT NOT NULL PRIMARY KEY CHECK (length(checksum) = 64),
      document BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE submission (
      key TEXT NOT NULL PRIMARY KEY CHECK (length(key) = 64),
      deployment TEXT NOT NULL CHECK (length(deployment) > 0),
      mode TEXT NOT NULL CHECK (mode IN ('overrides', 'inlineWorkflow')),
      overrides BLOB NOT NULL,
      workflow TEXT REFERENCES workflow(checksum),
      usedCoreKey INTEGER NOT NULL DEFAULT 0 CHECK (usedCoreKey IN (0, 1)),
      state TEXT NOT NULL CHECK (state IN (
        'claimed', 'submitting', 'inDoubt', 'submitted', 'finished', 'archived', 'partial',
        'failed', 'canceled', 'empty', 'rejected', 'abandoned', 'expired')),
      reason TEXT,
      createdAt INTEGER NOT NULL,
      updatedAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE asset (
      submission TEXT NOT NULL REFERENCES submission(key) ON DELETE CASCADE,
      node TEXT NOT NULL,
      input TEXT NOT NULL,
      path BLOB NOT NULL,
      size INTEGER NOT NULL CHECK (size >= 0),
      checksum TEXT NOT NULL CHECK (length(checksum) = 64),
      mediaType TEXT NOT NULL,
      width INTEGER,
      height INTEGER,
      PRIMARY KEY (submission, node, input)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX assetByChecksum ON asset(checksum);

    CREATE TABLE request (
      id TEXT NOT NULL PRIMARY KEY CHECK (length(id) > 0),
      deployment TEXT NOT NULL CHECK (length(deployment) > 0),
      submission TEXT REFERENCES submission(key),
      statusURL TEXT,
      resultURL TEXT,
      cancelURL TEXT,
      word TEXT,
      queuePosition INTEGER,
      verdict TEXT CHECK (verdict IN ('pending', 'succeeded', 'failed', 'canceled')),
      result BLOB,
      submittedAt INTEGER NOT NULL,
      startedAt INTEGER,
      finishedAt INTEGER,
      bundle BLOB,
      bundleChecksum TEXT CHECK (bundleChecksum IS NULL OR length(bundleChecksum) = 64),
      outputs INTEGER CHECK (outputs >= 0),
      archivedAt INTEGER,
      CHECK ((bundle IS NULL) = (bundleChecksum IS NULL)),
      CHECK ((bundle IS NULL) = (archivedAt IS NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX requestBySubmission ON request(submission);

    CREATE TABLE event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      submission TEXT,
      request TEXT,
      name TEXT NOT NULL,
      detail TEXT
    ) STRICT;

    CREATE INDEX eventBySubmission ON event(submission);
    CREATE INDEX eventByRequest ON event(request);
    """

  /// What kept runs put out, by the bytes: it must not be taken for new inputs unasked.
  private static let version2 = """
    CREATE TABLE output (
      request TEXT NOT NULL REFERENCES request(id),
      checksum TEXT NOT NULL CHECK (length(checksum) = 64),
      PRIMARY KEY (request, checksum)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX outputByChecksum ON output(checksum);
    """

  /// What lies at upload targets, so that it can be found again, used again and taken away; and what a file was before
  /// its metadata was left out.
  private static let version3 = """
    CREATE TABLE upload (
      target TEXT NOT NULL CHECK (length(target) > 0),
      name TEXT NOT NULL CHECK (length(name) > 0),
      checksum TEXT NOT NULL CHECK (length(checksum) = 64),
      size INTEGER NOT NULL CHECK (size >= 0),
      mediaType TEXT NOT NULL,
      url TEXT NOT NULL,
      uploadedAt INTEGER NOT NULL,
      usedAt INTEGER NOT NULL,
      expiresAt INTEGER,
      removedAt INTEGER,
      isOurs INTEGER NOT NULL CHECK (isOurs IN (0, 1)),
      PRIMARY KEY (target, name)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX uploadByChecksum ON upload(checksum);

    ALTER TABLE asset ADD COLUMN original TEXT CHECK (original IS NULL OR length(original) = 64);
    """

  /// Which bundles are to be put into stores of objects, which are there, and whose files were removed for it.
  private static let version4 = """
    CREATE TABLE stored (
      request TEXT NOT NULL REFERENCES request(id),
      store TEXT NOT NULL CHECK (length(store) > 0),
      place TEXT NOT NULL CHECK (length(place) > 0),
      checksum TEXT NOT NULL CHECK (length(checksum) = 64),
      keepsLocal INTEGER NOT NULL CHECK (keepsLocal IN (0, 1)),
      reason TEXT,
      boundAt INTEGER NOT NULL,
      storedAt INTEGER,
      droppedAt INTEGER,
      PRIMARY KEY (request, store)
    ) STRICT, WITHOUT ROWID;
    """

  /// Which command made which submissions, so that they can be named together; and what webhooks said of submissions,
  /// which is believed only once the service was asked.
  private static let version5 = """
    CREATE TABLE batch (
      id TEXT NOT NULL PRIMARY KEY CHECK (length(id) > 0),
      begunAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE submission ADD COLUMN batch TEXT REFERENCES batch(id);

    CREATE INDEX submissionByBatch ON submission(batch);
    CREATE INDEX submissionByState ON submission(state);

    CREATE TABLE hint (
      submission TEXT NOT NULL REFERENCES submission(key),
      request TEXT NOT NULL CHECK (length(request) > 0),
      receivedAt INTEGER NOT NULL,
      reason TEXT,
      PRIMARY KEY (submission, request)
    ) STRICT, WITHOUT ROWID;
    """

  /// What the command that submitted something said of its bundle, which another one may write. NULL where nothing is
  /// known of that.
  private static let version7 = """
    ALTER TABLE submission ADD COLUMN includesInputs INTEGER CHECK (includesInputs IN (0, 1));
    ALTER TABLE submission ADD COLUMN includesTemporary INTEGER CHECK (includesTemporary IN (0, 1));
    ALTER TABLE submission ADD COLUMN allowsPartial INTEGER CHECK (allowsPartial IN (0, 1));
    """
}
