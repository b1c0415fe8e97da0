import EscrowCore

/// What the versions from 5 on added.
extension Schema {
  static let sending = """
    -- How it is sent (JSON); NULL is at once and as it came. Altered: edited, and its route does not accept that.
    ALTER TABLE delivery ADD COLUMN terms TEXT;
    ALTER TABLE delivery ADD COLUMN altered \(flag) (altered IN (0, 1));
    ALTER TABLE delivery ADD COLUMN alternative TEXT;
    -- Its place among those of its priority: the wave of its instance, or less.
    ALTER TABLE delivery ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE delivery ADD COLUMN replaces INTEGER REFERENCES delivery(id);
    ALTER TABLE delivery ADD COLUMN may_be_there \(flag) (may_be_there IN (0, 1));
    UPDATE delivery SET turn = (SELECT wave FROM instance WHERE id = delivery.instance),
      may_be_there = attempts > 0;
    DROP INDEX delivery_ready;
    CREATE INDEX delivery_ready ON delivery(destination, priority, turn, id)
      WHERE state = 'queued' AND hold_by IS NULL AND behind IS NULL AND not_before IS NULL;
    CREATE INDEX delivery_replaceable ON delivery(destination, id)
      WHERE state = 'queued' AND hold_by IS NULL AND behind IS NULL AND alternative IS NOT NULL AND may_be_there = 0;

    """

  /// What is proved by query: sent and never asked for, or to be asked for again, also once it was found.
  static let querying = """
    ALTER TABLE delivery ADD COLUMN stale_at INTEGER;
    CREATE INDEX delivery_unqueried ON delivery(destination, sent_at, id)
      WHERE state = 'sent' AND proof = 'query' AND hold_by IS NULL AND not_before IS NULL;
    CREATE INDEX delivery_queried ON delivery(destination, not_before, id)
      WHERE state IN ('sent', 'delivered') AND proof = 'query' AND hold_by IS NULL AND not_before IS NOT NULL;
    DROP INDEX delivery_asked;
    CREATE INDEX delivery_asked_for ON delivery(destination, proof, first_asked_at)
      WHERE state IN ('sent', 'requested') AND first_asked_at IS NOT NULL;

    """

  /// What came from whom and is here, counted, so that nobody has to look through the instances.
  static var sources: String {
    let gone = "IN (\(list([InstanceState.purged, .discarded])))"
    return """
      CREATE TABLE source (
        peer TEXT PRIMARY KEY NOT NULL,
        last_received INTEGER NOT NULL,
        copies INTEGER NOT NULL CHECK (copies >= 0),
        bytes INTEGER NOT NULL CHECK (bytes >= 0)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO source
        SELECT peer, max(received_at), sum(state NOT \(gone)), sum(iif(state \(gone), 0, bytes))
        FROM instance WHERE peer IS NOT NULL GROUP BY peer;
      CREATE TRIGGER source_sent AFTER INSERT ON instance WHEN NEW.peer IS NOT NULL BEGIN
        INSERT INTO source VALUES (NEW.peer, NEW.received_at, NEW.state NOT \(gone), iif(NEW.state \(gone), 0, NEW.bytes))
          ON CONFLICT DO UPDATE SET last_received = max(last_received, NEW.received_at),
            copies = copies + (NEW.state NOT \(gone)), bytes = bytes + iif(NEW.state \(gone), 0, NEW.bytes);
      END;
      CREATE TRIGGER source_let_go AFTER UPDATE OF state ON instance
      WHEN NEW.peer IS NOT NULL AND OLD.state NOT \(gone) AND NEW.state \(gone)
      BEGIN
        UPDATE source SET copies = copies - 1, bytes = bytes - NEW.bytes WHERE peer = NEW.peer;
      END;

      """
  }

  /// Legal holds, and the ways to find what operators ask for.
  static let operating = """
    ALTER TABLE instance ADD COLUMN patient_issuer TEXT;
    CREATE INDEX instance_patient ON instance(patient_id) WHERE patient_id IS NOT NULL;

    CREATE TABLE legal_hold (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      study TEXT UNIQUE,
      patient TEXT,
      issuer TEXT,
      held_by TEXT NOT NULL,
      reason TEXT NOT NULL,
      held_at INTEGER NOT NULL,
      CHECK ((study IS NULL) <> (patient IS NULL)),
      CHECK (issuer IS NULL OR patient IS NOT NULL)
    ) STRICT;
    CREATE UNIQUE INDEX legal_hold_patient ON legal_hold(patient, coalesce(issuer, '')) WHERE patient IS NOT NULL;

    CREATE INDEX instance_received ON instance(received_at);
    CREATE INDEX job_created ON job(created_at);

    -- The copies that are in the spool, by study, or by SOP Instance UID where none is known.
    CREATE TABLE study_space (
      key TEXT PRIMARY KEY NOT NULL,
      n INTEGER NOT NULL CHECK (n >= 0),
      bytes INTEGER NOT NULL CHECK (bytes >= 0)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX study_space_bytes ON study_space(bytes DESC, key) WHERE bytes > 0;
    INSERT INTO study_space SELECT coalesce(study, sop_instance), count(*), sum(bytes) FROM instance
      WHERE state NOT IN ('purged', 'discarded') GROUP BY 1;
    CREATE TRIGGER study_space_taken AFTER INSERT ON instance WHEN NEW.state NOT IN ('purged', 'discarded') BEGIN
      INSERT INTO study_space VALUES (coalesce(NEW.study, NEW.sop_instance), 1, NEW.bytes)
        ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + NEW.bytes;
    END;
    CREATE TRIGGER study_space_freed AFTER UPDATE OF state ON instance
    WHEN NEW.state IN ('purged', 'discarded') AND OLD.state NOT IN ('purged', 'discarded') BEGIN
      UPDATE study_space SET n = n - 1, bytes = bytes - OLD.bytes WHERE key = coalesce(OLD.study, OLD.sop_instance);
      DELETE FROM study_space WHERE key = coalesce(OLD.study, OLD.sop_instance) AND n = 0;
    END;

    """

