// server/server_test.c: from a configuration to an answer over a socket, and to the end
#include "server/server.h"

#include "check.h"
#include "net/socket.h"
#include "temp_dir.h"

#include <errno.h>
#include <poll.h>

struct scene {
    struct temp_dir dir;
    struct weft_server_config config;
    struct weft_server *server;
};

static void scene_begin(struct scene *scene, unsigned thread_count)
{
    char error[512] = "";
    scene->dir = temp_dir_new();
    temp_dir_file(&scene->dir, "hello.txt", "hello\n");
    weft_server_config_init(&scene->config);
    struct weft_site_config *site = weft_server_config_add_site(&scene->config);
    CHECK(site != NULL);
    site->root = scene->dir.path;
    scene->config.thread_count = thread_count;
    CHECK(weft_listen_url_parse("http://127.0.0.1:0", &scene->config.listens[0]) == NULL);
    scene->config.listen_count = 1;
    scene->server = weft_server_new(&scene->config, NULL, error, sizeof(error));
    CHECK(scene->server != NULL);
    CHECK_EQ(weft_server_start(scene->server), 0);
}

static void scene_end(struct scene *scene)
{
    weft_server_free(scene->server);
    weft_server_config_deinit(&scene->config);
    temp_dir_remove(&scene->dir);
}

static int connect_to(const struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(weft_server_port(scene->server, 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static bool has_ended(const struct scene *scene, int timeout_ms)
{
    struct pollfd ended = {.fd = weft_server_ended_fd(scene->server), .events = POLLIN};
    return poll(&ended, 1, timeout_ms) == 1;
}

TEST(a_file_comes_over_a_socket)
{
    struct scene scene;
    char answer[2048] = "";
    size_t size = 0;
    ssize_t got;
    scene_begin(&scene, 2);
    int fd = connect_to(&scene);
    const char request[] = "GET /hello.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    CHECK_EQ(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
    while ((got = read(fd, answer + size, sizeof(answer) - 1 - size)) > 0) {
        size += (size_t)got;
    }
    CHECK(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0);
    CHECK(strstr(answer, "\r\n\r\nhello\n") != NULL);
    close(fd);
    scene_end(&scene);
}

TEST(a_server_that_is_drained_ends_by_itself)
{
    struct scene scene;
    scene_begin(&scene, 2);
    int idle = connect_to(&scene); // holds nothing up
    weft_server_drain(scene.server, WEFT_SERVER_ENDS);
    CHECK(has_ended(&scene, 10000));
    close(idle);
    scene_end(&scene);
}

// Within some time; a thread that hangs is seen by test/e2e/test_systemd.py.
static bool gives_sign(const struct scene *scene)
{
    for (int i = 0; i < 500; i++) {
        if (weft_server_ping(scene->server)) return true;
        (void)poll(NULL, 0, 10);
    }
    return false;
}

TEST(threads_give_signs_of_life_while_they_run_and_none_is_missed_behind_their_end)
{
    struct scene scene;
    scene_begin(&scene, 2);
    CHECK(weft_server_ping(scene.server)); // none was asked for before
    for (int i = 0; i < 3; i++) {
        CHECK(gives_sign(&scene));
    }
    weft_server_drain(scene.server, WEFT_SERVER_ENDS);
    CHECK(has_ended(&scene, 5000));
    CHECK(gives_sign(&scene));
    CHECK(weft_server_ping(scene.server));
    scene_end(&scene);
}

TEST(a_server_may_end_at_once_with_clients_connected)
{
    struct scene scene;
    scene_begin(&scene, 1);
    int fd = connect_to(&scene);
    CHECK_EQ(write(fd, "GET", 3), 3);
    CHECK(!has_ended(&scene, 0));
    scene_end(&scene);
    close(fd);
}

// Also where the other is ours, with SO_REUSEPORT set.
TEST(a_port_in_use_is_named_with_the_remedy)
{
    struct scene scene;
    char error[512] = "";
    char port[16];
    scene_begin(&scene, 2);
    struct weft_server_config second = scene.config;
    second.listens[0].port = weft_server_port(scene.server, 0);
    snprintf(port, sizeof(port), "port %u", second.listens[0].port);
    CHECK(weft_server_new(&second, NULL, error, sizeof(error)) == NULL);
    CHECK(strstr(error, port) != NULL && strstr(error, "--listen") != NULL);
    scene_end(&scene);
}

TEST(what_is_missing_at_the_start_is_named)
{
    struct scene scene;
    char error[512] = "";
    scene_begin(&scene, 1);
    struct weft_server_config other = scene.config;
    other.listens[0].is_secure = true;
    other.certificates[0] = (struct weft_tls_certificate){"/no/cert.pem", "/no/key.pem"};
    other.certificate_count = 1;
    CHECK(weft_server_new(&other, NULL, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "/no/cert.pem") != NULL);

    other = scene.config;
    other.access_log = "/no/such/log";
    CHECK(weft_server_new(&other, NULL, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "/no/such/log") != NULL);
    scene_end(&scene);
}
