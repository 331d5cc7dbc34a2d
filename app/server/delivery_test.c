// server/delivery_test.c: one source, three ways out, and what each client gets of it
#include "server/delivery.h"

#include "server/delivery_rig_test.h"

#define MANIFEST                                                              \
    "pages:\n"                                                                \
    "  /: [/a.css, {path: /a.png, mode: hint}, {path: /b.css, mode: push}]\n" \
    "  /other.html: [/b.css]\n"                                               \
    "  /a.css: [/b.css]\n"                                                    \
    "  /gone.html: [/b.css]\n"
#define LINK "</a.css>; rel=preload; as=style, </a.png>; rel=preload; as=image"

static const char *const navigation[] = {"sec-fetch-mode", "navigate", NULL};

static bool is_told;

// What goes out with the answer to the newest request.
static struct weft_promise *deliver(struct rig *rig)
{
    weft_answer_deinit(&rig->answer);
    weft_answer_init(&rig->answer);
    weft_site_shared_set_time(&rig->shared, rig->now_us, 4000000000);
    rig->shared.is_secure = strcmp(rig->scheme, "https") == 0;
    weft_route(&rig->site, rig->request, &rig->answer);
    struct weft_delivery delivery = {
        .site = &rig->site,
        .conn = rig->conn,
        .stream_id = rig->stream_id,
        .request = rig->request,
        .answer = &rig->answer,
        .hint_count = &rig->hint_count,
        .given = &rig->given,
    };
    struct weft_promise *promises = weft_delivery_start(&delivery);
    is_told = delivery.is_told;
    return promises;
}

static struct weft_promise *load(struct rig *rig, const char *path)
{
    rig_ask(rig, path);
    return deliver(rig);
}

static struct weft_span field(const struct rig *rig, enum weft_http_field_name id)
{
    const struct weft_http_field *found = weft_http_head_find(&rig->answer.head, id);
    return found ? found->value : (struct weft_span){0};
}

static struct rig *rig_with_manifest(void)
{
    struct rig *rig = rig_new();
    rig_manifest(rig, MANIFEST);
    rig_field(rig, "cache-control: max-age=60");
    temp_dir_file(&rig->dir, "other.html", "<p>other");
    return rig;
}

TEST(who_takes_pushes_gets_promises_and_the_link_but_no_hints)
{
    struct rig *rig = rig_with_manifest();
    rig_start(rig);
    rig_ask_by(rig, false, "/", navigation);
    check_promised(rig, deliver(rig), "/a.css /b.css");
    CHECK(is_told);
    CHECK_EQ(strlen(rig->seen), 2); // no 103 among them
    CHECK_EQ(rig->hint_count, 0);
    CHECK_SPAN(field(rig, WEFT_HTTP_FIELD_LINK), LINK);
    rig_end(rig);
}

// RFC 8297 §2: the final answer says again what the 103 said.
TEST(who_takes_no_pushes_gets_hints_where_they_pay_and_the_link)
{
    struct rig *rig = rig_with_manifest();
    rig_start(rig);
    rig_set(rig, RIG_ENABLE_PUSH, 0);
    rig_ask_by(rig, false, "/", navigation);
    CHECK(deliver(rig) == NULL);
    CHECK(is_told);
    rig_drain(rig);
    CHECK_SAME(weft_span_of(rig->seen), WEFT_SPAN("H"));
    CHECK_EQ(rig->hint_count, 1);
    CHECK_SPAN(field(rig, WEFT_HTTP_FIELD_LINK), LINK);
    CHECK_EQ(rig->answer.head.status, 200);
    CHECK(rig->given == NULL); // nobody keeps a record for those who take no pushes

    CHECK(load(rig, "/") == NULL); // no navigation
    rig_drain(rig);
    CHECK_SAME(weft_span_of(rig->seen), WEFT_SPAN(""));
    CHECK_SPAN(field(rig, WEFT_HTTP_FIELD_LINK), LINK);
    CHECK_EQ(rig->hint_count, 1);
    rig_end(rig);
}

// A client that holds all that would be pushed is told by hints, as others are.
TEST(where_nothing_is_left_to_push_hints_take_its_place)
{
    struct rig *rig = rig_with_manifest();
    rig_start(rig);
    check_promised(rig, load(rig, "/"), "/a.css /b.css");
    rig_ask_by(rig, false, "/", navigation);
    check_promised(rig, deliver(rig), "");
    CHECK_SAME(weft_span_of(rig->seen), WEFT_SPAN("H"));
    CHECK_EQ(rig->hint_count, 1);
    rig_end(rig);
}

