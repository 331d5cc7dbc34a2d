// server/passwords.c
#include "server/passwords.h"

#include "base/hash.h"
#include "net/secret.h"
#include "server/credentials.h"
#include "server/password_hash.h"
#include "wire/json_text.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAULT_SIZE = 256 }; // of a hash

// Names are UTF-8 (RFC 7617 §2.1), and bounded as those are that clients send.
static const char *fault_of_user(struct weft_span user)
{
    if (user.size == 0) return "the name in front of the colon is missing";
    if (user.size > WEFT_USER_SIZE_MOST) return "the name is longer than 255 bytes";
    for (size_t at = 0; at < user.size;) {
        size_t size = weft_utf8_size(weft_span_skip(user, at));
        if (size == 0) return "the name is not in UTF-8";
        if (user.data[at] < 0x20 || user.data[at] == 0x7f) return "the name holds a control byte";
        at += size;
    }
    return NULL;
}

static int compare_rows(const void *a, const void *b)
{
    const struct weft_span *one = &((const struct weft_password *)a)->user;
    const struct weft_span *two = &((const struct weft_password *)b)->user;
    size_t size = one->size < two->size ? one->size : two->size;
    int order = memcmp(one->data, two->data, size);
    return order != 0 ? order : (one->size > two->size) - (one->size < two->size);
}

/** A file that is being read. */
struct reading {
    struct weft_passwords *passwords;
    const char *name;
    char *error;
    size_t error_size;
};

static bool fail(const struct reading *reading, unsigned line, const char *what)
{
    char place[16] = "";
    if (line > 0) snprintf(place, sizeof(place), "%u:", line);
    snprintf(reading->error, reading->error_size, "%s:%s %s", reading->name, place, what);
    return false;
}

// One line, without its end, which is a NUL.
static bool add_line(const struct reading *reading, char *text, unsigned line)
{
    struct weft_passwords *passwords = reading->passwords;
    struct weft_span trimmed = weft_span_trim(weft_span_of(text));
    if (trimmed.size == 0 || trimmed.data[0] == '#') return true;
    char *start = (char *)trimmed.data;
    start[trimmed.size] = 0;
    char *colon = strchr(start, ':');
    if (!colon) return fail(reading, line, "expected USER:HASH");
    *colon = 0;
    struct weft_password *row = &passwords->rows[passwords->count];
    *row = (struct weft_password){.user = weft_span_of(start), .hash = colon + 1};
    char fault[FAULT_SIZE];
    const char *wrong = fault_of_user(row->user);
    if (wrong) return fail(reading, line, wrong);
    if (!weft_password_hash_is_taken(row->hash, fault, sizeof(fault))) {
        return fail(reading, line, fault);
    }
    passwords->count++;
    return true;
}

static bool add_lines(const struct reading *reading)
{
    unsigned line = 1;
    char *at = reading->passwords->text;
    while (at) {
        char *end = strchr(at, '\n');
        if (end) *end = 0;
        if (end && end > at && end[-1] == '\r') end[-1] = 0;
        if (!add_line(reading, at, line++)) return false;
        at = end ? end + 1 : NULL;
    }
    return true;
}

static bool names_differ(const struct reading *reading)
{
    const struct weft_passwords *passwords = reading->passwords;
    for (size_t i = 1; i < passwords->count; i++) {
        char text[WEFT_USER_SIZE_MOST + 32];
        struct weft_span user = passwords->rows[i].user;
        if (!weft_span_equal(user, passwords->rows[i - 1].user)) continue;
        snprintf(text, sizeof(text), "'%s' stands twice", (const char *)user.data);
        return fail(reading, 0, text);
    }
    return true;
}

