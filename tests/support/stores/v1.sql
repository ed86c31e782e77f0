-- A store as stoad 0.1.0 left it with version 1 of the schema, made by tests/support/make-store. It never changes.
PRAGMA application_id = 1398034241;
PRAGMA user_version = 1;
BEGIN;
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('table', 'search', 'search', 0, 'CREATE VIRTUAL TABLE search USING fts5(text, tokenize = ''unicode61 remove_diacritics 2'')');
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions( key INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, title TEXT NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL, created INTEGER NOT NULL, activity INTEGER NOT NULL, messages INTEGER NOT NULL, archived INTEGER NOT NULL, ended INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;
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
INSERT INTO meta VALUES('program', '0.1.0');
INSERT INTO sessions VALUES(1, 's_01m7zqek2k7enfn3bk69xp0q1w', 'ann', 'first steps', 'idle', 'demo/stoa', 1795287370835, 1795287372603, 6, 0, 0, 19);
INSERT INTO sessions VALUES(2, 's_01m7zqemsv78eqe3kk0fr4d20p', 'ann', 'put away', 'idle', 'demo/stoa', 1795287372603, 1795287372717, 2, 1, 0, 8);
INSERT INTO sessions VALUES(3, 's_01m7zqemxedypt8tqx8sg59t2t', 'ann', 'failed once', 'idle', 'demo/stoa', 1795287372718, 1795287373290, 4, 0, 0, 14);
INSERT INTO sessions VALUES(4, 's_01m7zqenfb1fyvvw54tptt579t', 'ann', 'interrupted', 'idle', 'demo/stoa', 1795287373291, 1795287373311, 2, 0, 0, 8);
INSERT INTO sessions VALUES(5, 's_01m7zqengaw0z45bt69nwhnrwv', 'ann', 'streaming', 'streaming', 'demo/stoa', 1795287373322, 1795287373400, 4, 0, 0, 13);
INSERT INTO events VALUES(4294967297, 1795287370835, 'session.started', '{"owner":"ann","title":"first steps","model":"demo/stoa","system":"Be brief.","created":1795287370835}');
INSERT INTO events VALUES(4294967298, 1795287370843, 'message.added', '{"message":{"id":"m_01m7zqek2vc4h5k76a535yyh0c","role":"user","author":"ann","ts":1795287370843,"status":"complete","content":[{"type":"text","text":"What is a network?"}]}}');
INSERT INTO events VALUES(4294967299, 1795287370843, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967300, 1795287370849, 'message.added', '{"message":{"id":"m_01m7zqek31dc74hfn744b13zt1","role":"assistant","author":"demo/stoa","ts":1795287370849,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967301, 1795287370849, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967302, 1795287371706, 'stream.completed', '{"message":"m_01m7zqek31dc74hfn744b13zt1","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> What is a network?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":7,"output":41,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":857}}');
INSERT INTO events VALUES(4294967303, 1795287371706, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(4294967304, 1795287371707, 'message.added', '{"message":{"id":"m_01m7zqekxvyshmckjyr0mv4eg6","role":"user","author":"ann","ts":1795287371707,"status":"complete","content":[{"type":"text","text":"/demo echo=Grüße an die Größe 漢字 🙂"}]}}');
INSERT INTO events VALUES(4294967305, 1795287371707, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967306, 1795287371708, 'message.added', '{"message":{"id":"m_01m7zqekxvj8ww9s9wgch7kstg","role":"assistant","author":"demo/stoa","ts":1795287371707,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967307, 1795287371708, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967308, 1795287371770, 'stream.completed', '{"message":"m_01m7zqekxvj8ww9s9wgch7kstg","status":"complete","content":[{"type":"text","text":"Grüße an die Größe 漢字 🙂"}],"stop_reason":"end_turn","usage":{"input":189,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":63}}');
INSERT INTO events VALUES(4294967309, 1795287371770, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(4294967310, 1795287371771, 'message.added', '{"message":{"id":"m_01m7zqekzvd9jgrzsdxtr9hgn4","role":"user","author":"ann","ts":1795287371771,"status":"complete","content":[{"type":"text","text":"And shorter?"}]}}');
INSERT INTO events VALUES(4294967311, 1795287371771, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(4294967312, 1795287371772, 'message.added', '{"message":{"id":"m_01m7zqekzw6875vcmh8m6aa56k","role":"assistant","author":"demo/stoa","ts":1795287371772,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(4294967313, 1795287371772, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(4294967314, 1795287372602, 'stream.completed', '{"message":"m_01m7zqekzw6875vcmh8m6aa56k","status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> And shorter?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":201,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":830}}');
INSERT INTO events VALUES(4294967315, 1795287372603, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(8589934593, 1795287372603, 'session.started', '{"owner":"ann","title":"put away","model":"demo/stoa","created":1795287372603}');
INSERT INTO events VALUES(8589934594, 1795287372607, 'message.added', '{"message":{"id":"m_01m7zqemsz6e0m43gwjyfj0rcd","role":"user","author":"ann","ts":1795287372607,"status":"complete","content":[{"type":"text","text":"/demo chunks=3"}]}}');
INSERT INTO events VALUES(8589934595, 1795287372607, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(8589934596, 1795287372616, 'message.added', '{"message":{"id":"m_01m7zqemt8xd9xfj9c9tj8s7xj","role":"assistant","author":"demo/stoa","ts":1795287372616,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(8589934597, 1795287372616, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(8589934598, 1795287372716, 'stream.completed', '{"message":"m_01m7zqemt8xd9xfj9c9tj8s7xj","status":"complete","content":[{"type":"text","text":"words speaks makes is evwhich its which speaks Ihas wait. to makes the t"}],"stop_reason":"end_turn","usage":{"input":4,"output":3,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":100}}');
INSERT INTO events VALUES(8589934599, 1795287372716, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(8589934600, 1795287372717, 'session.updated', '{"archived":true,"by":"ann"}');
INSERT INTO events VALUES(12884901889, 1795287372718, 'session.started', '{"owner":"ann","title":"failed once","model":"demo/stoa","created":1795287372718}');
INSERT INTO events VALUES(12884901890, 1795287372719, 'message.added', '{"message":{"id":"m_01m7zqemxfqnxc4xk4nj0xaygk","role":"user","author":"ann","ts":1795287372719,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}}');
INSERT INTO events VALUES(12884901891, 1795287372719, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(12884901892, 1795287372742, 'message.added', '{"message":{"id":"m_01m7zqemy6gf71xrmw1y3k7hmb","role":"assistant","author":"demo/stoa","ts":1795287372742,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(12884901893, 1795287372742, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(12884901894, 1795287373229, 'stream.completed', '{"message":"m_01m7zqemy6gf71xrmw1y3k7hmb","status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":486},"error":"the demo model failed halfway, as it was told to"}');
INSERT INTO events VALUES(12884901895, 1795287373229, 'error.occurred', '{"kind":"provider","text":"the demo model failed halfway, as it was told to","message":"m_01m7zqemy6gf71xrmw1y3k7hmb"}');
INSERT INTO events VALUES(12884901896, 1795287373229, 'state.changed', '{"old":"streaming","new":"idle","reason":"failed"}');
INSERT INTO events VALUES(12884901897, 1795287373230, 'message.added', '{"message":{"id":"m_01m7zqende8ssdj5kyj96rhd5a","role":"user","author":"ann","ts":1795287373230,"status":"complete","content":[{"type":"text","text":"/demo echo=fine again"}]}}');
INSERT INTO events VALUES(12884901898, 1795287373230, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(12884901899, 1795287373230, 'message.added', '{"message":{"id":"m_01m7zqendehvnjw2nw3dcm5gbn","role":"assistant","author":"demo/stoa","ts":1795287373230,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(12884901900, 1795287373230, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(12884901901, 1795287373290, 'stream.completed', '{"message":"m_01m7zqendehvnjw2nw3dcm5gbn","status":"complete","content":[{"type":"text","text":"fine again"}],"stop_reason":"end_turn","usage":{"input":94,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":60}}');
INSERT INTO events VALUES(12884901902, 1795287373290, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(17179869185, 1795287373291, 'session.started', '{"owner":"ann","title":"interrupted","model":"demo/stoa","created":1795287373291}');
INSERT INTO events VALUES(17179869186, 1795287373299, 'message.added', '{"message":{"id":"m_01m7zqenfkhbncb3qsx4wxphmg","role":"user","author":"ann","ts":1795287373299,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}}');
INSERT INTO events VALUES(17179869187, 1795287373299, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(17179869188, 1795287373310, 'message.added', '{"message":{"id":"m_01m7zqenfyx5sghb8zvnyzvh8r","role":"assistant","author":"demo/stoa","ts":1795287373310,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(17179869189, 1795287373310, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(17179869190, 1795287373311, 'state.changed', '{"old":"streaming","new":"interrupting","by":"ann","reason":"interrupted"}');
INSERT INTO events VALUES(17179869191, 1795287373311, 'stream.completed', '{"message":"m_01m7zqenfyx5sghb8zvnyzvh8r","status":"interrupted","content":[{"type":"text","text":"words speaks"}],"usage":{"input":9,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":2}}');
INSERT INTO events VALUES(17179869192, 1795287373311, 'state.changed', '{"old":"interrupting","new":"idle","reason":"interrupted"}');
INSERT INTO events VALUES(21474836481, 1795287373322, 'session.started', '{"owner":"ann","title":"streaming","model":"demo/stoa","created":1795287373322}');
INSERT INTO events VALUES(21474836482, 1795287373328, 'message.added', '{"message":{"id":"m_01m7zqenggx5qwt8t7fc4txer6","role":"user","author":"ann","ts":1795287373328,"status":"complete","content":[{"type":"text","text":"/demo echo=an answer from before"}]}}');
INSERT INTO events VALUES(21474836483, 1795287373328, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(21474836484, 1795287373336, 'message.added', '{"message":{"id":"m_01m7zqengr59yavwsv7fzjg4aj","role":"assistant","author":"demo/stoa","ts":1795287373336,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(21474836485, 1795287373336, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(21474836486, 1795287373396, 'stream.completed', '{"message":"m_01m7zqengr59yavwsv7fzjg4aj","status":"complete","content":[{"type":"text","text":"an answer from before"}],"stop_reason":"end_turn","usage":{"input":8,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":61}}');
INSERT INTO events VALUES(21474836487, 1795287373396, 'state.changed', '{"old":"streaming","new":"idle","reason":"done"}');
INSERT INTO events VALUES(21474836488, 1795287373397, 'message.added', '{"message":{"id":"m_01m7zqenjngmd2jv4bnyka2wz6","role":"user","author":"ann","ts":1795287373397,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}}');
INSERT INTO events VALUES(21474836489, 1795287373398, 'state.changed', '{"old":"idle","new":"thinking","by":"ann"}');
INSERT INTO events VALUES(21474836490, 1795287373398, 'message.added', '{"message":{"id":"m_01m7zqenjp6fe3eprcqnn5xxjn","role":"assistant","author":"demo/stoa","ts":1795287373398,"status":"streaming","index":0,"content":[]}}');
INSERT INTO events VALUES(21474836491, 1795287373398, 'state.changed', '{"old":"thinking","new":"streaming"}');
INSERT INTO events VALUES(21474836492, 1795287373399, 'queue.changed', '{"added":{"id":"m_01m7zqenjqjkgzsbzrc45qat0n","role":"user","author":"ann","ts":1795287373399,"status":"complete","content":[{"type":"text","text":"/demo echo=waited first"}]},"by":"ann"}');
INSERT INTO events VALUES(21474836493, 1795287373400, 'queue.changed', '{"added":{"id":"m_01m7zqenjrshzmx4v98k76h7cs","role":"user","author":"ann","ts":1795287373400,"status":"complete","content":[{"type":"text","text":"/demo echo=waited second"}]},"by":"ann"}');
INSERT INTO messages VALUES(4294967296, 'm_01m7zqek2vc4h5k76a535yyh0c', 'user', 'complete', 1795287370843, '{"id":"m_01m7zqek2vc4h5k76a535yyh0c","role":"user","author":"ann","ts":1795287370843,"status":"complete","content":[{"type":"text","text":"What is a network?"}]}');
INSERT INTO messages VALUES(4294967297, 'm_01m7zqek31dc74hfn744b13zt1', 'assistant', 'complete', 1795287370849, '{"id":"m_01m7zqek31dc74hfn744b13zt1","role":"assistant","author":"demo/stoa","ts":1795287370849,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> What is a network?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":7,"output":41,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":857}}');
INSERT INTO messages VALUES(4294967298, 'm_01m7zqekxvyshmckjyr0mv4eg6', 'user', 'complete', 1795287371707, '{"id":"m_01m7zqekxvyshmckjyr0mv4eg6","role":"user","author":"ann","ts":1795287371707,"status":"complete","content":[{"type":"text","text":"/demo echo=Grüße an die Größe 漢字 🙂"}]}');
INSERT INTO messages VALUES(4294967299, 'm_01m7zqekxvj8ww9s9wgch7kstg', 'assistant', 'complete', 1795287371707, '{"id":"m_01m7zqekxvj8ww9s9wgch7kstg","role":"assistant","author":"demo/stoa","ts":1795287371707,"status":"complete","content":[{"type":"text","text":"Grüße an die Größe 漢字 🙂"}],"stop_reason":"end_turn","usage":{"input":189,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":63}}');
INSERT INTO messages VALUES(4294967300, 'm_01m7zqekzvd9jgrzsdxtr9hgn4', 'user', 'complete', 1795287371771, '{"id":"m_01m7zqekzvd9jgrzsdxtr9hgn4","role":"user","author":"ann","ts":1795287371771,"status":"complete","content":[{"type":"text","text":"And shorter?"}]}');
INSERT INTO messages VALUES(4294967301, 'm_01m7zqekzw6875vcmh8m6aa56k', 'assistant', 'complete', 1795287371772, '{"id":"m_01m7zqekzw6875vcmh8m6aa56k","role":"assistant","author":"demo/stoa","ts":1795287371772,"status":"complete","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> And shorter?\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n| OpenAI | set `OPENAI_API_KEY` |\n| Anthropic | set `ANTHROPIC_API_KEY` |\n\nAny other server goes into `~/.config/stoa/config.yaml`:\n\n```yaml\nproviders:\n  mine:\n    api: openai\n    base_url: http://127.0.0.1:8000/v1\n```\n\n`stoa models` lists what is there; a model is named like `mine/small`.\n"}],"stop_reason":"end_turn","usage":{"input":201,"output":40,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":830}}');
INSERT INTO messages VALUES(8589934592, 'm_01m7zqemsz6e0m43gwjyfj0rcd', 'user', 'complete', 1795287372607, '{"id":"m_01m7zqemsz6e0m43gwjyfj0rcd","role":"user","author":"ann","ts":1795287372607,"status":"complete","content":[{"type":"text","text":"/demo chunks=3"}]}');
INSERT INTO messages VALUES(8589934593, 'm_01m7zqemt8xd9xfj9c9tj8s7xj', 'assistant', 'complete', 1795287372616, '{"id":"m_01m7zqemt8xd9xfj9c9tj8s7xj","role":"assistant","author":"demo/stoa","ts":1795287372616,"status":"complete","content":[{"type":"text","text":"words speaks makes is evwhich its which speaks Ihas wait. to makes the t"}],"stop_reason":"end_turn","usage":{"input":4,"output":3,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":100}}');
INSERT INTO messages VALUES(12884901888, 'm_01m7zqemxfqnxc4xk4nj0xaygk', 'user', 'complete', 1795287372719, '{"id":"m_01m7zqemxfqnxc4xk4nj0xaygk","role":"user","author":"ann","ts":1795287372719,"status":"complete","content":[{"type":"text","text":"/demo fail=mid"}]}');
INSERT INTO messages VALUES(12884901889, 'm_01m7zqemy6gf71xrmw1y3k7hmb', 'assistant', 'failed', 1795287372742, '{"id":"m_01m7zqemy6gf71xrmw1y3k7hmb","role":"assistant","author":"demo/stoa","ts":1795287372742,"status":"failed","content":[{"type":"text","text":"Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the same.\n\nYou wrote:\n\n> /demo fail=mid\n\nHere is what I can show you:\n\n- text that *streams* as it is made\n- lists, such as this one, and `code`\n- tables and code blocks\n\n| to use | do this |\n|---|---|\n| a model on this machine | start Ollama, "}],"error":"the demo model failed halfway, as it was told to","usage":{"input":4,"output":24,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":486}}');
INSERT INTO messages VALUES(12884901890, 'm_01m7zqende8ssdj5kyj96rhd5a', 'user', 'complete', 1795287373230, '{"id":"m_01m7zqende8ssdj5kyj96rhd5a","role":"user","author":"ann","ts":1795287373230,"status":"complete","content":[{"type":"text","text":"/demo echo=fine again"}]}');
INSERT INTO messages VALUES(12884901891, 'm_01m7zqendehvnjw2nw3dcm5gbn', 'assistant', 'complete', 1795287373230, '{"id":"m_01m7zqendehvnjw2nw3dcm5gbn","role":"assistant","author":"demo/stoa","ts":1795287373230,"status":"complete","content":[{"type":"text","text":"fine again"}],"stop_reason":"end_turn","usage":{"input":94,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":60}}');
INSERT INTO messages VALUES(17179869184, 'm_01m7zqenfkhbncb3qsx4wxphmg', 'user', 'complete', 1795287373299, '{"id":"m_01m7zqenfkhbncb3qsx4wxphmg","role":"user","author":"ann","ts":1795287373299,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}');
INSERT INTO messages VALUES(17179869185, 'm_01m7zqenfyx5sghb8zvnyzvh8r', 'assistant', 'interrupted', 1795287373310, '{"id":"m_01m7zqenfyx5sghb8zvnyzvh8r","role":"assistant","author":"demo/stoa","ts":1795287373310,"status":"interrupted","content":[{"type":"text","text":"words speaks"}],"usage":{"input":9,"output":1,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":2}}');
INSERT INTO messages VALUES(21474836480, 'm_01m7zqenggx5qwt8t7fc4txer6', 'user', 'complete', 1795287373328, '{"id":"m_01m7zqenggx5qwt8t7fc4txer6","role":"user","author":"ann","ts":1795287373328,"status":"complete","content":[{"type":"text","text":"/demo echo=an answer from before"}]}');
INSERT INTO messages VALUES(21474836481, 'm_01m7zqengr59yavwsv7fzjg4aj', 'assistant', 'complete', 1795287373336, '{"id":"m_01m7zqengr59yavwsv7fzjg4aj","role":"assistant","author":"demo/stoa","ts":1795287373336,"status":"complete","content":[{"type":"text","text":"an answer from before"}],"stop_reason":"end_turn","usage":{"input":8,"output":2,"cached":0,"reasoning":0},"timings":{"first_ms":0,"total_ms":61}}');
INSERT INTO messages VALUES(21474836482, 'm_01m7zqenjngmd2jv4bnyka2wz6', 'user', 'complete', 1795287373397, '{"id":"m_01m7zqenjngmd2jv4bnyka2wz6","role":"user","author":"ann","ts":1795287373397,"status":"complete","content":[{"type":"text","text":"/demo rate=40 chunks=2000 bytes=12"}]}');
INSERT INTO messages VALUES(21474836483, 'm_01m7zqenjp6fe3eprcqnn5xxjn', 'assistant', 'streaming', 1795287373398, '{"id":"m_01m7zqenjp6fe3eprcqnn5xxjn","role":"assistant","author":"demo/stoa","ts":1795287373398,"status":"streaming","index":0,"content":[]}');
INSERT INTO search_data VALUES(1, X'118273');
INSERT INTO search_data VALUES(10, X'0000000002021100021101010101010000');
INSERT INTO search_data VALUES(137438953473, X'0000005E03303132D0808080020208010432303030D080808002020601023430D080808002020401056279746573D080808002020701066368756E6B73D0808080020205010464656D6FD0808080020202010472617465D0808080020203040B0D0B0E0F0D');
INSERT INTO search_data VALUES(2336462209025, X'0000082802303090808080010467030404650301013190808080010269040267020132C080808000020803013790808080010266040264010432303030C0808080000206010133A080808000020401023430C08080800002040104383030309080808001026A0402680101619080808000020401061C2139040439399FFFFFFF7C023A02046761696EB080808002020501020302056C77617973908080800102140402149FFFFFFF7C021402016D908080800102040402049FFFFFFF7C020402016E90808080010248010205010203020246BFFFFFFF7B02040102020301649080808001080F052105030202010A0F050A17059FFFFFFF7C080F05200503056F7468657290808080010245040243030473776572D080808000020501020303077468726F706963908080800104500404044E0403017990808080010255040253020270699080808001084A0607100408480607100201739080808001042808040426089FFFFFFF7C04270801046261736590808080010263040261020565666F7265D080808000020701020502056C6F636B73908080800102360402349FFFFFFF7C0235020475696C74908080800102080402089FFFFFFF7C0208020479746573C0808080000207010363616E908080800102220402209FFFFFFF7C0221020568756E6B73A0808080000203A080808000020502036F64659080808001043205040430059FFFFFFF7C04310503046E6669679080808001045A04040458040202707090808080010243040241010464656D6F908080800102060102020302068FFFFFFF7B020290808080000202010406160102028FFFFFFF7E020290808080000202020269659080808002020601020402016F908080800102390402379FFFFFFF7C023801046563686F90808080020203A08080800002039FFFFFFF7E02030206767768696368A080808001020601046661696CB080808000020301021B0203696E65B08080800202040102020203726F6DD08080800002060102040104676F6573908080800102580402560205726FC39F6590808080020207010205030475C39F6590808080020204010202010568656C6C6F908080800102020402029FFFFFFF7C0202030272659080808001021E04021C9FFFFFFF7C021D020374747090808080010265040263010169908080800108030A0A100408030A0A0E9FFFFFFF7C08030A0A0F0203686173A080808001020A02036E746F9080808001040952040409509FFFFFFF7C020902017390808080000203010A1B060D480604081D0D48068FFFFFFF7C02059080808000041E0D020174908080800102290402279FFFFFFF7C0228030173A080808001020701036B65799080808001060E430704060E41079FFFFFFF7C020E01046C696B659080808001027604027403037374739080808001042C4404042A449FFFFFFF7C022B02046C616D619080808001024204024001076D616368696E659080808001023F04023D9FFFFFFF7C023E030264659080808001022B0402299FFFFFFF7C022A03036B6573A08080800104040B02026964B080808000020401021C03026E65908080800104601904045E1902046F64656C90808080010607373904060735399FFFFFFF7C0407360601739080808001026D04026B01056E616D65649080808001027504027302036565649080808001020C04020C9FFFFFFF7C020C030574776F726B908080800002050104110E0402119FFFFFFF7C021102016F9080808001040D0504040D059FFFFFFF7C040D0501066F6C6C616D619080808001024104023F9FFFFFFF7C024002016E9080808001023D04023B9FFFFFFF7C023C0301659080808001023004022E9FFFFFFF7C022F020570656E6169908080800108490404170408470404170201729080808001024404024202047468657290808080010256040254010970726F7669646572739080808001025F04025D010472617465C0808080000203010473616D65908080800102170402179FFFFFFF7C0217030179908080800102150402159FFFFFFF7C0215020565727665729080808001044613040444130301749080808001044C0704044A070206686F727465729080808004020301021B040177908080800102230402219FFFFFFF7C022202046D616C6C9080808001027804027602057065616B73A080808001040308A08080800002030204746172749080808001024004023E9FFFFFFF7C023F03026F619080808001060A531304060A51139FFFFFFF7C020A03057265616D73908080800102270402259FFFFFFF7C022602037563689080808001022D04022B9FFFFFFF7C022C010174A080808001020F020561626C6573908080800102330402319FFFFFFF7C02320203657874908080800102250402239FFFFFFF7C02240203686174908080800102260402249FFFFFFF7C02250301659080808001040513040405138FFFFFFF7C020E9080808000040513040272659080808001027104026F030269739080808001062F0D0604062D0D069FFFFFFF7C062E0D0602016F908080800102370402358FFFFFFF7C020C90808080000236010375726C9080808001026404026202027365908080800102380402369FFFFFFF7C0237010276319080808001026B040269010477616974A080808001020B02036861749080808000020201061A085104041E519FFFFFFF7C021F0303696368A080808001020802036974689080808001024704024502046F726473A0808080010202A08080800002020204726F7465908080800102190402199FFFFFFF7C0219010479616D6C9080808001045D0304045B0302026F75908080800104180E0404180C9FFFFFFF7C04180D0106E6BCA2E5AD97908080800202080102060104F09F998290808080020209010207040F0D0A0D0D0A0B101A1018141D211110150D1417101118170D161519120E360E141B0F100F0F10111018150F1D0C1826140A1A1018101A150D0E101C0D11161C17191414170D10150D1714130F12141016171918160A1816161E0E1B1B0F150E0D1C0C0F1417121812');
INSERT INTO search_idx VALUES(1, X'', 2);
INSERT INTO search_idx VALUES(17, X'', 2);
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
INSERT INTO search_content VALUES(8589934593, 'words speaks makes is evwhich its which speaks Ihas wait. to makes the t');
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
INSERT INTO search_config VALUES('version', 4);
INSERT INTO partials VALUES(5, 'm_01m7zqenjp6fe3eprcqnn5xxjn', '{"id":"m_01m7zqenjp6fe3eprcqnn5xxjn","role":"assistant","author":"demo/stoa","ts":1795287373398,"status":"streaming","index":40,"content":[{"type":"text","text":"words speaksmakes is evewhich its whspeaks It hawait. to makthe to makeswait. words has of everyhas one **boflows **boldsay small se**bold** itsmore parts mhas wait. woand more itsflows a makea speaks smasay less.\n\nwand It Once Once which wagent while one which issense. otheragent makes stream one f*again* stre`code` agent*again* It *is while oneOnce model lothers with wait. **boldspeaks modelparts others`code` partsto small **bsense. It thothers **bolis a the to flows has mo"}]}');
INSERT INTO requests VALUES(1, 'ann', 't_10496_1_24814488746472', 1795287370835, '{"id":"t_10496_1_24814488746472","ok":{"seq":1,"session":"s_01m7zqek2k7enfn3bk69xp0q1w","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(2, 'ann', 't_10496_4_24814497058693', 1795287370846, '{"id":"t_10496_4_24814497058693","ok":{"seq":3,"message":"m_01m7zqek2vc4h5k76a535yyh0c","queued":false}}');
INSERT INTO requests VALUES(3, 'ann', 't_10496_5_24815361280750', 1795287371708, '{"id":"t_10496_5_24815361280750","ok":{"seq":9,"message":"m_01m7zqekxvyshmckjyr0mv4eg6","queued":false}}');
INSERT INTO requests VALUES(4, 'ann', 't_10496_6_24815425054414', 1795287371772, '{"id":"t_10496_6_24815425054414","ok":{"seq":15,"message":"m_01m7zqekzvd9jgrzsdxtr9hgn4","queued":false}}');
INSERT INTO requests VALUES(5, 'ann', 't_10496_7_24816256841850', 1795287372603, '{"id":"t_10496_7_24816256841850","ok":{"seq":1,"session":"s_01m7zqemsv78eqe3kk0fr4d20p","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(6, 'ann', 't_10496_10_24816260871578', 1795287372610, '{"id":"t_10496_10_24816260871578","ok":{"seq":3,"message":"m_01m7zqemsz6e0m43gwjyfj0rcd","queued":false}}');
INSERT INTO requests VALUES(7, 'ann', 't_10496_11_24816370897332', 1795287372717, '{"id":"t_10496_11_24816370897332","ok":{"seq":8}}');
INSERT INTO requests VALUES(8, 'ann', 't_10496_12_24816372189441', 1795287372718, '{"id":"t_10496_12_24816372189441","ok":{"seq":1,"session":"s_01m7zqemxedypt8tqx8sg59t2t","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(9, 'ann', 't_10496_15_24816373362132', 1795287372722, '{"id":"t_10496_15_24816373362132","ok":{"seq":3,"message":"m_01m7zqemxfqnxc4xk4nj0xaygk","queued":false}}');
INSERT INTO requests VALUES(10, 'ann', 't_10496_16_24816883595881', 1795287373230, '{"id":"t_10496_16_24816883595881","ok":{"seq":10,"message":"m_01m7zqende8ssdj5kyj96rhd5a","queued":false}}');
INSERT INTO requests VALUES(11, 'ann', 't_10496_17_24816944631480', 1795287373291, '{"id":"t_10496_17_24816944631480","ok":{"seq":1,"session":"s_01m7zqenfb1fyvvw54tptt579t","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(12, 'ann', 't_10496_20_24816952564468', 1795287373306, '{"id":"t_10496_20_24816952564468","ok":{"seq":3,"message":"m_01m7zqenfkhbncb3qsx4wxphmg","queued":false}}');
INSERT INTO requests VALUES(13, 'ann', 't_10496_21_24816964709019', 1795287373311, '{"id":"t_10496_21_24816964709019","ok":{"seq":6,"interrupted":true}}');
INSERT INTO requests VALUES(14, 'ann', 't_10496_22_24816975697603', 1795287373322, '{"id":"t_10496_22_24816975697603","ok":{"seq":1,"session":"s_01m7zqengaw0z45bt69nwhnrwv","model":"demo/stoa","why":"default_model is demo/stoa"}}');
INSERT INTO requests VALUES(15, 'ann', 't_10496_25_24816981768757', 1795287373330, '{"id":"t_10496_25_24816981768757","ok":{"seq":3,"message":"m_01m7zqenggx5qwt8t7fc4txer6","queued":false}}');
INSERT INTO requests VALUES(16, 'ann', 't_10496_26_24817050874598', 1795287373398, '{"id":"t_10496_26_24817050874598","ok":{"seq":9,"message":"m_01m7zqenjngmd2jv4bnyka2wz6","queued":false}}');
INSERT INTO requests VALUES(17, 'ann', 't_10496_27_24817053368300', 1795287373399, '{"id":"t_10496_27_24817053368300","ok":{"seq":12,"message":"m_01m7zqenjqjkgzsbzrc45qat0n","queued":true}}');
INSERT INTO requests VALUES(18, 'ann', 't_10496_28_24817054255948', 1795287373400, '{"id":"t_10496_28_24817054255948","ok":{"seq":13,"message":"m_01m7zqenjrshzmx4v98k76h7cs","queued":true}}');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('sessions', 5);
PRAGMA writable_schema = OFF;
COMMIT;
