import GRDB

/// The tables, as a list of changes that only ever grows: a change that has left the house is never edited.
enum Schema {
    /// Marks the file as ours in SQLite's header (“CTIG”), so that a wrong path never harms another program's database.
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
        return migrator
    }()
}
