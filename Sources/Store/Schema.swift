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
        return migrator
    }()
}
