// server/passwords_test.c
#include "server/passwords.h"

#include "check.h"
#include "temp_dir.h"

#include <stdio.h>
#include <string.h>

#define BCRYPT   "abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define YESCRYPT "$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2"
#define SHA512                                                                \
    "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/" \
    "Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"

static char error[WEFT_PASSWORDS_TEXT_SIZE];

static struct weft_passwords *parse(const char *text)
{
    error[0] = 0;
    return weft_passwords_parse(weft_span_of(text), "file", error, sizeof(error));
}

// All of them are of the password "secret".
static const char *const hashes[] = {
    "$2b$04$" BCRYPT,
    "$2y$04$" BCRYPT,
    YESCRYPT,
    "$gy$j75$saltsalt$lKLXtt/QvsyxW9ILYZt1u1hNXyI7ZoBnbdUTsPBwSi5",
    "$7$65..../....saltsalt$K.S5daOEkUYE8xoljvcrSRivP7Rm6hu6RLdMyJQsfm6",
    SHA512,
};

TEST(strong_hashes_are_taken_and_tried)
{
    for (size_t i = 0; i < WEFT_COUNT(hashes); i++) {
        char line[256];
        const struct weft_password *decoy;
        snprintf(line, sizeof(line), "anna:%s", hashes[i]);
        struct weft_passwords *passwords = parse(line);
        CHECK_SPAN(weft_span_of(error), "");
        const struct weft_password *anna =
            weft_passwords_find(passwords, WEFT_SPAN("anna"), &decoy);
        CHECK(anna != NULL && decoy == anna);
        CHECK_EQ(weft_password_try(anna->hash, "secret"), WEFT_PASSWORD_RIGHT);
        CHECK_EQ(weft_password_try(anna->hash, "secreT"), WEFT_PASSWORD_WRONG);
        CHECK_EQ(weft_password_try(anna->hash, ""), WEFT_PASSWORD_WRONG);
        weft_passwords_free(passwords);
    }
}

TEST(comments_and_blank_lines_and_ends_of_either_kind_are_passed_over)
{
    const struct weft_password *decoy;
    struct weft_passwords *passwords = parse(
        "# who\n\n  \t\nzoe:" YESCRYPT "\r\n\r\nJ\xc3\xb6rg M:" YESCRYPT "\n#b:c\na:" YESCRYPT);
    CHECK_SPAN(weft_span_of(error), "");
    CHECK_EQ(passwords->count, 3);
    CHECK_SPAN(passwords->rows[0].user, "J\xc3\xb6rg M");
    CHECK_SPAN(passwords->rows[2].user, "zoe");
    CHECK(weft_passwords_find(passwords, WEFT_SPAN("a"), &decoy) == &passwords->rows[1]);
    CHECK_SPAN(weft_span_of(passwords->rows[2].hash), YESCRYPT);
    CHECK(weft_passwords_find(passwords, WEFT_SPAN("zo"), &decoy) == NULL);
    CHECK(weft_passwords_find(passwords, WEFT_SPAN("zoey"), &decoy) == NULL);
    CHECK(weft_passwords_find(passwords, WEFT_SPAN(""), &decoy) == NULL);
    weft_passwords_free(passwords);
}

// Nothing tells from outside whether a name is there: it always costs the same, whoever asks.
TEST(who_is_not_there_has_one_decoy)
{
    const struct weft_password *one, *two;
    size_t seen = 0;
    struct weft_passwords *passwords = parse("a:" YESCRYPT "\nb:" SHA512);
    for (uint8_t name = 0; name < 24; name++) {
        struct weft_span user = {&name, 1};
        CHECK(weft_passwords_find(passwords, user, &one) == NULL);
        CHECK(weft_passwords_find(passwords, user, &two) == NULL);
        CHECK(one == two);
        seen |= (size_t)1 << (one - passwords->rows);
    }
    CHECK_EQ(seen, 3); // the decoys cost what those cost who are there
    weft_passwords_free(passwords);
}

TEST(what_is_wrong_is_told_with_its_line_and_a_remedy)
{
    static const struct {
        const char *text, *place, *part;
    } rows[] = {
        {"a:" YESCRYPT "\nb", "file:2:", "expected USER:HASH"},
        {"a:secret", "file:1:", "htpasswd -B"},
        {"a:$apr1$x$y", "file:1:", "mkpasswd -m yescrypt"},
        {"a:$1$saltsalt$9xy1btjgzLYfb7hivXtC//", "file:1:", "make it anew"},
        {"\n\na:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "file:3:", "make it anew"},
        {"a:$2a$04$" BCRYPT, "file:1:", "make it anew"},
        {"a:rqXexS6ZhobKA", "file:1:", "make it anew"},
        {"a:", "file:1:", "make it anew"},
        {":" YESCRYPT, "file:1:", "name"},
        {"a\xff:" YESCRYPT, "file:1:", "UTF-8"},
        {"a\x01:" YESCRYPT, "file:1:", "control"},
        {"a:" YESCRYPT "x", "file:1:", "cut short"},
        {"a:$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh", "file:1:", "cut short"},
        {"a:$2y$04$abc", "file:1:", "cut short"},
        {"a:" YESCRYPT ":0:0", "file:1:", "cut short"},
        {"a:$2y$16$" BCRYPT, "file:1:", "costly"},
        {"a:" YESCRYPT "\nb:" YESCRYPT "\na:" YESCRYPT, "file:", "'a' stands twice"},
        {"", "file:", "nobody"},
        {"# nobody\n\n", "file:", "nobody"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(parse(rows[i].text) == NULL);
        CHECK(strncmp(error, rows[i].place, strlen(rows[i].place)) == 0);
        CHECK(strstr(error, rows[i].part) != NULL);
    }
    CHECK(
        !weft_passwords_parse((struct weft_span)BYTES('a', 0, 'b'), "file", error, sizeof(error)));
    CHECK(strstr(error, "NUL") != NULL);
}

TEST(a_file_is_read_or_what_is_wrong_with_it_told)
{
    struct temp_dir dir = temp_dir_new();
    temp_dir_file(&dir, "passwd", "a:" YESCRYPT "\n");
    struct weft_passwords *passwords =
        weft_passwords_read(temp_dir_path(&dir, "passwd"), error, sizeof(error));
    CHECK(passwords != NULL);
    CHECK_EQ(passwords->count, 1);
    weft_passwords_free(passwords);
    CHECK(!weft_passwords_read(temp_dir_path(&dir, "none"), error, sizeof(error)));
    CHECK(strstr(error, "No such file") != NULL);
    CHECK(!weft_passwords_read(temp_dir_path(&dir, "."), error, sizeof(error)));
    CHECK(strstr(error, "expected a file") != NULL);
    temp_dir_remove(&dir);
    weft_passwords_free(NULL);
}
