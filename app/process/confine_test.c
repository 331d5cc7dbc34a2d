// The walls, tried from inside: each test's child confines itself as a worker does, and then does what it must not.
#include "process/confine.h"

#include "check.h"
#include "process/landlock.h"
#include "process/privileges.h"
#include "process/sanitizer.h"
#include "temp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/** A served folder beside one that is not, and a log's. */
struct scene {
    struct temp_dir dir;
    char root[128];
    char secret[128];
    char log[128];
    char moved[128];
    char learned[128];
    struct weft_reach items[3];
    struct weft_reaches reaches;
    struct weft_confine confine;
};

static void say_nothing(const char *line)
{
    (void)line;
}

static void scene_init(struct scene *scene)
{
    *scene = (struct scene){.dir = temp_dir_new()};
    struct temp_dir *dir = &scene->dir;
    temp_dir_folder(dir, "root");
    temp_dir_file(dir, "root/page", "page");
    temp_dir_file(dir, "secret", "SECRET");
    temp_dir_link(dir, "root/way-out", "../secret");
    temp_dir_folder(dir, "log");
    temp_dir_file(dir, "log/access", "");
    temp_dir_folder(dir, "state");
    temp_dir_file(dir, "state/learned", "old");
    snprintf(scene->root, sizeof(scene->root), "%s/root", dir->path);
    snprintf(scene->secret, sizeof(scene->secret), "%s/secret", dir->path);
    snprintf(scene->log, sizeof(scene->log), "%s/log/access", dir->path);
    snprintf(scene->moved, sizeof(scene->moved), "%s/log/access.1", dir->path);
    scene->items[0] = (struct weft_reach){.path = scene->root, .what = "the folder"};
    scene->items[1] =
        (struct weft_reach){.kind = WEFT_REACH_LOG, .path = scene->log, .what = "the access log"};
    snprintf(scene->learned, sizeof(scene->learned), "%s/state/learned", dir->path);
    scene->items[2] = (struct weft_reach){
        .kind = WEFT_REACH_REPLACE, .path = scene->learned, .what = "what was learned"};
    scene->reaches = (struct weft_reaches){scene->items, WEFT_COUNT(scene->items)};
    scene->confine = (struct weft_confine){.reaches = &scene->reaches, .tell = say_nothing};
}

static void scene_end(struct scene *scene)
{
    temp_dir_remove(&scene->dir);
}

// Counts what does not hold, in the child whose exit code it becomes.
static int wrong;

static void holds(bool is_so, int line, const char *what)
{
    if (is_so) return;
    dprintf(STDERR_FILENO, "%s:%d: %s does not hold: %s\n", __FILE__, line, what, strerror(errno));
    wrong++;
}

#define HOLDS(is_so) holds((is_so), __LINE__, #is_so)

// Runs `deed` in a child within the walls; returns what waitpid() says of it.
static int status_within(struct scene *scene, void (*deed)(struct scene *scene))
{
    pid_t child = fork();
    if (child == 0) {
        char error[512];
        if (!weft_confine(&scene->confine, error, sizeof(error))) {
            dprintf(STDERR_FILENO, "%s\n", error);
            _exit(255);
        }
        deed(scene);
        _exit(wrong);
    }
    int status = -1;
    CHECK(child > 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    return status;
}

#define WITHIN(scene, deed) CHECK_EQ(WEXITSTATUS(status_within((scene), (deed))), 0)

static bool is_refused(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    return fd < 0 && errno == EACCES;
}

static void needs_landlock(void)
{
    if (weft_landlock_version() == 0) skip_test("this kernel has no Landlock");
}

static void reads_what_is_served(struct scene *scene)
{
    char path[256];
    char text[8];
    snprintf(path, sizeof(path), "%s/page", scene->root);
    int fd = open(path, O_RDONLY);
    HOLDS(fd >= 0 && read(fd, text, sizeof(text)) == 4);
    snprintf(path, sizeof(path), "/proc/self/fd/%d",
             fd); // as server/root opens what it has looked at
    HOLDS(open(path, O_RDONLY) >= 0);
    DIR *folder = opendir(scene->root);
    HOLDS(folder && readdir(folder));
    HOLDS(open("/dev/null", O_RDONLY) >= 0);
}

TEST(what_is_served_is_read_within_the_walls)
{
    struct scene scene;
    scene_init(&scene);
    WITHIN(&scene, reads_what_is_served);
    scene_end(&scene);
}

static void reads_nothing_else(struct scene *scene)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/way-out", scene->root);
    HOLDS(is_refused("/etc/shadow", O_RDONLY));
    HOLDS(is_refused("/etc/passwd", O_RDONLY)); // which everybody may read, out there
    HOLDS(is_refused("/", O_RDONLY | O_DIRECTORY));
    HOLDS(is_refused("/proc/self/root/etc/passwd", O_RDONLY));
    HOLDS(is_refused("/proc/1/environ", O_RDONLY));
    HOLDS(is_refused(scene->secret, O_RDONLY));
    HOLDS(is_refused(path, O_RDONLY));
}

