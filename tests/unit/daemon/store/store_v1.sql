-- A store as version 1 of the schema left it. It never changes: what was written once must stay readable.
PRAGMA application_id = 1398034241;
PRAGMA user_version = 1;
BEGIN;
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions(
 key INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
 title TEXT NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL, created INTEGER NOT NULL,
 activity INTEGER NOT NULL, messages INTEGER NOT NULL, archived INTEGER NOT NULL,
 ended INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE INDEX sessions_activity ON sessions(owner, archived, activity, key);
CREATE INDEX sessions_unfinished ON sessions(key) WHERE run <> 'idle';
CREATE TABLE events(
 key INTEGER PRIMARY KEY, ts INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE messages(
 key INTEGER PRIMARY KEY, id TEXT NOT NULL, role TEXT NOT NULL, status TEXT NOT NULL,
 ts INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE INDEX messages_id ON messages(id);
CREATE VIRTUAL TABLE search USING fts5(text, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE snapshots(
 session INTEGER PRIMARY KEY, seq INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE partials(
 session INTEGER PRIMARY KEY, message TEXT NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE requests(
 key INTEGER PRIMARY KEY, user TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
 reply TEXT NOT NULL, UNIQUE(user, id)) STRICT;
INSERT INTO meta VALUES('program', '0.1.0');
INSERT INTO sessions VALUES(4, 's_old', 'ann', 'Of old', 'streaming', 'demo/stoa', 1000, 2000, 2, 0, 0, 3);
INSERT INTO events VALUES((4 << 32) + 1, 1000, 'session.started', '{"n":1}');
INSERT INTO events VALUES((4 << 32) + 2, 1001, 'message.added', '{"n":2}');
INSERT INTO events VALUES((4 << 32) + 3, 1002, 'message.added', '{"n":3}');
INSERT INTO messages VALUES((4 << 32) + 0, 'm_0', 'user', 'complete', 1001, '{"id":"m_0"}');
INSERT INTO messages VALUES((4 << 32) + 1, 'm_1', 'assistant', 'streaming', 1002, '{"id":"m_1"}');
INSERT INTO search(rowid, text) VALUES((4 << 32) + 0, 'an ancient question');
INSERT INTO snapshots VALUES(4, 2, '{"at":2}');
INSERT INTO partials VALUES(4, 'm_1', '{"half":1}');
INSERT INTO requests VALUES(1, 'ann', 'r_1', 1001, '{"ok":{}}');
COMMIT;
