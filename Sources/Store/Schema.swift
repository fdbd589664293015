import GRDB

/// The tables, as a list of changes that only grows: a released change is never edited.
enum Schema {
    /// Marks the file as ours in SQLite's header (“CTIG”), so that a wrong path never damages another program's
    /// database.
    static let applicationID: Int64 = 0x4354_4947

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 parties and contact records") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(
                sql: """
                    CREATE TABLE parties (
                        id INTEGER PRIMARY KEY,
                        key TEXT NOT NULL UNIQUE CHECK (key <> ''),
                        kind TEXT NOT NULL CHECK (kind IN ('person', 'company')),
                        name TEXT NOT NULL,
                        town TEXT,
                        language TEXT,
                        note TEXT,
                        is_shared INTEGER NOT NULL CHECK (is_shared IN (0, 1))
                    ) STRICT;

                    -- Exact E.164 only. A suffix would join 02 1234567 with 0521 1234567.
                    CREATE TABLE party_numbers (
                        e164 TEXT NOT NULL,
                        party INTEGER NOT NULL REFERENCES parties (id) ON DELETE CASCADE,
                        PRIMARY KEY (e164, party)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX party_numbers_of_party ON party_numbers (party);

                    CREATE TABLE contacts (
                        id TEXT NOT NULL PRIMARY KEY,
                        switch TEXT NOT NULL,
                        arrived INTEGER NOT NULL,
                        ended INTEGER,
                        queue TEXT,
                        agent TEXT,
                        outcome TEXT NOT NULL,
                        e164 TEXT,
                        party_key TEXT,
                        record TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX contacts_of_number ON contacts (e164, arrived DESC, id DESC) WHERE e164 IS NOT NULL;
                    CREATE INDEX contacts_of_party ON contacts (party_key, arrived DESC, id DESC) WHERE party_key IS NOT NULL;
                    """)
        }
        migrator.registerMigration("2 gaps in what was heard") { db in
            try db.execute(
                sql: """
                    CREATE TABLE gaps (
                        switch TEXT NOT NULL,
                        began INTEGER NOT NULL,
                        ended INTEGER,
                        cause TEXT NOT NULL,
                        PRIMARY KEY (switch, began)
                    ) STRICT, WITHOUT ROWID;

                    -- One row: until when the gateway is known to have run.
                    CREATE TABLE alive (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
                    """)
        }
        migrator.registerMigration("3 intervals") { db in
            try db.execute(
                sql: """
                    -- Microseconds. The columns are for whoever asks with SQL; the whole is in row, as JSON.
                    CREATE TABLE intervals (
                        switch TEXT NOT NULL,
                        kind TEXT NOT NULL CHECK (kind IN ('queue', 'team')),
                        name TEXT NOT NULL,
                        start INTEGER NOT NULL,
                        length INTEGER NOT NULL CHECK (length > 0),
                        is_final INTEGER NOT NULL CHECK (is_final IN (0, 1)),
                        offered INTEGER,
                        answered INTEGER,
                        abandoned INTEGER,
                        in_time INTEGER,
                        of_service_level INTEGER,
                        handled INTEGER NOT NULL,
                        gap INTEGER NOT NULL,
                        row TEXT NOT NULL,
                        PRIMARY KEY (switch, kind, name, start, length)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX intervals_by_time ON intervals (start);

                    -- One row: final rows that ended by then may be deleted; NULL but while retention is at work.
                    CREATE TABLE interval_retention (id INTEGER PRIMARY KEY CHECK (id = 1), before INTEGER) STRICT;
                    INSERT INTO interval_retention (id, before) VALUES (1, NULL);

                    CREATE TRIGGER intervals_final_update BEFORE UPDATE ON intervals WHEN OLD.is_final = 1
                    BEGIN SELECT RAISE(ABORT, 'a final interval row does not change'); END;
                    CREATE TRIGGER intervals_final_delete BEFORE DELETE ON intervals
                    WHEN OLD.is_final = 1 AND (SELECT before IS NULL OR OLD.start + OLD.length > before FROM interval_retention)
                    BEGIN SELECT RAISE(ABORT, 'a final interval row is not deleted before its time'); END;
                    -- INSERT OR REPLACE deletes without asking the trigger of deletions.
                    CREATE TRIGGER intervals_final_replace BEFORE INSERT ON intervals
                    WHEN EXISTS (SELECT 1 FROM intervals WHERE switch = NEW.switch AND kind = NEW.kind AND name = NEW.name
                        AND start = NEW.start AND length = NEW.length AND is_final = 1)
                    BEGIN SELECT RAISE(ABORT, 'a final interval row does not change'); END;
                    """)
        }
        migrator.registerMigration("4 editions of the registry") { db in
            try db.execute(
                sql: """
                    -- An import writes the next edition of the registry: a row belongs to the editions since ..< until.
                    -- Readers see the published edition only, so an import of any length becomes visible at once.
                    CREATE TABLE registry (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        edition INTEGER NOT NULL,
                        -- The first row of an edition that is not published yet; NULL if there is none.
                        draft_from INTEGER
                    ) STRICT;
                    INSERT INTO registry (id, edition, draft_from) VALUES (1, 0, NULL);

                    CREATE TABLE party_rows (
                        id INTEGER PRIMARY KEY,
                        key TEXT NOT NULL CHECK (key <> ''),
                        kind TEXT NOT NULL CHECK (kind IN ('person', 'company')),
                        name TEXT NOT NULL,
                        town TEXT,
                        language TEXT,
                        note TEXT,
                        is_shared INTEGER NOT NULL CHECK (is_shared IN (0, 1)),
                        -- A JSON array, sorted: an import compares it with one read.
                        numbers TEXT NOT NULL,
                        since INTEGER NOT NULL,
                        until INTEGER
                    ) STRICT;
                    INSERT INTO party_rows
                    SELECT id, key, kind, name, town, language, note, is_shared,
                        (SELECT json_group_array(e164) FROM
                            (SELECT e164 FROM party_numbers WHERE party = parties.id ORDER BY e164)),
                        0, NULL
                    FROM parties ORDER BY id;
                    CREATE UNIQUE INDEX party_rows_newest ON party_rows (key) WHERE until IS NULL;
                    CREATE INDEX party_rows_replaced ON party_rows (until) WHERE until IS NOT NULL;

                    -- Without a reference to the party: it would need a second index, and what deletes a party's row
                    -- knows its numbers.
                    CREATE TABLE numbers (
                        e164 TEXT NOT NULL,
                        party INTEGER NOT NULL,
                        PRIMARY KEY (e164, party)
                    ) STRICT, WITHOUT ROWID;
                    INSERT INTO numbers SELECT e164, party FROM party_numbers ORDER BY e164, party;
                    DROP TABLE party_numbers;
                    DROP TABLE parties;
                    ALTER TABLE numbers RENAME TO party_numbers;

                    CREATE VIEW parties AS
                    SELECT party_rows.id, key, kind, name, town, language, note, is_shared, numbers
                    FROM party_rows, registry WHERE since <= edition AND (until IS NULL OR until > edition);
                    """)
        }
        migrator.registerMigration("5 accounts, tokens, sessions, audit") { db in
            try db.execute(
                sql: """
                    -- Microseconds since 1970. The password is scrypt's text; scope is JSON.
                    CREATE TABLE accounts (
                        name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
                        role TEXT NOT NULL,
                        scope TEXT NOT NULL,
                        agent TEXT,
                        is_disabled INTEGER NOT NULL CHECK (is_disabled IN (0, 1)),
                        password TEXT NOT NULL,
                        changed INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;

                    -- The digest is SHA-256 of the token, which nobody has but its holder. A revoked token stays, so
                    -- that its name is not given again, and so that its use can be told from a guess.
                    CREATE TABLE tokens (
                        name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
                        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                        role TEXT NOT NULL,
                        scope TEXT NOT NULL,
                        made INTEGER NOT NULL,
                        expires INTEGER,
                        revoked INTEGER
                    ) STRICT, WITHOUT ROWID;

                    -- The digest is SHA-256 of the id that the browser holds.
                    CREATE TABLE sessions (
                        digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
                        account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
                        began INTEGER NOT NULL,
                        used INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX sessions_of_account ON sessions (account);

                    -- One row: grows with each change of an account or a token, so that a running gateway sees one by
                    -- reading a number.
                    CREATE TABLE access_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL) STRICT;
                    INSERT INTO access_version (id, version) VALUES (1, 0);

                    -- Append-only: digest is SHA-256, in hexadecimal digits, of the digest before and the entry.
                    CREATE TABLE audit (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        who TEXT NOT NULL,
                        entry TEXT NOT NULL,
                        digest TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX audit_by_time ON audit (at);
                    CREATE INDEX audit_of_person ON audit (who, id);
                    CREATE INDEX audit_by_kind ON audit (kind, id);

                    -- One row: the last entry that was deleted because of its age, from whose digest the chain goes on.
                    CREATE TABLE audit_retention (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        last INTEGER NOT NULL,
                        digest TEXT NOT NULL
                    ) STRICT;
                    INSERT INTO audit_retention (id, last, digest) VALUES (1, 0, printf('%064d', 0));

                    CREATE TRIGGER audit_update BEFORE UPDATE ON audit
                    BEGIN SELECT RAISE(ABORT, 'an entry of the audit does not change'); END;
                    CREATE TRIGGER audit_delete BEFORE DELETE ON audit
                    WHEN OLD.id > (SELECT last FROM audit_retention)
                    BEGIN SELECT RAISE(ABORT, 'an entry of the audit is not deleted before its time'); END;
                    -- INSERT OR REPLACE deletes without asking the trigger of deletions.
                    CREATE TRIGGER audit_insert BEFORE INSERT ON audit
                    WHEN NEW.id <> 1 + coalesce((SELECT max(id) FROM audit), (SELECT last FROM audit_retention))
                    BEGIN SELECT RAISE(ABORT, 'an entry of the audit is the next one'); END;
                    CREATE TRIGGER audit_retention_back BEFORE UPDATE ON audit_retention WHEN NEW.last < OLD.last
                    BEGIN SELECT RAISE(ABORT, 'what was deleted does not come back'); END;
                    """)
        }
        migrator.registerMigration("6 forgotten persons") { db in
            try db.execute(
                sql: """
                    -- When number, name and party were taken out of the record; NULL: they are in it.
                    ALTER TABLE contacts ADD COLUMN forgotten INTEGER;

                    -- One row. Records that arrived before that moment have no person in them, and get none when a
                    -- replay stores them again. last_run: when retention was last through.
                    CREATE TABLE retention (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        records_before INTEGER NOT NULL,
                        last_run INTEGER
                    ) STRICT;
                    INSERT INTO retention (id, records_before, last_run) VALUES (1, 0, NULL);

                    -- Who was erased: records that arrived by then are stored without the person. A row goes when
                    -- nothing that the gateway keeps can bring the person back.
                    CREATE TABLE erasures (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        until INTEGER NOT NULL,
                        e164 TEXT,
                        party_key TEXT
                    ) STRICT;

                    -- The proof: what was forgotten when, how many rows, and up to which moment. Nobody's data.
                    CREATE TABLE forgotten (
                        id INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        what TEXT NOT NULL CHECK (what IN ('records', 'intervals', 'erasure')),
                        before INTEGER NOT NULL,
                        rows INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        return migrator
    }()
}
