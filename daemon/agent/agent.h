/* The agent: obeys the frames of its daemon until the link ends. */
#ifndef STOA_AGENT_AGENT_H
#define STOA_AGENT_AGENT_H

/* Runs on the descriptor, which it takes over, and returns the program's exit code. */
int agent_run(int fd);

#endif
