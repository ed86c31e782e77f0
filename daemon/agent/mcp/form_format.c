/* Strict enough that a person's slip is seen at once; whether an address exists nobody can tell from its
 * form. */
#include "daemon/agent/mcp/form_format.h"
#include <stddef.h>
#include <string.h>

enum { EMAIL_MAX = 254, LOCAL_MAX = 64, LABEL_MAX = 63 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits exactly, as a number; -1 if they are none. */
static int number(const char *text, int digits)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Beyond ASCII all is let pass: addresses may be international. */
static bool is_host(const char *host)
{
    for (;;) {
        size_t len = strcspn(host, ".");

        if (len == 0 || len > LABEL_MAX || host[0] == '-' || host[len - 1] == '-')
            return false;
        for (size_t i = 0; i < len; i++)
            if (!is_alnum(host[i]) && host[i] != '-' && !(host[i] & 0x80))
                return false;
        if (!host[len])
            return true;
        host += len + 1;
    }
}

static bool is_email(const char *text)
{
    const char *at = strrchr(text, '@');
    size_t local = at ? (size_t)(at - text) : 0;

    if (local == 0 || local > LOCAL_MAX || strlen(text) > EMAIL_MAX || !is_host(at + 1))
        return false;
    if (text[0] == '.' || at[-1] == '.')
        return false;
    for (size_t i = 0; i < local; i++) {
        bool twice = text[i] == '.' && text[i + 1] == '.';

        if (twice || (!is_alnum(text[i]) && !strchr(".!#$%&'*+/=?^_`{|}~-", text[i]) && !(text[i] & 0x80)))
            return false;
    }
    return true;
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_uri(const char *text)
{
    size_t scheme = 0;

    while (is_alnum(text[scheme]) || (text[scheme] && strchr("+.-", text[scheme])))
        scheme++;
    if (scheme == 0 || is_digit(text[0]) || !is_alnum(text[0]) || text[scheme] != ':' || !text[scheme + 1])
        return false;
    for (const char *at = text + scheme + 1; *at; at++) {
        if (*at == '%' && !(is_hex(at[1]) && is_hex(at[2])))
            return false;
        if (*at <= 0x20 || *at == 0x7F || strchr("<>\"{}|\\^`", *at))
            return false;
    }
    return true;
}

/* Ten characters, of text that may go on. */
static bool is_date_start(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-')
        return false;
    year = number(text, 4);
    month = number(text + 5, 2);
    day = number(text + 8, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1)
        return false;
    if (month == 2 && day == 29)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1];
}

static bool is_date(const char *text)
{
    return is_date_start(text) && !text[10];
}

/* "hh:mm" within a day. */
static bool is_clock(const char *text)
{
    return strnlen(text, 5) == 5 && number(text, 2) >= 0 && number(text, 2) <= 23 && text[2] == ':' &&
           number(text + 3, 2) >= 0 && number(text + 3, 2) <= 59;
}

/* RFC 3339. A leap second is let pass at any time of day. */
static bool is_date_time(const char *text)
{
    if (!is_date_start(text) || (text[10] | 0x20) != 't' || !is_clock(text + 11))
        return false;
    text += 16;
    if (text[0] != ':' || number(text + 1, 2) < 0 || number(text + 1, 2) > 60)
        return false;
    text += 3;
    if (*text == '.') {
        size_t digits = strspn(text + 1, "0123456789");

        if (digits == 0)
            return false;
        text += 1 + digits;
    }
    if ((*text | 0x20) == 'z')
        return !text[1];
    return (*text == '+' || *text == '-') && is_clock(text + 1) && !text[6];
}

static const struct {
    const char *name, *example;
    bool (*fits)(const char *text);
} formats[] = {
    {"email", "an e-mail address such as ann@example.org", is_email},
    {"uri", "an address such as https://example.org/", is_uri},
    {"date", "a date such as 2025-12-31", is_date},
    {"date-time", "a time such as 2025-12-31T23:59:00Z", is_date_time},
};

static int find(const char *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i].name) == 0)
            return (int)i;
    return -1;
}

bool form_format_known(const char *format)
{
    return find(format) >= 0;
}

bool form_format_fits(const char *format, const char *text)
{
    int i = find(format);

    return i < 0 || formats[i].fits(text);
}

const char *form_format_example(const char *format)
{
    int i = find(format);

    return i < 0 ? "any text" : formats[i].example;
}
