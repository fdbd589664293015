-- A store of schema 4: written by the program of 30 November 2026 (97083e6: two imports and a run beside recordings),
-- its records thinned out and one row of a quarter-hour added, then printed by sqlite3's .dump.
PRAGMA application_id = 1129597255;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1 parties and contact records');
INSERT INTO grdb_migrations VALUES('2 gaps in what was heard');
INSERT INTO grdb_migrations VALUES('3 intervals');
INSERT INTO grdb_migrations VALUES('4 editions of the registry');
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
INSERT INTO contacts VALUES('01M8Q29QA8AVN6ZWMEN0NEWFPW','roma',1796070497608545,1796070502140741,'informazioni',NULL,'abandoned','+393471234567','C-1','{"arrivedAt":"2026-11-30T20:28:17.608Z","called":"0690001","caller":{"e164":"+393471234567","kind":"mobile","raw":"+393471234567"},"channel":"1796070497.75","conferencedWith":[],"direction":"inbound","endedAt":"2026-11-30T20:28:22.140Z","endedBy":"caller","flags":[],"gaps":[],"id":"01M8Q29QA8AVN6ZWMEN0NEWFPW","legs":[{"agent":"Carla Verdi","alertedAt":"2026-11-30T20:28:17.608Z","channel":"1796070497.76","device":"PJSIP/1003","endedAt":"2026-11-30T20:28:21.361Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1003","number":1,"queue":"informazioni","result":"noAnswer","ringSeconds":3.752657,"via":"queue","visit":1},{"agent":"Bruno Bianchi","alertedAt":"2026-11-30T20:28:17.608Z","channel":"1796070497.77","device":"PJSIP/1002","endedAt":"2026-11-30T20:28:21.361Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1002","number":2,"queue":"informazioni","result":"noAnswer","ringSeconds":3.752657,"via":"queue","visit":1},{"agent":"Anna Rossi","alertedAt":"2026-11-30T20:28:17.608Z","channel":"1796070497.78","device":"PJSIP/1001","endedAt":"2026-11-30T20:28:21.361Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1001","number":3,"queue":"informazioni","result":"noAnswer","ringSeconds":3.752657,"via":"queue","visit":1},{"agent":"Carla Verdi","alertedAt":"2026-11-30T20:28:21.859Z","channel":"1796070501.79","device":"PJSIP/1003","endedAt":"2026-11-30T20:28:22.140Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1003","number":4,"queue":"informazioni","result":"busy","ringSeconds":0.28075,"via":"queue","visit":1},{"agent":"Bruno Bianchi","alertedAt":"2026-11-30T20:28:21.859Z","channel":"1796070501.80","device":"PJSIP/1002","endedAt":"2026-11-30T20:28:22.140Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1002","number":5,"queue":"informazioni","result":"busy","ringSeconds":0.28075,"via":"queue","visit":1},{"agent":"Anna Rossi","alertedAt":"2026-11-30T20:28:21.859Z","channel":"1796070501.81","device":"PJSIP/1001","endedAt":"2026-11-30T20:28:22.140Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1001","number":6,"queue":"informazioni","result":"busy","ringSeconds":0.28075,"via":"queue","visit":1}],"outcome":"abandoned","parks":[],"partyKeys":["C-1"],"selfServiceSeconds":0,"switch":"roma","talkSeconds":0,"visits":[{"channel":"1796070497.75","flags":[],"joinedAt":"2026-11-30T20:28:17.608Z","leftAt":"2026-11-30T20:28:22.140Z","number":1,"outcome":"abandoned","position":1,"queue":"informazioni","waitSeconds":4.532196}],"waitSeconds":4.532196}');
INSERT INTO contacts VALUES('01M8Q29WSAP8B51H80DM2N4DHH','roma',1796070503210944,1796070503458350,'informazioni',NULL,'abandoned','+390659041234',NULL,'{"arrivedAt":"2026-11-30T20:28:23.210Z","called":"00390690001","caller":{"e164":"+390659041234","kind":"fixed","raw":"tel:+390659041234"},"channel":"1796070503.126","conferencedWith":[],"direction":"inbound","endedAt":"2026-11-30T20:28:23.458Z","endedBy":"caller","flags":[],"gaps":[],"id":"01M8Q29WSAP8B51H80DM2N4DHH","legs":[{"agent":"Carla Verdi","alertedAt":"2026-11-30T20:28:23.210Z","channel":"1796070503.127","device":"PJSIP/1003","endedAt":"2026-11-30T20:28:23.458Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1003","number":7,"queue":"informazioni","result":"callerLeft","ringSeconds":0.247406,"via":"queue","visit":2},{"agent":"Bruno Bianchi","alertedAt":"2026-11-30T20:28:23.210Z","channel":"1796070503.128","device":"PJSIP/1002","endedAt":"2026-11-30T20:28:23.458Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1002","number":8,"queue":"informazioni","result":"callerLeft","ringSeconds":0.247406,"via":"queue","visit":2},{"agent":"Anna Rossi","alertedAt":"2026-11-30T20:28:23.210Z","channel":"1796070503.129","device":"PJSIP/1001","endedAt":"2026-11-30T20:28:23.458Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1001","number":9,"queue":"informazioni","result":"callerLeft","ringSeconds":0.247406,"via":"queue","visit":2}],"outcome":"abandoned","parks":[],"partyKeys":[],"selfServiceSeconds":0,"switch":"roma","talkSeconds":0,"visits":[{"channel":"1796070503.126","flags":[],"joinedAt":"2026-11-30T20:28:23.210Z","leftAt":"2026-11-30T20:28:23.458Z","number":2,"outcome":"abandoned","position":1,"queue":"informazioni","waitSeconds":0.247406}],"waitSeconds":0.247406}');
INSERT INTO contacts VALUES('01M8Q29X3GMGD73AVY12X3TV8P','roma',1796070503536708,1796070503865008,'informazioni',NULL,'abandoned',NULL,NULL,'{"arrivedAt":"2026-11-30T20:28:23.536Z","called":"+390690001","caller":{"kind":"invalid","name":"+390","raw":"+390"},"channel":"1796070503.130","conferencedWith":[],"direction":"inbound","endedAt":"2026-11-30T20:28:23.865Z","endedBy":"caller","flags":[],"gaps":[],"id":"01M8Q29X3GMGD73AVY12X3TV8P","legs":[{"agent":"Carla Verdi","alertedAt":"2026-11-30T20:28:23.536Z","channel":"1796070503.131","device":"PJSIP/1003","endedAt":"2026-11-30T20:28:23.865Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1003","number":10,"queue":"informazioni","result":"callerLeft","ringSeconds":0.3283,"via":"queue","visit":3},{"agent":"Bruno Bianchi","alertedAt":"2026-11-30T20:28:23.536Z","channel":"1796070503.132","device":"PJSIP/1002","endedAt":"2026-11-30T20:28:23.865Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1002","number":11,"queue":"informazioni","result":"callerLeft","ringSeconds":0.3283,"via":"queue","visit":3},{"agent":"Anna Rossi","alertedAt":"2026-11-30T20:28:23.536Z","channel":"1796070503.133","device":"PJSIP/1001","endedAt":"2026-11-30T20:28:23.865Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1001","number":12,"queue":"informazioni","result":"callerLeft","ringSeconds":0.3283,"via":"queue","visit":3}],"outcome":"abandoned","parks":[],"partyKeys":[],"selfServiceSeconds":0,"switch":"roma","talkSeconds":0,"visits":[{"channel":"1796070503.130","flags":[],"joinedAt":"2026-11-30T20:28:23.536Z","leftAt":"2026-11-30T20:28:23.865Z","number":3,"outcome":"abandoned","position":1,"queue":"informazioni","waitSeconds":0.3283}],"waitSeconds":0.3283}');
INSERT INTO contacts VALUES('01M8Q29YX9P5M5J4QT4G1ZC5MA','roma',1796070505385261,1796070505700927,'informazioni',NULL,'abandoned','+393471234567','C-1','{"arrivedAt":"2026-11-30T20:28:25.385Z","called":"+390690001","caller":{"e164":"+393471234567","kind":"mobile","raw":"00393471234567"},"channel":"1796070505.150","conferencedWith":[],"direction":"inbound","endedAt":"2026-11-30T20:28:25.700Z","endedBy":"caller","flags":[],"gaps":[],"id":"01M8Q29YX9P5M5J4QT4G1ZC5MA","legs":[{"agent":"Carla Verdi","alertedAt":"2026-11-30T20:28:25.385Z","channel":"1796070505.151","device":"PJSIP/1003","endedAt":"2026-11-30T20:28:25.700Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1003","number":25,"queue":"informazioni","result":"callerLeft","ringSeconds":0.315666,"via":"queue","visit":8},{"agent":"Bruno Bianchi","alertedAt":"2026-11-30T20:28:25.385Z","channel":"1796070505.152","device":"PJSIP/1002","endedAt":"2026-11-30T20:28:25.700Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1002","number":26,"queue":"informazioni","result":"callerLeft","ringSeconds":0.315666,"via":"queue","visit":8},{"agent":"Anna Rossi","alertedAt":"2026-11-30T20:28:25.385Z","channel":"1796070505.153","device":"PJSIP/1001","endedAt":"2026-11-30T20:28:25.700Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1001","number":27,"queue":"informazioni","result":"callerLeft","ringSeconds":0.315666,"via":"queue","visit":8}],"outcome":"abandoned","parks":[],"partyKeys":["C-1"],"selfServiceSeconds":0,"switch":"roma","talkSeconds":0,"visits":[{"channel":"1796070505.150","flags":[],"joinedAt":"2026-11-30T20:28:25.385Z","leftAt":"2026-11-30T20:28:25.700Z","number":8,"outcome":"abandoned","position":1,"queue":"informazioni","waitSeconds":0.315666}],"waitSeconds":0.315666}');
INSERT INTO contacts VALUES('01M8Q2A3T1XDV1CXFVZKRVJ3XW','roma',1796070510401160,1796070511401221,NULL,'Dario Neri','answered','+390665551234',NULL,'{"arrivedAt":"2026-11-30T20:28:30.401Z","called":"0665551234","caller":{"e164":"+390665551234","kind":"fixed","raw":"0665551234"},"channel":"1796070510.175","conferencedWith":[],"direction":"outbound","endedAt":"2026-11-30T20:28:31.401Z","endedBy":"agent","flags":[],"gaps":[],"id":"01M8Q2A3T1XDV1CXFVZKRVJ3XW","legs":[{"agent":"Dario Neri","alertedAt":"2026-11-30T20:28:30.401Z","answeredAt":"2026-11-30T20:28:30.401Z","channel":"1796070510.174","device":"PJSIP/1004","endedAt":"2026-11-30T20:28:31.401Z","endedBy":"agent","establishedAt":"2026-11-30T20:28:30.789Z","flags":[],"holdSeconds":0,"interface":"PJSIP/1004","number":50,"result":"answered","talkSeconds":0.611536,"via":"outbound"}],"outcome":"answered","parks":[],"partyKeys":[],"switch":"roma","talkSeconds":0.611536,"visits":[]}');
CREATE TABLE gaps (
    switch TEXT NOT NULL,
    began INTEGER NOT NULL,
    ended INTEGER,
    cause TEXT NOT NULL,
    PRIMARY KEY (switch, began)
) STRICT, WITHOUT ROWID;
INSERT INTO gaps VALUES('roma',1796070542409290,NULL,'notRunning');
CREATE TABLE alive (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
INSERT INTO alive VALUES(1,1796070537596937);
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
INSERT INTO intervals VALUES('roma','queue','incentivi',1796069700000000,900000000,1,3,2,1,1,2,2,0,'{"kind":"queue","name":"incentivi"}');
CREATE TABLE interval_retention (id INTEGER PRIMARY KEY CHECK (id = 1), before INTEGER) STRICT;
INSERT INTO interval_retention VALUES(1,NULL);
CREATE TABLE registry (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    edition INTEGER NOT NULL,
    -- The first row of an edition that is not published yet; NULL if there is none.
    draft_from INTEGER
) STRICT;
INSERT INTO registry VALUES(1,2,NULL);
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
INSERT INTO party_rows VALUES(2,'C-2','company','Ditta Verdi S.r.l.','Bologna',NULL,NULL,0,'["+39051987654"]',1,NULL);
INSERT INTO party_rows VALUES(3,'C-3','person','Bea Nicolò','Torino',NULL,NULL,0,'["+390612345678"]',1,NULL);
INSERT INTO party_rows VALUES(4,'C-1','person','Anna Bianchi','Roma',NULL,'Richiama la sera',0,'["+390612345678","+393471234567"]',2,NULL);
CREATE TABLE IF NOT EXISTS "party_numbers" (
    e164 TEXT NOT NULL,
    party INTEGER NOT NULL,
    PRIMARY KEY (e164, party)
) STRICT, WITHOUT ROWID;
INSERT INTO party_numbers VALUES('+39051987654',2);
INSERT INTO party_numbers VALUES('+390612345678',3);
INSERT INTO party_numbers VALUES('+390612345678',4);
INSERT INTO party_numbers VALUES('+393471234567',4);
CREATE INDEX contacts_of_number ON contacts (e164, arrived DESC, id DESC) WHERE e164 IS NOT NULL;
CREATE INDEX contacts_of_party ON contacts (party_key, arrived DESC, id DESC) WHERE party_key IS NOT NULL;
CREATE INDEX intervals_by_time ON intervals (start);
CREATE TRIGGER intervals_final_update BEFORE UPDATE ON intervals WHEN OLD.is_final = 1
BEGIN SELECT RAISE(ABORT, 'a final interval row does not change'); END;
CREATE TRIGGER intervals_final_delete BEFORE DELETE ON intervals
WHEN OLD.is_final = 1 AND (SELECT before IS NULL OR OLD.start + OLD.length > before FROM interval_retention)
BEGIN SELECT RAISE(ABORT, 'a final interval row is not deleted before its time'); END;
CREATE TRIGGER intervals_final_replace BEFORE INSERT ON intervals
WHEN EXISTS (SELECT 1 FROM intervals WHERE switch = NEW.switch AND kind = NEW.kind AND name = NEW.name
    AND start = NEW.start AND length = NEW.length AND is_final = 1)
BEGIN SELECT RAISE(ABORT, 'a final interval row does not change'); END;
CREATE UNIQUE INDEX party_rows_newest ON party_rows (key) WHERE until IS NULL;
CREATE INDEX party_rows_replaced ON party_rows (until) WHERE until IS NOT NULL;
CREATE VIEW parties AS
SELECT party_rows.id, key, kind, name, town, language, note, is_shared, numbers
FROM party_rows, registry WHERE since <= edition AND (until IS NULL OR until > edition);
COMMIT;
