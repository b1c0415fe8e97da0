import EscrowCore
import GRDB

/// The ledger's tables, version by version. A released version is never edited; a new one is appended.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 first") { db in
      try db.execute(sql: instances + deliveries + commitments + events + outbox + counters)
    }
    migrator.registerMigration("2 jobs") { db in try db.execute(sql: jobs + inquiries) }
    migrator.registerMigration("3 resources") { db in
      try db.execute(sql: resources + asking + storing)
      try ResourceRow.fill(in: db)
    }
    migrator.registerMigration("4 asking ourselves") { db in try db.execute(sql: ownRequests) }
    migrator.registerMigration("5 sending") { db in try db.execute(sql: sending) }
    migrator.registerMigration("6 querying") { db in try db.execute(sql: querying) }
    migrator.registerMigration("7 sources") { db in try db.execute(sql: sources) }
    migrator.registerMigration("8 operating") { db in try db.execute(sql: operating) }
    migrator.registerMigration("9 unlisted") { db in try db.execute(sql: unlisted) }
    migrator.registerMigration("10 retention") { db in try db.execute(sql: retention) }
    migrator.registerMigration("12 growth") { db in try db.execute(sql: growth) }
    return migrator
  }

  /// `'a', 'b'`: the raw values of an enumeration, as CHECK and IN want them. They are our own words, never input.
  static func list<Value: RawRepresentable>(_ values: some Sequence<Value>) -> String where Value.RawValue == String {
    values.map { "'\($0.rawValue)'" }.joined(separator: ", ")
  }

  private static let flag = "INTEGER NOT NULL DEFAULT 0 CHECK"

  private static let instances = """
    CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    -- A wave of arrivals of a study. Its tally is kept by triggers on instance.
    CREATE TABLE wave (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      is_study INTEGER NOT NULL CHECK (is_study IN (0, 1)),
      last_arrival INTEGER NOT NULL,
      told TEXT NOT NULL DEFAULT '',
      is_open INTEGER NOT NULL DEFAULT 1 CHECK (is_open IN (0, 1)),
      is_changed \(flag) (is_changed IN (0, 1)),
      instances INTEGER NOT NULL DEFAULT 0,
      stored INTEGER NOT NULL DEFAULT 0,
      committed INTEGER NOT NULL DEFAULT 0,
      purged INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE UNIQUE INDEX wave_open ON wave(key) WHERE is_open = 1;
    CREATE INDEX wave_quiet ON wave(last_arrival, id) WHERE is_open = 1;
    CREATE INDEX wave_changed ON wave(id) WHERE is_changed = 1 AND is_open = 0;

    CREATE TABLE instance (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uuid TEXT NOT NULL UNIQUE,
      file TEXT NOT NULL,
      sop_class TEXT NOT NULL,
      sop_instance TEXT NOT NULL,
      transfer_syntax TEXT NOT NULL,
      patient_id TEXT,
      accession_number TEXT,
      study TEXT,
      series TEXT,
      modality TEXT,
      study_date TEXT,
      calling_ae TEXT NOT NULL,
      called_ae TEXT NOT NULL,
      address TEXT NOT NULL,
      peer TEXT,
      association TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      bytes INTEGER NOT NULL CHECK (bytes >= 0),
      digest TEXT NOT NULL CHECK (length(digest) = 32),
      state TEXT NOT NULL CHECK (state IN (\(list(InstanceState.allCases)))),
      reason TEXT,
      retention INTEGER,
      settled_at INTEGER,
      conflicted \(flag) (conflicted IN (0, 1)),
      recovered \(flag) (recovered IN (0, 1)),
      -- Why the copy stays until an operator confirms.
      pin TEXT,
      legal_hold \(flag) (legal_hold IN (0, 1)),
      discarding \(flag) (discarding IN (0, 1)),
      -- When the purge guard may hold: a hint, checked again by the guard itself.
      purge_at INTEGER,
      wave INTEGER NOT NULL REFERENCES wave(id),
      stored \(flag) (stored IN (0, 1)),
      committed \(flag) (committed IN (0, 1)),
      failed \(flag) (failed IN (0, 1)),
      CHECK ((state = 'settled') = (settled_at IS NOT NULL) OR state IN ('purging', 'purged', 'discarded'))
    ) STRICT;
    CREATE INDEX instance_sop ON instance(sop_instance);
    CREATE INDEX instance_study ON instance(study) WHERE study IS NOT NULL;
    CREATE INDEX instance_state ON instance(state, id);
    CREATE INDEX instance_held ON instance(reason) WHERE state = 'held';
    CREATE INDEX instance_purge ON instance(purge_at, id)
      WHERE state = 'settled' AND purge_at IS NOT NULL AND pin IS NULL AND legal_hold = 0;
    CREATE INDEX instance_pinned ON instance(id)
      WHERE pin IS NOT NULL AND state NOT IN ('purging', 'purged', 'discarded');
    CREATE UNIQUE INDEX instance_file ON instance(file) WHERE state NOT IN ('purged', 'discarded');

    """

  private static let deliveries = """
    CREATE TABLE delivery (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      instance INTEGER NOT NULL REFERENCES instance(id),
      -- What groups it for asking: the instance's study, or its SOP Instance UID.
      study TEXT NOT NULL,
      destination TEXT NOT NULL,
      origin TEXT NOT NULL CHECK (origin IN (\(list(DeliveryOrigin.allCases)))),
      priority INTEGER NOT NULL CHECK (priority IN (0, 1, 2)),
      state TEXT NOT NULL CHECK (state IN (\(list(DeliveryState.allCases)))),
      proof TEXT NOT NULL CHECK (proof IN (\(list(Proof.allCases)))),
      routes TEXT NOT NULL,
      attempts INTEGER NOT NULL CHECK (attempts >= 0),
      doubtful_failures INTEGER NOT NULL,
      asks INTEGER NOT NULL,
      resends INTEGER NOT NULL,
      reason TEXT,
      last_error TEXT,
      not_before INTEGER,
      hold_by TEXT,
      hold_reason TEXT,
      hold_at INTEGER,
      transaction_uid TEXT,
      sent_at INTEGER,
      cancel_requested \(flag) (cancel_requested IN (0, 1)),
      behind INTEGER REFERENCES delivery(id),
      accept_discarded \(flag) (accept_discarded IN (0, 1)),
      overwrites \(flag) (overwrites IN (0, 1)),
      discarded_elements \(flag) (discarded_elements IN (0, 1)),
      first_asked_at INTEGER,
      failed_asks INTEGER NOT NULL DEFAULT 0,
      proved_by INTEGER,
      failed_by INTEGER,
      contradicted \(flag) (contradicted IN (0, 1)),
      -- The claim: monotonic nanoseconds, valid within one incarnation of the process.
      lease INTEGER,
      incarnation INTEGER,
      claimed_at INTEGER,
      UNIQUE (instance, destination, origin),
      CHECK ((state = 'sending') = (lease IS NOT NULL)),
      CHECK ((lease IS NULL) = (incarnation IS NULL) AND (lease IS NULL) = (claimed_at IS NULL)),
      CHECK ((hold_by IS NULL) = (hold_reason IS NULL) AND (hold_by IS NULL) = (hold_at IS NULL))
    ) STRICT;
    CREATE INDEX delivery_state ON delivery(destination, state, id);
    CREATE INDEX delivery_ready ON delivery(destination, priority, id)
      WHERE state = 'queued' AND hold_by IS NULL AND behind IS NULL AND not_before IS NULL;
    CREATE INDEX delivery_waiting ON delivery(destination, priority, not_before, id)
      WHERE state = 'queued' AND hold_by IS NULL AND behind IS NULL AND not_before IS NOT NULL;
    CREATE INDEX delivery_claim ON delivery(incarnation, lease) WHERE state = 'sending';
    CREATE INDEX delivery_behind ON delivery(behind) WHERE behind IS NOT NULL;
    CREATE INDEX delivery_fresh ON delivery(destination, sent_at, id)
      WHERE state = 'sent' AND proof = 'commitment' AND hold_by IS NULL AND not_before IS NULL;
    CREATE INDEX delivery_again ON delivery(destination, not_before, id)
      WHERE state = 'sent' AND proof = 'commitment' AND hold_by IS NULL AND not_before IS NOT NULL;
    CREATE INDEX delivery_askable ON delivery(destination, study, not_before, id)
      WHERE state = 'sent' AND proof = 'commitment' AND hold_by IS NULL;
    CREATE INDEX delivery_requested ON delivery(not_before, id) WHERE state = 'requested';
    CREATE INDEX delivery_contradicted ON delivery(destination) WHERE contradicted = 1;
    CREATE INDEX delivery_asked ON delivery(destination, first_asked_at)
      WHERE state IN ('sent', 'requested') AND first_asked_at IS NOT NULL;

    -- When something of a study was last sent that is to be asked for; a row may outlive what it speaks of.
    CREATE TABLE quiet (
      destination TEXT NOT NULL,
      study TEXT NOT NULL,
      last_sent INTEGER NOT NULL,
      PRIMARY KEY (destination, study)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX quiet_last_sent ON quiet(destination, last_sent, study);

    CREATE TABLE attempt (
      id INTEGER PRIMARY KEY,
      delivery INTEGER NOT NULL REFERENCES delivery(id),
      attempt INTEGER NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER NOT NULL,
      result TEXT NOT NULL,
      status INTEGER,
      message TEXT,
      association TEXT,
      transfer_syntax TEXT
    ) STRICT;
    CREATE INDEX attempt_delivery ON attempt(delivery, id);

    """

  private static let commitments = """
    CREATE TABLE commitment (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE,
      destination TEXT NOT NULL,
      study TEXT,
      state TEXT NOT NULL CHECK (state IN (\(list(TransactionRecord.State.allCases)))),
      opened_at INTEGER NOT NULL,
      answered_at INTEGER,
      message TEXT,
      reported_by TEXT,
      next_ask_at INTEGER,
      manual INTEGER NOT NULL CHECK (manual IN (0, 1)),
      items INTEGER NOT NULL,
      committed INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX commitment_state ON commitment(state, number);
    CREATE INDEX commitment_destination ON commitment(destination, state, number);

    CREATE TABLE item (
      commitment INTEGER NOT NULL REFERENCES commitment(number),
      sop_instance TEXT NOT NULL,
      sop_class TEXT NOT NULL,
      delivery INTEGER REFERENCES delivery(id),
      attempt INTEGER NOT NULL,
      committed INTEGER CHECK (committed IN (0, 1)),
      reason_code INTEGER,
      reported_by TEXT,
      decided_at INTEGER,
      PRIMARY KEY (commitment, sop_instance)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX item_delivery ON item(delivery) WHERE delivery IS NOT NULL;
    CREATE INDEX item_sop ON item(sop_instance) WHERE delivery IS NULL;

    """

  private static let events = """
    CREATE TABLE event (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      at INTEGER NOT NULL,
      study TEXT,
      sop_instance TEXT,
      instance TEXT,
      destination TEXT,
      transaction_uid TEXT,
      instances INTEGER,
      failed INTEGER,
      reason TEXT,
      reason_code INTEGER,
      actor TEXT NOT NULL
    ) STRICT;
    CREATE INDEX event_instance ON event(instance) WHERE instance IS NOT NULL;
    CREATE INDEX event_sop ON event(sop_instance) WHERE instance IS NULL AND sop_instance IS NOT NULL;
    CREATE INDEX event_study ON event(study) WHERE instance IS NULL AND study IS NOT NULL;

    CREATE TABLE alarm (
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      since INTEGER NOT NULL,
      text TEXT NOT NULL,
      PRIMARY KEY (kind, subject)
    ) STRICT, WITHOUT ROWID;

    """

  private static let outbox = """
    CREATE TABLE endpoint (
      name TEXT PRIMARY KEY NOT NULL,
      url TEXT NOT NULL,
      disabled TEXT,
      last_status INTEGER,
      last_at INTEGER,
      pending INTEGER NOT NULL DEFAULT 0,
      dead INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE subscription (
      kind TEXT NOT NULL,
      endpoint TEXT NOT NULL REFERENCES endpoint(name),
      PRIMARY KEY (kind, endpoint)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      message_id TEXT NOT NULL,
      endpoint TEXT NOT NULL REFERENCES endpoint(name),
      event INTEGER NOT NULL REFERENCES event(sequence),
      state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'deadLettered')),
      tries INTEGER NOT NULL DEFAULT 0,
      first_try_at INTEGER,
      next_at INTEGER,
      last_status INTEGER,
      last_error TEXT,
      last_at INTEGER,
      CHECK ((state = 'pending') = (next_at IS NOT NULL))
    ) STRICT;
    CREATE INDEX outbox_due ON outbox(endpoint, next_at, id) WHERE state = 'pending';
    CREATE INDEX outbox_endpoint ON outbox(endpoint, id);
    CREATE INDEX outbox_dead ON outbox(endpoint, id) WHERE state = 'deadLettered';

    """

  private static let jobs = """
    -- To whom the copy is promised, for good; and the peers that sent the same bytes besides the first.
    ALTER TABLE instance ADD COLUMN promise TEXT;
    ALTER TABLE instance ADD COLUMN also_from TEXT NOT NULL DEFAULT '';

    CREATE TABLE job (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      uuid TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN (\(list(JobKind.allCases)))),
      state TEXT NOT NULL CHECK (state IN (\(list(JobState.allCases)))),
      peer TEXT NOT NULL,
      priority INTEGER NOT NULL,
      stage TEXT NOT NULL CHECK (stage IN (\(list(JobStage.allCases)))),
      created_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      completed_at INTEGER,
      -- When there is something to do for it.
      next_at INTEGER,
      troubled_since INTEGER,
      total INTEGER NOT NULL,
      done INTEGER NOT NULL CHECK (done BETWEEN 0 AND total),
      tries INTEGER NOT NULL,
      error_code INTEGER,
      error TEXT,
      -- Not listed any more; what it did stays on record.
      deleted \(flag) (deleted IN (0, 1)),
      CHECK ((state IN ('Success', 'Failure')) = (completed_at IS NOT NULL)),
      CHECK ((error_code IS NULL) = (error IS NULL))
    ) STRICT;
    CREATE INDEX job_listed ON job(number) WHERE deleted = 0;
    CREATE INDEX job_due ON job(stage, next_at) WHERE next_at IS NOT NULL AND state IN ('Pending', 'Running', 'Retry');
    CREATE INDEX job_due_of_peer ON job(stage, peer, next_at)
      WHERE next_at IS NOT NULL AND state IN ('Pending', 'Running', 'Retry');
    CREATE INDEX job_open ON job(kind, peer) WHERE state IN ('Pending', 'Running', 'Retry', 'Paused');
    CREATE INDEX job_troubled ON job(peer, troubled_since) WHERE troubled_since IS NOT NULL;

    """

  private static let inquiries = """
    CREATE TABLE inquiry (
      job INTEGER PRIMARY KEY REFERENCES job(number),
      calling_ae TEXT NOT NULL,
      called_ae TEXT NOT NULL,
      uid TEXT NOT NULL,
      address TEXT NOT NULL,
      content TEXT NOT NULL,
      basis TEXT NOT NULL CHECK (basis IN (\(list(InquiryTerms.Basis.allCases)))),
      proof TEXT NOT NULL CHECK (proof IN (\(list(Proof.allCases)))),
      excluded TEXT NOT NULL,
      sees_all INTEGER NOT NULL CHECK (sees_all IN (0, 1)),
      answer_by INTEGER NOT NULL,
      completes INTEGER NOT NULL CHECK (completes IN (0, 1)),
      failed INTEGER NOT NULL DEFAULT 0,
      sealed_at INTEGER,
      reported_at INTEGER,
      report_status INTEGER,
      UNIQUE (calling_ae, uid)
    ) STRICT;

    -- References that were not looked at yet, some hundred in a row.
    CREATE TABLE unread (
      job INTEGER NOT NULL REFERENCES inquiry(job),
      position INTEGER NOT NULL,
      refs BLOB NOT NULL,
      PRIMARY KEY (job, position)
    ) STRICT;

    CREATE TABLE inquired (
      job INTEGER NOT NULL REFERENCES inquiry(job),
      position INTEGER NOT NULL,
      sop_class TEXT NOT NULL,
      sop_instance TEXT NOT NULL,
      -- NULL while undecided, 0 for committed, otherwise the Failure Reason.
      reason INTEGER,
      -- Something of the instance changed since it was looked at.
      touched \(flag) (touched IN (0, 1)),
      PRIMARY KEY (job, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX inquired_sop ON inquired(sop_instance);
    CREATE INDEX inquired_open ON inquired(job, position) WHERE reason IS NULL;
    CREATE INDEX inquired_touched ON inquired(job, position) WHERE touched = 1;

    -- Who is asked about an instance looks at it again when a delivery ended, or a proof was taken back.
    CREATE TRIGGER delivery_decided AFTER UPDATE OF state, contradicted, discarded_elements ON delivery
    WHEN NEW.state <> OLD.state AND NEW.state IN ('delivered', 'failed', 'cancelled', 'waived', 'superseded')
      OR NEW.contradicted <> OLD.contradicted OR NEW.discarded_elements <> OLD.discarded_elements
    BEGIN
      UPDATE inquired SET touched = 1
      WHERE sop_instance = (SELECT sop_instance FROM instance WHERE id = NEW.instance) AND touched = 0
        AND (reason IS NULL OR reason = 0 AND (NEW.contradicted = 1 OR NEW.discarded_elements = 1));
    END;
    CREATE TRIGGER instance_decided AFTER UPDATE OF state, conflicted ON instance
    WHEN NEW.conflicted <> OLD.conflicted OR NEW.state <> OLD.state AND NEW.state = 'discarded'
    BEGIN
      UPDATE inquired SET touched = 1 WHERE sop_instance = NEW.sop_instance AND touched = 0
        AND (reason IS NULL OR reason = 0 AND NEW.conflicted = 1);
    END;
    CREATE TRIGGER instance_came AFTER INSERT ON instance BEGIN
      UPDATE inquired SET touched = 1 WHERE sop_instance = NEW.sop_instance AND touched = 0
        AND (reason IS NULL OR reason = 0);
    END;
    CREATE TRIGGER inquired_touched AFTER UPDATE OF touched ON inquired WHEN NEW.touched = 1 BEGIN
      UPDATE job SET next_at = 0 WHERE number = NEW.job AND state IN ('Pending', 'Running', 'Retry');
    END;

    """

  /// What the API asks for is asked for again until it is reported, in further transactions of the first one.
  private static let asking = """
    CREATE TABLE modality (name TEXT PRIMARY KEY NOT NULL, configuration TEXT NOT NULL) STRICT, WITHOUT ROWID;
    ALTER TABLE commitment ADD COLUMN root INTEGER REFERENCES commitment(number);
    ALTER TABLE commitment ADD COLUMN openings INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX commitment_again ON commitment(destination, next_ask_at)
      WHERE manual = 1 AND root IS NULL AND next_ask_at IS NOT NULL;

    """

  /// What is proved by query: sent and never asked for, or to be asked for again, also once it was found.
  private static let querying = """
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
  private static var sources: String {
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

  /// Whether a transaction of ours came to ourselves.
  private static let ownRequests = """
    CREATE INDEX commitment_asked ON commitment(root) WHERE root IS NOT NULL;
    CREATE INDEX inquiry_uid ON inquiry(uid);

    """

  /// Legal holds, and the ways to find what operators ask for.
  private static let operating = """
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

  private static let unlisted = """
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

  /// What the end of a hold, and the return of a destination, would have to look through a whole queue for.
  private static let growth = """
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

  /// What says when the record of a copy may go, and what is left of its study.
  ///
  /// An instance goes with nothing but indexes of its own to look at: what refers to it has one, so that checking the
  /// foreign keys reads no table. No such index is worth its price on each instance that comes only for the wave, so
  /// the wave counts what it lost, and `instance` gives up the reference to it (as SQLite's documentation of ALTER
  /// TABLE describes).
  private static let retention = """
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

  private static let storing = """
    CREATE TABLE storing (
      job INTEGER PRIMARY KEY REFERENCES job(number),
      resources TEXT NOT NULL,
      is_permissive INTEGER NOT NULL CHECK (is_permissive IN (0, 1)),
      -- The transaction in which commitment is asked for at the end.
      transaction_uid TEXT,
      failed INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE stored (
      job INTEGER NOT NULL REFERENCES storing(job),
      position INTEGER NOT NULL,
      instance INTEGER NOT NULL REFERENCES instance(id),
      delivery INTEGER REFERENCES delivery(id),
      -- NULL while open.
      is_done INTEGER CHECK (is_done IN (0, 1)),
      -- The job queued it; otherwise somebody else did, and the job only waits for it.
      is_own INTEGER NOT NULL DEFAULT 0 CHECK (is_own IN (0, 1)),
      PRIMARY KEY (job, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX stored_delivery ON stored(delivery) WHERE delivery IS NOT NULL AND is_done IS NULL;
    CREATE INDEX stored_instance ON stored(instance) WHERE delivery IS NULL AND is_done IS NULL;
    CREATE INDEX stored_waiting ON stored(job, position) WHERE delivery IS NULL AND is_done IS NULL;
    CREATE INDEX stored_open ON stored(job, position) WHERE delivery IS NOT NULL AND is_done IS NULL;
    CREATE TRIGGER delivery_ended AFTER UPDATE OF state ON delivery
    WHEN NEW.origin = 'api' AND NEW.state <> OLD.state AND NEW.state IN ('delivered', 'failed', 'cancelled', 'waived')
    BEGIN
      UPDATE job SET next_at = 0 WHERE state IN ('Pending', 'Running', 'Retry')
        AND number IN (SELECT job FROM stored WHERE delivery = NEW.id AND is_done IS NULL);
    END;

    """

  private static let sending = """
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

  private static let resources = """
    -- The tree of what is here: of each instance the names of its patient, study, series and of itself.
    CREATE TABLE resource (
      instance INTEGER PRIMARY KEY REFERENCES instance(id),
      patient BLOB NOT NULL,
      study BLOB NOT NULL,
      series BLOB NOT NULL,
      sop BLOB NOT NULL
    ) STRICT;
    CREATE INDEX resource_patient ON resource(patient);
    CREATE INDEX resource_study ON resource(study);
    CREATE INDEX resource_series ON resource(series);
    CREATE INDEX resource_sop ON resource(sop);
    CREATE INDEX instance_series ON instance(series) WHERE series IS NOT NULL;
    CREATE TRIGGER resource_gone AFTER UPDATE OF state ON instance
    WHEN NEW.state <> OLD.state AND NEW.state IN ('purging', 'purged', 'discarded')
    BEGIN
      DELETE FROM resource WHERE instance = NEW.id;
    END;

    """

  /// Counts that a query must not have to count.
  private static let counters = """
    CREATE TABLE instance_count (
      state TEXT PRIMARY KEY NOT NULL,
      n INTEGER NOT NULL CHECK (n >= 0),
      bytes INTEGER NOT NULL CHECK (bytes >= 0)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER instance_inserted AFTER INSERT ON instance BEGIN
      INSERT INTO instance_count VALUES (NEW.state, 1, NEW.bytes)
        ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + NEW.bytes;
      UPDATE wave SET instances = instances + 1, stored = stored + NEW.stored, committed = committed + NEW.committed,
        failed = failed + NEW.failed, is_changed = 1 WHERE id = NEW.wave;
    END;
    CREATE TRIGGER instance_moved AFTER UPDATE OF state ON instance WHEN OLD.state <> NEW.state BEGIN
      UPDATE instance_count SET n = n - 1, bytes = bytes - OLD.bytes WHERE state = OLD.state;
      INSERT INTO instance_count VALUES (NEW.state, 1, NEW.bytes)
        ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + NEW.bytes;
    END;
    CREATE TRIGGER instance_progressed AFTER UPDATE OF state, stored, committed, failed ON instance
    WHEN OLD.stored <> NEW.stored OR OLD.committed <> NEW.committed OR OLD.failed <> NEW.failed
      OR (OLD.state = 'purged') <> (NEW.state = 'purged')
    BEGIN
      UPDATE wave SET stored = stored + NEW.stored - OLD.stored, committed = committed + NEW.committed - OLD.committed,
        failed = failed + NEW.failed - OLD.failed,
        purged = purged + (NEW.state = 'purged') - (OLD.state = 'purged'), is_changed = 1
      WHERE id = NEW.wave;
    END;
    CREATE TRIGGER instance_deleted AFTER DELETE ON instance BEGIN
      UPDATE instance_count SET n = n - 1, bytes = bytes - OLD.bytes WHERE state = OLD.state;
    END;

    CREATE TABLE delivery_count (
      destination TEXT NOT NULL,
      state TEXT NOT NULL,
      n INTEGER NOT NULL CHECK (n >= 0),
      PRIMARY KEY (destination, state)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER delivery_inserted AFTER INSERT ON delivery BEGIN
      INSERT INTO delivery_count VALUES (NEW.destination, NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON delivery WHEN OLD.state <> NEW.state BEGIN
      UPDATE delivery_count SET n = n - 1 WHERE destination = OLD.destination AND state = OLD.state;
      INSERT INTO delivery_count VALUES (NEW.destination, NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER delivery_deleted AFTER DELETE ON delivery BEGIN
      UPDATE delivery_count SET n = n - 1 WHERE destination = OLD.destination AND state = OLD.state;
    END;

    CREATE TRIGGER outbox_inserted AFTER INSERT ON outbox BEGIN
      UPDATE endpoint SET pending = pending + (NEW.state = 'pending'), dead = dead + (NEW.state = 'deadLettered')
      WHERE name = NEW.endpoint;
    END;
    CREATE TRIGGER outbox_moved AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state BEGIN
      UPDATE endpoint SET pending = pending + (NEW.state = 'pending') - (OLD.state = 'pending'),
        dead = dead + (NEW.state = 'deadLettered') - (OLD.state = 'deadLettered')
      WHERE name = NEW.endpoint;
    END;
    CREATE TRIGGER outbox_deleted AFTER DELETE ON outbox BEGIN
      UPDATE endpoint SET pending = pending - (OLD.state = 'pending'), dead = dead - (OLD.state = 'deadLettered')
      WHERE name = OLD.endpoint;
    END;
    """
}
