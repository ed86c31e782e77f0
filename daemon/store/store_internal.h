/* What the store's files share; for store*.c alone. Who owns what:
 *
 *   main thread    struct store but for what follows
 *   writer thread  the writer's db and statements, and the list that it took
 *   reader thread  the reader's db and statements, and the job that it runs
 *   both           what is marked "lock", under that lock; atomics */
#ifndef STOA_DAEMON_STORE_STORE_INTERNAL_H
#define STOA_DAEMON_STORE_STORE_INTERNAL_H

#include "daemon/store/store.h"
#include "daemon/store/store_backup.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

enum {
    STORE_SCHEMA = 4,               /* the version of the schema that this program writes */
    STORE_APPLICATION = 0x53544f41, /* "STOA", in the file's header */
    STORE_BATCH_BYTES = 8 << 20,    /* about the most that one transaction takes */
    STORE_IDLE_MS = 5000,           /* without a commit, after which a large log is folded into the file */
    STORE_WAL_LARGE = 1 << 20,      /* bytes of the write-ahead log that are large */
    STORE_WAL_KEEP = 8 << 20,       /* bytes to which the log's file is cut when it was folded */
    STORE_WRITER_BUSY_MS = 2000,    /* patience with a foreign program that locks the file */
    STORE_READER_BUSY_MS = 200,
    STORE_WRITER_CACHE_KIB = 1024,
    STORE_READER_CACHE_KIB = 512
};

/* --- schema and connections (store_schema.c) --- */

struct store_migration { /* row n brings version n to n + 1 */
    const char *sql;
};
/* Brings the file to version count, one transaction a step. Leaves a newer or foreign file untouched. */
enum err store_migrate(sqlite3 *db, const char *path, const struct store_migration *rows, int count,
                       char error[256]);
/* The writing connection of a store that is up to date; NULL with error and code as store_open has them. */
sqlite3 *store_open_writer(const char *path, char error[256], enum err *code);
/* A reading connection; NULL with a sentence in error. */
sqlite3 *store_open_reader(const char *path, char error[256]);
/* False with a sentence in error. */
bool store_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, char error[256]);
/* What db's last failure means for a person: "the disk is full", without full stop. */
void store_reason(sqlite3 *db, int code, char why[192]);
/* The sentence for a store that SQLite can't use. */
void store_unusable(sqlite3 *db, const char *path, int code, char error[256]);
/* Whether the schema is that of its version (0 < version <= STORE_SCHEMA) and has nothing besides. False with
 * a sentence in error. */
bool store_schema_fits(sqlite3 *db, const char *path, int version, char error[256]);
/* The first column of the first row of sql, or fallback. */
int64_t store_number(sqlite3 *db, const char *sql, int64_t fallback);

/* --- versions (store_version.c), the lock (store_lock.c) --- */

/* Whether the file is a store of version count or older: ERR_OK with *version (0: it is empty), ERR_VERSION,
 * or ERR_STORE, with a sentence in error. */
enum err store_judge(sqlite3 *db, const char *path, int count, int *version, char error[256]);
/* To be asked before a writing connection is opened: ERR_VERSION with a sentence if the store is newer than
 * this program, with nothing touched; else ERR_OK, whatever else there is to say of the file. */
enum err store_look(const char *path, char error[256]);
/* The file as a URI by which SQLite reads it without locks, log and side files; only for a file that nobody
 * writes. free() it. */
char *store_uri_unwatched(const char *path);
/* Takes PATH.lock, which one process at a time can have: ERR_OK with its descriptor in *fd, ERR_CONFLICT or
 * ERR_STORE with a sentence in error. */
enum err store_lock(const char *path, int *fd, char error[256]);

/* The events, messages of a session are the keys from first to last. */
static inline int64_t store_first_key(uint32_t session)
{
    return (int64_t)session << 32;
}
static inline int64_t store_last_key(uint32_t session)
{
    return store_first_key(session) | 0xffffffff;
}

/* --- writes (store_write.c: the thread, store_op.c: what is written) --- */

