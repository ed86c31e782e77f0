-- A store as stoad 0.1.0 left it with version 4 of the schema, made by tests/support/make-store. It never changes.
PRAGMA application_id = 1398034241;
PRAGMA user_version = 4;
BEGIN;
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('table', 'search', 'search', 0, 'CREATE VIRTUAL TABLE search USING fts5(text, tokenize = ''unicode61 remove_diacritics 2'')');
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions( key INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, title TEXT NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL, created INTEGER NOT NULL, activity INTEGER NOT NULL, messages INTEGER NOT NULL, archived INTEGER NOT NULL, ended INTEGER NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT -1, files INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX sessions_activity ON sessions(owner, archived, activity, key);
CREATE INDEX sessions_unfinished ON sessions(key) WHERE run <> 'idle';
CREATE TABLE events( key INTEGER PRIMARY KEY, ts INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE messages( key INTEGER PRIMARY KEY, id TEXT NOT NULL, role TEXT NOT NULL, status TEXT NOT NULL, ts INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE INDEX messages_id ON messages(id);
CREATE TABLE 'search_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE 'search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE 'search_content'(id INTEGER PRIMARY KEY, c0);
CREATE TABLE 'search_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE 'search_config'(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE snapshots( session INTEGER PRIMARY KEY, seq INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE partials( session INTEGER PRIMARY KEY, message TEXT NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE requests( key INTEGER PRIMARY KEY, user TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL, reply TEXT NOT NULL, UNIQUE(user, id)) STRICT;
CREATE TABLE rules( id TEXT PRIMARY KEY, user TEXT NOT NULL, effect TEXT NOT NULL, pattern TEXT NOT NULL, ts INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE users( name TEXT PRIMARY KEY, role TEXT NOT NULL, disabled INTEGER NOT NULL, created INTEGER NOT NULL, settings TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE keys( key TEXT PRIMARY KEY, user TEXT NOT NULL, label TEXT NOT NULL, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tokens( id TEXT PRIMARY KEY, user TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, scope TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tickets( id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, session TEXT NOT NULL, role TEXT NOT NULL, by TEXT NOT NULL, expires INTEGER NOT NULL, uses INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE secrets( user TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY(user, name)) STRICT, WITHOUT ROWID;
CREATE TABLE spent( user TEXT NOT NULL, day INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cached INTEGER NOT NULL, turns INTEGER NOT NULL, micros INTEGER NOT NULL, PRIMARY KEY(user, day)) STRICT, WITHOUT ROWID;
CREATE TABLE members( user TEXT NOT NULL, session INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY(user, session)) STRICT, WITHOUT ROWID;
CREATE INDEX members_session ON members(session);
CREATE TABLE audit( n INTEGER PRIMARY KEY, ts INTEGER NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE INDEX sessions_uncounted ON sessions(key) WHERE bytes < 0;
INSERT INTO meta VALUES('program', '0.1.0');
INSERT INTO sessions VALUES(1, 's_01m80fq1jk3temfzc22xn2asms', 'ann', 'first steps', 'idle', 'demo/stoa', 1795312813651, 1795312815420, 6, 0, 0, 19, 11057, 0, 0);
INSERT INTO sessions VALUES(2, 's_01m80fq39xmvnt46dcabwhtwfd', 'ann', 'put away', 'idle', 'demo/stoa', 1795312815421, 1795312815529, 2, 1, 0, 8, 2589, 0, 0);
INSERT INTO sessions VALUES(3, 's_01m80fq3devngfrj130qwqttyk', 'ann', 'failed once', 'idle', 'demo/stoa', 1795312815534, 1795312816075, 4, 0, 0, 14, 5822, 0, 0);
INSERT INTO sessions VALUES(4, 's_01m80fq3ycg9g5me7t5s0kxk9h', 'ann', 'failed at last', 'idle', 'demo/stoa', 1795312816076, 1795312816581, 2, 0, 0, 8, 3634, 0, 1);
INSERT INTO sessions VALUES(5, 's_01m80fq4e6k326hqjewj1m9vm5', 'ann', 'interrupted', 'idle', 'demo/stoa', 1795312816582, 1795312816598, 2, 0, 0, 8, 2459, 0, 0);
INSERT INTO sessions VALUES(6, 's_01m80fq4eqn7z3hhxpsfs4y53m', 'ann', 'streaming', 'streaming', 'demo/stoa', 1795312816599, 1795312816690, 4, 0, 0, 13, 4266, 0, 0);
INSERT INTO sessions VALUES(7, 's_01m80fq4hkrwk4dgtsy00996tf', 'ann', 'asked', 'awaiting_permission', 'demo/stoa', 1795312816691, 1795312817524, 2, 0, 0, 9, 5412, 0, 0);
INSERT INTO sessions VALUES(8, 's_01m80fq5bnxwa97m459x66nxg6', 'ann', 'called', 'idle', 'demo/stoa', 1795312817525, 1795312824584, 3, 0, 0, 21, 12954, 0, 0);
INSERT INTO sessions VALUES(9, 's_01m80fq74a3jeht77c357whgdz', 'ann', 'called (fork)', 'idle', 'demo/stoa', 1795312819338, 1795312820193, 7, 0, 0, 7, 10394, 0, 0);
INSERT INTO sessions VALUES(10, 's_01m80fq7z24715jgzjasv96mkg', 'ann', 'compacted', 'idle', 'demo/stoa', 1795312820194, 1795312824582, 8, 0, 0, 28, 18287, 0, 0);
INSERT INTO sessions VALUES(11, 's_01m80fqc8nznjbj05jkyk6cpte', 'ann', 'shared', 'idle', 'demo/stoa', 1795312824597, 1795312824655, 2, 0, 0, 8, 2416, 0, 0);
INSERT INTO events VALUES(4294967297, 1795312813651, 'session.started', '{"owner":"ann","title":"first steps","model":"demo/stoa","system":"Be brief.","created":1795312813651}');
INSERT INTO events VALUES(4294967298, 1795312813652, 'message.added', '{"message":{"id":"m_01m80fq1jmqgj636grffczwh3f","role":"user","author":"ann","ts":1795312813652,"status":"complete","content":[{"type":"text","text":"What is a network?"}]}}');
INSERT INTO events VALUES(4294967299, 1795312813652, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967300, 1795312813661, 'message.added', '{"message":{"id":"m_01m80fq1jx99v6jbh2769qgmx0","role":"assistant","author":"demo/stoa","ts":1795312813661,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967301, 1795312813661, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967302, 1795312814521, 'stream.completed', '{"message":"m_01m80fq1jx99v6jbh2769qgmx0","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> What is a network?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":7,"output":41,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":859}}');
INSERT INTO events VALUES(4294967303, 1795312814521, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(4294967304, 1795312814522, 'message.added', '{"message":{"id":"m_01m80fq2dtj440z3a12y3fn0bk","role":"user","author":"ann","ts":1795312814522,"status":"complete","content":[{"type":"text","text":"/demo echo=Grüße an die Größe 漢字 🙂"}]}}');
INSERT INTO events VALUES(4294967305, 1795312814522, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967306, 1795312814522, 'message.added', '{"message":{"id":"m_01m80fq2dtxvm9aq174y1vwdq0","role":"assistant","author":"demo/stoa","ts":1795312814522,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967307, 1795312814522, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967308, 1795312814583, 'stream.completed', '{"message":"m_01m80fq2dtxvm9aq174y1vwdq0","status":"complete","content":[{"type":"text","text":"Grüße an die Größe 漢字 🙂"}],"stop_reason":"end_turn","usage":{"input":189,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":60}}');
INSERT INTO events VALUES(4294967309, 1795312814584, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(4294967310, 1795312814584, 'message.added', '{"message":{"id":"m_01m80fq2frakjz31sqb92ckg0v","role":"user","author":"ann","ts":1795312814584,"status":"complete","content":[{"type":"text","text":"And shorter?"}]}}');
INSERT INTO events VALUES(4294967311, 1795312814584, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967312, 1795312814585, 'message.added', '{"message":{"id":"m_01m80fq2fsnhf2rpzzvnkbd586","role":"assistant","author":"demo/stoa","ts":1795312814585,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967313, 1795312814585, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967314, 1795312815419, 'stream.completed', '{"message":"m_01m80fq2fsnhf2rpzzvnkbd586","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> And shorter?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":201,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":835}}');
INSERT INTO events VALUES(4294967315, 1795312815420, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(8589934593, 1795312815421, 'session.started', '{"owner":"ann","title":"put away","model":"demo/stoa","created":1795312815421}');
INSERT INTO events VALUES(8589934594, 1795312815435, 'message.added', '{"message":{"id":"m_01m80fq3ab35sea5rh45w69t1c","role":"user","author":"ann","ts":1795312815435,"status":"complete","content":[{"type":"text","text":"/demo chunks=3"}]}}');
INSERT INTO events VALUES(8589934595, 1795312815435, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(8589934596, 1795312815447, 'message.added', '{"message":{"id":"m_01m80fq3aqfzngekqzvavr4v6w","role":"assistant","author":"demo/stoa","ts":1795312815447,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(8589934597, 1795312815447, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(8589934598, 1795312815528, 'stream.completed', '{"message":"m_01m80fq3aqfzngekqzvavr4v6w","status":"complete","content":[{"type":"text","text":"words speaks makes is every which its which speaks It has wait. to makes"}],"stop_reason":"end_turn","usage":{"input":4,"output":3,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":80}}');
INSERT INTO events VALUES(8589934599, 1795312815528, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(8589934600, 1795312815529, 'session.updated', '{"archived":true,"by":"ann"}');
INSERT INTO events VALUES(12884901889, 1795312815534, 'session.started', '{"owner":"ann","title":"failed once","model":"demo/stoa","created":1795312815534}');
INSERT INTO events VALUES(12884901890, 1795312815537, 'message.added', '{"message":{"id":"m_01m80fq3dhqetbzz99e5q00009","role":"user","author":"ann","ts":1795312815537,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}}');
INSERT INTO events VALUES(12884901891, 1795312815538, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(12884901892, 1795312815547, 'message.added', '{"message":{"id":"m_01m80fq3dv29ymcq47bd3ax6nx","role":"assistant","author":"demo/stoa","ts":1795312815547,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(12884901893, 1795312815547, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(12884901894, 1795312816032, 'stream.completed', '{"message":"m_01m80fq3dv29ymcq47bd3ax6nx","status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":485},"error":"the demo model failed halfway, as it was told to"}');
INSERT INTO events VALUES(12884901895, 1795312816033, 'error.occurred', '{"kind":"provider","text":"the demo model failed halfway, as it was told to","message":"m_01m80fq3dv29ymcq47bd3ax6nx"}');
INSERT INTO events VALUES(12884901896, 1795312816033, 'state.changed', '{"old":"streaming","new":"idle","reason":"failed"}');
INSERT INTO events VALUES(12884901897, 1795312816033, 'message.added', '{"message":{"id":"m_01m80fq3x1037ry5q9mpte53xf","role":"user","author":"ann","ts":1795312816033,"status":"complete","content":[{"type":"text","text":"/demo echo=fine again"}]}}');
INSERT INTO events VALUES(12884901898, 1795312816034, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(12884901899, 1795312816034, 'message.added', '{"message":{"id":"m_01m80fq3x2jebfyh49a9j0yq0e","role":"assistant","author":"demo/stoa","ts":1795312816034,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(12884901900, 1795312816034, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(12884901901, 1795312816075, 'stream.completed', '{"message":"m_01m80fq3x2jebfyh49a9j0yq0e","status":"complete","content":[{"type":"text","text":"fine again"}],"stop_reason":"end_turn","usage":{"input":94,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":40}}');
INSERT INTO events VALUES(12884901902, 1795312816075, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(17179869185, 1795312816076, 'session.started', '{"owner":"ann","title":"failed at last","model":"demo/stoa","created":1795312816076}');
INSERT INTO events VALUES(17179869186, 1795312816077, 'message.added', '{"message":{"id":"m_01m80fq3yddgtmv2jzjj30gwe0","role":"user","author":"ann","ts":1795312816077,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}}');
INSERT INTO events VALUES(17179869187, 1795312816077, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(17179869188, 1795312816089, 'message.added', '{"message":{"id":"m_01m80fq3ysc3g9q5022508ybe5","role":"assistant","author":"demo/stoa","ts":1795312816089,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(17179869189, 1795312816089, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(17179869190, 1795312816581, 'stream.completed', '{"message":"m_01m80fq3ysc3g9q5022508ybe5","status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":492},"error":"the demo model failed halfway, as it was told to"}');
INSERT INTO events VALUES(17179869191, 1795312816581, 'error.occurred', '{"kind":"provider","text":"the demo model failed halfway, as it was told to","message":"m_01m80fq3ysc3g9q5022508ybe5"}');
INSERT INTO events VALUES(17179869192, 1795312816581, 'state.changed', '{"old":"streaming","new":"idle","reason":"failed"}');
INSERT INTO events VALUES(21474836481, 1795312816582, 'session.started', '{"owner":"ann","title":"interrupted","model":"demo/stoa","created":1795312816582}');
INSERT INTO events VALUES(21474836482, 1795312816587, 'message.added', '{"message":{"id":"m_01m80fq4ebg71fb0bssw9wnb3a","role":"user","author":"ann","ts":1795312816587,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}}');
INSERT INTO events VALUES(21474836483, 1795312816587, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(21474836484, 1795312816594, 'message.added', '{"message":{"id":"m_01m80fq4ejxzar4c6zqxv0q8jn","role":"assistant","author":"demo/stoa","ts":1795312816594,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(21474836485, 1795312816594, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(21474836486, 1795312816597, 'state.changed', '{"old":"streaming","new":"interrupting","by":"ann","reason":"interrupted"}');
INSERT INTO events VALUES(21474836487, 1795312816597, 'stream.completed', '{"message":"m_01m80fq4ejxzar4c6zqxv0q8jn","status":"interrupted","content":[{"type":"text","text":"words speaks"}],"usage":{"input":9,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":4}}');
INSERT INTO events VALUES(21474836488, 1795312816598, 'state.changed', '{"old":"interrupting","new":"idle","reason":"interrupted"}');
INSERT INTO events VALUES(25769803777, 1795312816599, 'session.started', '{"owner":"ann","title":"streaming","model":"demo/stoa","created":1795312816599}');
INSERT INTO events VALUES(25769803778, 1795312816600, 'message.added', '{"message":{"id":"m_01m80fq4er5w6qzm8rx34k9z4k","role":"user","author":"ann","ts":1795312816600,"status":"complete","content":[{"type":"text","text":"/demo echo=an answer from before"}]}}');
INSERT INTO events VALUES(25769803779, 1795312816600, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(25769803780, 1795312816607, 'message.added', '{"message":{"id":"m_01m80fq4ezyqcmew1hkeyc77ar","role":"assistant","author":"demo/stoa","ts":1795312816607,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(25769803781, 1795312816607, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(25769803782, 1795312816687, 'stream.completed', '{"message":"m_01m80fq4ezyqcmew1hkeyc77ar","status":"complete","content":[{"type":"text","text":"an answer from before"}],"stop_reason":"end_turn","usage":{"input":8,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":80}}');
INSERT INTO events VALUES(25769803783, 1795312816687, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(25769803784, 1795312816688, 'message.added', '{"message":{"id":"m_01m80fq4hgmqmhm8jey3gt3k3n","role":"user","author":"ann","ts":1795312816688,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}}');
INSERT INTO events VALUES(25769803785, 1795312816688, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(25769803786, 1795312816688, 'message.added', '{"message":{"id":"m_01m80fq4hg75hg9r1d3ewrehpy","role":"assistant","author":"demo/stoa","ts":1795312816688,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(25769803787, 1795312816688, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(25769803788, 1795312816689, 'queue.changed', '{"added":{"id":"m_01m80fq4hhxwqm6bbtcw43qgft","role":"user","author":"ann","ts":1795312816689,"status":"complete","content":[{"type":"text","text":"/demo echo=waited first"}]},"by":"ann"}');
INSERT INTO events VALUES(25769803789, 1795312816690, 'queue.changed', '{"added":{"id":"m_01m80fq4hjgz6x1eryr4td9jvr","role":"user","author":"ann","ts":1795312816690,"status":"complete","content":[{"type":"text","text":"/demo echo=waited second"}]},"by":"ann"}');
INSERT INTO events VALUES(30064771073, 1795312816691, 'session.started', '{"owner":"ann","title":"asked","model":"demo/stoa","created":1795312816691}');
INSERT INTO events VALUES(30064771074, 1795312816692, 'rule.added', '{"rule":{"id":"u_01m80fq4hmdn0pfdqda5hjqccp","effect":"ask","pattern":"stoa/get_session_info","by":"ann","ts":1795312816692}}');
INSERT INTO events VALUES(30064771075, 1795312816692, 'message.added', '{"message":{"id":"m_01m80fq4hmdn0pfdqda6g4dtnz","role":"user","author":"ann","ts":1795312816692,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}}');
INSERT INTO events VALUES(30064771076, 1795312816692, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(30064771077, 1795312816700, 'message.added', '{"message":{"id":"m_01m80fq4hwacz2grwhkxs3dt7w","role":"assistant","author":"demo/stoa","ts":1795312816700,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(30064771078, 1795312816701, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(30064771079, 1795312817523, 'stream.completed', '{"message":"m_01m80fq4hwacz2grwhkxs3dt7w","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}"}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":822}}');
INSERT INTO events VALUES(30064771080, 1795312817523, 'question.asked', '{"question":{"id":"q_01m80fq5bk7kwrzfx0ebqpzm0k","kind":"permission","message":"m_01m80fq4hwacz2grwhkxs3dt7w","block":1,"server":"","tool":"get_session_info","text":"demo/stoa wants to call the built-in get_session_info (the session''s rule stoa/get_session_info)","arguments":"{\"from\":\"demo\"}","read_only":true,"destructive":false,"asked":1795312817523,"pattern":"stoa/get_session_info"}}');
INSERT INTO events VALUES(30064771081, 1795312817524, 'state.changed', '{"old":"streaming","new":"awaiting_permission"}');
INSERT INTO events VALUES(34359738369, 1795312817525, 'session.started', '{"owner":"ann","title":"called","model":"demo/stoa","created":1795312817525}');
INSERT INTO events VALUES(34359738370, 1795312817529, 'message.added', '{"message":{"id":"m_01m80fq5bs9t2aajfwsb8n0ndx","role":"user","author":"ann","ts":1795312817529,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}}');
INSERT INTO events VALUES(34359738371, 1795312817530, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(34359738372, 1795312817538, 'message.added', '{"message":{"id":"m_01m80fq5c2f52419hn37tfa6v5","role":"assistant","author":"demo/stoa","ts":1795312817538,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(34359738373, 1795312817539, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(34359738374, 1795312818359, 'stream.completed', '{"message":"m_01m80fq5c2f52419hn37tfa6v5","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}"}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":820}}');
INSERT INTO events VALUES(34359738375, 1795312818360, 'tool.started', '{"message":"m_01m80fq5c2f52419hn37tfa6v5","block":1,"server":"","tool":"get_session_info","why":"a built-in tool that only reads"}');
INSERT INTO events VALUES(34359738376, 1795312818360, 'state.changed', '{"old":"streaming","new":"running_tools"}');
INSERT INTO events VALUES(34359738377, 1795312818361, 'tool.ended', '{"message":"m_01m80fq5c2f52419hn37tfa6v5","block":1,"state":"done","result":"{\n \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T02:00:17Z\",\n \"now\": \"2026-11-22T02:00:18Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T02:00:17Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","ms":1}');
INSERT INTO events VALUES(34359738378, 1795312818361, 'state.changed', '{"old":"running_tools","new":"thinking"}');
INSERT INTO events VALUES(34359738379, 1795312818362, 'message.added', '{"message":{"id":"m_01m80fq65sgmq43cmkeywhrxpr","role":"assistant","author":"demo/stoa","ts":1795312818362,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(34359738380, 1795312818362, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(34359738381, 1795312818502, 'stream.completed', '{"message":"m_01m80fq65sgmq43cmkeywhrxpr","status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T02…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}');
INSERT INTO events VALUES(34359738382, 1795312818503, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(34359738383, 1795312818503, 'message.added', '{"message":{"id":"m_01m80fq6a7x1gq70j42dtdwj9p","role":"user","author":"ann","ts":1795312818503,"status":"complete","content":[{"type":"text","text":"thanks"}]}}');
INSERT INTO events VALUES(34359738384, 1795312818503, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(34359738385, 1795312818503, 'message.added', '{"message":{"id":"m_01m80fq6a7eedqwgmsm5tm4jp4","role":"assistant","author":"demo/stoa","ts":1795312818503,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(34359738386, 1795312818503, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(34359738387, 1795312819330, 'stream.completed', '{"message":"m_01m80fq6a7eedqwgmsm5tm4jp4","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> thanks\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":357,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(34359738388, 1795312819330, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(34359738389, 1795312824584, 'session.rewound', '{"message":"m_01m80fq65sgmq43cmkeywhrxpr","removed":2,"by":"ann"}');
INSERT INTO events VALUES(38654705665, 1795312819338, 'session.started', '{"bytes":5874,"owner":"ann","title":"called (fork)","model":"demo/stoa","from":{"session":"s_01m80fq5bnxwa97m459x66nxg6","message":"m_01m80fq6a7eedqwgmsm5tm4jp4","messages":5},"created":1795312819338}');
INSERT INTO events VALUES(38654705666, 1795312819340, 'message.added', '{"message":{"id":"m_01m80fq74cjrznry7ecreyqcqn","role":"user","author":"ann","ts":1795312819340,"status":"complete","content":[{"type":"text","text":"in the fork"}]}}');
INSERT INTO events VALUES(38654705667, 1795312819341, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(38654705668, 1795312819355, 'message.added', '{"message":{"id":"m_01m80fq74vjjqsmjpcmq1ye6zx","role":"assistant","author":"demo/stoa","ts":1795312819355,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(38654705669, 1795312819355, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(38654705670, 1795312820193, 'stream.completed', '{"message":"m_01m80fq74vjjqsmjpcmq1ye6zx","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> in the fork\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":528,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":837}}');
INSERT INTO events VALUES(38654705671, 1795312820193, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672961, 1795312820194, 'session.started', '{"owner":"ann","title":"compacted","model":"demo/stoa","created":1795312820194}');
INSERT INTO events VALUES(42949672962, 1795312820200, 'message.added', '{"message":{"id":"m_01m80fq7z8yjgkt79jywacbm7x","role":"user","author":"ann","ts":1795312820200,"status":"complete","content":[{"type":"text","text":"one"}]}}');
INSERT INTO events VALUES(42949672963, 1795312820200, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(42949672964, 1795312820209, 'message.added', '{"message":{"id":"m_01m80fq7zhn31dx2k1cjyt1ptk","role":"assistant","author":"demo/stoa","ts":1795312820209,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(42949672965, 1795312820209, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(42949672966, 1795312821041, 'stream.completed', '{"message":"m_01m80fq7zhn31dx2k1cjyt1ptk","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> one\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":1,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":831}}');
INSERT INTO events VALUES(42949672967, 1795312821041, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672968, 1795312821042, 'message.added', '{"message":{"id":"m_01m80fq8sjp72yg8n9y0zqsaqg","role":"user","author":"ann","ts":1795312821042,"status":"complete","content":[{"type":"text","text":"two"}]}}');
INSERT INTO events VALUES(42949672969, 1795312821042, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(42949672970, 1795312821042, 'message.added', '{"message":{"id":"m_01m80fq8sjg0gasyqxjscvbx5z","role":"assistant","author":"demo/stoa","ts":1795312821042,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(42949672971, 1795312821042, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(42949672972, 1795312821869, 'stream.completed', '{"message":"m_01m80fq8sjg0gasyqxjscvbx5z","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> two\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":169,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(42949672973, 1795312821870, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672974, 1795312821871, 'message.added', '{"message":{"id":"m_01m80fq9kfwh33c1m7c72qbpqh","role":"user","author":"ann","ts":1795312821871,"status":"complete","content":[{"type":"text","text":"three"}]}}');
INSERT INTO events VALUES(42949672975, 1795312821871, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(42949672976, 1795312821874, 'message.added', '{"message":{"id":"m_01m80fq9kjpnd5dzc7w8b1qwht","role":"assistant","author":"demo/stoa","ts":1795312821874,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(42949672977, 1795312821874, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(42949672978, 1795312822702, 'stream.completed', '{"message":"m_01m80fq9kjpnd5dzc7w8b1qwht","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> three\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":338,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(42949672979, 1795312822702, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672980, 1795312822703, 'state.changed', '{"old":"idle","new":"compacting","by":"ann"}');
INSERT INTO events VALUES(42949672981, 1795312823750, 'session.compacted', '{"summary":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> user: > one  assistant: > Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same. >  > You wrote: >  > > one >…\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n","upto":"m_01m80fq8sjg0gasyqxjscvbx5z","tokens":378,"usage":{"input":466,"output":51,"cached":0,"reasoning":0},"by":"ann"}');
INSERT INTO events VALUES(42949672982, 1795312823750, 'state.changed', '{"old":"compacting","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672983, 1795312823751, 'message.added', '{"message":{"id":"m_01m80fqbe70tbgnm9yr5909qea","role":"user","author":"ann","ts":1795312823751,"status":"complete","content":[{"type":"text","text":"after it"}]}}');
INSERT INTO events VALUES(42949672984, 1795312823751, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(42949672985, 1795312823752, 'message.added', '{"message":{"id":"m_01m80fqbe7vscs56z8q3k4bm0d","role":"assistant","author":"demo/stoa","ts":1795312823752,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(42949672986, 1795312823752, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(42949672987, 1795312824582, 'stream.completed', '{"message":"m_01m80fqbe7vscs56z8q3k4bm0d","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> after it\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":387,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":830}}');
INSERT INTO events VALUES(42949672988, 1795312824582, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(47244640257, 1795312824597, 'session.started', '{"owner":"ann","title":"shared","model":"demo/stoa","created":1795312824597}');
INSERT INTO events VALUES(47244640258, 1795312824603, 'message.added', '{"message":{"id":"m_01m80fqc8v396anmjyn1nmevbv","role":"user","author":"ann","ts":1795312824603,"status":"complete","content":[{"type":"text","text":"/demo echo=for two"}]}}');
INSERT INTO events VALUES(47244640259, 1795312824603, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(47244640260, 1795312824612, 'message.added', '{"message":{"id":"m_01m80fqc93k584gwwp71nme8aa","role":"assistant","author":"demo/stoa","ts":1795312824612,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(47244640261, 1795312824612, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(47244640262, 1795312824654, 'stream.completed', '{"message":"m_01m80fqc93k584gwwp71nme8aa","status":"complete","content":[{"type":"text","text":"for two"}],"stop_reason":"end_turn","usage":{"input":5,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":43}}');
INSERT INTO events VALUES(47244640263, 1795312824654, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(47244640264, 1795312824655, 'session.shared', '{"user":"bo","role":"writer","by":"ann"}');
INSERT INTO messages VALUES(4294967296, 'm_01m80fq1jmqgj636grffczwh3f', 'user', 'complete', 1795312813652, '{"id":"m_01m80fq1jmqgj636grffczwh3f","role":"user","author":"ann","ts":1795312813652,"status":"complete","content":[{"type":"text","text":"What is a network?"}]}');
INSERT INTO messages VALUES(4294967297, 'm_01m80fq1jx99v6jbh2769qgmx0', 'assistant', 'complete', 1795312813661, '{"id":"m_01m80fq1jx99v6jbh2769qgmx0","role":"assistant","author":"demo/stoa","ts":1795312813661,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> What is a network?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":7,"output":41,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":859}}');
INSERT INTO messages VALUES(4294967298, 'm_01m80fq2dtj440z3a12y3fn0bk', 'user', 'complete', 1795312814522, '{"id":"m_01m80fq2dtj440z3a12y3fn0bk","role":"user","author":"ann","ts":1795312814522,"status":"complete","content":[{"type":"text","text":"/demo echo=Grüße an die Größe 漢字 🙂"}]}');
INSERT INTO messages VALUES(4294967299, 'm_01m80fq2dtxvm9aq174y1vwdq0', 'assistant', 'complete', 1795312814522, '{"id":"m_01m80fq2dtxvm9aq174y1vwdq0","role":"assistant","author":"demo/stoa","ts":1795312814522,"status":"complete","content":[{"type":"text","text":"Grüße an die Größe 漢字 🙂"}],"stop_reason":"end_turn","usage":{"input":189,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":60}}');
INSERT INTO messages VALUES(4294967300, 'm_01m80fq2frakjz31sqb92ckg0v', 'user', 'complete', 1795312814584, '{"id":"m_01m80fq2frakjz31sqb92ckg0v","role":"user","author":"ann","ts":1795312814584,"status":"complete","content":[{"type":"text","text":"And shorter?"}]}');
INSERT INTO messages VALUES(4294967301, 'm_01m80fq2fsnhf2rpzzvnkbd586', 'assistant', 'complete', 1795312814585, '{"id":"m_01m80fq2fsnhf2rpzzvnkbd586","role":"assistant","author":"demo/stoa","ts":1795312814585,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> And shorter?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":201,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":835}}');
INSERT INTO messages VALUES(8589934592, 'm_01m80fq3ab35sea5rh45w69t1c', 'user', 'complete', 1795312815435, '{"id":"m_01m80fq3ab35sea5rh45w69t1c","role":"user","author":"ann","ts":1795312815435,"status":"complete","content":[{"type":"text","text":"/demo chunks=3"}]}');
INSERT INTO messages VALUES(8589934593, 'm_01m80fq3aqfzngekqzvavr4v6w', 'assistant', 'complete', 1795312815447, '{"id":"m_01m80fq3aqfzngekqzvavr4v6w","role":"assistant","author":"demo/stoa","ts":1795312815447,"status":"complete","content":[{"type":"text","text":"words speaks makes is every which its which speaks It has wait. to makes"}],"stop_reason":"end_turn","usage":{"input":4,"output":3,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":80}}');
INSERT INTO messages VALUES(12884901888, 'm_01m80fq3dhqetbzz99e5q00009', 'user', 'complete', 1795312815537, '{"id":"m_01m80fq3dhqetbzz99e5q00009","role":"user","author":"ann","ts":1795312815537,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}');
INSERT INTO messages VALUES(12884901889, 'm_01m80fq3dv29ymcq47bd3ax6nx', 'assistant', 'failed', 1795312815547, '{"id":"m_01m80fq3dv29ymcq47bd3ax6nx","role":"assistant","author":"demo/stoa","ts":1795312815547,"status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"error":"the demo model failed halfway, as it was told to","usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":485}}');
INSERT INTO messages VALUES(12884901890, 'm_01m80fq3x1037ry5q9mpte53xf', 'user', 'complete', 1795312816033, '{"id":"m_01m80fq3x1037ry5q9mpte53xf","role":"user","author":"ann","ts":1795312816033,"status":"complete","content":[{"type":"text","text":"/demo echo=fine again"}]}');
INSERT INTO messages VALUES(12884901891, 'm_01m80fq3x2jebfyh49a9j0yq0e', 'assistant', 'complete', 1795312816034, '{"id":"m_01m80fq3x2jebfyh49a9j0yq0e","role":"assistant","author":"demo/stoa","ts":1795312816034,"status":"complete","content":[{"type":"text","text":"fine again"}],"stop_reason":"end_turn","usage":{"input":94,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":40}}');
INSERT INTO messages VALUES(17179869184, 'm_01m80fq3yddgtmv2jzjj30gwe0', 'user', 'complete', 1795312816077, '{"id":"m_01m80fq3yddgtmv2jzjj30gwe0","role":"user","author":"ann","ts":1795312816077,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}');
INSERT INTO messages VALUES(17179869185, 'm_01m80fq3ysc3g9q5022508ybe5', 'assistant', 'failed', 1795312816089, '{"id":"m_01m80fq3ysc3g9q5022508ybe5","role":"assistant","author":"demo/stoa","ts":1795312816089,"status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"error":"the demo model failed halfway, as it was told to","usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":492}}');
INSERT INTO messages VALUES(21474836480, 'm_01m80fq4ebg71fb0bssw9wnb3a', 'user', 'complete', 1795312816587, '{"id":"m_01m80fq4ebg71fb0bssw9wnb3a","role":"user","author":"ann","ts":1795312816587,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}');
INSERT INTO messages VALUES(21474836481, 'm_01m80fq4ejxzar4c6zqxv0q8jn', 'assistant', 'interrupted', 1795312816594, '{"id":"m_01m80fq4ejxzar4c6zqxv0q8jn","role":"assistant","author":"demo/stoa","ts":1795312816594,"status":"interrupted","content":[{"type":"text","text":"words speaks"}],"usage":{"input":9,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":4}}');
INSERT INTO messages VALUES(25769803776, 'm_01m80fq4er5w6qzm8rx34k9z4k', 'user', 'complete', 1795312816600, '{"id":"m_01m80fq4er5w6qzm8rx34k9z4k","role":"user","author":"ann","ts":1795312816600,"status":"complete","content":[{"type":"text","text":"/demo echo=an answer from before"}]}');
INSERT INTO messages VALUES(25769803777, 'm_01m80fq4ezyqcmew1hkeyc77ar', 'assistant', 'complete', 1795312816607, '{"id":"m_01m80fq4ezyqcmew1hkeyc77ar","role":"assistant","author":"demo/stoa","ts":1795312816607,"status":"complete","content":[{"type":"text","text":"an answer from before"}],"stop_reason":"end_turn","usage":{"input":8,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":80}}');
INSERT INTO messages VALUES(25769803778, 'm_01m80fq4hgmqmhm8jey3gt3k3n', 'user', 'complete', 1795312816688, '{"id":"m_01m80fq4hgmqmhm8jey3gt3k3n","role":"user","author":"ann","ts":1795312816688,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}');
INSERT INTO messages VALUES(25769803779, 'm_01m80fq4hg75hg9r1d3ewrehpy', 'assistant', 'streaming', 1795312816688, '{"id":"m_01m80fq4hg75hg9r1d3ewrehpy","role":"assistant","author":"demo/stoa","ts":1795312816688,"status":"streaming","index":0,"content":[]}');
INSERT INTO messages VALUES(30064771072, 'm_01m80fq4hmdn0pfdqda6g4dtnz', 'user', 'complete', 1795312816692, '{"id":"m_01m80fq4hmdn0pfdqda6g4dtnz","role":"user","author":"ann","ts":1795312816692,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}');
INSERT INTO messages VALUES(30064771073, 'm_01m80fq4hwacz2grwhkxs3dt7w', 'assistant', 'complete', 1795312816700, '{"id":"m_01m80fq4hwacz2grwhkxs3dt7w","role":"assistant","author":"demo/stoa","ts":1795312816700,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}"}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":822}}');
INSERT INTO messages VALUES(34359738368, 'm_01m80fq5bs9t2aajfwsb8n0ndx', 'user', 'complete', 1795312817529, '{"id":"m_01m80fq5bs9t2aajfwsb8n0ndx","role":"user","author":"ann","ts":1795312817529,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}');
INSERT INTO messages VALUES(34359738369, 'm_01m80fq5c2f52419hn37tfa6v5', 'assistant', 'complete', 1795312817538, '{"id":"m_01m80fq5c2f52419hn37tfa6v5","role":"assistant","author":"demo/stoa","ts":1795312817538,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T02:00:17Z\",\n \"now\": \"2026-11-22T02:00:18Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T02:00:17Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795312818360,"ms":1}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":820}}');
INSERT INTO messages VALUES(34359738370, 'm_01m80fq65sgmq43cmkeywhrxpr', 'assistant', 'complete', 1795312818362, '{"id":"m_01m80fq65sgmq43cmkeywhrxpr","role":"assistant","author":"demo/stoa","ts":1795312818362,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T02…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}');
INSERT INTO messages VALUES(38654705664, 'm_01m80fq5bs9t2aajfwsb8n0ndx', 'user', 'complete', 1795312817529, '{"id":"m_01m80fq5bs9t2aajfwsb8n0ndx","role":"user","author":"ann","ts":1795312817529,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}');
INSERT INTO messages VALUES(38654705665, 'm_01m80fq5c2f52419hn37tfa6v5', 'assistant', 'complete', 1795312817538, '{"id":"m_01m80fq5c2f52419hn37tfa6v5","role":"assistant","author":"demo/stoa","ts":1795312817538,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T02:00:17Z\",\n \"now\": \"2026-11-22T02:00:18Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T02:00:17Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795312818360,"ms":1}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":820}}');
INSERT INTO messages VALUES(38654705666, 'm_01m80fq65sgmq43cmkeywhrxpr', 'assistant', 'complete', 1795312818362, '{"id":"m_01m80fq65sgmq43cmkeywhrxpr","role":"assistant","author":"demo/stoa","ts":1795312818362,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T02…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}');
INSERT INTO messages VALUES(38654705667, 'm_01m80fq6a7x1gq70j42dtdwj9p', 'user', 'complete', 1795312818503, '{"id":"m_01m80fq6a7x1gq70j42dtdwj9p","role":"user","author":"ann","ts":1795312818503,"status":"complete","content":[{"type":"text","text":"thanks"}]}');
INSERT INTO messages VALUES(38654705668, 'm_01m80fq6a7eedqwgmsm5tm4jp4', 'assistant', 'complete', 1795312818503, '{"id":"m_01m80fq6a7eedqwgmsm5tm4jp4","role":"assistant","author":"demo/stoa","ts":1795312818503,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> thanks\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":357,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(38654705669, 'm_01m80fq74cjrznry7ecreyqcqn', 'user', 'complete', 1795312819340, '{"id":"m_01m80fq74cjrznry7ecreyqcqn","role":"user","author":"ann","ts":1795312819340,"status":"complete","content":[{"type":"text","text":"in the fork"}]}');
INSERT INTO messages VALUES(38654705670, 'm_01m80fq74vjjqsmjpcmq1ye6zx', 'assistant', 'complete', 1795312819355, '{"id":"m_01m80fq74vjjqsmjpcmq1ye6zx","role":"assistant","author":"demo/stoa","ts":1795312819355,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> in the fork\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":528,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":837}}');
INSERT INTO messages VALUES(42949672960, 'm_01m80fq7z8yjgkt79jywacbm7x', 'user', 'complete', 1795312820200, '{"id":"m_01m80fq7z8yjgkt79jywacbm7x","role":"user","author":"ann","ts":1795312820200,"status":"complete","content":[{"type":"text","text":"one"}]}');
INSERT INTO messages VALUES(42949672961, 'm_01m80fq7zhn31dx2k1cjyt1ptk', 'assistant', 'complete', 1795312820209, '{"id":"m_01m80fq7zhn31dx2k1cjyt1ptk","role":"assistant","author":"demo/stoa","ts":1795312820209,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> one\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":1,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":831}}');
INSERT INTO messages VALUES(42949672962, 'm_01m80fq8sjp72yg8n9y0zqsaqg', 'user', 'complete', 1795312821042, '{"id":"m_01m80fq8sjp72yg8n9y0zqsaqg","role":"user","author":"ann","ts":1795312821042,"status":"complete","content":[{"type":"text","text":"two"}]}');
INSERT INTO messages VALUES(42949672963, 'm_01m80fq8sjg0gasyqxjscvbx5z', 'assistant', 'complete', 1795312821042, '{"id":"m_01m80fq8sjg0gasyqxjscvbx5z","role":"assistant","author":"demo/stoa","ts":1795312821042,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> two\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":169,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(42949672964, 'm_01m80fq9kfwh33c1m7c72qbpqh', 'user', 'complete', 1795312821871, '{"id":"m_01m80fq9kfwh33c1m7c72qbpqh","role":"user","author":"ann","ts":1795312821871,"status":"complete","content":[{"type":"text","text":"three"}]}');
INSERT INTO messages VALUES(42949672965, 'm_01m80fq9kjpnd5dzc7w8b1qwht', 'assistant', 'complete', 1795312821874, '{"id":"m_01m80fq9kjpnd5dzc7w8b1qwht","role":"assistant","author":"demo/stoa","ts":1795312821874,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> three\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":338,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(42949672966, 'm_01m80fqbe70tbgnm9yr5909qea', 'user', 'complete', 1795312823751, '{"id":"m_01m80fqbe70tbgnm9yr5909qea","role":"user","author":"ann","ts":1795312823751,"status":"complete","content":[{"type":"text","text":"after it"}]}');
INSERT INTO messages VALUES(42949672967, 'm_01m80fqbe7vscs56z8q3k4bm0d', 'assistant', 'complete', 1795312823752, '{"id":"m_01m80fqbe7vscs56z8q3k4bm0d","role":"assistant","author":"demo/stoa","ts":1795312823752,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> after it\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":387,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":830}}');
INSERT INTO messages VALUES(47244640256, 'm_01m80fqc8v396anmjyn1nmevbv', 'user', 'complete', 1795312824603, '{"id":"m_01m80fqc8v396anmjyn1nmevbv","role":"user","author":"ann","ts":1795312824603,"status":"complete","content":[{"type":"text","text":"/demo echo=for two"}]}');
INSERT INTO messages VALUES(47244640257, 'm_01m80fqc93k584gwwp71nme8aa', 'assistant', 'complete', 1795312824612, '{"id":"m_01m80fqc93k584gwwp71nme8aa","role":"assistant","author":"demo/stoa","ts":1795312824612,"status":"complete","content":[{"type":"text","text":"for two"}],"stop_reason":"end_turn","usage":{"input":5,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":43}}');
INSERT INTO search_data VALUES(1, X'298C24');
INSERT INTO search_data VALUES(10, X'00000000020C2A000B0101010201010301010401010501010601010701010801010901010A01010B01010001100102');
INSERT INTO search_data VALUES(137438953473, X'0000001104306F6E6581A080808000020204');
INSERT INTO search_data VALUES(274877906945, X'0000040902303081A08080800104640301013181A08080800102660202323781A080808001026301043830303081A080808001026701016181A08080800104383902056C7761797381A080808001021402016D81A080808001020402016E81A080808001024503016481A080808001080F051E0503056F7468657281A080808001024203077468726F70696381A080808001044D0403017981A08080800102520202706981A080808001084706071002017381A08080800104250801046261736581A080808001026002056C6F636B7381A0808080010233020475696C7481A0808080010208010363616E81A080808001021F02036F646581A080808001042F0503046E66696781A0808080010457040202707081A0808080010240010464656D6F81A080808001020602016F81A08080800102360104676F657381A0808080010255010568656C6C6F81A08080800102020302726581A080808001021B020374747081A080808001026201016981A08080800108030A0A0D02036E746F81A08080800104094F02017381A080808001081C0D480602017481A080808001022601036B657981A080808001060E400701046C696B6581A0808080010273030373747381A08080800104294402046C616D6181A080808001023F01076D616368696E6581A080808001023C0302646581A08080800102280203696E6581A080808001045D1902046F64656C81A0808080010607343906017381A080808001026A01056E616D656481A0808080010272020365656481A080808001020C030574776F726B81A080808001021102016F81A080808001040D0501066F6C6C616D6181A080808001023E02016E81A080808001023A03016581A080808001041A15020570656E616981A080808001084604041702017281A080808001024102047468657281A0808080010253010970726F76696465727381A080808001025C010473616D6581A080808001021703017981A08080800102150205657276657281A08080800104431303017481A0808080010449070203686F7781A080808001022002046D616C6C81A080808001027502047461727481A080808001023D03026F6181A080808001060A501303057265616D7381A0808080010224020375636881A080808001022A01067461626C657381A0808080010230020365787481A0808080010222020368617481A080808001022303016581A0808080010405130402726581A080808001026E0302697381A080808001062C0D0602016F81A0808080010234010375726C81A08080800102610202736581A08080800102350102763181A080808001026801047768617481A080808001041D51020369746881A08080800102440204726F746581A0808080010219010479616D6C81A080808001045A0302026F7581A08080800104180B040C0B0C0E0C0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0B0F0E0E0E110C0E100B0F0D0F0C100B0C120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0B0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(412316860417, X'00000011043074776F81A080808002020204');
INSERT INTO search_data VALUES(549755813889, X'0000041402303081A08080800304640301013181A08080800302660202323781A080808003026301043830303081A080808003026701016181A08080800304383902056C7761797381A080808003021402016D81A080808003020402016E81A080808003024503016481A080808003080F051E0503056F7468657281A080808003024203077468726F70696381A080808003044D0403017981A08080800302520202706981A080808003084706071002017381A08080800304250801046261736581A080808003026002056C6F636B7381A0808080030233020475696C7481A0808080030208010363616E81A080808003021F02036F646581A080808003042F0503046E66696781A0808080030457040202707081A0808080030240010464656D6F81A080808003020602016F81A08080800302360104676F657381A0808080030255010568656C6C6F81A08080800302020302726581A080808003021B020374747081A080808003026201016981A08080800308030A0A0D02036E746F81A08080800304094F02017381A080808003081C0D480602017481A080808003022601036B657981A080808003060E400701046C696B6581A0808080030273030373747381A08080800304294402046C616D6181A080808003023F01076D616368696E6581A080808003023C0302646581A08080800302280203696E6581A080808003045D1902046F64656C81A0808080030607343906017381A080808003026A01056E616D656481A0808080030272020365656481A080808003020C030574776F726B81A080808003021102016F81A080808003040D0501066F6C6C616D6181A080808003023E02016E81A080808003023A03016581A080808003022D020570656E616981A080808003084604041702017281A080808003024102047468657281A0808080030253010970726F76696465727381A080808003025C010473616D6581A080808003021703017981A08080800302150205657276657281A08080800304431303017481A0808080030449070203686F7781A080808003022002046D616C6C81A080808003027502047461727481A080808003023D03026F6181A080808003060A501303057265616D7381A0808080030224020375636881A080808003022A01067461626C657381A0808080030230020365787481A0808080030222020368617481A080808003022303016581A0808080030405130402726581A080808003026E0302697381A080808003062C0D0602016F81A08080800302340202776F81A080808003021A010375726C81A08080800302610202736581A08080800302350102763181A080808003026801047768617481A080808003041D51020369746881A08080800302440204726F746581A0808080030219010479616D6C81A080808003045A0302026F7581A08080800304180B040C0B0C0E0C0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0B0F0E0E0E110C0E100B0F0D0F0C100B0B120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0B0C0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(687194767361, X'000000130630746872656581A080808004020204');
INSERT INTO search_data VALUES(824633720833, X'0000041502303081A08080800504640301013181A08080800502660202323781A080808005026301043830303081A080808005026701016181A08080800504383902056C7761797381A080808005021402016D81A080808005020402016E81A080808005024503016481A080808005080F051E0503056F7468657281A080808005024203077468726F70696381A080808005044D0403017981A08080800502520202706981A080808005084706071002017381A08080800504250801046261736581A080808005026002056C6F636B7381A0808080050233020475696C7481A0808080050208010363616E81A080808005021F02036F646581A080808005042F0503046E66696781A0808080050457040202707081A0808080050240010464656D6F81A080808005020602016F81A08080800502360104676F657381A0808080050255010568656C6C6F81A08080800502020302726581A080808005021B020374747081A080808005026201016981A08080800508030A0A0D02036E746F81A08080800504094F02017381A080808005081C0D480602017481A080808005022601036B657981A080808005060E400701046C696B6581A0808080050273030373747381A08080800504294402046C616D6181A080808005023F01076D616368696E6581A080808005023C0302646581A08080800502280203696E6581A080808005045D1902046F64656C81A0808080050607343906017381A080808005026A01056E616D656481A0808080050272020365656481A080808005020C030574776F726B81A080808005021102016F81A080808005040D0501066F6C6C616D6181A080808005023E02016E81A080808005023A03016581A080808005022D020570656E616981A080808005084604041702017281A080808005024102047468657281A0808080050253010970726F76696465727381A080808005025C010473616D6581A080808005021703017981A08080800502150205657276657281A08080800504431303017481A0808080050449070203686F7781A080808005022002046D616C6C81A080808005027502047461727481A080808005023D03026F6181A080808005060A501303057265616D7381A0808080050224020375636881A080808005022A01067461626C657381A0808080050230020365787481A0808080050222020368617481A080808005022303016581A0808080050405130402726581A080808005026E0302697381A080808005062C0D06030372656581A080808005021A02016F81A0808080050234010375726C81A08080800502610202736581A08080800502350102763181A080808005026801047768617481A080808005041D51020369746881A08080800502440204726F746581A0808080050219010479616D6C81A080808005045A0302026F7581A08080800504180B040C0B0C0E0C0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0B0F0E0E0E110C0E100B0F0D0F0C100B0B120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0D0B0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(962072674305, X'0000001F0630616674657281A08080800602020102697481A0808080060203040F');
INSERT INTO search_data VALUES(1099511627777, X'0000041702303081A08080800704650301013181A08080800702670202323781A080808007026401043830303081A080808007026801016181A08080800704393902046674657281A080808007021A02056C7761797381A080808007021402016D81A080808007020402016E81A080808007024603016481A080808007080F051F0503056F7468657281A080808007024303077468726F70696381A080808007044E0403017981A08080800702530202706981A080808007084806071002017381A08080800704260801046261736581A080808007026102056C6F636B7381A0808080070234020475696C7481A0808080070208010363616E81A080808007022002036F646581A08080800704300503046E66696781A0808080070458040202707081A0808080070241010464656D6F81A080808007020602016F81A08080800702370104676F657381A0808080070256010568656C6C6F81A08080800702020302726581A080808007021C020374747081A080808007026301016981A08080800708030A0A0E02036E746F81A08080800704095002017381A080808007081D0D480602017481A080808007041B0E01036B657981A080808007060E410701046C696B6581A0808080070274030373747381A080808007042A4402046C616D6181A080808007024001076D616368696E6581A080808007023D0302646581A08080800702290203696E6581A080808007045E1902046F64656C81A0808080070607353906017381A080808007026B01056E616D656481A0808080070273020365656481A080808007020C030574776F726B81A080808007021102016F81A080808007040D0501066F6C6C616D6181A080808007023F02016E81A080808007023B03016581A080808007022E020570656E616981A080808007084704041702017281A080808007024202047468657281A0808080070254010970726F76696465727381A080808007025D010473616D6581A080808007021703017981A08080800702150205657276657281A08080800704441303017481A080808007044A070203686F7781A080808007022102046D616C6C81A080808007027602047461727481A080808007023E03026F6181A080808007060A511303057265616D7381A0808080070225020375636881A080808007022B01067461626C657381A0808080070231020365787481A0808080070223020368617481A080808007022403016581A0808080070405130402726581A080808007026F0302697381A080808007062D0D0602016F81A0808080070235010375726C81A08080800702620202736581A08080800702360102763181A080808007026901047768617481A080808007041E51020369746881A08080800702450204726F746581A0808080070219010479616D6C81A080808007045B0302026F7581A08080800704180C040C0B0C0E0C0E0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0C0F0E0E0E110C0E100B0F0D0F0C100B0B120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0B0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(1236950581249, X'000003A302303081808080800401010131818080808004010202323781808080800401010438303030818080808004010101618180808080040102056C776179738180808080040102016D8180808080040102016E818080808004010301648180808080040103056F746865728180808080040103077468726F70696381808080800401030179818080808004010202706981808080800401020173818080808004010104626173658180808080040102056C6F636B7381808080800401020475696C7481808080800401010363616E8180808080040102036F64658180808080040103046E666967818080808004010202707081808080800401010464656D6F8180808080040102016F818080808004010104676F657381808080800401010568656C6C6F8180808080040103027265818080808004010203747470818080808004010101698180808080040102036E746F81808080800401020173818080808004010201748180808080040101036B65798180808080040101046C696B658180808080040103037374738180808080040102046C616D618180808080040101076D616368696E658180808080040103026465818080808004010203696E658180808080040102046F64656C818080808004010601738180808080040101056E616D656481808080800401020365656481808080800401030574776F726B8180808080040102016F8180808080040101066F6C6C616D618180808080040102016E8180808080040103016581808080800401020570656E6169818080808004010201728180808080040102047468657281808080800401010970726F76696465727381808080800401010473616D6581808080800401030179818080808004010205657276657281808080800401030174818080808004010203686F778180808080040102046D616C6C818080808004010204746172748180808080040103026F618180808080040103057265616D738180808080040102037563688180808080040101067461626C657381808080800401020365787481808080800401020568616E6B7381808080800301010104017481808080800401030165818080808004010402726581808080800401030269738180808080040102016F81808080800401010375726C8180808080040102027365818080808004010102763181808080800401010477686174818080808004010203697468818080808004010204726F746581808080800401010479616D6C8180808080040102026F7581808080800401040A0A0B0D0A0E0A0A0A0E100A0B0A0D0E0D0C0C0D0B0D0A0D0E0B0C0A0C0A0A0C0D0C0D100B0C0D0A0E0C0E0A0F0A0A0E0A0D120D0A0E0A0C0D0D0B0E0C0F0C100A0A0B0B0A0C0B0B0D0C0D0D');
INSERT INTO search_data VALUES(1374389534721, X'0000003A053064656D6F81B080808000020201046563686F81B08080800002030103666F7281B0808080000204010374776F81B0808080000205040E0E0D');
INSERT INTO search_data VALUES(1511828488193, X'0000001E0430666F7281B0808080010202010374776F81B0808080010203040D');
INSERT INTO search_data VALUES(2199023255553, X'00000F77023030908080800104670304046503DFFFFFFF7C0468039080808000046803030464038FFFFFFF7D04680303046403020466030219316D3830667135626E78776139376D3435397836366E786736818080808002020A9080808000020A01013190808080010269040267DFFFFFFF7C026A9080808000026A0302668FFFFFFF7D026A030266020268020131818080808002021790808080000217020132D08080800002089080808002020803013790808080010266040264DFFFFFFF7C0267908080800002670302638FFFFFFF7D0267030263020265010432303030D08080800002069080808002020603023236818080808002021690808080000216020432743032818080808002021890808080000218010133A080808000020401023430D0808080000204908080800202040104383030309080808001026A040268DFFFFFFF7C026B9080808000026B0302678FFFFFFF7D026B0302670202690101619080808000020401061C2139040439399FFFFFFF7C023A9080808000023AB080808000043C399080808000043C39030438398FFFFFFF7D043C390304383902043A3902046761696EB080808002020501020302056C77617973908080800102140402149FFFFFFF7C021490808080000214B0808080000214908080800002140302148FFFFFFF7D021403021402021402016D908080800102040402049FFFFFFF7C020490808080000204B0808080000204908080800002040302048FFFFFFF7D020403020402020402016E90808080010248010205010203020246CFFFFFFF7B020401020290808080000249908080800002490302458FFFFFFF7D02490302450202470301649080808001080F052105030202010A0F050A17059FFFFFFF7C080F0520059080808000080F052005B080808000080F0522059080808000080F05220503080F051E058FFFFFFF7D080F05220503080F051E0502080F05200503056F7468657290808080010245040243DFFFFFFF7C0246908080800002460302428FFFFFFF7D0246030242020244030473776572E08080800002050102030702656481808080800202079080808000020703077468726F706963908080800104500404044E04DFFFFFFF7C045104908080800004510403044D048FFFFFFF7D04510403044D0402044F0403017990808080010255040253DFFFFFFF7C0256908080800002560302528FFFFFFF7D0256030252020254020270699080808001084A060710040848060710DFFFFFFF7C084B0607109080808000084B0607100308470607108FFFFFFF7D084B0607100308470607100208490607100201739080808001042808040426089FFFFFFF7C0427089080808000042708B0808080000429089080808000042908030425088FFFFFFF7D042908030425080204270801046261736590808080010263040261DFFFFFFF7C0264908080800002640302608FFFFFFF7D0264030260020262020565666F7265E080808000020701020502056C6F636B73908080800102360402349FFFFFFF7C023590808080000235B0808080000237908080800002370302338FFFFFFF7D0237030233020235020475696C74908080800102080402089FFFFFFF7C020890808080000208B0808080000208908080800002080302088FFFFFFF7D0208030208020208020479746573D080808000020790808080020207010663616C6C6564818080808002020C9080808000020C03016E908080800102220402209FFFFFFF7C022190808080000221B08080800002239080808000022303021F8FFFFFFF7D022303021F020221020568756E6B73A0808080000203B08080800002059080808002020502036F64659080808001043205040430059FFFFFFF7C0431059080808000043105B080808000043305908080800004330503042F058FFFFFFF7D04330503042F050204310503046E6669679080808001045A0404045804DFFFFFFF7C045B049080808000045B04030457048FFFFFFF7D045B0403045704020459040202707090808080010243040241DFFFFFFF7C0244908080800002440302408FFFFFFF7D02440302400202420206726561746564818080808002021590808080000215010464656D6F908080800102060102020302068FFFFFFF7B020290808080000202010406160102028FFFFFFF7E0202010406168FFFFFFF7F0202908080800002020202028FFFFFFF7E0202010406168FFFFFFF7F0202010406160102100202068FFFFFFF7C020201040616010210020206020206020269659080808002020601020402016F908080800102390402379FFFFFFF7C023890808080000238B080808000023A9080808000023A0302368FFFFFFF7D023A03023602023801046563686F90808080020203A0808080000203AFFFFFFF7E0203020476657279A080808001020601046661696CB080808000020301021B8FFFFFFF7F020301021B0203696E65B080808002020401020202036F726B819080808005020401021C0203726F6DE08080800002060102040103676574F080808000020401021C8FFFFFFF7F020401021C0102048FFFFFFF7E020401021C01020402036F657390808080010258040256DFFFFFFF7C0259908080800002590302558FFFFFFF7D02590302550202570205726FC39F6590808080020207010205030475C39F65908080800202040102020103686173A080808001020C0204656C6C6F908080800102020402029FFFFFFF7C020290808080000202B0808080000202908080800002020302028FFFFFFF7D0202030202020202030272659080808001021E04021C9FFFFFFF7C021D9080808000021DB080808000021F9080808000021F03021B8FFFFFFF7D021F03021B02021D020374747090808080010265040263DFFFFFFF7C0266908080800002660302628FFFFFFF7D0266030262020264010169908080800108030A0A100408030A0A0E9FFFFFFF7C08030A0A0F908080800008030A0A0FB08080800008030A0A11908080800008030A0A110308030A0A0D8FFFFFFF7D08030A0A110308030A0A0D0208030A0A0F02016E819080808005020201021A0302666FF080808000020601021E8FFFFFFF7F020601021E0102068FFFFFFF7E020601021E0102060302746F9080808001040952040409509FFFFFFF7C020990808080000209B08080800004095390808080000409530304094F8FFFFFFF7D0409530304094F0204095102017390808080000203010A1B060D480604081D0D48068FFFFFFF7C02059080808000041E0D9080808000041E0DB08080800008200D4806908080800008200D480603081C0D48068FFFFFFF7D08200D480603081C0D480602081E0D4806020174908080800102290402278FFFFFFF7C020B9080808000022890808080000228B080808000022A9080808000022A0302268FFFFFFF7D022A030226020228030173A080808001020801036B65799080808001060E430704060E41079FFFFFFF7C020E9080808000020EB080808000060E44079080808000060E440703060E40078FFFFFFF7D060E440703060E400702060E420701046C696B6590808080010276040274DFFFFFFF7C0277908080800002770302738FFFFFFF7D027703027302027503037374739080808001042C4404042A449FFFFFFF7C022B9080808000022BB080808000042D449080808000042D44030429448FFFFFFF7D042D440304294402042B4402046C616D6190808080010242040240DFFFFFFF7C02439080808000024303023F8FFFFFFF7D024303023F02024101076D616368696E659080808001023F04023D9FFFFFFF7C023E9080808000023EB08080800002409080808000024003023C8FFFFFFF7D024003023C02023E030264659080808001022B0402299FFFFFFF7C022A9080808000022AB080808000022C9080808000022C0302288FFFFFFF7D022C03022802022A03036B6573A08080800104040D02026964B080808000020401021C8FFFFFFF7F020401021C03026E65908080800104601904045E19DFFFFFFF7C046119908080800004611903045D198FFFFFFF7D04611903045D1902045F1902046F64656C90808080010607373904060735399FFFFFFF7C0407369080808000040736B0808080000607383990808080000607383901020F02060734398FFFFFFF7D0607383901020F020607343902060736390601739080808001026D04026BDFFFFFFF7C026E9080808000026E03026A8FFFFFFF7D026E03026A02026C01056E616D656490808080010275040273DFFFFFFF7C0276908080800002760302728FFFFFFF7D027603027202027402036565649080808001020C04020C9FFFFFFF7C020C9080808000020CB080808000020C9080808000020C03020C8FFFFFFF7D020C03020C02020C030574776F726B908080800002050104110E0402119FFFFFFF7C021190808080000211B0808080000211908080800002110302118FFFFFFF7D021103021102021102016F9080808001040D0504040D059FFFFFFF7C040D059080808000040D05B080808000040D059080808000040D0503040D058FFFFFFF7D040D0503040D0502040D0501066F6C6C616D619080808001024104023F9FFFFFFF7C024090808080000240B08080800002429080808000024203023E8FFFFFFF7D024203023E02024002016E9080808001023D04023B9FFFFFFF7C023C9080808000023CB080808000023E9080808000023E03023A8FFFFFFF7D023E03023A02023C0301659080808001023004022E9FFFFFFF7C022F9080808000022FB08080800002319080808000023103022D8FFFFFFF7D023103022D02022F020570656E616990808080010849040417040847040417DFFFFFFF7C084A0404179080808000084A0404170308460404178FFFFFFF7D084A04041703084604041702084804041702017290808080010244040242DFFFFFFF7C0245908080800002450302418FFFFFFF7D024503024102024302047468657290808080010256040254DFFFFFFF7C0257908080800002570302538FFFFFFF7D02570302530202550204776E6572818080808002020D9080808000020D010970726F7669646572739080808001025F04025DDFFFFFFF7C02609080808000026003025C8FFFFFFF7D026003025C02025E010472617465D08080800002039080808002020302036F6F74818080808002020E9080808000020E0206756E6E696E678180808080020213908080800002130101738180808080020209908080800002090203616D65908080800102170402179FFFFFFF7C021790808080000217B0808080000217908080800002170302178FFFFFFF7D0217030217020217030179908080800102150402159FFFFFFF7C021590808080000215B0808080000215908080800002150302158FFFFFFF7D021503021502021502056572766572908080800104461304044413DFFFFFFF7C0447139080808000044713030443138FFFFFFF7D04471303044313020404332A2B12112B1413150A122E45103D393B5B2F1013392B44432E113D3C1417391C45362C17740E391B0D1A0F100F292D11100C3C3A2D570E28425E400A4B2E432E3F3A0D1834542B2F3B41433E3939472B2E1533141417123B39');
INSERT INTO search_data VALUES(2199023255554, X'0000063F4513083073657373696F6EF080808000020501021D8FFFFFFF7F020501021D010405058FFFFFFF7E020501021D010405050301749080808001044C0704044A07DFFFFFFF7C044D079080808000044D07030449078FFFFFFF7D044D070304490702044B070206686F727465729080808004020301021B040177908080800102230402219FFFFFFF7C022290808080000222B0808080000224908080800002240302208FFFFFFF7D022403022002022202046D616C6C90808080010278040276DFFFFFFF7C0279908080800002790302758FFFFFFF7D027903027502027702057065616B73A080808001040309B08080800002030204746172749080808001024004023E9FFFFFFF7C023F9080808000023FB08080800002419080808000024103023D8FFFFFFF7D024103023D02023F0402746581808080800202129080808000021203026F619080808001060A531304060A51139FFFFFFF7C020A9080808000020AB080808000060A54139080808000060A541301021102060A50138FFFFFFF7D060A541301021102060A501302060A521303057265616D73908080800102270402259FFFFFFF7C022690808080000226B0808080000228908080800002280302248FFFFFFF7D022803022402022602037563689080808001022D04022B9FFFFFFF7C022C9080808000022CB080808000022E9080808000022E03022A8FFFFFFF7D022E03022A02022C01067461626C6573908080800102330402319FFFFFFF7C023290808080000232B0808080000234908080800002340302308FFFFFFF7D02340302300202320203657874908080800102250402239FFFFFFF7C022490808080000224B0808080000226908080800002260302228FFFFFFF7D0226030222020224020568616E6B73818080808003020201021A8FFFFFFF7F020201021A040174908080800102260402249FFFFFFF7C022590808080000225B0808080000227908080800002270302238FFFFFFF7D02270302230202250301659080808001040513040405139FFFFFFF7C0405139080808000040513B0808080000405139080808000040513010202020405138FFFFFFF7D040513010202020405130102030106051307040272659080808001027104026FDFFFFFFF7C02729080808000027203026E8FFFFFFF7D027203026E020270030269739080808001062F0D0604062D0D069FFFFFFF7C062E0D069080808000062E0D06B08080800006300D06908080800006300D0603062C0D068FFFFFFF7D06300D0603062C0D0602062E0D06020469746C65818080808002020B9080808000020B02016F908080800102370402358FFFFFFF7C020E9080808000023690808080000236B0808080000238908080800002380302348FFFFFFF7D023803023402023603026F6CF080808000020301021B8FFFFFFF7F020301021B0102038FFFFFFF7E020301021B010203050173818080808002021490808080000214010375726C90808080010264040262DFFFFFFF7C0265908080800002650302618FFFFFFF7D026503026102026302027365908080800102380402369FFFFFFF7C023790808080000237B0808080000239908080800002390302358FFFFFFF7D0239030235020237010276319080808001026B040269DFFFFFFF7C026C9080808000026C0302688FFFFFFF7D026C03026802026A010477616974A080808001020D02036861749080808000020201061A085104041E519FFFFFFF7C021F9080808000021FB080808000042151908080800004215103041D518FFFFFFF7D04215103041D5102041F510303696368A080808001040704020369746890808080010247040245DFFFFFFF7C0248908080800002480302448FFFFFFF7D024803024402024602046F726473A0808080010202B08080800002020204726F7465908080800102190402199FFFFFFF7C021990808080000219B0808080000219908080800002190302198FFFFFFF7D0219030219020219010479616D6C9080808001045D0304045B03DFFFFFFF7C045E039080808000045E0303045A038FFFFFFF7D045E0303045A0302045C0302026F75908080800104180E0404180C9FFFFFFF7C04180D908080800004180DB08080800004180F908080800004180F0304180B8FFFFFFF7D04180F0304180B0204180D0106E6BCA2E5AD97908080800202080102060104F09F998290808080020209010207062F3312392E163C13503D3B3E3B1C394D2C4E154028122D3A2C0D470D2D143C364412');
INSERT INTO search_idx VALUES(1, X'', 2);
INSERT INTO search_idx VALUES(2, X'', 2);
INSERT INTO search_idx VALUES(3, X'', 2);
INSERT INTO search_idx VALUES(4, X'', 2);
INSERT INTO search_idx VALUES(5, X'', 2);
INSERT INTO search_idx VALUES(6, X'', 2);
INSERT INTO search_idx VALUES(7, X'', 2);
INSERT INTO search_idx VALUES(8, X'', 2);
INSERT INTO search_idx VALUES(9, X'', 2);
INSERT INTO search_idx VALUES(10, X'', 2);
INSERT INTO search_idx VALUES(11, X'', 2);
INSERT INTO search_idx VALUES(16, X'', 2);
INSERT INTO search_idx VALUES(16, X'30736573', 4);
INSERT INTO search_content VALUES(4294967296, 'What is a network?');
INSERT INTO search_content VALUES(4294967297, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> What is a network?

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(4294967298, '/demo echo=Grüße an die Größe 漢字 🙂');
INSERT INTO search_content VALUES(4294967299, 'Grüße an die Größe 漢字 🙂');
INSERT INTO search_content VALUES(4294967300, 'And shorter?');
INSERT INTO search_content VALUES(4294967301, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> And shorter?

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(8589934592, '/demo chunks=3');
INSERT INTO search_content VALUES(8589934593, 'words speaks makes is every which its which speaks It has wait. to makes');
INSERT INTO search_content VALUES(12884901888, '/demo fail=mid');
INSERT INTO search_content VALUES(12884901889, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> /demo fail=mid

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, ');
INSERT INTO search_content VALUES(12884901890, '/demo echo=fine again');
INSERT INTO search_content VALUES(12884901891, 'fine again');
INSERT INTO search_content VALUES(17179869184, '/demo fail=mid');
INSERT INTO search_content VALUES(17179869185, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> /demo fail=mid

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, ');
INSERT INTO search_content VALUES(21474836480, '/demo rate=40 chunks=2000 bytes=12');
INSERT INTO search_content VALUES(21474836481, 'words speaks');
INSERT INTO search_content VALUES(25769803776, '/demo echo=an answer from before');
INSERT INTO search_content VALUES(25769803777, 'an answer from before');
INSERT INTO search_content VALUES(25769803778, '/demo rate=40 chunks=2000 bytes=12');
INSERT INTO search_content VALUES(30064771072, '/demo tool=get_session_info');
INSERT INTO search_content VALUES(30064771073, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> /demo tool=get_session_info

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(34359738368, '/demo tool=get_session_info');
INSERT INTO search_content VALUES(34359738369, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> /demo tool=get_session_info

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(34359738370, 'The tool `get_session_info` answered:

> {  "session": "s_01m80fq5bnxwa97m459x66nxg6",  "title": "called",  "owner": "ann",  "model": "demo/stoa",  "state": "running_tools",  "created": "2026-11-22T02…

');
INSERT INTO search_content VALUES(38654705664, '/demo tool=get_session_info');
INSERT INTO search_content VALUES(38654705665, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> /demo tool=get_session_info

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(38654705666, 'The tool `get_session_info` answered:

> {  "session": "s_01m80fq5bnxwa97m459x66nxg6",  "title": "called",  "owner": "ann",  "model": "demo/stoa",  "state": "running_tools",  "created": "2026-11-22T02…

');
INSERT INTO search_content VALUES(38654705667, 'thanks');
INSERT INTO search_content VALUES(38654705668, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> thanks

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(38654705669, 'in the fork');
INSERT INTO search_content VALUES(38654705670, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> in the fork

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(42949672960, 'one');
INSERT INTO search_content VALUES(42949672961, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> one

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(42949672962, 'two');
INSERT INTO search_content VALUES(42949672963, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> two

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(42949672964, 'three');
INSERT INTO search_content VALUES(42949672965, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> three

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(42949672966, 'after it');
INSERT INTO search_content VALUES(42949672967, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

You wrote:

> after it

Here is what I can show you:

- text that *streams* as it is made
- lists, such as this one, and `code`
- tables and code blocks

| to use | do this |
|---|---|
| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |
| OpenAI | set `OPENAI_API_KEY` |
| Anthropic | set `ANTHROPIC_API_KEY` |

Any other server goes into `~/.config/stoa/config.yaml`:

```yaml
providers:
  mine:
    api: openai
    base_url: http://127.0.0.1:8000/v1
```

`stoa models` lists what is there; a model is named like `mine/small`.
');
INSERT INTO search_content VALUES(47244640256, '/demo echo=for two');
INSERT INTO search_content VALUES(47244640257, 'for two');
INSERT INTO search_docsize VALUES(4294967296, X'04');
INSERT INTO search_docsize VALUES(4294967297, X'77');
INSERT INTO search_docsize VALUES(4294967298, X'08');
INSERT INTO search_docsize VALUES(4294967299, X'06');
INSERT INTO search_docsize VALUES(4294967300, X'02');
INSERT INTO search_docsize VALUES(4294967301, X'75');
INSERT INTO search_docsize VALUES(8589934592, X'03');
INSERT INTO search_docsize VALUES(8589934593, X'0E');
INSERT INTO search_docsize VALUES(12884901888, X'03');
INSERT INTO search_docsize VALUES(12884901889, X'3F');
INSERT INTO search_docsize VALUES(12884901890, X'04');
INSERT INTO search_docsize VALUES(12884901891, X'02');
INSERT INTO search_docsize VALUES(17179869184, X'03');
INSERT INTO search_docsize VALUES(17179869185, X'3F');
INSERT INTO search_docsize VALUES(21474836480, X'07');
INSERT INTO search_docsize VALUES(21474836481, X'02');
INSERT INTO search_docsize VALUES(25769803776, X'06');
INSERT INTO search_docsize VALUES(25769803777, X'04');
INSERT INTO search_docsize VALUES(25769803778, X'07');
INSERT INTO search_docsize VALUES(30064771072, X'05');
INSERT INTO search_docsize VALUES(30064771073, X'78');
INSERT INTO search_docsize VALUES(34359738368, X'05');
INSERT INTO search_docsize VALUES(34359738369, X'78');
INSERT INTO search_docsize VALUES(34359738370, X'17');
INSERT INTO search_docsize VALUES(38654705664, X'05');
INSERT INTO search_docsize VALUES(38654705665, X'78');
INSERT INTO search_docsize VALUES(38654705666, X'17');
INSERT INTO search_docsize VALUES(38654705667, X'01');
INSERT INTO search_docsize VALUES(38654705668, X'74');
INSERT INTO search_docsize VALUES(38654705669, X'03');
INSERT INTO search_docsize VALUES(38654705670, X'76');
INSERT INTO search_docsize VALUES(42949672960, X'01');
INSERT INTO search_docsize VALUES(42949672961, X'74');
INSERT INTO search_docsize VALUES(42949672962, X'01');
INSERT INTO search_docsize VALUES(42949672963, X'74');
INSERT INTO search_docsize VALUES(42949672964, X'01');
INSERT INTO search_docsize VALUES(42949672965, X'74');
INSERT INTO search_docsize VALUES(42949672966, X'02');
INSERT INTO search_docsize VALUES(42949672967, X'75');
INSERT INTO search_docsize VALUES(47244640256, X'04');
INSERT INTO search_docsize VALUES(47244640257, X'02');
INSERT INTO search_config VALUES('version', 4);
INSERT INTO snapshots VALUES(8, 21, '{"session":"s_01m80fq5bnxwa97m459x66nxg6","epoch":"e_01m80fq1j4f3kf4fvephwxtyqr","seq":21,"state":"idle","title":"called","owner":"ann","model":"demo/stoa","system":null,"temperature":null,"max_tokens":null,"created":1795312817525,"activity":1795312824584,"archived":false,"ended":false,"error":null,"retry":null,"usage":{"input":668,"output":86,"cached":0,"reasoning":0},"turns":2,"turn_started":0,"messages_total":3,"messages":[{"id":"m_01m80fq5bs9t2aajfwsb8n0ndx","role":"user","author":"ann","ts":1795312817529,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]},{"id":"m_01m80fq5c2f52419hn37tfa6v5","role":"assistant","author":"demo/stoa","ts":1795312817538,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T02:00:17Z\",\n \"now\": \"2026-11-22T02:00:18Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T02:00:17Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795312818360,"ms":1}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":820}},{"id":"m_01m80fq65sgmq43cmkeywhrxpr","role":"assistant","author":"demo/stoa","ts":1795312818362,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T02…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}],"queue":[],"participants":[{"id":"c_01m80fq1jk3temfzc22w68zk0p","user":"ann","kind":"api","terminal":"","since":1795312817529}],"members":[],"lent":[],"questions":[],"answered":[],"rules":[],"servers":[],"variables":{},"variants":{},"compacted":null,"from":null,"context_tokens":0}');
INSERT INTO snapshots VALUES(9, 1, '{"session":"s_01m80fq74a3jeht77c357whgdz","epoch":"e_01m80fq1j4f3kf4fvephwxtyqr","seq":1,"state":"idle","title":"called (fork)","owner":"ann","model":"demo/stoa","system":null,"temperature":null,"max_tokens":null,"created":1795312819338,"activity":1795312819338,"archived":false,"ended":false,"error":null,"retry":null,"usage":{"input":0,"output":0,"cached":0,"reasoning":0},"turns":0,"turn_started":0,"messages_total":5,"messages":[{"id":"m_01m80fq5bs9t2aajfwsb8n0ndx","role":"user","author":"ann","ts":1795312817529,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]},{"id":"m_01m80fq5c2f52419hn37tfa6v5","role":"assistant","author":"demo/stoa","ts":1795312817538,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T02:00:17Z\",\n \"now\": \"2026-11-22T02:00:18Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T02:00:17Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795312818360,"ms":1}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":820}},{"id":"m_01m80fq65sgmq43cmkeywhrxpr","role":"assistant","author":"demo/stoa","ts":1795312818362,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80fq5bnxwa97m459x66nxg6\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T02…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}},{"id":"m_01m80fq6a7x1gq70j42dtdwj9p","role":"user","author":"ann","ts":1795312818503,"status":"complete","content":[{"type":"text","text":"thanks"}]},{"id":"m_01m80fq6a7eedqwgmsm5tm4jp4","role":"assistant","author":"demo/stoa","ts":1795312818503,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> thanks\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":357,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}],"queue":[],"participants":[],"members":[],"lent":[],"questions":[],"answered":[],"rules":[],"servers":[],"variables":{},"variants":{},"compacted":null,"from":{"session":"s_01m80fq5bnxwa97m459x66nxg6","message":"m_01m80fq6a7eedqwgmsm5tm4jp4","messages":5},"context_tokens":0}');
INSERT INTO partials VALUES(6, 'm_01m80fq4hg75hg9r1d3ewrehpy', '{"id":"m_01m80fq4hg75hg9r1d3ewrehpy","role":"assistant","author":"demo/stoa","ts":1795312816688,"status":"streaming","index":300,"content":[{"type":"text","text":"words speaks makes is every which its which speaks It has wait. to makes the to makes wait. words has of every has one **bold** flows **bold** say small session **bold** its more parts makes has wait. words and more its flows a makes a speaks small say less.\n\nwait. and It Once Once which words agent while one which is sense. others agent makes stream one flows *again* stream `code` agent *again* It *again* is while one Once model less.\n\nothers with wait. **bold** speaks model parts others `code` parts to small **bold** sense. It the others **bold** is a the to flows has model `code` one others words sense. It It stream speaks of a `code` Once agent of agent parts while the say to sense. own session small *again* `code` `code` flows to every of to *again* `code` makes has model with `code` less.\n\nthe every which and say parts agent model is *again* the words its a with `code` with with words It less.\n\n*again* has wait. say one of which small It speaks stream less.\n\nevery speaks flows a every agent the small is Once *again* Then others a others flows **bold** flows every stream more `code` small say *again* is flows which speaks own others makes parts sense. and `code` less.\n\nparts with more **bold** a words of Once sense. less.\n\nwith **bold** wait. the every less.\n\nmore sense. own own small one speaks others model flows **bold** wait. which of session Once more the *again* `code` model while say speaks stream is session sense. while which every sense. agent every to has wait. stream less.\n\nwith `code` of words Once say Once sense. has which of *again* parts session Then own has model its has which flows model one words say one others own `code` Once stream and agent speaks say to small words small others own say while makes **bold** makes which the agent less.\n\n*again* has the `code` to a session to sense. parts which agent `code` flows It more is agent session agent words has stream speaks wait. own stream sense. *again* while small say flows own wait. sense. of stream **bold** with words `code` the own with session sense. its model which more is others wait. one say parts has Then `code` Then words the flows a while while a every with Once less.\n\nagent wait. Then model others parts its words *again* agent say speaks its makes of has a the say flows others others agent parts sense. flows words sense. has say a while flows which makes say stream has which and every while stream is with is parts less.\n\nmore with a small one session has flows its own Then parts to of **bold** has stream while model is while the makes agent Then a Then wait. parts small while Then speaks with It parts agent flows makes agent others Then agent `code` makes to say It words flows `code` agent is words less.\n\nmodel **bold** *again* sense. say Then less.\n\nown agent model words one every wait. is is makes of one agent own Once with a with stream sense. others one others and agent *again* more has to `code` which and It the It stream more and `code` parts agent sense. own *again* its session **bold** which `code` others with session its has of its is less.\n\na small It flows is say every sense. the with of stream model Once wait. sense. less.\n\none its stream **bold** every flows say model *again* more agent words which own say small is while while words is flows own model the session **bold** It agent more more say the others a words one is *again* a Then every Then Once makes **bold** which others speaks speaks *again* flows words session Once a more every a session Then parts more parts *again* and with stream say one more one *again* sense. the others every sa"}]}');
INSERT INTO requests VALUES(1, 'ann', 't_5039_1_50257299932059', 1795312813651, '{"id":"t_5039_1_50257299932059","ok":{"seq":1,"session":"s_01m80fq1jk3temfzc22xn2asms","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(2, 'ann', 't_5039_4_50257306170486', 1795312813654, '{"id":"t_5039_4_50257306170486","ok":{"seq":3,"message":"m_01m80fq1jmqgj636grffczwh3f","queued":false}}');
INSERT INTO requests VALUES(3, 'ann', 't_5039_5_50258175578999', 1795312814522, '{"id":"t_5039_5_50258175578999","ok":{"seq":9,"message":"m_01m80fq2dtj440z3a12y3fn0bk","queued":false}}');
INSERT INTO requests VALUES(4, 'ann', 't_5039_6_50258238231288', 1795312814585, '{"id":"t_5039_6_50258238231288","ok":{"seq":15,"message":"m_01m80fq2frakjz31sqb92ckg0v","queued":false}}');
INSERT INTO requests VALUES(5, 'ann', 't_5039_7_50259074916226', 1795312815421, '{"id":"t_5039_7_50259074916226","ok":{"seq":1,"session":"s_01m80fq39xmvnt46dcabwhtwfd","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(6, 'ann', 't_5039_10_50259088758357', 1795312815438, '{"id":"t_5039_10_50259088758357","ok":{"seq":3,"message":"m_01m80fq3ab35sea5rh45w69t1c","queued":false}}');
INSERT INTO requests VALUES(7, 'ann', 't_5039_11_50259182519954', 1795312815529, '{"id":"t_5039_11_50259182519954","ok":{"seq":8}}');
INSERT INTO requests VALUES(8, 'ann', 't_5039_12_50259188286105', 1795312815534, '{"id":"t_5039_12_50259188286105","ok":{"seq":1,"session":"s_01m80fq3devngfrj130qwqttyk","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(9, 'ann', 't_5039_15_50259191369462', 1795312815542, '{"id":"t_5039_15_50259191369462","ok":{"seq":3,"message":"m_01m80fq3dhqetbzz99e5q00009","queued":false}}');
INSERT INTO requests VALUES(10, 'ann', 't_5039_16_50259687387014', 1795312816034, '{"id":"t_5039_16_50259687387014","ok":{"seq":10,"message":"m_01m80fq3x1037ry5q9mpte53xf","queued":false}}');
INSERT INTO requests VALUES(11, 'ann', 't_5039_17_50259729860795', 1795312816076, '{"id":"t_5039_17_50259729860795","ok":{"seq":1,"session":"s_01m80fq3ycg9g5me7t5s0kxk9h","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(12, 'ann', 't_5039_20_50259731383966', 1795312816078, '{"id":"t_5039_20_50259731383966","ok":{"seq":3,"message":"m_01m80fq3yddgtmv2jzjj30gwe0","queued":false}}');
INSERT INTO requests VALUES(13, 'ann', 't_5039_21_50260235597332', 1795312816582, '{"id":"t_5039_21_50260235597332","ok":{"seq":1,"session":"s_01m80fq4e6k326hqjewj1m9vm5","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(14, 'ann', 't_5039_24_50260240694690', 1795312816588, '{"id":"t_5039_24_50260240694690","ok":{"seq":3,"message":"m_01m80fq4ebg71fb0bssw9wnb3a","queued":false}}');
INSERT INTO requests VALUES(15, 'ann', 't_5039_25_50260248262425', 1795312816597, '{"id":"t_5039_25_50260248262425","ok":{"seq":6,"interrupted":true}}');
INSERT INTO requests VALUES(16, 'ann', 't_5039_26_50260252665713', 1795312816599, '{"id":"t_5039_26_50260252665713","ok":{"seq":1,"session":"s_01m80fq4eqn7z3hhxpsfs4y53m","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(17, 'ann', 't_5039_29_50260254004396', 1795312816601, '{"id":"t_5039_29_50260254004396","ok":{"seq":3,"message":"m_01m80fq4er5w6qzm8rx34k9z4k","queued":false}}');
INSERT INTO requests VALUES(18, 'ann', 't_5039_30_50260341403431', 1795312816688, '{"id":"t_5039_30_50260341403431","ok":{"seq":9,"message":"m_01m80fq4hgmqmhm8jey3gt3k3n","queued":false}}');
INSERT INTO requests VALUES(19, 'ann', 't_5039_31_50260343101893', 1795312816689, '{"id":"t_5039_31_50260343101893","ok":{"seq":12,"message":"m_01m80fq4hhxwqm6bbtcw43qgft","queued":true}}');
INSERT INTO requests VALUES(20, 'ann', 't_5039_32_50260343692600', 1795312816690, '{"id":"t_5039_32_50260343692600","ok":{"seq":13,"message":"m_01m80fq4hjgz6x1eryr4td9jvr","queued":true}}');
INSERT INTO requests VALUES(21, 'ann', 't_5039_33_50260344297377', 1795312816691, '{"id":"t_5039_33_50260344297377","ok":{"rule":"u_01m80fq4hjgz6x1eryr8k23hh4"}}');
INSERT INTO requests VALUES(22, 'ann', 't_5039_34_50260345038017', 1795312816691, '{"id":"t_5039_34_50260345038017","ok":{"seq":1,"session":"s_01m80fq4hkrwk4dgtsy00996tf","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(23, 'ann', 't_5039_37_50260345827089', 1795312816692, '{"id":"t_5039_37_50260345827089","ok":{"rule":"u_01m80fq4hmdn0pfdqda5hjqccp"}}');
INSERT INTO requests VALUES(24, 'ann', 't_5039_38_50260346360771', 1795312816694, '{"id":"t_5039_38_50260346360771","ok":{"seq":4,"message":"m_01m80fq4hmdn0pfdqda6g4dtnz","queued":false}}');
INSERT INTO requests VALUES(25, 'ann', 't_5039_39_50261179075013', 1795312817525, '{"id":"t_5039_39_50261179075013","ok":{"seq":1,"session":"s_01m80fq5bnxwa97m459x66nxg6","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(26, 'ann', 't_5039_42_50261183447896', 1795312817530, '{"id":"t_5039_42_50261183447896","ok":{"seq":3,"message":"m_01m80fq5bs9t2aajfwsb8n0ndx","queued":false}}');
INSERT INTO requests VALUES(27, 'ann', 't_5039_43_50262157013554', 1795312818503, '{"id":"t_5039_43_50262157013554","ok":{"seq":16,"message":"m_01m80fq6a7x1gq70j42dtdwj9p","queued":false}}');
INSERT INTO requests VALUES(28, 'ann', 't_5039_44_50262987768888', 1795312819338, '{"id":"t_5039_44_50262987768888","ok":{"session":"s_01m80fq74a3jeht77c357whgdz","messages":5}}');
INSERT INTO requests VALUES(29, 'ann', 't_5039_47_50262994475756', 1795312819341, '{"id":"t_5039_47_50262994475756","ok":{"seq":3,"message":"m_01m80fq74cjrznry7ecreyqcqn","queued":false}}');
INSERT INTO requests VALUES(30, 'ann', 't_5039_48_50263847522150', 1795312820194, '{"id":"t_5039_48_50263847522150","ok":{"seq":1,"session":"s_01m80fq7z24715jgzjasv96mkg","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(31, 'ann', 't_5039_51_50263853674635', 1795312820202, '{"id":"t_5039_51_50263853674635","ok":{"seq":3,"message":"m_01m80fq7z8yjgkt79jywacbm7x","queued":false}}');
INSERT INTO requests VALUES(32, 'ann', 't_5039_52_50264695866242', 1795312821042, '{"id":"t_5039_52_50264695866242","ok":{"seq":9,"message":"m_01m80fq8sjp72yg8n9y0zqsaqg","queued":false}}');
INSERT INTO requests VALUES(33, 'ann', 't_5039_53_50265524491174', 1795312821871, '{"id":"t_5039_53_50265524491174","ok":{"seq":15,"message":"m_01m80fq9kfwh33c1m7c72qbpqh","queued":false}}');
INSERT INTO requests VALUES(34, 'ann', 't_5039_54_50266356402214', 1795312822703, '{"id":"t_5039_54_50266356402214","ok":{"seq":20}}');
INSERT INTO requests VALUES(35, 'ann', 't_5039_55_50267405098793', 1795312823751, '{"id":"t_5039_55_50267405098793","ok":{"seq":24,"message":"m_01m80fqbe70tbgnm9yr5909qea","queued":false}}');
INSERT INTO requests VALUES(36, 'ann', 't_5039_57_50268238089896', 1795312824585, '{"id":"t_5039_57_50268238089896","ok":{"seq":21,"removed":2}}');
INSERT INTO requests VALUES(37, 'ann', 't_5039_58_50268241900504', 1795312824588, '{"id":"t_5039_58_50268241900504","ok":{"user":"bo"}}');
INSERT INTO requests VALUES(38, 'ann', 't_5039_59_50268243285411', 1795312824589, '{"id":"t_5039_59_50268243285411","ok":{"user":"cy"}}');
INSERT INTO requests VALUES(39, 'ann', 't_5039_60_50268244725869', 1795312824591, '{"id":"t_5039_60_50268244725869","ok":{}}');
INSERT INTO requests VALUES(40, 'ann', 't_5039_61_50268245891520', 1795312824592, '{"id":"t_5039_61_50268245891520","error":{"code":"conflict","text":"this was done already; its answer has a secret, which is shown only once","detail":{}}}');
INSERT INTO requests VALUES(41, 'ann', 't_5039_62_50268246883422', 1795312824595, '{"id":"t_5039_62_50268246883422","ok":{}}');
INSERT INTO requests VALUES(42, 'ann', 't_5039_63_50268250545640', 1795312824597, '{"id":"t_5039_63_50268250545640","ok":{"seq":1,"session":"s_01m80fqc8nznjbj05jkyk6cpte","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(43, 'ann', 't_5039_66_50268256961725', 1795312824604, '{"id":"t_5039_66_50268256961725","ok":{"seq":3,"message":"m_01m80fqc8v396anmjyn1nmevbv","queued":false}}');
INSERT INTO requests VALUES(44, 'ann', 't_5039_67_50268308794911', 1795312824655, '{"id":"t_5039_67_50268308794911","ok":{"seq":8}}');
INSERT INTO requests VALUES(45, 'ann', 't_5039_68_50268311038453', 1795312824657, '{"id":"t_5039_68_50268311038453","error":{"code":"conflict","text":"this was done already; its answer has a secret, which is shown only once","detail":{}}}');
INSERT INTO rules VALUES('u_01m80fq4hjgz6x1eryr8k23hh4', 'ann', 'deny', 'files/*', 1795312816690);
INSERT INTO users VALUES('bo', 'member', 0, 1795312824588, '{"quota.sessions":3}');
INSERT INTO users VALUES('cy', 'admin', 1, 1795312824589, '{}');
INSERT INTO keys VALUES('BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA', 'bo', 'laptop', 1795312824588);
INSERT INTO tokens VALUES('k_01m80fqc8ggr5r2x2aw00zzb23', 'bo', 'ixHzSIU-wOvF5fR-ABW2IqkfuiBsPbkCl2GYbJSfelI', 'ci', '{"role":"viewer"}', 1795312824592, 1797904824592);
INSERT INTO tickets VALUES('t_01m80fqcah91jrf2fx15pwgkhy', '7zq_mngXf0iQvhJS1CDyO_SwK9mw2LJThVWBaqfcVwg', 's_01m80fqc8nznjbj05jkyk6cpte', 'viewer', 'ann', 1795917624657, 2);
INSERT INTO secrets VALUES('ann', 'api', 'AbQclXiqDQOpPVLvzYHe9RP8EpWvarXdBCwCnT+wCEkaq5LawZ9TROmt2v9NbYoPrij6GB2UCw', 1795312824595);
INSERT INTO spent VALUES('ann', 20779, 3089, 643, 0, 20, 0);
INSERT INTO members VALUES('bo', 11, 'writer');
INSERT INTO audit VALUES(1, 1795312813651, 'root', 'login', 'local', 'api', 'bkxeC7TjiFNofnzcL_uTxt2KoVyaNtRXrEMnP__KmZ8');
INSERT INTO audit VALUES(2, 1795312816690, 'root', 'rule.add', 'root', 'deny files/*', '6_-ead6okQxvzL4_ppKs0N3zGZGQBd_ZUdK3_15O_ms');
INSERT INTO audit VALUES(3, 1795312816692, 'root', 'rule.add', 's_01m80fq4hkrwk4dgtsy00996tf', 'ask stoa/get_session_info', 'm_7s4kX2zExYRmxP2b9oEBqpAAvzV9tZ-hwePHrcygI');
INSERT INTO audit VALUES(4, 1795312824588, 'root', 'user.create', 'bo', 'member, key BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA', 'LwxQahfpDqPBQ_PLeRGYWU3Cs3k448wi_PBcuihVhwM');
INSERT INTO audit VALUES(5, 1795312824589, 'root', 'user.create', 'cy', 'admin', 'lM-efDHYYesvV-W1-C3PL5506udcq5pszO1gGMdJF2U');
INSERT INTO audit VALUES(6, 1795312824591, 'root', 'user.update', 'cy', ' disabled', 'VIfBqoPUdfDA6s42MAS4IcVinaKB2aUtcALnYTsRq0Q');
INSERT INTO audit VALUES(7, 1795312824592, 'root', 'token.issue', 'k_01m80fqc8ggr5r2x2aw00zzb23', 'for bo, at most viewer', 'u31c-t_Ttqd80NVv-J0MfN1qC470H1_PR94i0k9LJTU');
INSERT INTO audit VALUES(8, 1795312824595, 'root', 'secret.set', 'api', '', '7V4LE_FOarAOG65xFQK3WayoXH2yuYhaDGos5ETNXxk');
INSERT INTO audit VALUES(9, 1795312824655, 'root', 'session.share', 's_01m80fqc8nznjbj05jkyk6cpte', 'bo: writer', '9l-RGJHcauMN4SIJQuRq_0eGqJc5iutmwSCeHaiGIzw');
INSERT INTO audit VALUES(10, 1795312824657, 'root', 'ticket.issue', 's_01m80fqc8nznjbj05jkyk6cpte', 't_01m80fqcah91jrf2fx15pwgkhy: viewer, 2 uses, 604800 s', 'T9_9gSt6myla6cTmAnSascqS5zOM0rKr-1YOI5odsQ4');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('sessions', 11);
PRAGMA writable_schema = OFF;
COMMIT;