// What was only looked at, to see whether it is worth a push, is gone by then: hints go by the page's path.
TEST(hints_go_by_the_rules_for_the_page_though_its_files_were_looked_at)
{
    struct rig *rig = rig_with_manifest();
    struct weft_header_rule *rule =
        weft_header_rules_add(&rig->config->headers, &rig->server_config.arena);
    rule->path_text = "/*.css";
    CHECK(weft_header_rule_finish(rule) == NULL);
    CHECK(weft_header_rule_change(rule, &rig->server_config.arena, WEFT_HEADER_SET, "cache-control",
                                  "no-store") == NULL);
    rig->config->has_rules = true;
    rig_start(rig);
    rig_ask_by(rig, false, "/", navigation);
    check_promised(rig, deliver(rig), "");
    CHECK_EQ(rig->hint_count, 1);
    CHECK_SPAN(weft_site_path(&rig->shared)->path, "/");
    rig_end(rig);
}

TEST(only_whole_answers_that_are_pages_carry_anything)
{
    struct rig *rig = rig_with_manifest();
    rig_start(rig);
    check_promised(rig, load(rig, "/a.css"), ""); // named in the manifest, and no page
    CHECK_EQ(field(rig, WEFT_HTTP_FIELD_LINK).size, 0);
    check_promised(rig, load(rig, "/gone.html"), "");
    CHECK_EQ(rig->answer.head.status, 404);
    CHECK(weft_delivery_is_html(&rig->answer.head));
    rig_ask_by(rig, false, "/", (const char *const[]){"if-none-match", "*", NULL});
    check_promised(rig, deliver(rig), "");
    CHECK_EQ(rig->answer.head.status, 304);
    CHECK_EQ(field(rig, WEFT_HTTP_FIELD_LINK).size, 0);
    rig_ask_by(rig, true, "/", navigation);
    check_promised(rig, deliver(rig), ""); // HEAD: nothing will be shown of it
    CHECK_EQ(rig->hint_count, 0);
    CHECK_SPAN(field(rig, WEFT_HTTP_FIELD_LINK), LINK); // but the same head, RFC 9110 §9.3.2
    rig_end(rig);
}

TEST(what_a_client_asked_for_is_not_pushed_to_it_later)
{
    struct rig *rig = rig_with_manifest();
    rig_start(rig);
    check_promised(rig, load(rig, "/a.css"), "");
    check_promised(rig, load(rig, "/"), "/b.css");
    check_promised(rig, load(rig, "/other.html"), ""); // given with the page before
    rig_end(rig);
}

TEST(a_page_is_found_by_its_folder_its_index_file_and_its_encoded_path)
{
    struct rig *rig = rig_with_manifest();
    rig_start(rig);
    const char *const paths[] = {"/", "/index.html", "/?a=b", "/%69ndex.html"};
    for (size_t i = 0; i < WEFT_COUNT(paths); i++) {
        rig_connect(rig);
        check_promised(rig, load(rig, paths[i]), "/a.css /b.css");
    }
    check_promised(rig, load(rig, "/other.html"), "");
    rig_end(rig);
}

static struct weft_span cookie(const struct rig *rig)
{
    return field(rig, WEFT_HTTP_FIELD_SET_COOKIE);
}

// RFC 6265bis §4.1.3.2: what the name begins with has browsers hold us to Secure, Path=/ and no Domain.
TEST(over_tls_what_was_pushed_is_kept_in_a_cookie_that_scripts_and_siblings_cannot_touch)
{
    char held[WEFT_CACHE_DIGEST_SET_COOKIE_SIZE];
    struct rig *rig = rig_with_manifest();
    rig->scheme = "https";
    rig_start(rig);
    check_promised(rig, load(rig, "/"), "/a.css /b.css");
    struct weft_span line = cookie(rig);
    size_t size = weft_span_find(line, ';');
    CHECK(weft_span_starts_with(line, WEFT_SPAN("__Host-weft-held=")));
    CHECK_EQ(size, strlen("__Host-weft-held=") + WEFT_CACHE_DIGEST_TEXT_SIZE);
    CHECK_SPAN(weft_span_skip(line, size),
               "; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax");
    memcpy(held, line.data, size);
    held[size] = 0;

    rig_connect(rig);
    rig_ask_by(rig, false, "/", (const char *const[]){"cookie", held, NULL});
    check_promised(rig, deliver(rig), "");
    CHECK_EQ(cookie(rig).size, 0); // it says so already
    rig_end(rig);

    rig = rig_with_manifest(); // in the clear it could not be Secure
    rig_start(rig);
    check_promised(rig, load(rig, "/"), "/a.css /b.css");
    CHECK_EQ(cookie(rig).size, 0);
    rig_end(rig);
}