TEST(what_is_not_served_is_not_read_even_by_root)
{
    struct scene scene;
    needs_landlock();
    scene_init(&scene);
    WITHIN(&scene, reads_nothing_else);
    scene_end(&scene);
}

static void writes_only_the_log(struct scene *scene)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/page", scene->root);
    HOLDS(is_refused(path, O_WRONLY));
    snprintf(path, sizeof(path), "%s/new", scene->root);
    HOLDS(is_refused(path, O_WRONLY | O_CREAT));
    HOLDS(is_refused("/tmp/weft-new", O_WRONLY | O_CREAT));
    HOLDS(open(scene->log, O_WRONLY | O_APPEND) >= 0);
    HOLDS(is_refused(scene->log, O_RDONLY));
}

TEST(only_the_log_is_written)
{
    struct scene scene;
    needs_landlock();
    scene_init(&scene);
    WITHIN(&scene, writes_only_the_log);
    scene_end(&scene);
}

static void makes_the_log_anew(struct scene *scene)
{
    HOLDS(open(scene->log, O_WRONLY | O_APPEND | O_CREAT, 0640) >= 0);
}

TEST(a_log_that_was_moved_away_is_made_anew)
{
    struct scene scene;
    needs_landlock();
    scene_init(&scene);
    CHECK_EQ(rename(scene.log, scene.moved), 0);
    WITHIN(&scene, makes_the_log_anew);
    CHECK_EQ(access(scene.log, F_OK), 0);
    scene_end(&scene);
}

static void replaces_what_was_learned(struct scene *scene)
{
    char beside[256];
    snprintf(beside, sizeof(beside), "%s.new", scene->learned);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    HOLDS(fd >= 0 && write(fd, "new", 3) == 3 && close(fd) == 0);
    HOLDS(rename(beside, scene->learned) == 0);
    HOLDS(open(beside, O_WRONLY | O_CREAT | O_TRUNC, 0600) >= 0);
    HOLDS(unlink(beside) == 0);
    HOLDS(rename(scene->learned, scene->log) < 0);    // not to another folder
    HOLDS(unlink(scene->log) < 0 && errno == EACCES); // a log is not removed
    HOLDS(unlink(scene->secret) < 0 && errno == EACCES);
}

TEST(a_file_that_is_written_beside_its_place_gets_there)
{
    struct scene scene;
    char text[4] = "";
    needs_landlock();
    scene_init(&scene);
    scene.confine.user = geteuid() == 0 ? "root" : NULL; // whose folder it is
    WITHIN(&scene, replaces_what_was_learned);
    int fd = open(scene.learned, O_RDONLY);
    CHECK_EQ(read(fd, text, 3), 3);
    CHECK_SPAN(weft_span_of(text), "new");
    close(fd);
    scene_end(&scene);
}

static void makes_no_connection(struct scene *scene)
{
    (void)scene;
    HOLDS(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EACCES);
    HOLDS(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EACCES);
    HOLDS(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EACCES);
}

TEST(no_socket_is_opened)
{
    struct scene scene;
    scene_init(&scene);
    WITHIN(&scene, makes_no_connection);
    scene_end(&scene);
}

static int kept_fd;

