/* Keys of daemons and terminals (Curve25519, as CURVE takes them): as text, as files, and as words that
 * people compare. The text is base64url without padding (RFC 4648, 5). */
#ifndef STOA_SHARED_KEY_H
#define STOA_SHARED_KEY_H

#include "shared/err.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    KEY_BYTES = 32,
    KEY_TEXT_LEN = 43,        /* characters of a key as text */
    KEY_FINGERPRINT_LEN = 27, /* "stoa:" and 22 characters, of 16 bytes of a hash */
    KEY_WORDS_MAX = 64,       /* bytes of words, with the NUL */
    KEY_SECRET_LEN = 32       /* characters of key_secret: 24 random bytes */
};

struct key_pair { /* wipe it with key_wipe */
    unsigned char open[KEY_BYTES], secret[KEY_BYTES];
};

/* text: KEY_TEXT_LEN + 1 bytes. */
void key_text(const unsigned char key[KEY_BYTES], char text[KEY_TEXT_LEN + 1]);
/* False, with key unchanged, if it is not a key's text. */
bool key_parse(const char *text, unsigned char key[KEY_BYTES]);
/* "stoa:..." of an open key, to be compared by programs and patient people. */
void key_fingerprint(const unsigned char key[KEY_BYTES], char text[KEY_FINGERPRINT_LEN + 1]);
/* Six short words of an open key, to be compared at a glance or read out: 48 bits of the same hash. */
void key_words(const unsigned char key[KEY_BYTES], char words[KEY_WORDS_MAX]);

/* A new pair. */
void key_make(struct key_pair *pair);
/* Reads the pair in the file; ERR_OK, ERR_NOT_FOUND, ERR_DENIED if others may read it, or ERR_CONFIG if it is
 * none, with a sentence. */
enum err key_load(const char *path, struct key_pair *pair, char error[256]);
/* Makes a file of mode 0600 with it, for good (synced). ERR_OK, ERR_CONFLICT if there is one, or
 * ERR_UNAVAILABLE, with a sentence. */
enum err key_save(const char *path, const struct key_pair *pair, char error[256]);
void key_wipe(struct key_pair *pair);

/* A random text that nobody can guess: of a ticket or a token. */
void key_secret(char text[KEY_SECRET_LEN + 1]);
/* BLAKE2b-256 of a text, as KEY_TEXT_LEN characters: what is kept of such a secret. */
void key_hash(const char *text, size_t len, char hash[KEY_TEXT_LEN + 1]);
/* Whether two texts of the same length are equal, in a time that does not tell where they differ. */
bool key_equal(const char *a, const char *b);
/* A random number below limit, each as likely. */
unsigned key_below(unsigned limit);

#endif
