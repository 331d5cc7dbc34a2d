// process/program_test.c
#include "process/program.h"

#include "check.h"
#include "temp_dir.h"

#include <limits.h>
#include <stdlib.h>

static char found[PATH_MAX];

TEST(a_path_is_itself_and_links_in_it_stay)
{
    CHECK(weft_program_find("/usr/sbin/weft", found, sizeof(found)));
    CHECK_SPAN(weft_span_of(found), "/usr/sbin/weft");
    CHECK(!weft_program_find("/usr/sbin/weft", found, 14));
}

TEST(a_path_from_here_becomes_absolute)
{
    char here[PATH_MAX - 16];
    char should[PATH_MAX];
    CHECK(getcwd(here, sizeof(here)) != NULL);
    snprintf(should, sizeof(should), "%s/build/weft", here);
    CHECK(weft_program_find("build/weft", found, sizeof(found)));
    CHECK_SAME(weft_span_of(found), weft_span_of(should));
}

TEST(a_name_is_looked_for_in_the_folders_of_PATH)
{
    struct temp_dir dir = temp_dir_new();
    char path[256];
    const char *usual = getenv("PATH");
    char *before = strdup(usual ? usual : "/bin");
    CHECK(before != NULL);
    temp_dir_folder(&dir, "first");
    temp_dir_folder(&dir, "first/weft-program"); // a folder is no program
    temp_dir_folder(&dir, "second");
    temp_dir_file(&dir, "second/weft-program", "#!/bin/sh\n");
    snprintf(path, sizeof(path), "%s/first:%s/second", dir.path, dir.path);
    CHECK_EQ(setenv("PATH", path, 1), 0);
    CHECK(!weft_program_find("weft-program", found, sizeof(found))); // it may not be run
    CHECK_EQ(chmod(temp_dir_path(&dir, "second/weft-program"), 0755), 0);
    CHECK(weft_program_find("weft-program", found, sizeof(found)));
    CHECK_SAME(weft_span_of(found), weft_span_of(temp_dir_path(&dir, "second/weft-program")));
    CHECK_EQ(setenv("PATH", before, 1), 0);
    free(before);
    temp_dir_remove(&dir);
}
