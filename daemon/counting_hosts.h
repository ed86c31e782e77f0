/* What MCP servers of the scope user keep in their folders (hosts/), which counts for that user. It is looked
 * at in another thread: at the start, while such servers run, and once more when the last one has ended. What
 * is shared by all counts for nobody. */
#ifndef STOA_DAEMON_COUNTING_HOSTS_H
#define STOA_DAEMON_COUNTING_HOSTS_H

struct server;
struct counting_hosts;

/* hosts, folders and the sums (people/stored.h) are there. */
struct counting_hosts *counting_hosts_open(struct server *server);
/* Freed when the loop has run once more. */
void counting_hosts_close(struct counting_hosts **counting);

/* Something has changed: a host has started or ended, or a user's folders have gone. Accepts NULL. */
void counting_hosts_look(struct counting_hosts *counting);

#endif
