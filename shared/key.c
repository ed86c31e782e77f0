/* libsodium's part but for what is sealed. */
#include "shared/key.h"

#include "shared/writeall.h"
#include "shared/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HASH_BYTES = 32,
    FINGERPRINT_BYTES = 16,
    WORDS = 6,
    SECRET_BYTES = 24,
    FILE_BYTES = 512 /* more than a key's file has */
};

static const char file_head[] = "stoa-key-1";

/* One a byte. */
static const char *const words_of_bytes[256] = {
    "acorn",   "agent",   "album",   "alder",  "amber",   "anchor",   "angle",   "apple",   "april",
    "apron",   "arbor",   "arch",    "arrow",  "aspen",   "atlas",    "autumn",  "badge",   "bagel",
    "baker",   "bamboo",  "banjo",   "barley", "barn",    "basil",    "basin",   "basket",  "beach",
    "beacon",  "bean",    "bear",    "beech",  "bell",    "berry",    "birch",   "bison",   "blade",
    "blanket", "bloom",   "boat",    "bolt",   "bonnet",  "book",     "boot",    "bottle",  "bowl",
    "branch",  "brass",   "bread",   "brick",  "bridge",  "broom",    "brush",   "bucket",  "butter",
    "button",  "cabin",   "cable",   "cactus", "camel",   "candle",   "canoe",   "canyon",  "carbon",
    "carpet",  "carrot",  "castle",  "cedar",  "cello",   "chalk",    "cherry",  "chess",   "chime",
    "cider",   "cinema",  "circle",  "cliff",  "clock",   "cloud",    "clover",  "coast",   "cobalt",
    "cocoa",   "comet",   "copper",  "coral",  "cotton",  "cradle",   "crane",   "crater",  "cream",
    "cricket", "crown",   "crystal", "cumin",  "curtain", "dahlia",   "daisy",   "delta",   "desert",
    "dew",     "diamond", "dolphin", "donkey", "dough",   "dove",     "dragon",  "drum",    "dune",
    "eagle",   "echo",    "elbow",   "elm",    "ember",   "engine",   "falcon",  "fern",    "ferry",
    "fiddle",  "field",   "finch",   "flame",  "flint",   "flute",    "forest",  "fossil",  "fox",
    "frost",   "garden",  "garlic",  "ginger", "glacier", "glass",    "globe",   "goat",    "granite",
    "grape",   "gravel",  "guitar",  "hammer", "harbor",  "harp",     "hazel",   "heron",   "hill",
    "honey",   "horn",    "hotel",   "igloo",  "inlet",   "iris",     "island",  "ivory",   "jacket",
    "jade",    "jasmine", "jungle",  "kayak",  "kettle",  "kite",     "koala",   "ladder",  "lagoon",
    "lake",    "lamp",    "lantern", "laurel", "lemon",   "lens",     "lily",    "linen",   "lion",
    "lizard",  "lobster", "lotus",   "lunar",  "lyric",   "magnet",   "mango",   "maple",   "marble",
    "meadow",  "melon",   "mint",    "mirror", "moon",    "moss",     "motor",   "mustard", "needle",
    "nickel",  "north",   "nutmeg",  "oasis",  "oat",     "ocean",    "olive",   "onion",   "opal",
    "orange",  "orbit",   "orchid",  "otter",  "owl",     "oyster",   "paddle",  "palm",    "panda",
    "paper",   "parrot",  "pearl",   "pebble", "pepper",  "piano",    "pigeon",  "pilot",   "pine",
    "planet",  "plum",    "pond",    "poppy",  "prairie", "prism",    "pumpkin", "quartz",  "quill",
    "rabbit",  "radio",   "rain",    "raven",  "ribbon",  "river",    "robin",   "rocket",  "rose",
    "ruby",    "saddle",  "saffron", "salmon", "satin",   "shell",    "silver",  "sparrow", "spruce",
    "summer",  "thunder", "tiger",   "tulip",  "tundra",  "umbrella", "valley",  "velvet",  "violet",
    "walnut",  "willow",  "window",  "zebra"};

/* --- text --- */