enum op_kind {
    OP_APPEND_EVENT,
    OP_PUT_SESSION,
    OP_PUT_MESSAGE,
    OP_DROP_MESSAGES,
    OP_COPY_MESSAGES,
    OP_PUT_SNAPSHOT,
    OP_PUT_PARTIAL,
    OP_CLEAR_PARTIAL,
    OP_PUT_REPLY,
    OP_DELETE_REPLY,
    OP_DELETE_SESSION,
    OP_PUT_RULE,
    OP_DELETE_RULE,
    OP_PUT_USER,
    OP_DELETE_USER,
    OP_PUT_KEY,
    OP_DELETE_KEY,
    OP_PUT_TOKEN,
    OP_DELETE_TOKEN,
    OP_PUT_TICKET,
    OP_DELETE_TICKET,
    OP_PUT_SECRET,
    OP_DELETE_SECRET,
    OP_PUT_SPENT,
    OP_PUT_MEMBER,
    OP_DELETE_MEMBER,
    OP_APPEND_AUDIT,
    OP_DROP_AUDIT,
    OP_SET_COUNTED,
    OP_KINDS
};
enum { OP_NUMBERS = 10, OP_TEXTS = 5, OP_STEPS = 8 };

struct op_text {
    const char *data;
    size_t len;
};
/* Borrowed; NULL is "". */
static inline struct op_text op_text_of(const char *text)
{
    return (struct op_text){text ? text : "", text ? strlen(text) : 0};
}
struct op { /* one queued write; bound as ?1.. numbers, then texts, as its row of store_op.c says */
    struct op *next;
    enum op_kind kind;
    bool joined;     /* committed with the next one */
    uint64_t ticket; /* rises by one with each op */
    size_t bytes;    /* that it takes in the queue */
    int64_t numbers[OP_NUMBERS];
    struct op_text texts[OP_TEXTS];
    char data[];
};
/* Queues one more write (store.c); the texts are copied. */
void store_queue(struct store *store, enum op_kind kind, const int64_t *numbers, const struct op_text *texts);
/* A new op with copies of the texts; free() it. */
struct op *op_new(enum op_kind kind, const int64_t *numbers, const struct op_text *texts);

struct op_statements {
    sqlite3_stmt *step[OP_KINDS][OP_STEPS];
};
bool op_prepare(sqlite3 *db, struct op_statements *statements, char error[256]);
void op_finalize(struct op_statements *statements);
/* SQLITE_DONE, or the code of the statement that failed. */
int op_apply(struct op_statements *statements, const struct op *op);

struct op_list {
    struct op *head, **tail;
};
void op_list_init(struct op_list *list);
void op_list_add(struct op_list *list, struct op *op);
/* Moves all of from to the end of to. */
void op_list_join(struct op_list *to, struct op_list *from);
void op_list_free(struct op_list *list);

struct write_result { /* of one attempt */
    struct write_result *next;
    uint64_t upto; /* the last ticket that it is about */
    int64_t ms;    /* that the writes took, without the commit */
    enum err code;
    bool clear; /* nothing that the writer took is left */
    char why[192];
};

struct writer {
    sqlite3 *db;
    struct op_statements statements;
    struct op_list taken; /* the writer's own: not on disk yet */
    bool failing;
    bool may_be_large; /* the write-ahead log, since the last look */
    char *path, *wal;  /* the store's, its log's */
    struct store_place {
        uint64_t device, inode;
    } file, log;       /* what these named when the store was opened */
    uv_async_t *async; /* tells the main thread of results */
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    struct op_list handed;                     /* lock */
    bool stop, release;                        /* lock */
    struct write_result *results, **tail;      /* lock */
    atomic_uint_fast64_t queued, queued_bytes; /* the main thread adds, the writer takes off */
    atomic_uint_fast64_t commits, failed, refused;
};
/* Takes over db. False with a sentence in error. */
bool writer_open(struct writer *writer, sqlite3 *db, const char *path, uv_async_t *async, char error[256]);
/* Hands over a list, which is empty after. */
void writer_hand(struct writer *writer, struct op_list *list);
/* Has the thread give back the pages that its connection keeps. */
void writer_release(struct writer *writer);
/* The results since the last call, oldest first; free() each. */
struct write_result *writer_results(struct writer *writer);
/* Lets the thread commit what is left and ends it; its results can still be had. */
void writer_stop(struct writer *writer);
/* After writer_stop: closes the connection and frees all. */
void writer_clear(struct writer *writer);