  static let unlisted = """
    -- Who wanted to send and was not let; so many, see UnlistedSenders.
    CREATE TABLE unlisted (
      calling_ae TEXT NOT NULL,
      address TEXT NOT NULL,
      called_ae TEXT NOT NULL,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      reason TEXT NOT NULL,
      -- The abstract syntaxes, a line each.
      proposed TEXT NOT NULL,
      implementation TEXT,
      PRIMARY KEY (address, calling_ae)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unlisted_last ON unlisted(last_at DESC, address, calling_ae);

    """

  /// What says when the record of a copy may go, and what is left of its study.
  ///
  /// An instance goes with nothing but indexes of its own to look at: what refers to it has one, so that checking the
  /// foreign keys reads no table. No such index is worth its price on each instance that comes only for the wave, so
  /// the wave counts what it lost, and `instance` gives up the reference to it (as SQLite's documentation of ALTER
  /// TABLE describes).
  static let retention = """
    ALTER TABLE instance ADD COLUMN gone_at INTEGER;
    UPDATE instance SET gone_at = coalesce(
      (SELECT max(at) FROM event WHERE instance = instance.uuid AND kind = 'instance.purged'),
      CAST(strftime('%s', 'now') AS INTEGER) * 1000000) WHERE state IN ('purged', 'discarded');
    CREATE INDEX instance_gone ON instance(gone_at, id) WHERE gone_at IS NOT NULL;

    ALTER TABLE wave ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
    CREATE TRIGGER instance_forgotten AFTER DELETE ON instance BEGIN
      UPDATE wave SET forgotten = forgotten + 1 WHERE id = OLD.wave;
    END;
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'wave INTEGER NOT NULL REFERENCES wave(id)', 'wave INTEGER NOT NULL')
      WHERE type = 'table' AND name = 'instance';
    PRAGMA writable_schema = RESET;

    CREATE INDEX delivery_replaces ON delivery(replaces) WHERE replaces IS NOT NULL;
    CREATE INDEX stored_of_instance ON stored(instance);
    CREATE INDEX stored_of_delivery ON stored(delivery) WHERE delivery IS NOT NULL;
    CREATE INDEX outbox_event ON outbox(event);

    CREATE TABLE study_summary (
      key TEXT PRIMARY KEY NOT NULL,
      is_study INTEGER NOT NULL CHECK (is_study IN (0, 1)),
      patient_id TEXT,
      patient_issuer TEXT,
      accession_number TEXT,
      study_date TEXT,
      -- A line each.
      modalities TEXT NOT NULL,
      calling_aes TEXT NOT NULL,
      first_arrival INTEGER NOT NULL,
      last_arrival INTEGER NOT NULL,
      instances INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      purged INTEGER NOT NULL,
      discarded INTEGER NOT NULL,
      first_gone INTEGER NOT NULL,
      last_gone INTEGER NOT NULL,
      -- What became of it at each destination (JSON).
      destinations TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX study_summary_gone ON study_summary(last_gone);

    """

  /// What the end of a hold, and the return of a destination, would have to look through a whole queue for.
  static let growth = """
    CREATE INDEX delivery_held ON delivery(destination, hold_by) WHERE state = 'queued' AND hold_by IS NOT NULL;

    DROP TRIGGER delivery_inserted;
    DROP TRIGGER delivery_moved;
    DROP TRIGGER delivery_deleted;
    DROP TABLE delivery_count;
    CREATE TABLE delivery_count (
      destination TEXT NOT NULL,
      state TEXT NOT NULL,
      proof TEXT NOT NULL,
      origin TEXT NOT NULL,
      n INTEGER NOT NULL CHECK (n >= 0),
      PRIMARY KEY (destination, state, proof, origin)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO delivery_count
      SELECT destination, state, proof, origin, count(*) FROM delivery GROUP BY destination, state, proof, origin;
    CREATE TRIGGER delivery_inserted AFTER INSERT ON delivery BEGIN
      INSERT INTO delivery_count VALUES (NEW.destination, NEW.state, NEW.proof, NEW.origin, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER delivery_moved AFTER UPDATE OF state, proof ON delivery
    WHEN OLD.state <> NEW.state OR OLD.proof <> NEW.proof BEGIN
      UPDATE delivery_count SET n = n - 1 WHERE destination = OLD.destination AND state = OLD.state
        AND proof = OLD.proof AND origin = OLD.origin;
      INSERT INTO delivery_count VALUES (NEW.destination, NEW.state, NEW.proof, NEW.origin, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER delivery_deleted AFTER DELETE ON delivery BEGIN
      UPDATE delivery_count SET n = n - 1 WHERE destination = OLD.destination AND state = OLD.state
        AND proof = OLD.proof AND origin = OLD.origin;
    END;

    """

  /// An UPDATE that may change several rows, and has a trigger, makes a table for them even when there are none.
  static let comparisons = """
    DROP TRIGGER instance_came;
    CREATE TRIGGER instance_came AFTER INSERT ON instance
    WHEN EXISTS (SELECT 1 FROM inquired WHERE sop_instance = NEW.sop_instance) BEGIN
      UPDATE inquired SET touched = 1 WHERE sop_instance = NEW.sop_instance AND touched = 0
        AND (reason IS NULL OR reason = 0);
    END;

    """
}