void key_text(const unsigned char key[KEY_BYTES], char text[KEY_TEXT_LEN + 1])
{
    sodium_bin2base64(text, KEY_TEXT_LEN + 1, key, KEY_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool key_parse(const char *text, unsigned char key[KEY_BYTES])
{
    unsigned char bytes[KEY_BYTES];
    size_t len = 0;
    const char *end = NULL;
    if (strlen(text) != KEY_TEXT_LEN ||
        sodium_base642bin(bytes, sizeof bytes, text, KEY_TEXT_LEN, NULL, &len, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != KEY_BYTES || end != text + KEY_TEXT_LEN)
        return false;
    memcpy(key, bytes, KEY_BYTES);
    return true;
}

static void hash_of(const void *bytes, size_t len, unsigned char hash[HASH_BYTES])
{
    crypto_generichash(hash, HASH_BYTES, bytes, len, NULL, 0);
}

void key_fingerprint(const unsigned char key[KEY_BYTES], char text[KEY_FINGERPRINT_LEN + 1])
{
    unsigned char hash[HASH_BYTES];
    hash_of(key, KEY_BYTES, hash);
    memcpy(text, "stoa:", 5);
    sodium_bin2base64(text + 5, KEY_FINGERPRINT_LEN + 1 - 5, hash, FINGERPRINT_BYTES,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void key_words(const unsigned char key[KEY_BYTES], char words[KEY_WORDS_MAX])
{
    unsigned char hash[HASH_BYTES];
    size_t len = 0;
    hash_of(key, KEY_BYTES, hash);
    for (int i = 0; i < WORDS; i++)
        len += (size_t)snprintf(words + len, KEY_WORDS_MAX - len, "%s%s", i > 0 ? "-" : "",
                                words_of_bytes[hash[i]]);
}

/* --- files --- */

void key_make(struct key_pair *pair)
{
    crypto_box_keypair(pair->open, pair->secret);
}

void key_wipe(struct key_pair *pair)
{
    sodium_memzero(pair, sizeof *pair);
}

static enum err read_pair(const char *text, struct key_pair *pair)
{
    char open[64], secret[64];
    unsigned char made[KEY_BYTES];
    bool good = sscanf(text, "stoa-key-1 %63s %63s", open, secret) == 2 && key_parse(open, pair->open) &&
                key_parse(secret, pair->secret) && crypto_scalarmult_base(made, pair->secret) == 0 &&
                memcmp(made, pair->open, KEY_BYTES) == 0;
    sodium_memzero(secret, sizeof secret);
    if (!good)
        key_wipe(pair);
    return good ? ERR_OK : ERR_CONFIG;
}

static enum err check_file(int fd, const char *path, char error[256])
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(error, 256, "'%.180s' is no regular file", path);
        return ERR_CONFIG;
    }
    if (st.st_uid == geteuid() && (st.st_mode & 077) == 0)
        return ERR_OK;
    snprintf(error, 256, "the key '%.140s' may be read by others; make it yours alone: chmod 600", path);
    return ERR_DENIED;
}

enum err key_load(const char *path, struct key_pair *pair, char error[256])
{
    char text[FILE_BYTES] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        snprintf(error, 256, "the key '%.140s' can't be read: %s", path, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    }
    enum err code = check_file(fd, path, error);
    if (code == ERR_OK && read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(fd);
    if (code != ERR_OK)
        return code;
    code = read_pair(text, pair);
    sodium_memzero(text, sizeof text);
    if (code != ERR_OK)
        snprintf(error, 256, "'%.140s' is no key: it must be a line as 'stoa keygen' writes it (%s ...)",
                 path, file_head);
    return code;
}

enum err key_save(const char *path, const struct key_pair *pair, char error[256])
{
    char open_text[KEY_TEXT_LEN + 1], secret_text[KEY_TEXT_LEN + 1], text[FILE_BYTES];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) {
        snprintf(error, 256, "there is a file '%.180s' already", path);
        return ERR_CONFLICT;
    }
    key_text(pair->open, open_text);
    key_text(pair->secret, secret_text);
    int len = snprintf(text, sizeof text, "%s %s %s\n", file_head, open_text, secret_text);
    bool good = fd >= 0 && write_all(fd, text, (size_t)len) && fsync(fd) == 0;
    int why = errno;
    sodium_memzero(secret_text, sizeof secret_text);
    sodium_memzero(text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (good)
        return ERR_OK;
    if (fd >= 0)
        unlink(path);
    snprintf(error, 256, "the key '%.140s' can't be written: %s", path, strerror(why));
    return ERR_UNAVAILABLE;
}

/* --- secrets --- */

void key_secret(char text[KEY_SECRET_LEN + 1])
{
    unsigned char bytes[SECRET_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text, KEY_SECRET_LEN + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

void key_hash(const char *text, size_t len, char hash[KEY_TEXT_LEN + 1])
{
    unsigned char bytes[HASH_BYTES];
    hash_of(text, len, bytes);
    key_text(bytes, hash);
}

bool key_equal(const char *a, const char *b)
{
    size_t len = strlen(a);
    return len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

unsigned key_below(unsigned limit)
{
    return randombytes_uniform(limit);
}
