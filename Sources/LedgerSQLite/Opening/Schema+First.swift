import EscrowCore

/// The tables of the first version.
extension Schema {
  static let instances = """
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

  static let deliveries = """
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

  static let commitments = """
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

  static let events = """
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

  static let outbox = """
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

  /// Counts that a query must not have to count.
  static let counters = """
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
