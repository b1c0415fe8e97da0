import EscrowCore

/// What the versions 2 to 4 added: work that runs for longer than a call, and what peers ask us.
extension Schema {
  static let jobs = """
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

  static let inquiries = """
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

  static let resources = """
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

  /// What the API asks for is asked for again until it is reported, in further transactions of the first one.
  static let asking = """
    CREATE TABLE modality (name TEXT PRIMARY KEY NOT NULL, configuration TEXT NOT NULL) STRICT, WITHOUT ROWID;
    ALTER TABLE commitment ADD COLUMN root INTEGER REFERENCES commitment(number);
    ALTER TABLE commitment ADD COLUMN openings INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX commitment_again ON commitment(destination, next_ask_at)
      WHERE manual = 1 AND root IS NULL AND next_ask_at IS NOT NULL;

    """

  static let storing = """
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

  /// Whether a transaction of ours came to ourselves.
  static let ownRequests = """
    CREATE INDEX commitment_asked ON commitment(root) WHERE root IS NOT NULL;
    CREATE INDEX inquiry_uid ON inquiry(uid);

    """
}