// A file's fields are shared by all its answers: what goes with one page must not stay with them.
TEST(what_is_added_to_an_answer_stays_with_it)
{
    struct rig *rig = rig_with_manifest();
    rig->scheme = "https";
    rig_start(rig);
    check_promised(rig, load(rig, "/"), "/a.css /b.css");
    CHECK(cookie(rig).size > 0);
    weft_answer_deinit(&rig->answer);
    weft_answer_init(&rig->answer);
    weft_route(&rig->site, rig->request, &rig->answer);
    CHECK_EQ(cookie(rig).size, 0);
    CHECK_EQ(field(rig, WEFT_HTTP_FIELD_LINK).size, 0);
    rig_end(rig);
}

// W3C Preload §3.3: the Link fields of an answer are a source too, beside the manifest.
TEST(links_of_an_answer_push_unless_they_say_nopush)
{
    struct rig *rig = rig_new();
    rig_field(rig, "link: </a.css>; rel=preload; as=style; nopush");
    rig_field(rig, "link: </b.css>; rel=preload; as=style");
    rig_start(rig);
    CHECK(rig->site.delivers);
    check_promised(rig, load(rig, "/"), "/b.css");
    CHECK(is_told);
    CHECK_EQ(rig->hint_count, 0);
    rig_end(rig);
}

TEST(what_cannot_be_kept_is_linked_alone)
{
    struct rig *rig = rig_new();
    rig_manifest(rig, MANIFEST);
    rig_field(rig, "cache-control: no-store");
    rig->config->early_hints = WEFT_EARLY_HINTS_ALWAYS;
    rig_start(rig);
    rig_ask_by(rig, false, "/", navigation);
    check_promised(rig, deliver(rig), "");
    CHECK_EQ(rig->hint_count, 0);
    CHECK_SPAN(field(rig, WEFT_HTTP_FIELD_LINK), LINK);
    rig_end(rig);
}

// What is told is asked for because it was told: the views that are told nothing show whether it is still needed.
TEST(of_eight_views_of_a_learned_page_one_is_told_nothing)
{
    static const struct weft_manifest_listener listener = {0};
    struct rig *rig = rig_with_manifest();
    struct weft_learned_shelf shelf;
    CHECK(weft_learned_shelf_init(&shelf));
    struct weft_manifest *learned =
        weft_manifest_read_bytes(WEFT_SPAN("pages: {/: [/b.css], /new.html: [/b.css]}"), &listener);
    CHECK(learned != NULL);
    weft_learned_lay_down(&shelf, learned);
    temp_dir_file(&rig->dir, "new.html", "<p>new");
    rig_start(rig);
    rig_set(rig, RIG_ENABLE_PUSH, 0);
    rig->site.learned.shelf = &shelf;
    size_t told = 0;
    for (int i = 0; i < 5 * WEFT_DELIVERY_LEFT_OUT; i++) {
        CHECK(load(rig, "/new.html") == NULL);
        CHECK_EQ(is_told, field(rig, WEFT_HTTP_FIELD_LINK).size > 0);
        told += is_told;
        weft_conn_reset(rig->conn, rig->stream_id, WEFT_HTTP_CANCEL);
        rig_drain(rig);
    }
    CHECK_EQ(told, 5 * (WEFT_DELIVERY_LEFT_OUT - 1));
    for (int i = 0; i < 2 * WEFT_DELIVERY_LEFT_OUT; i++) { // what was written by hand always is
        CHECK(load(rig, "/") == NULL);
        CHECK_SPAN(field(rig, WEFT_HTTP_FIELD_LINK), LINK);
        weft_conn_reset(rig->conn, rig->stream_id, WEFT_HTTP_CANCEL);
        rig_drain(rig);
    }
    weft_learned_drop(&rig->site.learned);
    weft_learned_shelf_deinit(&shelf);
    rig_end(rig);
}