static void connects_nothing_it_kept(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)scene;
    HOLDS(connect(kept_fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EACCES);
    HOLDS(bind(kept_fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EACCES);
}

TEST(a_socket_from_before_is_not_connected_either)
{
    struct scene scene;
    scene_init(&scene);
    kept_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(kept_fd >= 0);
    WITHIN(&scene, connects_nothing_it_kept);
    close(kept_fd);
    scene_end(&scene);
}

static void runs_a_program(struct scene *scene)
{
    (void)scene;
    char *const arguments[] = {"true", NULL};
    execve("/bin/true", arguments, NULL);
}

static void forks(struct scene *scene)
{
    (void)scene;
    if (fork() == 0) _exit(0);
}

static void traces(struct scene *scene)
{
    (void)scene;
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void reads_its_parent(struct scene *scene)
{
    (void)scene;
    syscall(SYS_process_vm_readv, getppid(), NULL, 0UL, NULL, 0UL, 0UL);
}

static void mounts(struct scene *scene)
{
    (void)scene;
    syscall(SYS_mount, "none", "/tmp", "tmpfs", 0UL, NULL);
}

static void unshares(struct scene *scene)
{
    (void)scene;
    syscall(SYS_unshare, 0UL);
}

static void loads_a_filter(struct scene *scene)
{
    (void)scene;
    syscall(SYS_bpf, 0, NULL, 0U);
}

static void makes_a_ring(struct scene *scene)
{
    (void)scene;
    syscall(SYS_io_uring_setup, 1U, NULL);
}

TEST(what_only_an_intruder_asks_for_ends_the_process)
{
    static const struct {
        const char *name;
        void (*deed)(struct scene *scene);
        bool is_sanitizers; // whose leak check has to do it too
    } deeds[] = {
        {"execve", runs_a_program, false}, {"fork", forks, true},
        {"ptrace", traces, true},          {"process_vm_readv", reads_its_parent, false},
        {"mount", mounts, false},          {"unshare", unshares, false},
        {"bpf", loads_a_filter, false},    {"io_uring_setup", makes_a_ring, false},
    };
    struct scene scene;
    scene_init(&scene);
    for (size_t i = 0; i < WEFT_COUNT(deeds); i++) {
        if (WEFT_IS_SANITIZED && deeds[i].is_sanitizers) continue;
        int status = status_within(&scene, deeds[i].deed);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) CHECK_NEVER("not ended by SIGSYS");
    }
    scene_end(&scene);
}

static void runs_no_data(struct scene *scene)
{
    (void)scene;
    int both = PROT_WRITE | PROT_EXEC;
    void *page = mmap(NULL, 4096, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(page == MAP_FAILED && errno == EACCES);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(page != MAP_FAILED);
    HOLDS(mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EACCES);
}

TEST(memory_is_not_made_to_run)
{
    struct scene scene;
    scene_init(&scene);
    WITHIN(&scene, runs_no_data);
    scene_end(&scene);
}

static void knows_no_other_calls(struct scene *scene)
{
    struct rlimit more = {1 << 20, 1 << 20};
    (void)scene;
    HOLDS(syscall(SYS_memfd_create, "x", 0U) < 0 && errno == ENOSYS);
    HOLDS(syscall(SYS_mkdir, "/tmp/nothing", 0700) < 0 && errno == ENOSYS);
    HOLDS(WEFT_IS_SANITIZED || (kill(getppid(), 0) < 0 && errno == ENOSYS));
    HOLDS(syscall(SYS_tgkill, getppid(), getppid(), 0) < 0 && errno == ENOSYS);
    HOLDS(WEFT_IS_SANITIZED || (setrlimit(RLIMIT_CORE, &more) < 0 && errno == ENOSYS));
    HOLDS(syscall(SYS_setuid, 0) < 0 && errno == ENOSYS);
}

TEST(calls_that_a_server_does_not_make_are_not_there)
{
    struct scene scene;
    scene_init(&scene);
    WITHIN(&scene, knows_no_other_calls);
    scene_end(&scene);
}

static void *try_in_a_thread(void *argument)
{
    struct scene *scene = argument;
    return is_refused(scene->secret, O_RDONLY) && socket(AF_INET, SOCK_STREAM, 0) < 0 ? argument
                                                                                      : NULL;
}

static void starts_threads(struct scene *scene)
{
    pthread_t thread;
    void *is_within = NULL;
    HOLDS(pthread_create(&thread, NULL, try_in_a_thread, scene) == 0);
    HOLDS(pthread_join(thread, &is_within) == 0);
    HOLDS(is_within);
}

TEST(threads_are_within_the_same_walls)
{
    struct scene scene;
    needs_landlock();
    scene_init(&scene);
    WITHIN(&scene, starts_threads);
    scene_end(&scene);
}

static void is_closed_to_others(void)
{
    struct rlimit core;
    HOLDS(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    HOLDS(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    HOLDS(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
    for (unsigned long i = 0; i <= 36; i++) { // CAP_BLOCK_SUSPEND
        HOLDS(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 0);
    }
}

static void is_another_user(struct scene *scene)
{
    gid_t groups[WEFT_USER_GROUPS_MOST];
    struct weft_identity identity;
    char error[256];
    (void)scene;
    HOLDS(getuid() != 0 && geteuid() != 0 && getgid() != 0);
    for (int i = 0, count = getgroups(WEFT_USER_GROUPS_MOST, groups); i < count; i++) {
        HOLDS(groups[i] != 0);
    }
    HOLDS(setuid(0) < 0);
    HOLDS(setgid(0) < 0);
    is_closed_to_others();
    HOLDS(weft_identity_find("0:0", &identity, error, sizeof(error)));
    HOLDS(!weft_privileges_drop(&identity, error, sizeof(error)));
}

static void needs_root(void)
{
    if (geteuid() != 0) skip_test("only root can become another user");
}

TEST(root_becomes_the_user_and_cannot_be_had_again)
{
    struct scene scene;
    needs_root();
    scene_init(&scene);
    CHECK_EQ(chmod(scene.dir.path, 0755), 0);
    scene.confine.sandbox = WEFT_SANDBOX_OFF; // so that only the user's rights stand in the way
    scene.confine.user = "65534:65534";
    WITHIN(&scene, is_another_user);
    scene.confine.user = NULL; // the usual one
    WITHIN(&scene, is_another_user);
    scene_end(&scene);
}

static void is_root_without_rights(struct scene *scene)
{
    (void)scene;
    HOLDS(geteuid() == 0);
    HOLDS(chown("/tmp", 1, 1) < 0 && errno == EPERM);
}

static char told[512];

static void keep(const char *line)
{
    snprintf(told, sizeof(told), "%s", line);
}

TEST(root_stays_root_without_its_rights_where_the_usual_user_could_not_serve)
{
    struct scene scene;
    struct weft_identity usual;
    needs_root();
    if (!weft_identity_usual(&usual)) skip_test("neither www-data nor nobody here");
    scene_init(&scene);
    CHECK_EQ(chmod(scene.dir.path, 0700), 0);
    scene.confine.sandbox = WEFT_SANDBOX_OFF;
    WITHIN(&scene, is_root_without_rights);
    scene_end(&scene);
}

// What a child is told cannot be seen here, so this one is asked without walls.
TEST(a_place_that_the_user_cannot_reach_is_named)
{
    struct scene scene;
    struct weft_identity identity;
    char error[512];
    int why = 0;
    needs_root();
    scene_init(&scene);
    CHECK(weft_identity_find("65534:65534", &identity, error, sizeof(error)));
    CHECK_EQ(chmod(scene.dir.path, 0755), 0);
    CHECK(!weft_identity_misses(&identity, &scene.reaches, false, &why));
    CHECK_EQ(why, 0);
    CHECK(weft_identity_misses(&identity, &scene.reaches, true, &why) == &scene.items[1]);
    CHECK_EQ(why, -EACCES);

    CHECK_EQ(chmod(scene.root, 0700), 0);
    CHECK(weft_identity_misses(&identity, &scene.reaches, false, &why) == &scene.items[0]);
    CHECK_EQ(why, -EACCES);
    scene.confine.user = "65534:65534";
    scene.confine.tell = keep;
    CHECK(!weft_confine(&scene.confine, error, sizeof(error)));
    CHECK(strstr(error, "cannot read the folder"));
    CHECK(strstr(error, scene.root));
    CHECK(strstr(error, "Permission denied"));
    CHECK_EQ(geteuid(), 0); // nothing was changed
    scene_end(&scene);
}

TEST(users_are_names_or_numbers_with_or_without_a_group)
{
    struct weft_identity identity;
    char error[256];
    CHECK(weft_identity_find("root", &identity, error, sizeof(error)));
    CHECK_EQ(identity.user, 0);
    CHECK_EQ(identity.group, 0);
    CHECK(identity.group_count > 0);
    CHECK(weft_identity_find("12345:54321", &identity, error, sizeof(error)));
    CHECK_EQ(identity.user, 12345);
    CHECK_EQ(identity.group, 54321);
    CHECK_EQ(identity.group_count, 0);
    CHECK(weft_identity_find("12345:root", &identity, error, sizeof(error)));
    CHECK_EQ(identity.group, 0);
}

TEST(a_user_that_is_not_there_is_one_line)
{
    static const struct {
        const char *text;
        const char *line;
    } rows[] = {
        {"no-such-user", "there is no user no-such-user: 'getent passwd'"},
        {"root:no-such-group", "there is no group no-such-group: 'getent group'"},
        {":root", "expected NAME or NAME:GROUP"},
        {"4294967295:0", "there is no user 4294967295"},
        {"4000000000", "name a group too, 4000000000:GROUP"},
        {"root:", "there is no group"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_identity identity;
        char error[256] = "";
        CHECK(!weft_identity_find(rows[i].text, &identity, error, sizeof(error)));
        if (!strstr(error, rows[i].line)) check_failed(__FILE__, __LINE__, error);
    }
}
