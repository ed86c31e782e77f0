-- A store as stoad 0.1.0 left it with version 4 of the schema, made by tests/support/make-store. It never changes.
PRAGMA application_id = 1398034241;
PRAGMA user_version = 4;
BEGIN;
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('table', 'search', 'search', 0, 'CREATE VIRTUAL TABLE search USING fts5(text, tokenize = ''unicode61 remove_diacritics 2'')');
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions( key INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, title TEXT NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL, created INTEGER NOT NULL, activity INTEGER NOT NULL, messages INTEGER NOT NULL, archived INTEGER NOT NULL, ended INTEGER NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT -1, files INTEGER NOT NULL DEFAULT 0) STRICT;
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
INSERT INTO sessions VALUES(1, 's_01m80e32adv7spsxa64r1fw797', 'ann', 'first steps', 'idle', 'demo/stoa', 1795311110477, 1795311112223, 6, 0, 0, 19, 11057, 0);
INSERT INTO sessions VALUES(2, 's_01m80e34106g1zvx4aqedy22fg', 'ann', 'put away', 'idle', 'demo/stoa', 1795311112224, 1795311112317, 2, 1, 0, 8, 2589, 0);
INSERT INTO sessions VALUES(3, 's_01m80e343ygfyebw9etmr54m2a', 'ann', 'failed once', 'idle', 'demo/stoa', 1795311112318, 1795311112856, 4, 0, 0, 14, 5822, 0);
INSERT INTO sessions VALUES(4, 's_01m80e34mshg6ey4984s745pat', 'ann', 'interrupted', 'idle', 'demo/stoa', 1795311112857, 1795311112868, 2, 0, 0, 8, 2459, 0);
INSERT INTO sessions VALUES(5, 's_01m80e34n5rhp48b5w5xcs8ejv', 'ann', 'streaming', 'streaming', 'demo/stoa', 1795311112869, 1795311112947, 4, 0, 0, 13, 4266, 0);
INSERT INTO sessions VALUES(6, 's_01m80e34qnwznq7jt84zywz034', 'ann', 'asked', 'awaiting_permission', 'demo/stoa', 1795311112949, 1795311113785, 2, 0, 0, 9, 5412, 0);
INSERT INTO sessions VALUES(7, 's_01m80e35hswsr96rxehgn5bae7', 'ann', 'called', 'idle', 'demo/stoa', 1795311113785, 1795311120809, 3, 0, 0, 21, 12954, 0);
INSERT INTO sessions VALUES(8, 's_01m80e37ae9yjfm3zp8qwxw6pr', 'ann', 'called (fork)', 'idle', 'demo/stoa', 1795311115598, 1795311116435, 7, 0, 0, 7, 10394, 0);
INSERT INTO sessions VALUES(9, 's_01m80e384mgw9gz1vvzpa8p057', 'ann', 'compacted', 'idle', 'demo/stoa', 1795311116436, 1795311120808, 8, 0, 0, 28, 18287, 0);
INSERT INTO sessions VALUES(10, 's_01m80e3cdgy4nfdm82zdg4gqbq', 'ann', 'shared', 'idle', 'demo/stoa', 1795311120816, 1795311120869, 2, 0, 0, 8, 2416, 0);
INSERT INTO events VALUES(4294967297, 1795311110477, 'session.started', '{"owner":"ann","title":"first steps","model":"demo/stoa","system":"Be brief.","created":1795311110477}');
INSERT INTO events VALUES(4294967298, 1795311110478, 'message.added', '{"message":{"id":"m_01m80e32aedb3nnfsnwh1mvc8k","role":"user","author":"ann","ts":1795311110478,"status":"complete","content":[{"type":"text","text":"What is a network?"}]}}');
INSERT INTO events VALUES(4294967299, 1795311110478, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967300, 1795311110484, 'message.added', '{"message":{"id":"m_01m80e32amv91y7v0dapdrf6vk","role":"assistant","author":"demo/stoa","ts":1795311110484,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967301, 1795311110484, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967302, 1795311111334, 'stream.completed', '{"message":"m_01m80e32amv91y7v0dapdrf6vk","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> What is a network?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":7,"output":41,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":850}}');
INSERT INTO events VALUES(4294967303, 1795311111335, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(4294967304, 1795311111335, 'message.added', '{"message":{"id":"m_01m80e3357gkdbnd7gaqtjvwpq","role":"user","author":"ann","ts":1795311111335,"status":"complete","content":[{"type":"text","text":"/demo echo=Grüße an die Größe 漢字 🙂"}]}}');
INSERT INTO events VALUES(4294967305, 1795311111335, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967306, 1795311111336, 'message.added', '{"message":{"id":"m_01m80e33570exg8ge1n62mtxj4","role":"assistant","author":"demo/stoa","ts":1795311111336,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967307, 1795311111336, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967308, 1795311111396, 'stream.completed', '{"message":"m_01m80e33570exg8ge1n62mtxj4","status":"complete","content":[{"type":"text","text":"Grüße an die Größe 漢字 🙂"}],"stop_reason":"end_turn","usage":{"input":189,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":61}}');
INSERT INTO events VALUES(4294967309, 1795311111396, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(4294967310, 1795311111397, 'message.added', '{"message":{"id":"m_01m80e3375k7z6pbzhxd68g19g","role":"user","author":"ann","ts":1795311111397,"status":"complete","content":[{"type":"text","text":"And shorter?"}]}}');
INSERT INTO events VALUES(4294967311, 1795311111397, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967312, 1795311111397, 'message.added', '{"message":{"id":"m_01m80e3375s9v27rc18fbmn0p3","role":"assistant","author":"demo/stoa","ts":1795311111397,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967313, 1795311111397, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967314, 1795311112223, 'stream.completed', '{"message":"m_01m80e3375s9v27rc18fbmn0p3","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> And shorter?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":201,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":825}}');
INSERT INTO events VALUES(4294967315, 1795311112223, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(8589934593, 1795311112224, 'session.started', '{"owner":"ann","title":"put away","model":"demo/stoa","created":1795311112224}');
INSERT INTO events VALUES(8589934594, 1795311112226, 'message.added', '{"message":{"id":"m_01m80e34123h9j14pdxcd3x6cx","role":"user","author":"ann","ts":1795311112226,"status":"complete","content":[{"type":"text","text":"/demo chunks=3"}]}}');
INSERT INTO events VALUES(8589934595, 1795311112226, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(8589934596, 1795311112235, 'message.added', '{"message":{"id":"m_01m80e341b2tdntzbg625rcf4r","role":"assistant","author":"demo/stoa","ts":1795311112235,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(8589934597, 1795311112235, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(8589934598, 1795311112316, 'stream.completed', '{"message":"m_01m80e341b2tdntzbg625rcf4r","status":"complete","content":[{"type":"text","text":"words speaks makes is every which its which speaks It has wait. to makes"}],"stop_reason":"end_turn","usage":{"input":4,"output":3,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":80}}');
INSERT INTO events VALUES(8589934599, 1795311112316, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(8589934600, 1795311112317, 'session.updated', '{"archived":true,"by":"ann"}');
INSERT INTO events VALUES(12884901889, 1795311112318, 'session.started', '{"owner":"ann","title":"failed once","model":"demo/stoa","created":1795311112318}');
INSERT INTO events VALUES(12884901890, 1795311112319, 'message.added', '{"message":{"id":"m_01m80e343zcxsw1hc116a8yzy4","role":"user","author":"ann","ts":1795311112319,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}}');
INSERT INTO events VALUES(12884901891, 1795311112319, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(12884901892, 1795311112328, 'message.added', '{"message":{"id":"m_01m80e3448ct7qvzcc8k1qdy0b","role":"assistant","author":"demo/stoa","ts":1795311112328,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(12884901893, 1795311112329, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(12884901894, 1795311112814, 'stream.completed', '{"message":"m_01m80e3448ct7qvzcc8k1qdy0b","status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":486},"error":"the demo model failed halfway, as it was told to"}');
INSERT INTO events VALUES(12884901895, 1795311112814, 'error.occurred', '{"kind":"provider","text":"the demo model failed halfway, as it was told to","message":"m_01m80e3448ct7qvzcc8k1qdy0b"}');
INSERT INTO events VALUES(12884901896, 1795311112814, 'state.changed', '{"old":"streaming","new":"idle","reason":"failed"}');
INSERT INTO events VALUES(12884901897, 1795311112815, 'message.added', '{"message":{"id":"m_01m80e34kfer377zhmqyrggrb5","role":"user","author":"ann","ts":1795311112815,"status":"complete","content":[{"type":"text","text":"/demo echo=fine again"}]}}');
INSERT INTO events VALUES(12884901898, 1795311112815, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(12884901899, 1795311112816, 'message.added', '{"message":{"id":"m_01m80e34kg1eys4pw66kr2vamd","role":"assistant","author":"demo/stoa","ts":1795311112816,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(12884901900, 1795311112816, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(12884901901, 1795311112856, 'stream.completed', '{"message":"m_01m80e34kg1eys4pw66kr2vamd","status":"complete","content":[{"type":"text","text":"fine again"}],"stop_reason":"end_turn","usage":{"input":94,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":41}}');
INSERT INTO events VALUES(12884901902, 1795311112856, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(17179869185, 1795311112857, 'session.started', '{"owner":"ann","title":"interrupted","model":"demo/stoa","created":1795311112857}');
INSERT INTO events VALUES(17179869186, 1795311112859, 'message.added', '{"message":{"id":"m_01m80e34mv91tbpa0e9e5yey7z","role":"user","author":"ann","ts":1795311112859,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}}');
INSERT INTO events VALUES(17179869187, 1795311112859, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(17179869188, 1795311112867, 'message.added', '{"message":{"id":"m_01m80e34n3qab2816bxtczxxvc","role":"assistant","author":"demo/stoa","ts":1795311112867,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(17179869189, 1795311112867, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(17179869190, 1795311112868, 'state.changed', '{"old":"streaming","new":"interrupting","by":"ann","reason":"interrupted"}');
INSERT INTO events VALUES(17179869191, 1795311112868, 'stream.completed', '{"message":"m_01m80e34n3qab2816bxtczxxvc","status":"interrupted","content":[{"type":"text","text":"words speaks"}],"usage":{"input":9,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":1}}');
INSERT INTO events VALUES(17179869192, 1795311112868, 'state.changed', '{"old":"interrupting","new":"idle","reason":"interrupted"}');
INSERT INTO events VALUES(21474836481, 1795311112869, 'session.started', '{"owner":"ann","title":"streaming","model":"demo/stoa","created":1795311112869}');
INSERT INTO events VALUES(21474836482, 1795311112871, 'message.added', '{"message":{"id":"m_01m80e34n7zmwv4r2wdwcq5b6m","role":"user","author":"ann","ts":1795311112871,"status":"complete","content":[{"type":"text","text":"/demo echo=an answer from before"}]}}');
INSERT INTO events VALUES(21474836483, 1795311112871, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(21474836484, 1795311112883, 'message.added', '{"message":{"id":"m_01m80e34nk764ana3ra9pt1qp6","role":"assistant","author":"demo/stoa","ts":1795311112883,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(21474836485, 1795311112883, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(21474836486, 1795311112944, 'stream.completed', '{"message":"m_01m80e34nk764ana3ra9pt1qp6","status":"complete","content":[{"type":"text","text":"an answer from before"}],"stop_reason":"end_turn","usage":{"input":8,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":60}}');
INSERT INTO events VALUES(21474836487, 1795311112944, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(21474836488, 1795311112944, 'message.added', '{"message":{"id":"m_01m80e34qgwrw7pnfea7g3fg0n","role":"user","author":"ann","ts":1795311112944,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}}');
INSERT INTO events VALUES(21474836489, 1795311112944, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(21474836490, 1795311112945, 'message.added', '{"message":{"id":"m_01m80e34qhzs3fq3tc1xvgszdz","role":"assistant","author":"demo/stoa","ts":1795311112945,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(21474836491, 1795311112945, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(21474836492, 1795311112946, 'queue.changed', '{"added":{"id":"m_01m80e34qj0fjh6a93tvp22m1c","role":"user","author":"ann","ts":1795311112946,"status":"complete","content":[{"type":"text","text":"/demo echo=waited first"}]},"by":"ann"}');
INSERT INTO events VALUES(21474836493, 1795311112947, 'queue.changed', '{"added":{"id":"m_01m80e34qkwxw82w44q4trvs13","role":"user","author":"ann","ts":1795311112947,"status":"complete","content":[{"type":"text","text":"/demo echo=waited second"}]},"by":"ann"}');
INSERT INTO events VALUES(25769803777, 1795311112949, 'session.started', '{"owner":"ann","title":"asked","model":"demo/stoa","created":1795311112949}');
INSERT INTO events VALUES(25769803778, 1795311112950, 'rule.added', '{"rule":{"id":"u_01m80e34qpwfvmc1dr9tcf3dqm","effect":"ask","pattern":"stoa/get_session_info","by":"ann","ts":1795311112950}}');
INSERT INTO events VALUES(25769803779, 1795311112951, 'message.added', '{"message":{"id":"m_01m80e34qqacrpzg077md3jrd3","role":"user","author":"ann","ts":1795311112951,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}}');
INSERT INTO events VALUES(25769803780, 1795311112951, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(25769803781, 1795311112958, 'message.added', '{"message":{"id":"m_01m80e34qyws40tcndnt2d6jsr","role":"assistant","author":"demo/stoa","ts":1795311112958,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(25769803782, 1795311112959, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(25769803783, 1795311113784, 'stream.completed', '{"message":"m_01m80e34qyws40tcndnt2d6jsr","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}"}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}}');
INSERT INTO events VALUES(25769803784, 1795311113785, 'question.asked', '{"question":{"id":"q_01m80e35hrtxjwqm0gc94rve3g","kind":"permission","message":"m_01m80e34qyws40tcndnt2d6jsr","block":1,"server":"","tool":"get_session_info","text":"demo/stoa wants to call the built-in get_session_info (the session''s rule stoa/get_session_info)","arguments":"{\"from\":\"demo\"}","read_only":true,"destructive":false,"asked":1795311113785,"pattern":"stoa/get_session_info"}}');
INSERT INTO events VALUES(25769803785, 1795311113785, 'state.changed', '{"old":"streaming","new":"awaiting_permission"}');
INSERT INTO events VALUES(30064771073, 1795311113785, 'session.started', '{"owner":"ann","title":"called","model":"demo/stoa","created":1795311113785}');
INSERT INTO events VALUES(30064771074, 1795311113787, 'message.added', '{"message":{"id":"m_01m80e35hvxbabewpgqhj514tv","role":"user","author":"ann","ts":1795311113787,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}}');
INSERT INTO events VALUES(30064771075, 1795311113787, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(30064771076, 1795311113794, 'message.added', '{"message":{"id":"m_01m80e35j2fshe6th5nmg86hct","role":"assistant","author":"demo/stoa","ts":1795311113794,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(30064771077, 1795311113794, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(30064771078, 1795311114621, 'stream.completed', '{"message":"m_01m80e35j2fshe6th5nmg86hct","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}"}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}}');
INSERT INTO events VALUES(30064771079, 1795311114621, 'tool.started', '{"message":"m_01m80e35j2fshe6th5nmg86hct","block":1,"server":"","tool":"get_session_info","why":"a built-in tool that only reads"}');
INSERT INTO events VALUES(30064771080, 1795311114621, 'state.changed', '{"old":"streaming","new":"running_tools"}');
INSERT INTO events VALUES(30064771081, 1795311114623, 'tool.ended', '{"message":"m_01m80e35j2fshe6th5nmg86hct","block":1,"state":"done","result":"{\n \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T01:31:53Z\",\n \"now\": \"2026-11-22T01:31:54Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T01:31:53Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","ms":0}');
INSERT INTO events VALUES(30064771082, 1795311114623, 'state.changed', '{"old":"running_tools","new":"thinking"}');
INSERT INTO events VALUES(30064771083, 1795311114623, 'message.added', '{"message":{"id":"m_01m80e36bzsdwvj311r4mk9g0w","role":"assistant","author":"demo/stoa","ts":1795311114623,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(30064771084, 1795311114623, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(30064771085, 1795311114764, 'stream.completed', '{"message":"m_01m80e36bzsdwvj311r4mk9g0w","status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T01…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}');
INSERT INTO events VALUES(30064771086, 1795311114764, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(30064771087, 1795311114765, 'message.added', '{"message":{"id":"m_01m80e36gd8fvnd56624ss5afn","role":"user","author":"ann","ts":1795311114765,"status":"complete","content":[{"type":"text","text":"thanks"}]}}');
INSERT INTO events VALUES(30064771088, 1795311114765, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(30064771089, 1795311114765, 'message.added', '{"message":{"id":"m_01m80e36gdzrqamebrqedz1dn2","role":"assistant","author":"demo/stoa","ts":1795311114765,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(30064771090, 1795311114765, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(30064771091, 1795311115594, 'stream.completed', '{"message":"m_01m80e36gdzrqamebrqedz1dn2","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> thanks\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":357,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":828}}');
INSERT INTO events VALUES(30064771092, 1795311115594, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(30064771093, 1795311120809, 'session.rewound', '{"message":"m_01m80e36bzsdwvj311r4mk9g0w","removed":2,"by":"ann"}');
INSERT INTO events VALUES(34359738369, 1795311115598, 'session.started', '{"bytes":5874,"owner":"ann","title":"called (fork)","model":"demo/stoa","from":{"session":"s_01m80e35hswsr96rxehgn5bae7","message":"m_01m80e36gdzrqamebrqedz1dn2","messages":5},"created":1795311115598}');
INSERT INTO events VALUES(34359738370, 1795311115600, 'message.added', '{"message":{"id":"m_01m80e37agf922mj1pp18frahw","role":"user","author":"ann","ts":1795311115600,"status":"complete","content":[{"type":"text","text":"in the fork"}]}}');
INSERT INTO events VALUES(34359738371, 1795311115600, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(34359738372, 1795311115608, 'message.added', '{"message":{"id":"m_01m80e37arq21mywxmj4ygcwg8","role":"assistant","author":"demo/stoa","ts":1795311115608,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(34359738373, 1795311115608, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(34359738374, 1795311116435, 'stream.completed', '{"message":"m_01m80e37arq21mywxmj4ygcwg8","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> in the fork\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":528,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(34359738375, 1795311116435, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(38654705665, 1795311116436, 'session.started', '{"owner":"ann","title":"compacted","model":"demo/stoa","created":1795311116436}');
INSERT INTO events VALUES(38654705666, 1795311116438, 'message.added', '{"message":{"id":"m_01m80e384pzkf8stg4sy8h20r8","role":"user","author":"ann","ts":1795311116438,"status":"complete","content":[{"type":"text","text":"one"}]}}');
INSERT INTO events VALUES(38654705667, 1795311116438, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(38654705668, 1795311116447, 'message.added', '{"message":{"id":"m_01m80e384yzvxyxs251ykxzw3d","role":"assistant","author":"demo/stoa","ts":1795311116447,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(38654705669, 1795311116447, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(38654705670, 1795311117274, 'stream.completed', '{"message":"m_01m80e384yzvxyxs251ykxzw3d","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> one\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":1,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(38654705671, 1795311117274, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(38654705672, 1795311117274, 'message.added', '{"message":{"id":"m_01m80e38yt1tbz0kx6fx9qcp85","role":"user","author":"ann","ts":1795311117274,"status":"complete","content":[{"type":"text","text":"two"}]}}');
INSERT INTO events VALUES(38654705673, 1795311117274, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(38654705674, 1795311117275, 'message.added', '{"message":{"id":"m_01m80e38ytwef1a4r1qv2fjvhy","role":"assistant","author":"demo/stoa","ts":1795311117275,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(38654705675, 1795311117275, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(38654705676, 1795311118103, 'stream.completed', '{"message":"m_01m80e38ytwef1a4r1qv2fjvhy","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> two\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":169,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":828}}');
INSERT INTO events VALUES(38654705677, 1795311118103, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(38654705678, 1795311118106, 'message.added', '{"message":{"id":"m_01m80e39rtdj9v1p75yjw6zszq","role":"user","author":"ann","ts":1795311118106,"status":"complete","content":[{"type":"text","text":"three"}]}}');
INSERT INTO events VALUES(38654705679, 1795311118106, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(38654705680, 1795311118106, 'message.added', '{"message":{"id":"m_01m80e39rtka74wcd9fp3v1x53","role":"assistant","author":"demo/stoa","ts":1795311118106,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(38654705681, 1795311118106, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(38654705682, 1795311118933, 'stream.completed', '{"message":"m_01m80e39rtka74wcd9fp3v1x53","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> three\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":338,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(38654705683, 1795311118933, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(38654705684, 1795311118934, 'state.changed', '{"old":"idle","new":"compacting","by":"ann"}');
INSERT INTO events VALUES(38654705685, 1795311119981, 'session.compacted', '{"summary":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> user: > one  assistant: > Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same. >  > You wrote: >  > > one >…\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n","upto":"m_01m80e38ytwef1a4r1qv2fjvhy","tokens":378,"usage":{"input":466,"output":51,"cached":0,"reasoning":0},"by":"ann"}');
INSERT INTO events VALUES(38654705686, 1795311119981, 'state.changed', '{"old":"compacting","new":"idle","reason":"done"}');
INSERT INTO events VALUES(38654705687, 1795311119981, 'message.added', '{"message":{"id":"m_01m80e3bkd9jr8f3cdz5h03t8z","role":"user","author":"ann","ts":1795311119981,"status":"complete","content":[{"type":"text","text":"after it"}]}}');
INSERT INTO events VALUES(38654705688, 1795311119981, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(38654705689, 1795311119981, 'message.added', '{"message":{"id":"m_01m80e3bkdvhw1yztcn2cfrjtp","role":"assistant","author":"demo/stoa","ts":1795311119981,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(38654705690, 1795311119982, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(38654705691, 1795311120808, 'stream.completed', '{"message":"m_01m80e3bkdvhw1yztcn2cfrjtp","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> after it\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":387,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO events VALUES(38654705692, 1795311120808, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672961, 1795311120816, 'session.started', '{"owner":"ann","title":"shared","model":"demo/stoa","created":1795311120816}');
INSERT INTO events VALUES(42949672962, 1795311120817, 'message.added', '{"message":{"id":"m_01m80e3cdhwjrb3e13cg2s9ems","role":"user","author":"ann","ts":1795311120817,"status":"complete","content":[{"type":"text","text":"/demo echo=for two"}]}}');
INSERT INTO events VALUES(42949672963, 1795311120817, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(42949672964, 1795311120826, 'message.added', '{"message":{"id":"m_01m80e3cdtkkf58re3h3drte7s","role":"assistant","author":"demo/stoa","ts":1795311120826,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(42949672965, 1795311120827, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(42949672966, 1795311120867, 'stream.completed', '{"message":"m_01m80e3cdtkkf58re3h3drte7s","status":"complete","content":[{"type":"text","text":"for two"}],"stop_reason":"end_turn","usage":{"input":5,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":41}}');
INSERT INTO events VALUES(42949672967, 1795311120867, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(42949672968, 1795311120869, 'session.shared', '{"user":"bo","role":"writer","by":"ann"}');
INSERT INTO messages VALUES(4294967296, 'm_01m80e32aedb3nnfsnwh1mvc8k', 'user', 'complete', 1795311110478, '{"id":"m_01m80e32aedb3nnfsnwh1mvc8k","role":"user","author":"ann","ts":1795311110478,"status":"complete","content":[{"type":"text","text":"What is a network?"}]}');
INSERT INTO messages VALUES(4294967297, 'm_01m80e32amv91y7v0dapdrf6vk', 'assistant', 'complete', 1795311110484, '{"id":"m_01m80e32amv91y7v0dapdrf6vk","role":"assistant","author":"demo/stoa","ts":1795311110484,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> What is a network?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":7,"output":41,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":850}}');
INSERT INTO messages VALUES(4294967298, 'm_01m80e3357gkdbnd7gaqtjvwpq', 'user', 'complete', 1795311111335, '{"id":"m_01m80e3357gkdbnd7gaqtjvwpq","role":"user","author":"ann","ts":1795311111335,"status":"complete","content":[{"type":"text","text":"/demo echo=Grüße an die Größe 漢字 🙂"}]}');
INSERT INTO messages VALUES(4294967299, 'm_01m80e33570exg8ge1n62mtxj4', 'assistant', 'complete', 1795311111336, '{"id":"m_01m80e33570exg8ge1n62mtxj4","role":"assistant","author":"demo/stoa","ts":1795311111336,"status":"complete","content":[{"type":"text","text":"Grüße an die Größe 漢字 🙂"}],"stop_reason":"end_turn","usage":{"input":189,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":61}}');
INSERT INTO messages VALUES(4294967300, 'm_01m80e3375k7z6pbzhxd68g19g', 'user', 'complete', 1795311111397, '{"id":"m_01m80e3375k7z6pbzhxd68g19g","role":"user","author":"ann","ts":1795311111397,"status":"complete","content":[{"type":"text","text":"And shorter?"}]}');
INSERT INTO messages VALUES(4294967301, 'm_01m80e3375s9v27rc18fbmn0p3', 'assistant', 'complete', 1795311111397, '{"id":"m_01m80e3375s9v27rc18fbmn0p3","role":"assistant","author":"demo/stoa","ts":1795311111397,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> And shorter?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":201,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":825}}');
INSERT INTO messages VALUES(8589934592, 'm_01m80e34123h9j14pdxcd3x6cx', 'user', 'complete', 1795311112226, '{"id":"m_01m80e34123h9j14pdxcd3x6cx","role":"user","author":"ann","ts":1795311112226,"status":"complete","content":[{"type":"text","text":"/demo chunks=3"}]}');
INSERT INTO messages VALUES(8589934593, 'm_01m80e341b2tdntzbg625rcf4r', 'assistant', 'complete', 1795311112235, '{"id":"m_01m80e341b2tdntzbg625rcf4r","role":"assistant","author":"demo/stoa","ts":1795311112235,"status":"complete","content":[{"type":"text","text":"words speaks makes is every which its which speaks It has wait. to makes"}],"stop_reason":"end_turn","usage":{"input":4,"output":3,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":80}}');
INSERT INTO messages VALUES(12884901888, 'm_01m80e343zcxsw1hc116a8yzy4', 'user', 'complete', 1795311112319, '{"id":"m_01m80e343zcxsw1hc116a8yzy4","role":"user","author":"ann","ts":1795311112319,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}');
INSERT INTO messages VALUES(12884901889, 'm_01m80e3448ct7qvzcc8k1qdy0b', 'assistant', 'failed', 1795311112328, '{"id":"m_01m80e3448ct7qvzcc8k1qdy0b","role":"assistant","author":"demo/stoa","ts":1795311112328,"status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"error":"the demo model failed halfway, as it was told to","usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":486}}');
INSERT INTO messages VALUES(12884901890, 'm_01m80e34kfer377zhmqyrggrb5', 'user', 'complete', 1795311112815, '{"id":"m_01m80e34kfer377zhmqyrggrb5","role":"user","author":"ann","ts":1795311112815,"status":"complete","content":[{"type":"text","text":"/demo echo=fine again"}]}');
INSERT INTO messages VALUES(12884901891, 'm_01m80e34kg1eys4pw66kr2vamd', 'assistant', 'complete', 1795311112816, '{"id":"m_01m80e34kg1eys4pw66kr2vamd","role":"assistant","author":"demo/stoa","ts":1795311112816,"status":"complete","content":[{"type":"text","text":"fine again"}],"stop_reason":"end_turn","usage":{"input":94,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":41}}');
INSERT INTO messages VALUES(17179869184, 'm_01m80e34mv91tbpa0e9e5yey7z', 'user', 'complete', 1795311112859, '{"id":"m_01m80e34mv91tbpa0e9e5yey7z","role":"user","author":"ann","ts":1795311112859,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}');
INSERT INTO messages VALUES(17179869185, 'm_01m80e34n3qab2816bxtczxxvc', 'assistant', 'interrupted', 1795311112867, '{"id":"m_01m80e34n3qab2816bxtczxxvc","role":"assistant","author":"demo/stoa","ts":1795311112867,"status":"interrupted","content":[{"type":"text","text":"words speaks"}],"usage":{"input":9,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":1}}');
INSERT INTO messages VALUES(21474836480, 'm_01m80e34n7zmwv4r2wdwcq5b6m', 'user', 'complete', 1795311112871, '{"id":"m_01m80e34n7zmwv4r2wdwcq5b6m","role":"user","author":"ann","ts":1795311112871,"status":"complete","content":[{"type":"text","text":"/demo echo=an answer from before"}]}');
INSERT INTO messages VALUES(21474836481, 'm_01m80e34nk764ana3ra9pt1qp6', 'assistant', 'complete', 1795311112883, '{"id":"m_01m80e34nk764ana3ra9pt1qp6","role":"assistant","author":"demo/stoa","ts":1795311112883,"status":"complete","content":[{"type":"text","text":"an answer from before"}],"stop_reason":"end_turn","usage":{"input":8,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":60}}');
INSERT INTO messages VALUES(21474836482, 'm_01m80e34qgwrw7pnfea7g3fg0n', 'user', 'complete', 1795311112944, '{"id":"m_01m80e34qgwrw7pnfea7g3fg0n","role":"user","author":"ann","ts":1795311112944,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}');
INSERT INTO messages VALUES(21474836483, 'm_01m80e34qhzs3fq3tc1xvgszdz', 'assistant', 'streaming', 1795311112945, '{"id":"m_01m80e34qhzs3fq3tc1xvgszdz","role":"assistant","author":"demo/stoa","ts":1795311112945,"status":"streaming","index":0,"content":[]}');
INSERT INTO messages VALUES(25769803776, 'm_01m80e34qqacrpzg077md3jrd3', 'user', 'complete', 1795311112951, '{"id":"m_01m80e34qqacrpzg077md3jrd3","role":"user","author":"ann","ts":1795311112951,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}');
INSERT INTO messages VALUES(25769803777, 'm_01m80e34qyws40tcndnt2d6jsr', 'assistant', 'complete', 1795311112958, '{"id":"m_01m80e34qyws40tcndnt2d6jsr","role":"assistant","author":"demo/stoa","ts":1795311112958,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}"}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}}');
INSERT INTO messages VALUES(30064771072, 'm_01m80e35hvxbabewpgqhj514tv', 'user', 'complete', 1795311113787, '{"id":"m_01m80e35hvxbabewpgqhj514tv","role":"user","author":"ann","ts":1795311113787,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}');
INSERT INTO messages VALUES(30064771073, 'm_01m80e35j2fshe6th5nmg86hct', 'assistant', 'complete', 1795311113794, '{"id":"m_01m80e35j2fshe6th5nmg86hct","role":"assistant","author":"demo/stoa","ts":1795311113794,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T01:31:53Z\",\n \"now\": \"2026-11-22T01:31:54Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T01:31:53Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795311114621,"ms":0}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}}');
INSERT INTO messages VALUES(30064771074, 'm_01m80e36bzsdwvj311r4mk9g0w', 'assistant', 'complete', 1795311114623, '{"id":"m_01m80e36bzsdwvj311r4mk9g0w","role":"assistant","author":"demo/stoa","ts":1795311114623,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T01…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}');
INSERT INTO messages VALUES(34359738368, 'm_01m80e35hvxbabewpgqhj514tv', 'user', 'complete', 1795311113787, '{"id":"m_01m80e35hvxbabewpgqhj514tv","role":"user","author":"ann","ts":1795311113787,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]}');
INSERT INTO messages VALUES(34359738369, 'm_01m80e35j2fshe6th5nmg86hct', 'assistant', 'complete', 1795311113794, '{"id":"m_01m80e35j2fshe6th5nmg86hct","role":"assistant","author":"demo/stoa","ts":1795311113794,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T01:31:53Z\",\n \"now\": \"2026-11-22T01:31:54Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T01:31:53Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795311114621,"ms":0}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}}');
INSERT INTO messages VALUES(34359738370, 'm_01m80e36bzsdwvj311r4mk9g0w', 'assistant', 'complete', 1795311114623, '{"id":"m_01m80e36bzsdwvj311r4mk9g0w","role":"assistant","author":"demo/stoa","ts":1795311114623,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T01…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}');
INSERT INTO messages VALUES(34359738371, 'm_01m80e36gd8fvnd56624ss5afn', 'user', 'complete', 1795311114765, '{"id":"m_01m80e36gd8fvnd56624ss5afn","role":"user","author":"ann","ts":1795311114765,"status":"complete","content":[{"type":"text","text":"thanks"}]}');
INSERT INTO messages VALUES(34359738372, 'm_01m80e36gdzrqamebrqedz1dn2', 'assistant', 'complete', 1795311114765, '{"id":"m_01m80e36gdzrqamebrqedz1dn2","role":"assistant","author":"demo/stoa","ts":1795311114765,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> thanks\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":357,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":828}}');
INSERT INTO messages VALUES(34359738373, 'm_01m80e37agf922mj1pp18frahw', 'user', 'complete', 1795311115600, '{"id":"m_01m80e37agf922mj1pp18frahw","role":"user","author":"ann","ts":1795311115600,"status":"complete","content":[{"type":"text","text":"in the fork"}]}');
INSERT INTO messages VALUES(34359738374, 'm_01m80e37arq21mywxmj4ygcwg8', 'assistant', 'complete', 1795311115608, '{"id":"m_01m80e37arq21mywxmj4ygcwg8","role":"assistant","author":"demo/stoa","ts":1795311115608,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> in the fork\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":528,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(38654705664, 'm_01m80e384pzkf8stg4sy8h20r8', 'user', 'complete', 1795311116438, '{"id":"m_01m80e384pzkf8stg4sy8h20r8","role":"user","author":"ann","ts":1795311116438,"status":"complete","content":[{"type":"text","text":"one"}]}');
INSERT INTO messages VALUES(38654705665, 'm_01m80e384yzvxyxs251ykxzw3d', 'assistant', 'complete', 1795311116447, '{"id":"m_01m80e384yzvxyxs251ykxzw3d","role":"assistant","author":"demo/stoa","ts":1795311116447,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> one\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":1,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(38654705666, 'm_01m80e38yt1tbz0kx6fx9qcp85', 'user', 'complete', 1795311117274, '{"id":"m_01m80e38yt1tbz0kx6fx9qcp85","role":"user","author":"ann","ts":1795311117274,"status":"complete","content":[{"type":"text","text":"two"}]}');
INSERT INTO messages VALUES(38654705667, 'm_01m80e38ytwef1a4r1qv2fjvhy', 'assistant', 'complete', 1795311117275, '{"id":"m_01m80e38ytwef1a4r1qv2fjvhy","role":"assistant","author":"demo/stoa","ts":1795311117275,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> two\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":169,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":828}}');
INSERT INTO messages VALUES(38654705668, 'm_01m80e39rtdj9v1p75yjw6zszq', 'user', 'complete', 1795311118106, '{"id":"m_01m80e39rtdj9v1p75yjw6zszq","role":"user","author":"ann","ts":1795311118106,"status":"complete","content":[{"type":"text","text":"three"}]}');
INSERT INTO messages VALUES(38654705669, 'm_01m80e39rtka74wcd9fp3v1x53', 'assistant', 'complete', 1795311118106, '{"id":"m_01m80e39rtka74wcd9fp3v1x53","role":"assistant","author":"demo/stoa","ts":1795311118106,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> three\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":338,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(38654705670, 'm_01m80e3bkd9jr8f3cdz5h03t8z', 'user', 'complete', 1795311119981, '{"id":"m_01m80e3bkd9jr8f3cdz5h03t8z","role":"user","author":"ann","ts":1795311119981,"status":"complete","content":[{"type":"text","text":"after it"}]}');
INSERT INTO messages VALUES(38654705671, 'm_01m80e3bkdvhw1yztcn2cfrjtp', 'assistant', 'complete', 1795311119981, '{"id":"m_01m80e3bkdvhw1yztcn2cfrjtp","role":"assistant","author":"demo/stoa","ts":1795311119981,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> after it\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":387,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":827}}');
INSERT INTO messages VALUES(42949672960, 'm_01m80e3cdhwjrb3e13cg2s9ems', 'user', 'complete', 1795311120817, '{"id":"m_01m80e3cdhwjrb3e13cg2s9ems","role":"user","author":"ann","ts":1795311120817,"status":"complete","content":[{"type":"text","text":"/demo echo=for two"}]}');
INSERT INTO messages VALUES(42949672961, 'm_01m80e3cdtkkf58re3h3drte7s', 'assistant', 'complete', 1795311120826, '{"id":"m_01m80e3cdtkkf58re3h3drte7s","role":"assistant","author":"demo/stoa","ts":1795311120826,"status":"complete","content":[{"type":"text","text":"for two"}],"stop_reason":"end_turn","usage":{"input":5,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":41}}');
INSERT INTO search_data VALUES(1, X'278B62');
INSERT INTO search_data VALUES(10, X'00000000020A2800090101010201010301010401010501010601010701010801010901010001100102');
INSERT INTO search_data VALUES(137438953473, X'00000011043074776F819080808002020204');
INSERT INTO search_data VALUES(274877906945, X'000004140230308190808080030464030101318190808080030266020232378190808080030263010438303030819080808003026701016181908080800304383902056C77617973819080808003021402016D819080808003020402016E8190808080030245030164819080808003080F051E0503056F74686572819080808003024203077468726F706963819080808003044D040301798190808080030252020270698190808080030847060710020173819080808003042508010462617365819080808003026002056C6F636B738190808080030233020475696C748190808080030208010363616E819080808003021F02036F6465819080808003042F0503046E666967819080808003045704020270708190808080030240010464656D6F819080808003020602016F81908080800302360104676F65738190808080030255010568656C6C6F819080808003020203027265819080808003021B0203747470819080808003026201016981908080800308030A0A0D02036E746F81908080800304094F020173819080808003081C0D4806020174819080808003022601036B6579819080808003060E400701046C696B658190808080030273030373747381908080800304294402046C616D61819080808003023F01076D616368696E65819080808003023C0302646581908080800302280203696E65819080808003045D1902046F64656C81908080800306073439060173819080808003026A01056E616D656481908080800302720203656564819080808003020C030574776F726B819080808003021102016F819080808003040D0501066F6C6C616D61819080808003023E02016E819080808003023A030165819080808003022D020570656E6169819080808003084604041702017281908080800302410204746865728190808080030253010970726F766964657273819080808003025C010473616D6581908080800302170301798190808080030215020565727665728190808080030443130301748190808080030449070203686F77819080808003022002046D616C6C8190808080030275020474617274819080808003023D03026F61819080808003060A501303057265616D7381908080800302240203756368819080808003022A01067461626C65738190808080030230020365787481908080800302220203686174819080808003022303016581908080800304051304027265819080808003026E03026973819080808003062C0D0602016F81908080800302340202776F819080808003021A010375726C8190808080030261020273658190808080030235010276318190808080030268010477686174819080808003041D51020369746881908080800302440204726F74658190808080030219010479616D6C819080808003045A0302026F7581908080800304180B040C0B0C0E0C0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0B0F0E0E0E110C0E100B0F0D0F0C100B0B120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0B0C0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(412316860417, X'0000001306307468726565819080808004020204');
INSERT INTO search_data VALUES(549755813889, X'000004150230308190808080050464030101318190808080050266020232378190808080050263010438303030819080808005026701016181908080800504383902056C77617973819080808005021402016D819080808005020402016E8190808080050245030164819080808005080F051E0503056F74686572819080808005024203077468726F706963819080808005044D040301798190808080050252020270698190808080050847060710020173819080808005042508010462617365819080808005026002056C6F636B738190808080050233020475696C748190808080050208010363616E819080808005021F02036F6465819080808005042F0503046E666967819080808005045704020270708190808080050240010464656D6F819080808005020602016F81908080800502360104676F65738190808080050255010568656C6C6F819080808005020203027265819080808005021B0203747470819080808005026201016981908080800508030A0A0D02036E746F81908080800504094F020173819080808005081C0D4806020174819080808005022601036B6579819080808005060E400701046C696B658190808080050273030373747381908080800504294402046C616D61819080808005023F01076D616368696E65819080808005023C0302646581908080800502280203696E65819080808005045D1902046F64656C81908080800506073439060173819080808005026A01056E616D656481908080800502720203656564819080808005020C030574776F726B819080808005021102016F819080808005040D0501066F6C6C616D61819080808005023E02016E819080808005023A030165819080808005022D020570656E6169819080808005084604041702017281908080800502410204746865728190808080050253010970726F766964657273819080808005025C010473616D6581908080800502170301798190808080050215020565727665728190808080050443130301748190808080050449070203686F77819080808005022002046D616C6C8190808080050275020474617274819080808005023D03026F61819080808005060A501303057265616D7381908080800502240203756368819080808005022A01067461626C65738190808080050230020365787481908080800502220203686174819080808005022303016581908080800504051304027265819080808005026E03026973819080808005062C0D060303726565819080808005021A02016F8190808080050234010375726C8190808080050261020273658190808080050235010276318190808080050268010477686174819080808005041D51020369746881908080800502440204726F74658190808080050219010479616D6C819080808005045A0302026F7581908080800504180B040C0B0C0E0C0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0B0F0E0E0E110C0E100B0F0D0F0C100B0B120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0D0B0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(687194767361, X'0000001F063061667465728190808080060202010269748190808080060203040F');
INSERT INTO search_data VALUES(824633720833, X'0000041702303081908080800704650301013181908080800702670202323781908080800702640104383030308190808080070268010161819080808007043939020466746572819080808007021A02056C77617973819080808007021402016D819080808007020402016E8190808080070246030164819080808007080F051F0503056F74686572819080808007024303077468726F706963819080808007044E040301798190808080070253020270698190808080070848060710020173819080808007042608010462617365819080808007026102056C6F636B738190808080070234020475696C748190808080070208010363616E819080808007022002036F646581908080800704300503046E666967819080808007045804020270708190808080070241010464656D6F819080808007020602016F81908080800702370104676F65738190808080070256010568656C6C6F819080808007020203027265819080808007021C0203747470819080808007026301016981908080800708030A0A0E02036E746F819080808007040950020173819080808007081D0D4806020174819080808007041B0E01036B6579819080808007060E410701046C696B6581908080800702740303737473819080808007042A4402046C616D61819080808007024001076D616368696E65819080808007023D0302646581908080800702290203696E65819080808007045E1902046F64656C81908080800706073539060173819080808007026B01056E616D656481908080800702730203656564819080808007020C030574776F726B819080808007021102016F819080808007040D0501066F6C6C616D61819080808007023F02016E819080808007023B030165819080808007022E020570656E6169819080808007084704041702017281908080800702420204746865728190808080070254010970726F766964657273819080808007025D010473616D658190808080070217030179819080808007021502056572766572819080808007044413030174819080808007044A070203686F77819080808007022102046D616C6C8190808080070276020474617274819080808007023E03026F61819080808007060A511303057265616D7381908080800702250203756368819080808007022B01067461626C65738190808080070231020365787481908080800702230203686174819080808007022403016581908080800704051304027265819080808007026F03026973819080808007062D0D0602016F8190808080070235010375726C8190808080070262020273658190808080070236010276318190808080070269010477686174819080808007041E51020369746881908080800702450204726F74658190808080070219010479616D6C819080808007045B0302026F7581908080800704180C040C0B0C0E0C0E0F0B0B0E0F120B0F0C0E0F0E0D0E0F0C0E0B0E0F0C0D0E0E0E0C0F0E0E0E110C0E100B0F0D0F0C100B0B120B0E130E0B100C0D0E0E0E0F0D100D0D0C0C0E0B0D0C0C0F0D0E0F');
INSERT INTO search_data VALUES(962072674305, X'00000356023030F08080800401010131F0808080040102023237F08080800401010438303030F08080800401010161F0808080040102056C77617973F0808080040102016DF0808080040102016EF08080800401030164F0808080040103056F74686572F0808080040103077468726F706963F08080800401030179F0808080040102027069F08080800401020173F08080800401010462617365F0808080040102056C6F636B73F08080800401020475696C74F08080800401010363616EF0808080040102036F6465F0808080040103046E666967F0808080040102027070F08080800401010464656D6FF0808080040102016FF080808004010104676F6573F08080800401010568656C6C6FF0808080040103027265F080808004010203747470F08080800401010169F0808080040102036E746FF08080800401020173F08080800401020174F0808080040101036B6579F0808080040101046C696B65F080808004010303737473F0808080040102046C616D61F0808080040101076D616368696E65F0808080040103026465F080808004010203696E65F0808080040102046F64656CF08080800401060173F0808080040101056E616D6564F080808004010203656564F08080800401030574776F726BF0808080040102016FF0808080040101066F6C6C616D61F0808080040102016EF08080800401030165F08080800401020570656E6169F08080800401020172F08080800401020474686572F08080800401010970726F766964657273F08080800401010473616D65F08080800401030179F0808080040102056572766572F08080800401030174F080808004010203686F77F0808080040102046D616C6CF08080800401020474617274F0808080040103026F61F0808080040103057265616D73F080808004010203756368F0808080040101067461626C6573F080808004010203657874F08080800401020568616E6B73F080808003010101040174F08080800401030165F0808080040104027265F0808080040103026973F0808080040102016FF08080800401010375726CF0808080040102027365F0808080040101027631F08080800401010477686174F080808004010203697468F080808004010204726F7465F08080800401010479616D6CF0808080040102026F75F080808004010409090A0C090D0909090D0F090A090C0D0C0B0B0C0A0C090C0D0A0B090B09090B0C0B0C0F0A0B0C090D0B0D090E09090D090C110C090D090B0C0C0A0D0B0E0B0F09090A0A090B0A0A0C0B0C0C');
INSERT INTO search_data VALUES(1099511627777, X'0000003A053064656D6F81A080808000020201046563686F81A08080800002030103666F7281A0808080000204010374776F81A0808080000205040E0E0D');
INSERT INTO search_data VALUES(1236950581249, X'0000001E0430666F7281A0808080010202010374776F81A0808080010203040D');
INSERT INTO search_data VALUES(2199023255553, X'00000F7E023030908080800104670304046503CFFFFFFF7C0468039080808000046803030464038FFFFFFF7D04680303046403020466038FFFFFFF7B0464030219316D38306533356873777372393672786568676E3562616537F080808002020A9080808000020A01013190808080010269040267CFFFFFFF7C026A9080808000026A0302668FFFFFFF7D026A0302660202688FFFFFFF7B0266020131F080808002021790808080000217020132C08080800002089080808002020803013790808080010266040264CFFFFFFF7C0267908080800002670302638FFFFFFF7D02670302630202658FFFFFFF7B0263010432303030C08080800002069080808002020603023236F080808002021690808080000216020432743031F080808002021890808080000218010133A080808000020401023430C0808080000204908080800202040104383030309080808001026A040268CFFFFFFF7C026B9080808000026B0302678FFFFFFF7D026B0302670202698FFFFFFF7B02670101619080808000020401061C2139040439399FFFFFFF7C023AB080808000043C399080808000043C39030438398FFFFFFF7D043C390304383902043A398FFFFFFF7B04383902046761696EB080808002020501020302056C77617973908080800102140402149FFFFFFF7C0214B0808080000214908080800002140302148FFFFFFF7D02140302140202148FFFFFFF7B021402016D908080800102040402049FFFFFFF7C0204B0808080000204908080800002040302048FFFFFFF7D02040302040202048FFFFFFF7B020402016E90808080010248010205010203020246BFFFFFFF7B020401020290808080000249908080800002490302458FFFFFFF7D02490302450202478FFFFFFF7B02450301649080808001080F052105030202010A0F050A17059FFFFFFF7C080F052005B080808000080F0522059080808000080F05220503080F051E058FFFFFFF7D080F05220503080F051E0502080F0520058FFFFFFF7B080F051E0503056F7468657290808080010245040243CFFFFFFF7C0246908080800002460302428FFFFFFF7D02460302420202448FFFFFFF7B0242030473776572D080808000020501020307026564F08080800202079080808000020703077468726F706963908080800104500404044E04CFFFFFFF7C045104908080800004510403044D048FFFFFFF7D04510403044D0402044F048FFFFFFF7B044D0403017990808080010255040253CFFFFFFF7C0256908080800002560302528FFFFFFF7D02560302520202548FFFFFFF7B0252020270699080808001084A060710040848060710CFFFFFFF7C084B0607109080808000084B0607100308470607108FFFFFFF7D084B0607100308470607100208490607108FFFFFFF7B08470607100201739080808001042808040426089FFFFFFF7C042708B0808080000429089080808000042908030425088FFFFFFF7D04290803042508020427088FFFFFFF7B04250801046261736590808080010263040261CFFFFFFF7C0264908080800002640302608FFFFFFF7D02640302600202628FFFFFFF7B0260020565666F7265D080808000020701020502056C6F636B73908080800102360402349FFFFFFF7C0235B0808080000237908080800002370302338FFFFFFF7D02370302330202358FFFFFFF7B0233020475696C74908080800102080402089FFFFFFF7C0208B0808080000208908080800002080302088FFFFFFF7D02080302080202088FFFFFFF7B0208020479746573C080808000020790808080020207010663616C6C6564F080808002020C9080808000020C03016E908080800102220402209FFFFFFF7C0221B08080800002239080808000022303021F8FFFFFFF7D022303021F0202218FFFFFFF7B021F020568756E6B73A0808080000203A08080800002059080808002020502036F64659080808001043205040430059FFFFFFF7C043105B080808000043305908080800004330503042F058FFFFFFF7D04330503042F05020431058FFFFFFF7B042F0503046E6669679080808001045A0404045804CFFFFFFF7C045B049080808000045B04030457048FFFFFFF7D045B0403045704020459048FFFFFFF7B0457040202707090808080010243040241CFFFFFFF7C0244908080800002440302408FFFFFFF7D02440302400202428FFFFFFF7B02400206726561746564F080808002021590808080000215010464656D6F908080800102060102020302068FFFFFFF7B020290808080000202010406160102028FFFFFFF7E0202908080800002020202028FFFFFFF7E0202010406168FFFFFFF7F0202010406160102100202068FFFFFFF7C0202010406160102100202060202068FFFFFFF7B0206020269659080808002020601020402016F908080800102390402379FFFFFFF7C0238B080808000023A9080808000023A0302368FFFFFFF7D023A0302360202388FFFFFFF7B023601046563686F90808080020203A08080800002039FFFFFFF7E0203020476657279A080808001020601046661696CB080808000020301021B0203696E65B080808002020401020202036F726B818080808005020401021C0203726F6DD08080800002060102040103676574E080808000020401021C8FFFFFFF7F020401021C0102048FFFFFFF7E020401021C01020402036F657390808080010258040256CFFFFFFF7C0259908080800002590302558FFFFFFF7D02590302550202578FFFFFFF7B02550205726FC39F6590808080020207010205030475C39F65908080800202040102020103686173A080808001020C0204656C6C6F908080800102020402029FFFFFFF7C0202B0808080000202908080800002020302028FFFFFFF7D02020302020202028FFFFFFF7B0202030272659080808001021E04021C9FFFFFFF7C021DB080808000021F9080808000021F03021B8FFFFFFF7D021F03021B02021D8FFFFFFF7B021B020374747090808080010265040263CFFFFFFF7C0266908080800002660302628FFFFFFF7D02660302620202648FFFFFFF7B0262010169908080800108030A0A100408030A0A0E9FFFFFFF7C08030A0A0FB08080800008030A0A11908080800008030A0A110308030A0A0D8FFFFFFF7D08030A0A110308030A0A0D0208030A0A0F8FFFFFFF7B08030A0A0D02016E818080808005020201021A0302666FE080808000020601021E8FFFFFFF7F020601021E0102068FFFFFFF7E020601021E0102060302746F9080808001040952040409509FFFFFFF7C0209B08080800004095390808080000409530304094F8FFFFFFF7D0409530304094F020409518FFFFFFF7B04094F02017390808080000203010A1B060D480604081D0D48068FFFFFFF7C02059080808000041E0DB08080800008200D4806908080800008200D480603081C0D48068FFFFFFF7D08200D480603081C0D480602081E0D48068FFFFFFF7B081C0D4806020174908080800102290402278FFFFFFF7C020B90808080000228B080808000022A9080808000022A0302268FFFFFFF7D022A0302260202288FFFFFFF7B0226030173A080808001020801036B65799080808001060E430704060E41079FFFFFFF7C020EB080808000060E44079080808000060E440703060E40078FFFFFFF7D060E440703060E400702060E42078FFFFFFF7B060E400701046C696B6590808080010276040274CFFFFFFF7C0277908080800002770302738FFFFFFF7D02770302730202758FFFFFFF7B027303037374739080808001042C4404042A449FFFFFFF7C022BB080808000042D449080808000042D44030429448FFFFFFF7D042D440304294402042B448FFFFFFF7B04294402046C616D6190808080010242040240CFFFFFFF7C02439080808000024303023F8FFFFFFF7D024303023F0202418FFFFFFF7B023F01076D616368696E659080808001023F04023D9FFFFFFF7C023EB08080800002409080808000024003023C8FFFFFFF7D024003023C02023E8FFFFFFF7B023C030264659080808001022B0402299FFFFFFF7C022AB080808000022C9080808000022C0302288FFFFFFF7D022C03022802022A8FFFFFFF7B022803036B6573A08080800104040D02026964B080808000020401021C03026E65908080800104601904045E19CFFFFFFF7C046119908080800004611903045D198FFFFFFF7D04611903045D1902045F198FFFFFFF7B045D1902046F64656C90808080010607373904060735399FFFFFFF7C040736B0808080000607383990808080000607383901020F02060734398FFFFFFF7D0607383901020F020607343902060736398FFFFFFF7B060734390601739080808001026D04026BCFFFFFFF7C026E9080808000026E03026A8FFFFFFF7D026E03026A02026C8FFFFFFF7B026A01056E616D656490808080010275040273CFFFFFFF7C0276908080800002760302728FFFFFFF7D02760302720202748FFFFFFF7B027202036565649080808001020C04020C9FFFFFFF7C020CB080808000020C9080808000020C03020C8FFFFFFF7D020C03020C02020C8FFFFFFF7B020C030574776F726B908080800002050104110E0402119FFFFFFF7C0211B0808080000211908080800002110302118FFFFFFF7D02110302110202118FFFFFFF7B021102016F9080808001040D0504040D059FFFFFFF7C040D05B080808000040D059080808000040D0503040D058FFFFFFF7D040D0503040D0502040D058FFFFFFF7B040D0501066F6C6C616D619080808001024104023F9FFFFFFF7C0240B08080800002429080808000024203023E8FFFFFFF7D024203023E0202408FFFFFFF7B023E02016E9080808001023D04023B9FFFFFFF7C023CB080808000023E9080808000023E03023A8FFFFFFF7D023E03023A02023C8FFFFFFF7B023A0301659080808001023004022E9FFFFFFF7C022FB08080800002319080808000023103022D8FFFFFFF7D023103022D02022F8FFFFFFF7A020201041A15020570656E616990808080010849040417040847040417CFFFFFFF7C084A0404179080808000084A0404170308460404178FFFFFFF7D084A0404170308460404170208480404178FFFFFFF7B084604041702017290808080010244040242CFFFFFFF7C0245908080800002450302418FFFFFFF7D02450302410202438FFFFFFF7B024102047468657290808080010256040254CFFFFFFF7C0257908080800002570302538FFFFFFF7D02570302530202558FFFFFFF7B02530204776E6572F080808002020D9080808000020D010970726F7669646572739080808001025F04025DCFFFFFFF7C02609080808000026003025C8FFFFFFF7D026003025C02025E8FFFFFFF7B025C010472617465C08080800002039080808002020302036F6F74F080808002020E9080808000020E0206756E6E696E67F080808002021390808080000213010173F0808080020209908080800002090203616D65908080800102170402179FFFFFFF7C0217B08080800002043B29321111321412140A123546103D39425B36101241324E4335113D3C1416391C453E3316700E391B0D100F100F293411100C3C3A34570E284360400A4D3544353F3A0D0E3C5532363B41433E393D513235143A14131611');
INSERT INTO search_data VALUES(2199023255554, X'0005070617F08080800102170302178FFFFFFF7D02170302170202178FFFFFFF7B02170430736179908080800102150402159FFFFFFF7C0215B0808080000215908080800002150302158FFFFFFF7D02150302150202158FFFFFFF7B021502056572766572908080800104461304044413CFFFFFFF7C0447139080808000044713030443138FFFFFFF7D04471303044313020445138FFFFFFF7B04431303057373696F6EE080808000020501021D8FFFFFFF7F020501021D010405058FFFFFFF7E020501021D010405050301749080808001044C0704044A07CFFFFFFF7C044D079080808000044D07030449078FFFFFFF7D044D070304490702044B078FFFFFFF7B0449070206686F727465729080808004020301021B040177908080800102230402219FFFFFFF7C0222B0808080000224908080800002240302208FFFFFFF7D02240302200202228FFFFFFF7B022002046D616C6C90808080010278040276CFFFFFFF7C0279908080800002790302758FFFFFFF7D02790302750202778FFFFFFF7B027502057065616B73A080808001040309A08080800002030204746172749080808001024004023E9FFFFFFF7C023FB08080800002419080808000024103023D8FFFFFFF7D024103023D02023F8FFFFFFF7B023D04027465F08080800202129080808000021203026F619080808001060A531304060A51139FFFFFFF7C020AB080808000060A54139080808000060A541301021102060A50138FFFFFFF7D060A541301021102060A501302060A52138FFFFFFF7B060A501303057265616D73908080800102270402259FFFFFFF7C0226B0808080000228908080800002280302248FFFFFFF7D02280302240202268FFFFFFF7B022402037563689080808001022D04022B9FFFFFFF7C022CB080808000022E9080808000022E03022A8FFFFFFF7D022E03022A02022C8FFFFFFF7B022A01067461626C6573908080800102330402319FFFFFFF7C0232B0808080000234908080800002340302308FFFFFFF7D02340302300202328FFFFFFF7B02300203657874908080800102250402239FFFFFFF7C0224B0808080000226908080800002260302228FFFFFFF7D02260302220202248FFFFFFF7B0222020568616E6B73F080808003020201021A8FFFFFFF7F020201021A040174908080800102260402249FFFFFFF7C0225B0808080000227908080800002270302238FFFFFFF7D02270302230202258FFFFFFF7B02230301659080808001040513040405139FFFFFFF7C040513B0808080000405139080808000040513010202020405138FFFFFFF7D0405130102020204051301020301060513078FFFFFFF7B040513040272659080808001027104026FCFFFFFFF7C02729080808000027203026E8FFFFFFF7D027203026E0202708FFFFFFF7B026E030269739080808001062F0D0604062D0D069FFFFFFF7C062E0D06B08080800006300D06908080800006300D0603062C0D068FFFFFFF7D06300D0603062C0D0602062E0D068FFFFFFF7B062C0D06020469746C65F080808002020B9080808000020B02016F908080800102370402358FFFFFFF7C020E90808080000236B0808080000238908080800002380302348FFFFFFF7D02380302340202368FFFFFFF7B023403026F6CE080808000020301021B8FFFFFFF7F020301021B0102038FFFFFFF7E020301021B010203050173F080808002021490808080000214010375726C90808080010264040262CFFFFFFF7C0265908080800002650302618FFFFFFF7D02650302610202638FFFFFFF7B026102027365908080800102380402369FFFFFFF7C0237B0808080000239908080800002390302358FFFFFFF7D02390302350202378FFFFFFF7B0235010276319080808001026B040269CFFFFFFF7C026C9080808000026C0302688FFFFFFF7D026C03026802026A8FFFFFFF7B0268010477616974A080808001020D02036861749080808000020201061A085104041E519FFFFFFF7C021FB080808000042151908080800004215103041D518FFFFFFF7D04215103041D5102041F518FFFFFFF7B041D510303696368A080808001040704020369746890808080010247040245CFFFFFFF7C0248908080800002480302448FFFFFFF7D02480302440202468FFFFFFF7B024402046F726473A0808080010202A08080800002020204726F7465908080800102190402199FFFFFFF7C0219B0808080000219908080800002190302198FFFFFFF7D02190302190202198FFFFFFF7B0219010479616D6C9080808001045D0304045B03CFFFFFFF7C045E039080808000045E0303045A038FFFFFFF7D045E0303045A0302045C038FFFFFFF7B045A0302026F75908080800104180E0404180C9FFFFFFF7C04180DB08080800004180F908080800004180F0304180B8FFFFFFF7D04180F0304180B0204180D8FFFFFFF7B04180B0106E6BCA2E5AD97908080800202080102060104F09F998290808080020209010207233B3F2D3B123935163C12523D3B3E3B1B394D334E14402811343A330D480D34143C3E4412');
INSERT INTO search_idx VALUES(1, X'', 2);
INSERT INTO search_idx VALUES(2, X'', 2);
INSERT INTO search_idx VALUES(3, X'', 2);
INSERT INTO search_idx VALUES(4, X'', 2);
INSERT INTO search_idx VALUES(5, X'', 2);
INSERT INTO search_idx VALUES(6, X'', 2);
INSERT INTO search_idx VALUES(7, X'', 2);
INSERT INTO search_idx VALUES(8, X'', 2);
INSERT INTO search_idx VALUES(9, X'', 2);
INSERT INTO search_idx VALUES(16, X'', 2);
INSERT INTO search_idx VALUES(16, X'30736179', 4);
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
INSERT INTO search_content VALUES(17179869184, '/demo rate=40 chunks=2000 bytes=12');
INSERT INTO search_content VALUES(17179869185, 'words speaks');
INSERT INTO search_content VALUES(21474836480, '/demo echo=an answer from before');
INSERT INTO search_content VALUES(21474836481, 'an answer from before');
INSERT INTO search_content VALUES(21474836482, '/demo rate=40 chunks=2000 bytes=12');
INSERT INTO search_content VALUES(25769803776, '/demo tool=get_session_info');
INSERT INTO search_content VALUES(25769803777, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(30064771074, 'The tool `get_session_info` answered:

> {  "session": "s_01m80e35hswsr96rxehgn5bae7",  "title": "called",  "owner": "ann",  "model": "demo/stoa",  "state": "running_tools",  "created": "2026-11-22T01…

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

> {  "session": "s_01m80e35hswsr96rxehgn5bae7",  "title": "called",  "owner": "ann",  "model": "demo/stoa",  "state": "running_tools",  "created": "2026-11-22T01…

');
INSERT INTO search_content VALUES(34359738371, 'thanks');
INSERT INTO search_content VALUES(34359738372, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(34359738373, 'in the fork');
INSERT INTO search_content VALUES(34359738374, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(38654705664, 'one');
INSERT INTO search_content VALUES(38654705665, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(38654705666, 'two');
INSERT INTO search_content VALUES(38654705667, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(38654705668, 'three');
INSERT INTO search_content VALUES(38654705669, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(38654705670, 'after it');
INSERT INTO search_content VALUES(38654705671, 'Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.

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
INSERT INTO search_content VALUES(42949672960, '/demo echo=for two');
INSERT INTO search_content VALUES(42949672961, 'for two');
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
INSERT INTO search_docsize VALUES(17179869184, X'07');
INSERT INTO search_docsize VALUES(17179869185, X'02');
INSERT INTO search_docsize VALUES(21474836480, X'06');
INSERT INTO search_docsize VALUES(21474836481, X'04');
INSERT INTO search_docsize VALUES(21474836482, X'07');
INSERT INTO search_docsize VALUES(25769803776, X'05');
INSERT INTO search_docsize VALUES(25769803777, X'78');
INSERT INTO search_docsize VALUES(30064771072, X'05');
INSERT INTO search_docsize VALUES(30064771073, X'78');
INSERT INTO search_docsize VALUES(30064771074, X'17');
INSERT INTO search_docsize VALUES(34359738368, X'05');
INSERT INTO search_docsize VALUES(34359738369, X'78');
INSERT INTO search_docsize VALUES(34359738370, X'17');
INSERT INTO search_docsize VALUES(34359738371, X'01');
INSERT INTO search_docsize VALUES(34359738372, X'74');
INSERT INTO search_docsize VALUES(34359738373, X'03');
INSERT INTO search_docsize VALUES(34359738374, X'76');
INSERT INTO search_docsize VALUES(38654705664, X'01');
INSERT INTO search_docsize VALUES(38654705665, X'74');
INSERT INTO search_docsize VALUES(38654705666, X'01');
INSERT INTO search_docsize VALUES(38654705667, X'74');
INSERT INTO search_docsize VALUES(38654705668, X'01');
INSERT INTO search_docsize VALUES(38654705669, X'74');
INSERT INTO search_docsize VALUES(38654705670, X'02');
INSERT INTO search_docsize VALUES(38654705671, X'75');
INSERT INTO search_docsize VALUES(42949672960, X'04');
INSERT INTO search_docsize VALUES(42949672961, X'02');
INSERT INTO search_config VALUES('version', 4);
INSERT INTO snapshots VALUES(7, 21, '{"session":"s_01m80e35hswsr96rxehgn5bae7","epoch":"e_01m80e32a3tffn74b4k9xc3fd2","seq":21,"state":"idle","title":"called","owner":"ann","model":"demo/stoa","system":null,"temperature":null,"max_tokens":null,"created":1795311113785,"activity":1795311120809,"archived":false,"ended":false,"error":null,"retry":null,"usage":{"input":668,"output":86,"cached":0,"reasoning":0},"turns":2,"turn_started":0,"messages_total":3,"messages":[{"id":"m_01m80e35hvxbabewpgqhj514tv","role":"user","author":"ann","ts":1795311113787,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]},{"id":"m_01m80e35j2fshe6th5nmg86hct","role":"assistant","author":"demo/stoa","ts":1795311113794,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T01:31:53Z\",\n \"now\": \"2026-11-22T01:31:54Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T01:31:53Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795311114621,"ms":0}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}},{"id":"m_01m80e36bzsdwvj311r4mk9g0w","role":"assistant","author":"demo/stoa","ts":1795311114623,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T01…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}}],"queue":[],"participants":[{"id":"c_01m80e32adv7spsxa64na7ffkt","user":"ann","kind":"api","terminal":"","since":1795311113786}],"members":[],"lent":[],"questions":[],"answered":[],"rules":[],"servers":[],"variables":{},"variants":{},"compacted":null,"from":null,"context_tokens":0}');
INSERT INTO snapshots VALUES(8, 1, '{"session":"s_01m80e37ae9yjfm3zp8qwxw6pr","epoch":"e_01m80e32a3tffn74b4k9xc3fd2","seq":1,"state":"idle","title":"called (fork)","owner":"ann","model":"demo/stoa","system":null,"temperature":null,"max_tokens":null,"created":1795311115598,"activity":1795311115598,"archived":false,"ended":false,"error":null,"retry":null,"usage":{"input":0,"output":0,"cached":0,"reasoning":0},"turns":0,"turn_started":0,"messages_total":5,"messages":[{"id":"m_01m80e35hvxbabewpgqhj514tv","role":"user","author":"ann","ts":1795311113787,"status":"complete","content":[{"type":"text","text":"/demo tool=get_session_info"}]},{"id":"m_01m80e35j2fshe6th5nmg86hct","role":"assistant","author":"demo/stoa","ts":1795311113794,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo tool=get_session_info\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"},{"type":"tool_call","id":"call_demo","name":"get_session_info","input":"{\"from\":\"demo\"}","call":{"state":"done","server":"","tool":"get_session_info","result":"{\n \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",\n \"title\": \"called\",\n \"owner\": \"ann\",\n \"model\": \"demo/stoa\",\n \"state\": \"running_tools\",\n \"created\": \"2026-11-22T01:31:53Z\",\n \"now\": \"2026-11-22T01:31:54Z\",\n \"messages\": 2,\n \"waiting_messages\": 0,\n \"turns\": 0,\n \"tokens\": {\n  \"input\": 7,\n  \"output\": 40\n },\n \"context_tokens\": 47,\n \"participants\": [\n  {\n   \"user\": \"ann\",\n   \"kind\": \"api\",\n   \"terminal\": \"\",\n   \"since\": \"2026-11-22T01:31:53Z\"\n  }\n ],\n \"servers\": [],\n \"variables\": {}\n}","why":"a built-in tool that only reads","started":1795311114621,"ms":0}}],"stop_reason":"tool_use","usage":{"input":7,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":826}},{"id":"m_01m80e36bzsdwvj311r4mk9g0w","role":"assistant","author":"demo/stoa","ts":1795311114623,"status":"complete","content":[{"type":"text","text":"The tool `get_session_info` answered:\n\n> {  \"session\": \"s_01m80e35hswsr96rxehgn5bae7\",  \"title\": \"called\",  \"owner\": \"ann\",  \"model\": \"demo/stoa\",  \"state\": \"running_tools\",  \"created\": \"2026-11-22T01…\n\n"}],"stop_reason":"end_turn","usage":{"input":304,"output":6,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":141}},{"id":"m_01m80e36gd8fvnd56624ss5afn","role":"user","author":"ann","ts":1795311114765,"status":"complete","content":[{"type":"text","text":"thanks"}]},{"id":"m_01m80e36gdzrqamebrqedz1dn2","role":"assistant","author":"demo/stoa","ts":1795311114765,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> thanks\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":357,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":828}}],"queue":[],"participants":[],"members":[],"lent":[],"questions":[],"answered":[],"rules":[],"servers":[],"variables":{},"variants":{},"compacted":null,"from":{"session":"s_01m80e35hswsr96rxehgn5bae7","message":"m_01m80e36gdzrqamebrqedz1dn2","messages":5},"context_tokens":0}');
INSERT INTO partials VALUES(5, 'm_01m80e34qhzs3fq3tc1xvgszdz', '{"id":"m_01m80e34qhzs3fq3tc1xvgszdz","role":"assistant","author":"demo/stoa","ts":1795311112945,"status":"streaming","index":300,"content":[{"type":"text","text":"words speaks makes is every which its which speaks It has wait. to makes the to makes wait. words has of every has one **bold** flows **bold** say small session **bold** its more parts makes has wait. words and more its flows a makes a speaks small say less.\n\nwait. and It Once Once which words agent while one which is sense. others agent makes stream one flows *again* stream `code` agent *again* It *again* is while one Once model less.\n\nothers with wait. **bold** speaks model parts others `code` parts to small **bold** sense. It the others **bold** is a the to flows has model `code` one others words sense. It It stream speaks of a `code` Once agent of agent parts while the say to sense. own session small *again* `code` `code` flows to every of to *again* `code` makes has model with `code` less.\n\nthe every which and say parts agent model is *again* the words its a with `code` with with words It less.\n\n*again* has wait. say one of which small It speaks stream less.\n\nevery speaks flows a every agent the small is Once *again* Then others a others flows **bold** flows every stream more `code` small say *again* is flows which speaks own others makes parts sense. and `code` less.\n\nparts with more **bold** a words of Once sense. less.\n\nwith **bold** wait. the every less.\n\nmore sense. own own small one speaks others model flows **bold** wait. which of session Once more the *again* `code` model while say speaks stream is session sense. while which every sense. agent every to has wait. stream less.\n\nwith `code` of words Once say Once sense. has which of *again* parts session Then own has model its has which flows model one words say one others own `code` Once stream and agent speaks say to small words small others own say while makes **bold** makes which the agent less.\n\n*again* has the `code` to a session to sense. parts which agent `code` flows It more is agent session agent words has stream speaks wait. own stream sense. *again* while small say flows own wait. sense. of stream **bold** with words `code` the own with session sense. its model which more is others wait. one say parts has Then `code` Then words the flows a while while a every with Once less.\n\nagent wait. Then model others parts its words *again* agent say speaks its makes of has a the say flows others others agent parts sense. flows words sense. has say a while flows which makes say stream has which and every while stream is with is parts less.\n\nmore with a small one session has flows its own Then parts to of **bold** has stream while model is while the makes agent Then a Then wait. parts small while Then speaks with It parts agent flows makes agent others Then agent `code` makes to say It words flows `code` agent is words less.\n\nmodel **bold** *again* sense. say Then less.\n\nown agent model words one every wait. is is makes of one agent own Once with a with stream sense. others one others and agent *again* more has to `code` which and It the It stream more and `code` parts agent sense. own *again* its session **bold** which `code` others with session its has of its is less.\n\na small It flows is say every sense. the with of stream model Once wait. sense. less.\n\none its stream **bold** every flows say model *again* more agent words which own say small is while while words is flows own model the session **bold** It agent more more say the others a words one is *again* a Then every Then Once makes **bold** which others speaks speaks *again* flows words session Once a more every a session Then parts more parts *again* and with stream say one more one *again* sense. the others every sa"}]}');
INSERT INTO requests VALUES(1, 'ann', 't_20004_1_48554130222206', 1795311110477, '{"id":"t_20004_1_48554130222206","ok":{"seq":1,"session":"s_01m80e32adv7spsxa64r1fw797","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(2, 'ann', 't_20004_4_48554131789252', 1795311110478, '{"id":"t_20004_4_48554131789252","ok":{"seq":3,"message":"m_01m80e32aedb3nnfsnwh1mvc8k","queued":false}}');
INSERT INTO requests VALUES(3, 'ann', 't_20004_5_48554988922750', 1795311111335, '{"id":"t_20004_5_48554988922750","ok":{"seq":9,"message":"m_01m80e3357gkdbnd7gaqtjvwpq","queued":false}}');
INSERT INTO requests VALUES(4, 'ann', 't_20004_6_48555050595254', 1795311111397, '{"id":"t_20004_6_48555050595254","ok":{"seq":15,"message":"m_01m80e3375k7z6pbzhxd68g19g","queued":false}}');
INSERT INTO requests VALUES(5, 'ann', 't_20004_7_48555877498789', 1795311112224, '{"id":"t_20004_7_48555877498789","ok":{"seq":1,"session":"s_01m80e34106g1zvx4aqedy22fg","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(6, 'ann', 't_20004_10_48555879645762', 1795311112226, '{"id":"t_20004_10_48555879645762","ok":{"seq":3,"message":"m_01m80e34123h9j14pdxcd3x6cx","queued":false}}');
INSERT INTO requests VALUES(7, 'ann', 't_20004_11_48555970686809', 1795311112317, '{"id":"t_20004_11_48555970686809","ok":{"seq":8}}');
INSERT INTO requests VALUES(8, 'ann', 't_20004_12_48555971688166', 1795311112318, '{"id":"t_20004_12_48555971688166","ok":{"seq":1,"session":"s_01m80e343ygfyebw9etmr54m2a","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(9, 'ann', 't_20004_15_48555972997465', 1795311112322, '{"id":"t_20004_15_48555972997465","ok":{"seq":3,"message":"m_01m80e343zcxsw1hc116a8yzy4","queued":false}}');
INSERT INTO requests VALUES(10, 'ann', 't_20004_16_48556468834784', 1795311112815, '{"id":"t_20004_16_48556468834784","ok":{"seq":10,"message":"m_01m80e34kfer377zhmqyrggrb5","queued":false}}');
INSERT INTO requests VALUES(11, 'ann', 't_20004_17_48556510683247', 1795311112857, '{"id":"t_20004_17_48556510683247","ok":{"seq":1,"session":"s_01m80e34mshg6ey4984s745pat","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(12, 'ann', 't_20004_20_48556513314318', 1795311112860, '{"id":"t_20004_20_48556513314318","ok":{"seq":3,"message":"m_01m80e34mv91tbpa0e9e5yey7z","queued":false}}');
INSERT INTO requests VALUES(13, 'ann', 't_20004_21_48556521685016', 1795311112868, '{"id":"t_20004_21_48556521685016","ok":{"seq":6,"interrupted":true}}');
INSERT INTO requests VALUES(14, 'ann', 't_20004_22_48556523209495', 1795311112869, '{"id":"t_20004_22_48556523209495","ok":{"seq":1,"session":"s_01m80e34n5rhp48b5w5xcs8ejv","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(15, 'ann', 't_20004_25_48556524897170', 1795311112871, '{"id":"t_20004_25_48556524897170","ok":{"seq":3,"message":"m_01m80e34n7zmwv4r2wdwcq5b6m","queued":false}}');
INSERT INTO requests VALUES(16, 'ann', 't_20004_26_48556598291297', 1795311112945, '{"id":"t_20004_26_48556598291297","ok":{"seq":9,"message":"m_01m80e34qgwrw7pnfea7g3fg0n","queued":false}}');
INSERT INTO requests VALUES(17, 'ann', 't_20004_27_48556600105371', 1795311112946, '{"id":"t_20004_27_48556600105371","ok":{"seq":12,"message":"m_01m80e34qj0fjh6a93tvp22m1c","queued":true}}');
INSERT INTO requests VALUES(18, 'ann', 't_20004_28_48556600917036', 1795311112947, '{"id":"t_20004_28_48556600917036","ok":{"seq":13,"message":"m_01m80e34qkwxw82w44q4trvs13","queued":true}}');
INSERT INTO requests VALUES(19, 'ann', 't_20004_29_48556601591773', 1795311112948, '{"id":"t_20004_29_48556601591773","ok":{"rule":"u_01m80e34qmk91rq7nqzjv1bkjp"}}');
INSERT INTO requests VALUES(20, 'ann', 't_20004_30_48556602718325', 1795311112949, '{"id":"t_20004_30_48556602718325","ok":{"seq":1,"session":"s_01m80e34qnwznq7jt84zywz034","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(21, 'ann', 't_20004_33_48556603855664', 1795311112950, '{"id":"t_20004_33_48556603855664","ok":{"rule":"u_01m80e34qpwfvmc1dr9tcf3dqm"}}');
INSERT INTO requests VALUES(22, 'ann', 't_20004_34_48556604487792', 1795311112954, '{"id":"t_20004_34_48556604487792","ok":{"seq":4,"message":"m_01m80e34qqacrpzg077md3jrd3","queued":false}}');
INSERT INTO requests VALUES(23, 'ann', 't_20004_35_48557438909925', 1795311113785, '{"id":"t_20004_35_48557438909925","ok":{"seq":1,"session":"s_01m80e35hswsr96rxehgn5bae7","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(24, 'ann', 't_20004_38_48557440938367', 1795311113787, '{"id":"t_20004_38_48557440938367","ok":{"seq":3,"message":"m_01m80e35hvxbabewpgqhj514tv","queued":false}}');
INSERT INTO requests VALUES(25, 'ann', 't_20004_39_48558418832917', 1795311114765, '{"id":"t_20004_39_48558418832917","ok":{"seq":16,"message":"m_01m80e36gd8fvnd56624ss5afn","queued":false}}');
INSERT INTO requests VALUES(26, 'ann', 't_20004_40_48559248599173', 1795311115598, '{"id":"t_20004_40_48559248599173","ok":{"session":"s_01m80e37ae9yjfm3zp8qwxw6pr","messages":5}}');
INSERT INTO requests VALUES(27, 'ann', 't_20004_43_48559253907064', 1795311115600, '{"id":"t_20004_43_48559253907064","ok":{"seq":3,"message":"m_01m80e37agf922mj1pp18frahw","queued":false}}');
INSERT INTO requests VALUES(28, 'ann', 't_20004_44_48560090335205', 1795311116436, '{"id":"t_20004_44_48560090335205","ok":{"seq":1,"session":"s_01m80e384mgw9gz1vvzpa8p057","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(29, 'ann', 't_20004_47_48560092191716', 1795311116438, '{"id":"t_20004_47_48560092191716","ok":{"seq":3,"message":"m_01m80e384pzkf8stg4sy8h20r8","queued":false}}');
INSERT INTO requests VALUES(30, 'ann', 't_20004_48_48560928311820', 1795311117274, '{"id":"t_20004_48_48560928311820","ok":{"seq":9,"message":"m_01m80e38yt1tbz0kx6fx9qcp85","queued":false}}');
INSERT INTO requests VALUES(31, 'ann', 't_20004_49_48561759606264', 1795311118106, '{"id":"t_20004_49_48561759606264","ok":{"seq":15,"message":"m_01m80e39rtdj9v1p75yjw6zszq","queued":false}}');
INSERT INTO requests VALUES(32, 'ann', 't_20004_50_48562587895302', 1795311118934, '{"id":"t_20004_50_48562587895302","ok":{"seq":20}}');
INSERT INTO requests VALUES(33, 'ann', 't_20004_51_48563635235012', 1795311119981, '{"id":"t_20004_51_48563635235012","ok":{"seq":24,"message":"m_01m80e3bkd9jr8f3cdz5h03t8z","queued":false}}');
INSERT INTO requests VALUES(34, 'ann', 't_20004_53_48564463212446', 1795311120809, '{"id":"t_20004_53_48564463212446","ok":{"seq":21,"removed":2}}');
INSERT INTO requests VALUES(35, 'ann', 't_20004_54_48564464859977', 1795311120811, '{"id":"t_20004_54_48564464859977","ok":{"user":"bo"}}');
INSERT INTO requests VALUES(36, 'ann', 't_20004_55_48564465678593', 1795311120812, '{"id":"t_20004_55_48564465678593","ok":{"user":"cy"}}');
INSERT INTO requests VALUES(37, 'ann', 't_20004_56_48564466426964', 1795311120812, '{"id":"t_20004_56_48564466426964","ok":{}}');
INSERT INTO requests VALUES(38, 'ann', 't_20004_57_48564467161374', 1795311120813, '{"id":"t_20004_57_48564467161374","error":{"code":"conflict","text":"this was done already; its answer has a secret, which is shown only once","detail":{}}}');
INSERT INTO requests VALUES(39, 'ann', 't_20004_58_48564467888849', 1795311120815, '{"id":"t_20004_58_48564467888849","ok":{}}');
INSERT INTO requests VALUES(40, 'ann', 't_20004_59_48564469596665', 1795311120816, '{"id":"t_20004_59_48564469596665","ok":{"seq":1,"session":"s_01m80e3cdgy4nfdm82zdg4gqbq","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(41, 'ann', 't_20004_62_48564470680574', 1795311120817, '{"id":"t_20004_62_48564470680574","ok":{"seq":3,"message":"m_01m80e3cdhwjrb3e13cg2s9ems","queued":false}}');
INSERT INTO requests VALUES(42, 'ann', 't_20004_63_48564522334209', 1795311120869, '{"id":"t_20004_63_48564522334209","ok":{"seq":8}}');
INSERT INTO requests VALUES(43, 'ann', 't_20004_64_48564523532272', 1795311120870, '{"id":"t_20004_64_48564523532272","error":{"code":"conflict","text":"this was done already; its answer has a secret, which is shown only once","detail":{}}}');
INSERT INTO rules VALUES('u_01m80e34qmk91rq7nqzjv1bkjp', 'ann', 'deny', 'files/*', 1795311112948);
INSERT INTO users VALUES('bo', 'member', 0, 1795311120811, '{"quota.sessions":3}');
INSERT INTO users VALUES('cy', 'admin', 1, 1795311120812, '{}');
INSERT INTO keys VALUES('BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA', 'bo', 'laptop', 1795311120811);
INSERT INTO tokens VALUES('k_01m80e3cddd8zm327kj8b3zc1h', 'bo', 'zeULBfUbJGzzuCaYInWKXDs6i2Tfu0LLhP5SLY3N88E', 'ci', '{"role":"viewer"}', 1795311120813, 1797903120813);
INSERT INTO tickets VALUES('t_01m80e3cf6qmhrb0mfwejqd9e4', '1l9Lcxh3VHjBElJpBFWh8C3AzN23rB1ByGL3b1TMZSA', 's_01m80e3cdgy4nfdm82zdg4gqbq', 'viewer', 'ann', 1795915920870, 2);
INSERT INTO secrets VALUES('ann', 'api', 'AZAHT8DcEZGdn/euzLRCUd+S7+eKl4Cice1Qu60PtvXfLW96Rcc2hH03CctYI1ElGRxR+5WiBw', 1795311120815);
INSERT INTO spent VALUES('ann', 20779, 3085, 557, 0, 19, 0);
INSERT INTO members VALUES('bo', 10, 'writer');
INSERT INTO audit VALUES(1, 1795311110477, 'root', 'login', 'local', 'api', 'HTwEHM1kzLpRbzjPvLMIjUNrVREm16WaLTt6UjTtqCI');
INSERT INTO audit VALUES(2, 1795311112948, 'root', 'rule.add', 'root', 'deny files/*', 'RDsl38o_ZZoXYl3RI8urIh-CJlYFWq39SVvA4KLTJ6A');
INSERT INTO audit VALUES(3, 1795311112950, 'root', 'rule.add', 's_01m80e34qnwznq7jt84zywz034', 'ask stoa/get_session_info', 'YNHTtwRsZn0E5WztIFGZ2MO_AufnqBMXppnRdq0uaI8');
INSERT INTO audit VALUES(4, 1795311120811, 'root', 'user.create', 'bo', 'member, key BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA', '2GsW6XtEca9bsiTBTtqz1UQfJ_MaHUIfwSxJXd3ndZc');
INSERT INTO audit VALUES(5, 1795311120812, 'root', 'user.create', 'cy', 'admin', 'FJXkteU4jtLMT5TlvdbZpZvLop7zKwEdVZDKRbUcuBc');
INSERT INTO audit VALUES(6, 1795311120812, 'root', 'user.update', 'cy', ' disabled', 'S-Hn0ejX5F9zuuTRt3aDUSZ_eLOWez2Xm6F4_Ag9D_w');
INSERT INTO audit VALUES(7, 1795311120813, 'root', 'token.issue', 'k_01m80e3cddd8zm327kj8b3zc1h', 'for bo, at most viewer', 'vmdiTFNu7AxNRa1jm01a33alU9waEYhwIPZ31sSlN_Q');
INSERT INTO audit VALUES(8, 1795311120815, 'root', 'secret.set', 'api', '', '778nKFAzQZ-J7VOT94qRk3gsMojH3jw8glz9qRXix2s');
INSERT INTO audit VALUES(9, 1795311120869, 'root', 'session.share', 's_01m80e3cdgy4nfdm82zdg4gqbq', 'bo: writer', 'RL2J9d6R-_1Q7hH_FmDmnBYJPO0HBmZwVJ1NaD0v9tw');
INSERT INTO audit VALUES(10, 1795311120870, 'root', 'ticket.issue', 's_01m80e3cdgy4nfdm82zdg4gqbq', 't_01m80e3cf6qmhrb0mfwejqd9e4: viewer, 2 uses, 604800 s', 'H6hrxLonpQ4ZzpXvERywEtj3zATaeFpajipraSK2ieo');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('sessions', 10);
PRAGMA writable_schema = OFF;
COMMIT;
