// server/body_test.c
#include "server/body.h"

#include "check.h"
#include "temp_dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIZE = 3 * 512 * 1024 + 5, PIECE = 16384 };

static const int64_t now = 4000000000; // a Date later than any file's
static const struct weft_file_heads heads = {.now = &now};

// Content whose every place is known by its bytes.
static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at ^ at >> 8 ^ at >> 16);
}

static struct weft_file *large_file(struct temp_dir *dir, const char *name, bool is_cold)
{
    uint8_t *bytes = malloc(SIZE);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = byte_at(i);
    }
    int fd = open(temp_dir_path(dir, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, bytes, SIZE), SIZE);
    free(bytes);
    if (is_cold) {
        CHECK_EQ(fsync(fd), 0);
        CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    }
    struct stat status;
    CHECK_EQ(fstat(fd, &status), 0);
    struct weft_file *file = weft_file_new(fd, &status, &heads, &(struct weft_file_traits){0});
    CHECK(file != NULL && file->bytes == NULL);
    return file;
}

// A cold file may still be warm here, where the system keeps files in memory only.
TEST(large_files_are_read_whole_whether_they_are_in_memory_or_not)
{
    struct temp_dir dir = temp_dir_new();
    static uint8_t room[PIECE];
    for (int is_cold = 0; is_cold < 2; is_cold++) {
        struct weft_file *file = large_file(&dir, is_cold ? "cold" : "warm", is_cold);
        struct weft_body body;
        weft_body_of_file(&body, file, 7, SIZE);
        weft_file_release(file);
        bool ends = false;
        size_t at = 7;
        while (!ends) {
            ssize_t size = weft_body_read(&body, room, sizeof(room), &ends);
            CHECK(size > 0);
            for (ssize_t i = 0; i < size; i++, at++) {
                if (room[i] != byte_at(at)) CHECK_EQ(room[i], byte_at(at));
            }
        }
        CHECK_EQ(at, SIZE);
        weft_body_close(&body);
    }
    temp_dir_remove(&dir);
}

TEST(a_file_that_shrinks_while_it_is_sent_is_an_error)
{
    struct temp_dir dir = temp_dir_new();
    static uint8_t room[PIECE];
    struct weft_file *file = large_file(&dir, "shrinks", false);
    struct weft_body body;
    weft_body_of_file(&body, file, 0, SIZE);
    weft_file_release(file);
    bool ends = false;
    CHECK_EQ(weft_body_read(&body, room, 1000, &ends), 1000);

    CHECK_EQ(truncate(temp_dir_path(&dir, "shrinks"), 1000), 0);

    CHECK(weft_body_read(&body, room, 1000, &ends) < 0);
    weft_body_close(&body);
    temp_dir_remove(&dir);
}