static bool read_all(const struct reading *reading, struct weft_span bytes)
{
    static const char nobody[] = "nobody stands in it: 'htpasswd -B FILE NAME' adds somebody";
    struct weft_passwords *passwords = reading->passwords;
    if (bytes.size == 0) return fail(reading, 0, nobody);
    if (memchr(bytes.data, 0, bytes.size))
        return fail(reading, 0, "this is no text: it holds a NUL");
    size_t lines = 1;
    for (size_t i = 0; i < bytes.size; i++)
        lines += bytes.data[i] == '\n';
    passwords->text = malloc(bytes.size + 1);
    passwords->rows = calloc(lines, sizeof(*passwords->rows));
    bool has_means = passwords->text && passwords->rows &&
                     weft_secret_make(&passwords->seed, sizeof(passwords->seed));
    if (!has_means) return fail(reading, 0, "no memory");
    memcpy(passwords->text, bytes.data, bytes.size);
    passwords->text[bytes.size] = 0;
    if (!add_lines(reading)) return false;
    if (passwords->count == 0) return fail(reading, 0, nobody);
    qsort(passwords->rows, passwords->count, sizeof(*passwords->rows), compare_rows);
    return names_differ(reading);
}

struct weft_passwords *weft_passwords_parse(struct weft_span bytes, const char *name, char *error,
                                            size_t error_size)
{
    struct reading reading = {.name = name, .error_size = error_size};
    reading.error = error;
    reading.passwords = calloc(1, sizeof(*reading.passwords));
    if (!reading.passwords) {
        (void)fail(&reading, 0, "no memory");
    } else if (!read_all(&reading, bytes)) {
        weft_passwords_free(reading.passwords);
        reading.passwords = NULL;
    }
    return reading.passwords;
}

// Reads what is open; returns how much there was, or a negative errno.
static ssize_t read_whole(int fd, uint8_t *room, size_t size)
{
    size_t at = 0;
    while (at < size) {
        ssize_t got = read(fd, room + at, size - at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) break;
        at += (size_t)got;
    }
    return (ssize_t)at;
}

static struct weft_passwords *read_open(int fd, const char *file, char *error, size_t error_size)
{
    struct stat status;
    struct weft_passwords *passwords = NULL;
    bool is_fit = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                  status.st_size < WEFT_PASSWORDS_FILE_MOST;
    size_t room_size = is_fit ? (size_t)status.st_size + 1 : 0;
    uint8_t *room = is_fit ? malloc(room_size) : NULL;
    ssize_t got = room ? read_whole(fd, room, room_size) : -ENOMEM;
    if (!is_fit) {
        snprintf(error, error_size, "%s: expected a file of less than 4 MiB", file);
    } else if (got < 0) {
        snprintf(error, error_size, "%s: %s", file, strerror((int)-got));
    } else {
        struct weft_span bytes = {room, (size_t)got};
        passwords = weft_passwords_parse(bytes, file, error, error_size);
    }
    free(room);
    return passwords;
}

struct weft_passwords *weft_passwords_read(const char *file, char *error, size_t error_size)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        snprintf(error, error_size, "%s: %s", file, strerror(errno));
        return NULL;
    }
    struct weft_passwords *passwords = read_open(fd, file, error, error_size);
    close(fd);
    return passwords;
}

void weft_passwords_free(struct weft_passwords *passwords)
{
    if (!passwords) return;
    free(passwords->text);
    free(passwords->rows);
    free(passwords);
}

const struct weft_password *weft_passwords_find(const struct weft_passwords *passwords,
                                                struct weft_span user,
                                                const struct weft_password **decoy)
{
    struct weft_password wanted = {.user = user};
    *decoy = &passwords->rows[weft_hash_bytes(passwords->seed, user) % passwords->count];
    return bsearch(&wanted, passwords->rows, passwords->count, sizeof(*passwords->rows),
                   compare_rows);
}

enum weft_password_verdict weft_password_try(const char *hash, const char *password)
{
    struct crypt_data data;
    data.initialized = 0;
    errno = 0;
    const char *made = crypt_rn(password, hash, &data, (int)sizeof(data));
    bool lacks_memory = !made && errno == ENOMEM;
    size_t size = strlen(hash);
    bool is_right = made && strlen(made) == size && weft_secret_equal(made, hash, size);
    weft_secret_wipe(&data, sizeof(data));
    if (lacks_memory) return WEFT_PASSWORD_UNKNOWN;
    return is_right ? WEFT_PASSWORD_RIGHT : WEFT_PASSWORD_WRONG;
}
