/// Migration 8: what came into watched folders, in order of arrival.
extension LedgerSchema {
  /// `state` of an arrival:
  ///
  /// | state | meaning | next |
  /// |---|---|---|
  /// | waiting | settled and read; its turn has not come | running, skipped, failed, gone |
  /// | running | its submissions are named, before the first of them is claimed | done, failed, skipped, in_doubt, waiting (nothing of it was sent, or it is followed again later) |
  /// | in_doubt | the service may have taken a run of it | waiting (settled) |
  /// | done, skipped | over | |
  /// | failed | parked | waiting (a person says so), done (kept by another command) |
  /// | gone | taken away or replaced before its turn | |
  ///
  /// `stamp` is what tells one state of a file from another without reading it; a file is known by folder, path and
  /// stamp, so that a restart reads nothing again. What is run for it is decided by its submissions' keys alone.
  static let version8 = """
    CREATE TABLE arrival (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      folder BLOB NOT NULL,
      path BLOB NOT NULL CHECK (length(path) > 0),
      stamp TEXT NOT NULL,
      size INTEGER NOT NULL CHECK (size >= 0),
      checksum TEXT CHECK (checksum IS NULL OR length(checksum) = 64),
      state TEXT NOT NULL CHECK (state IN (
        'waiting', 'running', 'done', 'failed', 'skipped', 'in_doubt', 'gone')),
      isUrgent INTEGER NOT NULL DEFAULT 0 CHECK (isUrgent IN (0, 1)),
      isRepeated INTEGER NOT NULL DEFAULT 0 CHECK (isRepeated IN (0, 1)),
      reason TEXT,
      sending INTEGER NOT NULL DEFAULT 0 CHECK (sending >= 0),
      outputs INTEGER NOT NULL DEFAULT 0 CHECK (outputs >= 0),
      kept INTEGER NOT NULL DEFAULT 0 CHECK (kept >= 0),
      movedTo BLOB,
      arrivedAt INTEGER NOT NULL,
      changedAt INTEGER NOT NULL
    ) STRICT;

    CREATE INDEX arrivalByPath ON arrival(folder, path, id);
    CREATE INDEX arrivalByState ON arrival(state, isUrgent DESC, id);
    CREATE INDEX arrivalByStamp ON arrival(stamp);
    CREATE INDEX arrivalByChange ON arrival(state, changedAt DESC, id DESC);

    CREATE TABLE arrivalRun (
      arrival INTEGER NOT NULL REFERENCES arrival(id),
      submission TEXT NOT NULL CHECK (length(submission) = 64),
      PRIMARY KEY (arrival, submission)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX arrivalRunBySubmission ON arrivalRun(submission);

    CREATE TABLE watchFolder (
      folder BLOB NOT NULL PRIMARY KEY
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE watchDay (
      day TEXT NOT NULL PRIMARY KEY CHECK (length(day) = 10),
      runs INTEGER NOT NULL DEFAULT 0 CHECK (runs >= 0),
      bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE watchPause (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      since INTEGER NOT NULL,
      reason TEXT
    ) STRICT;
    """
}
