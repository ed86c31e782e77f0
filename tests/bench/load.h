/* What bench-load can do. Each prints one line of JSON. */
#ifndef STOA_BENCH_LOAD_H
#define STOA_BENCH_LOAD_H

/* Clients follow a session through one turn (load_stream.c). */
void load_stream(char **argv);
/* One request after another (load_requests.c). */
void load_requests(char **argv);
/* Many senders of requests that promise something, each waiting for its answer (load_requests.c). */
void load_senders(char **argv);
/* Many users, each following sessions of their own that all stream at once (load_users.c). */
void load_users(char **argv);
/* Requests without a pause, whatever is answered (load_requests.c). */
void load_flood(char **argv);
/* Clients that are attached and do nothing but ping, until the input ends (load_requests.c). */
void load_hold(char **argv);

#endif
