/// Migration 6: what SQLite refuses whoever asks it, so that no fault of ours and no other program can make the
/// ledger tell what cannot be.
extension LedgerSchema {
  /// The mark in the header of the file: `CKLG`. A ledger of an earlier version has 0 there.
  static let applicationID: Int32 = 0x434B_4C47

  /// Every change of state that there is; a submission may also stay where it is. The table at `version1` says what the
  /// states mean.
  static let transitions: [(from: String, to: [String])] =
    [
      ("claimed", ["submitting", "rejected"]),
      ("submitting", ["claimed", "inDoubt", "submitted", "rejected"]),
      ("inDoubt", ["claimed", "submitted", "abandoned"]),
      ("submitted", ["inDoubt", "finished", "expired"] + kept),
      ("finished", ["expired"] + kept),
      ("expired", ["claimed", "finished"]),
      ("rejected", ["claimed"]),
      ("abandoned", ["claimed"]),
    ] + kept.map { state in (state, ["claimed"] + kept.filter { $0 != state }) }

  /// The states in which a bundle is kept.
  static let kept = ["archived", "partial", "failed", "canceled", "empty"]

  static var version6: String {
    let rows = transitions.flatMap { from, to in to.map { "('\(from)', '\($0)')" } }.joined(separator: ", ")
    return """
      CREATE TABLE transition (
        "from" TEXT NOT NULL,
        "to" TEXT NOT NULL,
        PRIMARY KEY ("from", "to")
      ) STRICT, WITHOUT ROWID;

      INSERT INTO transition ("from", "to") VALUES \(rows);

      \(guards)

      PRAGMA application_id = \(applicationID);
      """
  }

  private static let guards = """
    CREATE TRIGGER transitionStays BEFORE UPDATE ON transition
    BEGIN SELECT RAISE(ABORT, 'the ways between states are not changed'); END;

    CREATE TRIGGER transitionIsNotRemoved BEFORE DELETE ON transition
    BEGIN SELECT RAISE(ABORT, 'the ways between states are not changed'); END;

    CREATE TRIGGER submissionBegins BEFORE INSERT ON submission WHEN NEW.state <> 'claimed'
    BEGIN SELECT RAISE(ABORT, 'a submission begins as claimed'); END;

    CREATE TRIGGER submissionMoves BEFORE UPDATE OF state ON submission
    WHEN NEW.state <> OLD.state
      AND NOT EXISTS (SELECT 1 FROM transition WHERE "from" = OLD.state AND "to" = NEW.state)
    BEGIN SELECT RAISE(ABORT, 'there is no way between these states of a submission'); END;

    CREATE TRIGGER submissionHasRequest BEFORE UPDATE OF state ON submission
    WHEN NEW.state IN
        ('submitted', 'finished', 'archived', 'partial', 'failed', 'canceled', 'empty', 'expired')
      AND NOT EXISTS (SELECT 1 FROM request WHERE submission = NEW.key)
    BEGIN SELECT RAISE(ABORT, 'a submission in this state has a request'); END;

    CREATE TRIGGER submissionIsKept BEFORE UPDATE OF state ON submission
    WHEN NEW.state IN ('archived', 'partial', 'failed', 'canceled', 'empty')
      AND NOT EXISTS (SELECT 1 FROM request WHERE submission = NEW.key AND bundle IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'a submission in this state has a kept request'); END;

    CREATE TRIGGER submissionIsItself BEFORE UPDATE OF key, deployment, mode, createdAt ON submission
    WHEN NEW.key <> OLD.key OR NEW.deployment <> OLD.deployment OR NEW.mode <> OLD.mode
      OR NEW.createdAt <> OLD.createdAt
    BEGIN SELECT RAISE(ABORT, 'what a submission is does not change'); END;

    CREATE TRIGGER submissionIsNotRemoved BEFORE DELETE ON submission
    BEGIN SELECT RAISE(ABORT, 'a submission is not removed'); END;

    CREATE TRIGGER requestIsItself BEFORE UPDATE OF id ON request WHEN NEW.id <> OLD.id
    BEGIN SELECT RAISE(ABORT, 'a request keeps its id'); END;

    CREATE TRIGGER requestKeepsSubmission BEFORE UPDATE OF submission ON request
    WHEN OLD.submission IS NOT NULL AND NEW.submission IS NOT OLD.submission
    BEGIN SELECT RAISE(ABORT, 'a request keeps its submission'); END;

    CREATE TRIGGER requestKeepsDeployment BEFORE UPDATE OF deployment ON request
    WHEN NEW.deployment <> OLD.deployment
      AND (OLD.submission IS NOT NULL OR OLD.word IS NOT NULL OR OLD.result IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'a request that is known keeps its deployment'); END;

    CREATE TRIGGER requestKeepsResult BEFORE UPDATE OF result ON request
    WHEN OLD.result IS NOT NULL AND NEW.result IS NULL
    BEGIN SELECT RAISE(ABORT, 'a result is not forgotten'); END;

    CREATE TRIGGER requestKeepsBundle BEFORE UPDATE OF bundle ON request
    WHEN OLD.bundle IS NOT NULL AND NEW.bundle IS NULL
    BEGIN SELECT RAISE(ABORT, 'a kept request stays kept'); END;

    CREATE TRIGGER requestIsNotRemoved BEFORE DELETE ON request
    WHEN OLD.word IS NOT NULL OR OLD.result IS NOT NULL OR OLD.bundle IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a request of which anything is known is not removed'); END;

    CREATE TRIGGER workflowStays BEFORE UPDATE ON workflow
    BEGIN SELECT RAISE(ABORT, 'a workflow is what its checksum says'); END;

    CREATE TRIGGER eventStays BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'what happened is not changed'); END;

    CREATE TRIGGER eventIsNotRemoved BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'what happened is not removed'); END;
    """
}
