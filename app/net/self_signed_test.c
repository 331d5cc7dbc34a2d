// net/self_signed_test.c
#include "net/self_signed.h"

#include "net/tls.h"
#include "temp_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400, LIFE = 825 * DAY };

static struct temp_dir dir;
static char error[512];

TEST(a_certificate_is_made_once_and_then_found)
{
    struct weft_self_signed made;
    struct weft_self_signed found;
    int64_t now = time(NULL);
    dir = temp_dir_new();

    CHECK_EQ(weft_self_signed_find(dir.path, now, &made, error, sizeof(error)), 0);
    CHECK(made.is_new);
    CHECK_EQ(weft_self_signed_find(dir.path, now, &found, error, sizeof(error)), 0);
    CHECK(!found.is_new);

    CHECK_EQ(found.expiry, made.expiry);
    CHECK(made.expiry > now + (int64_t)LIFE - (int64_t)2 * DAY && made.expiry <= now + LIFE);
    struct stat info;
    CHECK_EQ(stat(made.pem_file, &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0600);
    CHECK_EQ(stat(made.certificate_file, &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0644);
    temp_dir_remove(&dir);
}

TEST(a_certificate_near_its_end_is_made_anew)
{
    struct weft_self_signed made;
    struct weft_self_signed found;
    int64_t now = time(NULL);
    dir = temp_dir_new();
    CHECK_EQ(weft_self_signed_find(dir.path, now, &made, error, sizeof(error)), 0);

    int64_t later = made.expiry - (int64_t)DAY * 6;
    CHECK_EQ(weft_self_signed_find(dir.path, later, &found, error, sizeof(error)), 0);

    CHECK(found.is_new);
    CHECK(found.expiry > made.expiry);
    temp_dir_remove(&dir);
}

TEST(a_key_that_others_may_read_or_a_file_that_is_broken_is_replaced)
{
    struct weft_self_signed made;
    int64_t now = time(NULL);
    dir = temp_dir_new();
    CHECK_EQ(weft_self_signed_find(dir.path, now, &made, error, sizeof(error)), 0);

    CHECK_EQ(chmod(made.pem_file, 0644), 0);
    CHECK_EQ(weft_self_signed_find(dir.path, now, &made, error, sizeof(error)), 0);
    CHECK(made.is_new);

    CHECK_EQ(truncate(made.pem_file, 100), 0);
    CHECK_EQ(weft_self_signed_find(dir.path, now, &made, error, sizeof(error)), 0);
    CHECK(made.is_new);
    temp_dir_remove(&dir);
}

TEST(a_server_takes_the_certificate)
{
    struct weft_self_signed made;
    dir = temp_dir_new();
    CHECK_EQ(weft_self_signed_find(dir.path, time(NULL), &made, error, sizeof(error)), 0);
    struct weft_tls_certificate files = {made.pem_file, made.pem_file};
    struct weft_tls_server_config config = {.certificates = &files, .certificate_count = 1};

    struct weft_tls_context *context = weft_tls_server_new(&config, error, sizeof(error));

    CHECK(context != NULL);
    const char *file;
    CHECK_EQ(weft_tls_context_expiry(context, &file), made.expiry);
    CHECK_SAME(weft_span_of(file), weft_span_of(made.pem_file));
    weft_tls_context_free(context);
    temp_dir_remove(&dir);
}

TEST(the_users_state_directory_is_the_standard_one)
{
    char expected[128];
    struct weft_self_signed made;
    dir = temp_dir_new();
    char *before = getenv("XDG_STATE_HOME");
    char *kept = before ? strdup(before) : NULL;
    setenv("XDG_STATE_HOME", dir.path, 1);

    int result = weft_self_signed_find(NULL, time(NULL), &made, error, sizeof(error));

    if (kept) {
        setenv("XDG_STATE_HOME", kept, 1);
    } else {
        unsetenv("XDG_STATE_HOME");
    }
    free(kept);
    CHECK_EQ(result, 0);
    snprintf(expected, sizeof(expected), "%s/weft/localhost.pem", dir.path);
    CHECK_SAME(weft_span_of(made.pem_file), weft_span_of(expected));
    unlink(made.pem_file);
    unlink(made.certificate_file);
    snprintf(expected, sizeof(expected), "%s/weft", dir.path);
    rmdir(expected);
    temp_dir_remove(&dir);
}

TEST(a_place_that_cannot_be_written_is_named)
{
    struct weft_self_signed made;

    CHECK(weft_self_signed_find("/dev/null/weft", 0, &made, error, sizeof(error)) < 0);

    CHECK(strstr(error, "/dev/null/weft") != NULL);
}
