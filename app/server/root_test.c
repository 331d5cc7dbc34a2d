// server/root_test.c
#include "server/root.h"

#include "check.h"
#include "temp_dir.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

struct scene {
    struct temp_dir dir;
    struct weft_root root;
};

// A root with ways out of it: base/root is served, base/secret is not.
static struct scene scene_new(bool walks)
{
    struct scene scene = {.dir = temp_dir_new()};
    struct temp_dir *dir = &scene.dir;
    temp_dir_folder(dir, "outside");
    temp_dir_file(dir, "outside/secret", "SECRET");
    temp_dir_folder(dir, "root");
    temp_dir_folder(dir, "root/in");
    temp_dir_file(dir, "root/file", "file");
    temp_dir_file(dir, "root/in/file", "inner");
    temp_dir_link(dir, "root/to-file", "in/file");
    temp_dir_link(dir, "root/in/up", "../file");
    temp_dir_link(dir, "root/out", "../outside/secret");
    temp_dir_link(dir, "root/away", "../outside");
    temp_dir_link(dir, "root/absolute", "/etc/hostname");
    temp_dir_link(dir, "root/loop", "loop");
    temp_dir_link(dir, "root/proc", "/proc/self/root");
    CHECK_EQ(mkfifo(temp_dir_path(dir, "root/fifo"), 0644), 0);
    CHECK_EQ(weft_root_open(&scene.root, temp_dir_path(dir, "root")), 0);
    if (walks) scene.root.walks = true;
    return scene;
}

static void scene_end(struct scene *scene)
{
    weft_root_close(&scene->root);
    temp_dir_remove(&scene->dir);
}

static int open_file(struct scene *scene, const char *path)
{
    struct stat status;
    int fd = weft_root_open_file(&scene->root, path, &status);
    if (fd < 0) return fd;
    close(fd);
    return 0;
}

TEST(what_lies_in_the_root_is_opened)
{
    for (int walks = 0; walks < 2; walks++) {
        struct scene scene = scene_new(walks);
        struct stat status;
        CHECK_EQ(open_file(&scene, "/file"), 0);
        CHECK_EQ(open_file(&scene, "/in/file"), 0);
        CHECK_EQ(weft_root_stat(&scene.root, "/in/file", &status), 0);
        CHECK_EQ(status.st_size, 5);
        CHECK_EQ(weft_root_stat(&scene.root, "/", &status), 0);
        CHECK(S_ISDIR(status.st_mode));
        scene_end(&scene);
    }
}

// A link may point to anything inside; walking follows none, which is safe too.
TEST(links_that_stay_inside_are_followed)
{
    struct scene scene = scene_new(false);
    if (scene.root.walks) skip_test("this kernel has no openat2");
    CHECK_EQ(open_file(&scene, "/to-file"), 0);
    CHECK_EQ(open_file(&scene, "/in/up"), 0);
    scene.root.walks = true;
    CHECK_EQ(open_file(&scene, "/to-file"), -ENOENT);
    CHECK_EQ(open_file(&scene, "/in/up"), -ENOENT);
    scene_end(&scene);
}

TEST(nothing_leads_out_of_the_root)
{
    static const char *const paths[] = {
        "/out",
        "/away/secret",
        "/absolute",
        "/loop",
        "/proc/etc/passwd",
        "/../outside/secret",
        "/in/../../outside/secret",
        "/..",
        "//etc/hostname",
        "/file/../file/..",
    };
    for (int walks = 0; walks < 2; walks++) {
        struct scene scene = scene_new(walks);
        for (size_t i = 0; i < WEFT_COUNT(paths); i++) {
            struct stat status;
            CHECK_EQ(open_file(&scene, paths[i]), -ENOENT);
            CHECK_EQ(weft_root_stat(&scene.root, paths[i], &status), -ENOENT);
        }
        scene_end(&scene);
    }
}

TEST(only_regular_files_are_opened)
{
    for (int walks = 0; walks < 2; walks++) {
        struct scene scene = scene_new(walks);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/root/socket", scene.dir.path);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK_EQ(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        CHECK_EQ(open_file(&scene, "/fifo"), -ENOENT); // and does not wait for a writer
        CHECK_EQ(open_file(&scene, "/socket"), -ENOENT);
        CHECK_EQ(open_file(&scene, "/in"), -EISDIR);
        CHECK_EQ(open_file(&scene, "/none"), -ENOENT);
        CHECK_EQ(open_file(&scene, "/file/none"), -ENOENT);
        close(fd);
        scene_end(&scene);
    }
}

TEST(a_device_is_not_opened)
{
    struct weft_root root;
    struct stat status;
    CHECK_EQ(weft_root_open(&root, "/dev"), 0);
    CHECK_EQ(weft_root_open_file(&root, "/null", &status), -ENOENT);
    CHECK_EQ(weft_root_open_file(&root, "/zero", &status), -ENOENT);
    weft_root_close(&root);
}

TEST(names_longer_than_a_file_system_has_do_not_exist)
{
    char path[600] = "/";
    memset(path + 1, 'a', 400);
    for (int walks = 0; walks < 2; walks++) {
        struct scene scene = scene_new(walks);
        CHECK_EQ(open_file(&scene, path), -ENOENT);
        scene_end(&scene);
    }
}

TEST(a_root_that_is_no_directory_is_refused)
{
    struct weft_root root;
    CHECK_EQ(weft_root_open(&root, "/etc/hostname"), -ENOTDIR);
    CHECK_EQ(weft_root_open(&root, "/no/such/thing"), -ENOENT);
}