/* --- reads in a thread (store_read.c: the thread, store_query.c: what is read) --- */

enum read_kind {
    READ_LIST,
    READ_HISTORY,
    READ_SEARCH,
    READ_AUDIT,
    READ_EVENTS_SIZE,
    READ_MESSAGES_SIZE,
    READ_KINDS
};

struct read_job {
    struct read_job *next;
    enum read_kind kind;
    uint32_t session;
    bool archived, after;
    uint64_t first, end; /* of a page of history */
    bool shared;         /* sessions that are shared with the owner, too */
    char only[ID_MAX];   /* the one session that is looked at; "" for any */
    int limit;
    int64_t at;         /* before or after it is a page of the audit; after it, what is counted */
    char *owner, *text; /* text: cursor, message id, words, or action; NULL if none */
    store_read_cb *cb;
    void *arg;
    enum err code;
    char error[256];
    json_t *result;
};
void read_job_free(struct read_job *job);

enum query {
    QUERY_LIST,
    QUERY_IS_MEMBER,
    QUERY_SHARED,
    QUERY_MESSAGE,
    QUERY_BEFORE,
    QUERY_AFTER,
    QUERY_BROAD,
    QUERY_SEARCH,
    QUERY_AUDIT_BEFORE,
    QUERY_AUDIT_AFTER,
    QUERY_EVENTS_SIZE,
    QUERY_MESSAGES_SIZE,
    QUERY_COUNT
};
struct queries {
    sqlite3 *db;
    sqlite3_stmt *statement[QUERY_COUNT];
};
bool queries_prepare(struct queries *queries, sqlite3 *db, char error[256]);
void queries_finalize(struct queries *queries);
/* Fills the job's code, error and result. */
void query_run(struct queries *queries, struct read_job *job);
/* The same of READ_AUDIT (store_audit.c). */
void query_audit(struct queries *queries, struct read_job *job);
/* The same of READ_EVENTS_SIZE and READ_MESSAGES_SIZE, and their statements (store_size.c). */
void query_size(struct queries *queries, struct read_job *job);
extern const char store_events_size_sql[], store_messages_size_sql[];
/* What the last step said: true after the last row; else the job has failed. Ends the read's transaction. */
bool query_finish(struct queries *queries, struct read_job *job, sqlite3_stmt *stmt, int code);
/* Queues the read (store.c); its texts are copied. */
enum err store_queue_read(struct store *store, const struct read_job *model);

struct reader {
    struct queries queries;
    int64_t deadline; /* steady ms, of the job that runs */
    uv_async_t *async;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    struct read_job *waiting, **waiting_tail; /* lock */
    struct read_job *done, **done_tail;       /* lock */
    size_t count;                             /* lock: waiting ones */
    bool release;                             /* lock */
    atomic_bool stop;
    atomic_uint_fast64_t reads;
};
bool reader_open(struct reader *reader, const char *path, uv_async_t *async, char error[256]);
/* False when too many wait; the job is then the caller's again. */
bool reader_add(struct reader *reader, struct read_job *job);
/* Has the thread give back the pages that its connection keeps. */
void reader_release(struct reader *reader);
/* Done jobs, oldest first. */
struct read_job *reader_done(struct reader *reader);
/* Ends the thread; jobs that were not run are done with ERR_SHUTTING_DOWN. */
void reader_stop(struct reader *reader);
void reader_clear(struct reader *reader);

/* --- small reads (store_load.c) --- */

enum load {
    LOAD_SESSION,
    LOAD_SNAPSHOT,
    LOAD_PARTIAL,
    LOAD_EVENTS,
    LOAD_PLACE,
    LOAD_MESSAGES,
    LOAD_REPLY,
    LOAD_UNFINISHED,
    LOAD_QUIET,
    LOAD_OWNER,
    LOAD_COUNTS,
    LOAD_RULES,
    LOAD_COUNT
};
struct loader {
    sqlite3 *db;
    sqlite3_stmt *statement[LOAD_COUNT];
    const char *path;
};
/* path must live as long. */
bool loader_open(struct loader *loader, const char *path, char error[256]);
void loader_clear(struct loader *loader);

