#include "tests/bench/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

const char *arg_text(char **argv, const char *name, const char *fallback)
{
    for (; *argv; argv++)
        if (strcmp(*argv, name) == 0)
            return argv[1] ? argv[1] : fallback;
    return fallback;
}

int64_t arg_number(char **argv, const char *name, int64_t fallback)
{
    const char *text = arg_text(argv, name, NULL);

    return text ? strtoll(text, NULL, 10) : fallback;
}

const char *arg_needed(char **argv, const char *name)
{
    const char *text = arg_text(argv, name, NULL);

    if (!text)
        die("%s is missing", name);
    return text;
}

bool order_find(const char *text, size_t len, struct order *order)
{
    static const char word[] = "bench ";
    const char *found, *from = text, *end = text + len;
    bool any = false;

    while ((found = memmem(from, (size_t)(end - from), word, sizeof word - 1))) {
        char line[48] = "";
        size_t left = (size_t)(end - found);
        long long count, rate;

        memcpy(line, found, left < sizeof line - 1 ? left : sizeof line - 1);
        if (sscanf(line, "bench %lld %lld", &count, &rate) == 2 && count >= 0 && rate >= 0) {
            *order = (struct order){.count = count, .rate = rate};
            any = true;
        }
        from = found + sizeof word - 1;
    }
    return any;
}
