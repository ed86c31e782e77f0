/* MCP servers as they should not be, each a role of the test program. Those that live on say so by a message
 * first. */
#ifndef STOA_TEST_BAD_SERVER_H
#define STOA_TEST_BAD_SERVER_H

#include "daemon/agent/mcp/stdio.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BAD_SERVER_BIG = 12 << 20, /* text of its big message */
    BAD_SERVER_WORDS = 20000,  /* messages before its death, more than a turn of the loop reads */
    BAD_SERVER_FLOOD = 100 << 20
};

extern char **environ;

static void write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, text, len);

        if (wrote <= 0)
            _exit(9);
        text += wrote;
        len -= (size_t)wrote;
    }
}

static void put_text(const char *text)
{
    write_all(1, text, strlen(text));
}

static void repeat(int fd, char byte, size_t count)
{
    static char block[65536];

    memset(block, byte, sizeof block);
    for (; count > sizeof block; count -= sizeof block)
        write_all(fd, block, sizeof block);
    write_all(fd, block, count);
}

static void stay(void)
{
    put_text("{\"here\":true}\n");
    for (;;)
        pause();
}

static void ignore_term(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static void echo(void)
{
    char bytes[65536];
    ssize_t got;

    while ((got = read(0, bytes, sizeof bytes)) > 0)
        write_all(1, bytes, (size_t)got);
}

/* One child, one with a session of its own, one whose parent has died; all deaf, all holding the streams. */
static void start_family(void)
{
    for (int kind = 0; kind < 3; kind++) {
        pid_t pid = fork();

        if (pid == 0) {
            ignore_term();
            if (kind > 0)
                setsid();
            if (kind == 2 && fork() != 0)
                _exit(0);
            for (;;)
                pause();
        }
        if (kind == 2)
            waitpid(pid, NULL, 0);
    }
}

static unsigned long long limit_of(int resource)
{
    struct rlimit limit;

    getrlimit(resource, &limit);
    return limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur;
}

static void look(void)
{
    char folder[256], self[32] = "", text[1024];
    int files = 0, variables = 0;
    sigset_t blocked;
    DIR *fds = opendir("/proc/self/fd");

    while (readdir(fds))
        files++;
    closedir(fds);
    for (char **at = environ; *at; at++)
        variables += strncmp(*at, "LSAN", 4) != 0;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    if (!getcwd(folder, sizeof folder) || readlink("/proc/self", self, sizeof self - 1) < 0)
        _exit(1);
    snprintf(
        text, sizeof text,
        "{\"pid\":%d,\"folder\":\"%s\",\"secret\":\"%s\",\"variables\":%d,\"files\":%d,\"leads_group\":%s,"
        "\"no_signals_blocked\":%s,\"own_proc\":%s,\"memory\":%llu,\"cpu\":%llu,\"open_files\":%llu,"
        "\"file_size\":%llu,\"core\":%llu}\n",
        (int)getpid(), folder, getenv("SECRET"), variables, files - 3,
        getpgrp() == getpid() ? "true" : "false", sigisemptyset(&blocked) ? "true" : "false",
        atoi(self) == getpid() ? "true" : "false", limit_of(RLIMIT_DATA), limit_of(RLIMIT_CPU),
        limit_of(RLIMIT_NOFILE), limit_of(RLIMIT_FSIZE), limit_of(RLIMIT_CORE));
    put_text(text);
    echo();
}

static void make_noise(int lines)
{
    static const char *const noise[] = {"hello\n", "[]\n", "{\"a\":1\n", "[1]\n", "{\"\xff\":1}\n", "7\n"};

    for (int i = 0; i < lines; i++)
        put_text(noise[i % 6]);
}

/* Says how many it has, itself counted, when it gets no more. */
static void bomb(void)
{
    char text[64];
    int count = 1;

    for (pid_t pid; count < 200 && (pid = fork()) >= 0; count++)
        if (pid == 0)
            for (;;)
                pause();
    if (count < 200) {
        snprintf(text, sizeof text, "{\"processes\":%d}\n", count);
        put_text(text);
    }
    for (;;)
        pause();
}

/* Reads only after a while of doing something else, and answers each line with its first letter of text. */
static void read_late(void)
{
    static char line[2 << 20];

    for (int i = 0; i < 1000; i++)
        put_text("\n");
    while (fgets(line, sizeof line, stdin)) {
        const char *text = strstr(line, "\"text\":\"");

        printf("{\"first\":\"%c\"}\n", text ? text[8] : '?');
        fflush(stdout);
    }
}

static void talk_role(const char *role)
{
    if (strcmp(role, "echo") == 0) {
        echo();
    } else if (strcmp(role, "look") == 0) {
        look();
    } else if (strcmp(role, "forms") == 0) {
        put_text("\n{\"a\":1}\r\n \t \r\n[{\"b\":2},{\"c\":3}]\n{\"nul\":\"\\u0000\"}\n   {\"d\":4}  "
                 "\n\n{\"last\":true}");
    } else if (strcmp(role, "big-message") == 0) {
        put_text("{\"text\":\"");
        repeat(1, 'x', BAD_SERVER_BIG);
        put_text("\"}\n");
        echo();
    } else if (strcmp(role, "stderr") == 0) {
        write_all(2, "this is said\n\nand that without a newline", 40);
    } else if (strcmp(role, "noise") == 0) {
        for (int i = 0; i < 3; i++) {
            make_noise(STDIO_NOISE_MAX - 1);
            put_text("{\"i\":1}\n");
        }
    } else if (strcmp(role, "only-noise") == 0) {
        make_noise(100000);
    } else if (strcmp(role, "last-words") == 0) {
        fcntl(1, F_SETPIPE_SZ, 1 << 20);
        for (int i = 0; i < BAD_SERVER_WORDS; i++)
            put_text("{\"word\":\"and on\"}\n");
        _exit(4);
    } else if (strcmp(role, "late-reader") == 0) {
        read_late();
    }
}

static void flood_role(const char *role)
{
    if (strcmp(role, "long-line") == 0) {
        repeat(1, 'x', BAD_SERVER_FLOOD);
    } else if (strcmp(role, "flood-out") == 0) {
        for (;;)
            put_text("{\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\n{}\n{}\n{}\n{}\n");
    } else if (strcmp(role, "flood-err") == 0) {
        for (;;)
            write_all(2, "again and again\n", 16);
    } else if (strcmp(role, "fork-bomb") == 0) {
        bomb();
    }
}

static void end_role(const char *role)
{
    if (strncmp(role, "exit-", 5) == 0) {
        _exit(atoi(role + 5));
    } else if (strcmp(role, "segv") == 0) {
        signal(SIGSEGV, SIG_DFL);
        kill(getpid(), SIGSEGV);
    } else if (strcmp(role, "kill") == 0) {
        kill(getpid(), SIGKILL);
    } else if (strcmp(role, "daughters") == 0) {
        start_family();
        put_text("{\"here\":true}\n");
        _exit(6);
    } else if (strcmp(role, "leave-on-eof") == 0) {
        start_family();
        echo();
    } else if (strcmp(role, "close-out") == 0) {
        close(1);
        for (;;)
            pause();
    } else if (strcmp(role, "close-in") == 0) {
        close(0);
        stay();
    } else if (strcmp(role, "term") == 0 || strcmp(role, "deaf-in") == 0) {
        stay();
    } else if (strcmp(role, "deaf") == 0) {
        ignore_term();
        stay();
    } else if (strcmp(role, "deaf-family") == 0) {
        ignore_term();
        start_family();
        stay();
    }
}

/* Returns its exit code. The roles that end by themselves in order return. */
static int bad_server(const char *role)
{
    talk_role(role);
    flood_role(role);
    end_role(role);
    return 0;
}

#endif