/* --- copies (store_copy.c, store_files.c, store_files_take.c) --- */

/* Asks progress whether to go on. */
bool store_going(const struct store_progress *progress, const char *what, uint64_t done, uint64_t all);
/* Opens the store at path for reading, at one moment that lasts until *db is closed (close it in any case).
 * name: path, or, if uri, what store_uri_unwatched gave for it. ERR_OK, ERR_STORE or ERR_VERSION, with a
 * sentence in error. */
enum err store_copy_source(const char *path, const char *name, bool uri, sqlite3 **db, char error[256]);
/* Copies all of from into the empty file to_path (fd: of the same file, to sync it). *copy is then a
 * connection that writes it without journal; close it in any case. ERR_OK, ERR_STORE (the source) or
 * ERR_UNAVAILABLE (the copy, or going said no), with a sentence in error. */
enum err store_copy(sqlite3 *from, const char *from_path, const char *to_path, int fd,
                    const struct store_progress *progress, sqlite3 **copy, char error[256]);
/* SQLite's check of all pages, and if thorough of all indexes. path: how it is called in error. ERR_OK,
 * ERR_STORE, or ERR_UNAVAILABLE. */
enum err store_copy_check(sqlite3 *db, const char *path, bool thorough, const struct store_progress *progress,
                          char error[256]);
/* The sentence for a copy that cannot be written; returns ERR_UNAVAILABLE. */
enum err store_copy_failed(sqlite3 *db, const char *path, int code, char error[256]);

/* The parts of the state folder beside the store, NULL at the end. Those of the client come last. */
extern const char *const store_parts[];
/* What makes the two tables of a backup. */
extern const char store_files_table[], store_pieces_table[];
/* Puts the files of all parts below the folder state into tables of db; counts them in content. What is no
 * regular file or folder, cannot be read, or is too large or deep is left out. SQLITE_OK, SQLITE_INTERRUPT if
 * going said no, or db's failure. */
int store_files_put(sqlite3 *db, int state, const struct store_progress *progress,
                    struct store_content *content);
/* Makes the files that the tables of db hold, if it has any, below the folder, but not those of the part
 * without (may be NULL); and takes the tables out of db. ERR_OK, ERR_STORE (they are damaged, or name what
 * they must not), or ERR_UNAVAILABLE, with a sentence in error. */
enum err store_files_take(sqlite3 *db, const char *path, int folder, const char *without,
                          const struct store_progress *progress, struct store_content *content,
                          char error[256]);

/* --- the whole --- */

struct store_waiter {
    struct store_waiter *next;
    uint64_t ticket;
    store_commit_cb *cb;
    void *arg;
};

struct store {
    char *path;
    int lock_fd;
    const struct store_callbacks *callbacks;
    void *arg;
    uv_async_t async; /* results of writer or reader are there */
    uv_check_t check; /* the end of a turn of the loop, in which something was queued */
    uv_idle_t idle;   /* keeps that turn from blocking before it ends */
    uv_timer_t later; /* until what nobody waits for is committed, if nothing else is before */
    uv_timer_t rest;  /* runs from its last use until it is at rest */
    int64_t used;     /* steady ms: its last use, */
    int64_t began;    /* ... and the first since it was at rest */
    bool released;    /* the pages, since then */
    int handles;      /* still to be closed by libuv */
    bool closing;
    struct op_list collected; /* queued in this turn */
    struct op *newest;        /* of these; NULL if there are none */
    bool joins;               /* what is queued is committed with what comes next in this turn */
    uint64_t ticket;          /* of the op that was queued last */
    uint64_t messages;        /* ... of the last one that changed messages */
    uint64_t committed;       /* all tickets up to this are on disk */
    int64_t write_ms;         /* of what was committed last */
    struct store_waiter *waiters, **waiters_tail;
    char *why; /* failing, or NULL */
    uint32_t next_key;
    struct writer writer;
    struct reader reader;
    struct loader loader;
};

#endif
