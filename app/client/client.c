// client/client.c: the pool: origins, who waits there, and who may open a connection
#include "client/state.h"

#include <stdio.h>

enum { HTTP_1_CONNECTIONS = 6 }; // to an origin, where nobody said how many: as browsers have it

static const char *const alpn_best[] = {"h2", "http/1.1", NULL};
static const char *const alpn_h1[] = {"http/1.1", NULL};
static const char *const alpn_h2[] = {"h2", NULL};

struct weft_tls_context *weft_client_tls(struct weft_client *client, char *error, size_t size)
{
    if (client->tls) return client->tls;
    struct weft_tls_client_config config = {
        .ca_file = client->config.ca_file,
        .skips_verification = client->config.skips_verification,
        .key_log_file = client->config.key_log_file,
        .alpn = alpn_best,
    };
    switch (client->config.version) {
    case WEFT_CLIENT_BEST: break;
    case WEFT_CLIENT_1_0: config.alpn = NULL; break; // nobody agrees on it by ALPN
    case WEFT_CLIENT_1_1: config.alpn = alpn_h1; break;
    case WEFT_CLIENT_2:
    case WEFT_CLIENT_2_PRIOR_KNOWLEDGE: config.alpn = alpn_h2; break;
    }
    client->tls = weft_tls_client_new(&config, error, size);
    return client->tls;
}

bool weft_client_prepare(struct weft_client *client, char *error, size_t error_size)
{
    return weft_client_tls(client, error, error_size) != NULL;
}

// Ways

enum weft_result weft_client_route(struct weft_client *client, const char *host, uint16_t port,
                                   const char *to_host, uint16_t to_port)
{
    if (strlen(host) >= WEFT_URL_HOST_SIZE || strlen(to_host) >= WEFT_URL_HOST_SIZE) {
        return WEFT_INVALID;
    }
    struct weft_client_way *way = weft_allocate_zeroed(client->config.alloc, sizeof(*way));
    if (!way) return WEFT_NO_MEMORY;
    way->port = port;
    way->to_port = to_port;
    snprintf(way->host, sizeof(way->host), "%s", host);
    snprintf(way->to_host, sizeof(way->to_host), "%s", to_host);
    weft_list_push_back(&client->ways, &way->link);
    return WEFT_OK;
}

const struct weft_client_way *weft_client_way_of(const struct weft_client *client,
                                                 const struct weft_url *url)
{
    WEFT_LIST_EACH(link, &client->ways)
    {
        const struct weft_client_way *way = WEFT_LIST_ENTRY(link, struct weft_client_way, link);
        bool is_host = way->host[0] == 0 || strcmp(way->host, url->host) == 0;
        if (is_host && (way->port == 0 || way->port == url->port)) return way;
    }
    return NULL;
}

// Origins

// The ready connection with the fewest exchanges that may take one more; h2's own limit is the engine's to say.
static struct weft_client_connection *choose(const struct weft_client_origin *origin, size_t depth)
{
    struct weft_client_connection *best = NULL;
    WEFT_LIST_EACH(link, &origin->connections)
    {
        struct weft_client_connection *it =
            WEFT_LIST_ENTRY(link, struct weft_client_connection, link);
        bool is_h2 = it->info.version == WEFT_HTTP_2;
        if (!it->is_ready || it->takes_none || !it->session) continue;
        if (!is_h2 && it->exchange_count >= depth) continue;
        if (!best || it->exchange_count < best->exchange_count) best = it;
    }
    return best;
}

static size_t connections_most(const struct weft_client_origin *origin)
{
    const struct weft_client_config *config = &origin->client->config;
    if (config->limits.connections > 0) return config->limits.connections;
    bool may_be_h2 = config->version != WEFT_CLIENT_1_0 && config->version != WEFT_CLIENT_1_1 &&
                     (origin->url.is_secure || config->version == WEFT_CLIENT_2_PRIOR_KNOWLEDGE);
    // Until the first connection knows the version, one is enough.
    bool is_h1 = origin->version != 0 && origin->version != WEFT_HTTP_2;
    return may_be_h2 && !is_h1 ? 1 : HTTP_1_CONNECTIONS;
}

static size_t depth_of(const struct weft_client_origin *origin)
{
    return origin->is_unpipelined ? 1 : origin->client->config.limits.pipeline_depth;
}

// Gives the first who waits to a connection; false where none takes it now.
static bool assign(struct weft_client_origin *origin, size_t depth)
{
    struct weft_exchange *exchange =
        WEFT_LIST_ENTRY(origin->waiting.next, struct weft_exchange, link);
    if (weft_client_push_claim(origin, exchange)) return true;
    struct weft_client_connection *connection = choose(origin, depth);
    if (!connection) return false;
    switch (weft_client_connection_take(connection, exchange)) {
    case WEFT_OK: return true;
    case WEFT_LATER: return false;
    case WEFT_GONE: connection->takes_none = true; return true; // another may
    case WEFT_INVALID:
        weft_exchange_fail(exchange, WEFT_CLIENT_BROKEN,
                           "the request breaks a rule of HTTP: a field, its value or the method",
                           false);
        return true;
    case WEFT_NO_MEMORY: break;
    }
    weft_exchange_fail(exchange, WEFT_CLIENT_NO_MEMORY, "no memory", false);
    return true;
}

static void fail_all(struct weft_client_origin *origin, enum weft_client_end end,
                     const char *reason)
{
    for (size_t count = origin->waiting_count; count > 0; count--) {
        weft_exchange_fail(WEFT_LIST_ENTRY(origin->waiting.next, struct weft_exchange, link), end,
                           reason, false);
    }
}

// Opens connections for those who wait, as many as may be.
static void open_more(struct weft_client_origin *origin)
{
    char error[WEFT_CLIENT_TEXT_SIZE];
    size_t most = connections_most(origin);
    while (origin->opening_count < origin->waiting_count && origin->connection_count < most) {
        if (origin->url.is_secure && !weft_client_tls(origin->client, error, sizeof(error))) {
            fail_all(origin, WEFT_CLIENT_NO_TRUST, error);
            return;
        }
        if (!weft_client_connect(origin)) {
            fail_all(origin, WEFT_CLIENT_NO_MEMORY, "no memory for a connection");
            return;
        }
    }
}

static void dispatch(struct weft_task *task)
{
    struct weft_client_origin *origin = WEFT_LIST_ENTRY(task, struct weft_client_origin, dispatch);
    bool goes_on = true;
    while (goes_on && origin->waiting_count > 0) { // idle connections first
        goes_on = assign(origin, 1);
    }
    open_more(origin);
    bool is_full = origin->connection_count >= connections_most(origin);
    for (goes_on = is_full; goes_on && origin->waiting_count > 0;) { // then behind others
        goes_on = assign(origin, depth_of(origin));
    }
}

void weft_client_dispatch_soon(struct weft_client_origin *origin)
{
    if (origin->waiting_count == 0) return;
    weft_loop_defer(origin->client->config.loop, &origin->dispatch);
}

static struct weft_client_origin *origin_of(struct weft_client *client, const struct weft_url *url)
{
    WEFT_LIST_EACH(link, &client->origins)
    {
        struct weft_client_origin *it = WEFT_LIST_ENTRY(link, struct weft_client_origin, link);
        if (weft_url_same_origin(&it->url, url)) return it;
    }
    struct weft_client_origin *origin = weft_allocate_zeroed(client->config.alloc, sizeof(*origin));
    if (!origin) return NULL;
    origin->client = client;
    origin->url = *url;
    origin->url.path = origin->url.user = origin->url.fragment = (struct weft_span){NULL, 0};
    origin->dispatch.run = dispatch;
    weft_list_init(&origin->waiting);
    weft_list_init(&origin->connections);
    weft_list_push_back(&client->origins, &origin->link);
    return origin;
}

void weft_client_enqueue(struct weft_exchange *exchange, bool is_first)
{
    struct weft_client_origin *origin = origin_of(exchange->client, &exchange->report.url);
    exchange->origin = origin;
    if (!origin) {
        weft_exchange_fail(exchange, WEFT_CLIENT_NO_MEMORY, "no memory for an origin", false);
        return;
    }
    struct weft_list *place = &origin->waiting; // before this one
    if (is_first) {
        place = place->next;
    } else {
        while (place->prev != &origin->waiting &&
               WEFT_LIST_ENTRY(place->prev, struct weft_exchange, link)->urgency >
                   exchange->urgency) {
            place = place->prev;
        }
    }
    weft_list_insert_before(place, &exchange->link);
    origin->waiting_count++;
    weft_client_dispatch_soon(origin);
}

// The client

static void set_http_limits(struct weft_client *client)
{
    static const struct weft_http_limits usual = WEFT_HTTP_LIMITS_INIT;
    const struct weft_client_limits *limits = &client->config.limits;
    client->http_limits = usual;
    client->http_limits.pipeline_count = limits->pipeline_depth > 0 ? limits->pipeline_depth : 1;
    client->http_limits.body_timeout_ms = limits->stall_timeout_ms;
    client->http_limits.body_rate = 0; // a server may be as slow as it likes, while it sends
}

struct weft_client *weft_client_new(const struct weft_client_config *config)
{
    struct weft_client *client = weft_allocate_zeroed(config->alloc, sizeof(*client));
    if (!client) return NULL;
    client->config = *config;
    set_http_limits(client);
    weft_list_init(&client->origins);
    weft_list_init(&client->ways);
    struct weft_session_hub_config hub = {.loop = config->loop,
                                          .alloc = config->alloc,
                                          .limits = &client->http_limits,
                                          .handshake_timeout_ms =
                                              config->limits.connect_timeout_ms};
    client->hub = weft_session_hub_new(&hub);
    client->resolver = weft_resolver_new(config->loop, config->alloc);
    if (client->hub && client->resolver) return client;
    weft_client_free(client);
    return NULL;
}

static void free_exchanges(struct weft_list *list)
{
    while (!weft_list_is_empty(list)) {
        weft_exchange_free(WEFT_LIST_ENTRY(list->next, struct weft_exchange, link));
    }
}

static void origin_free(struct weft_client_origin *origin)
{
    weft_loop_cancel_task(origin->client->config.loop, &origin->dispatch);
    weft_list_remove(&origin->link);
    weft_release(origin->client->config.alloc, origin, sizeof(*origin));
}

// Those whose connection has no session yet; the others end with the hub.
static void forget_opening(struct weft_client_origin *origin)
{
    struct weft_list *next;
    for (struct weft_list *link = origin->connections.next; link != &origin->connections;
         link = next) {
        struct weft_client_connection *connection =
            WEFT_LIST_ENTRY(link, struct weft_client_connection, link);
        next = link->next;
        free_exchanges(&connection->exchanges);
        if (!connection->session) weft_client_connection_free(connection);
    }
    free_exchanges(&origin->waiting);
}

void weft_client_free(struct weft_client *client)
{
    if (!client) return;
    WEFT_LIST_EACH(link, &client->origins)
    {
        forget_opening(WEFT_LIST_ENTRY(link, struct weft_client_origin, link));
    }
    weft_session_hub_free(client->hub);
    while (!weft_list_is_empty(&client->origins)) {
        origin_free(WEFT_LIST_ENTRY(client->origins.next, struct weft_client_origin, link));
    }
    struct weft_list *link;
    while ((link = weft_list_pop_front(&client->ways))) {
        weft_release(client->config.alloc, WEFT_LIST_ENTRY(link, struct weft_client_way, link),
                     sizeof(struct weft_client_way));
    }
    weft_resolver_free(client->resolver);
    weft_tls_context_free(client->tls);
    weft_release(client->config.alloc, client, sizeof(*client));
}

void weft_client_say_goodbye(struct weft_client *client)
{
    WEFT_LIST_EACH(origin_link, &client->origins)
    {
        struct weft_client_origin *origin =
            WEFT_LIST_ENTRY(origin_link, struct weft_client_origin, link);
        WEFT_LIST_EACH(link, &origin->connections)
        {
            struct weft_client_connection *connection =
                WEFT_LIST_ENTRY(link, struct weft_client_connection, link);
            if (!connection->is_ready || !connection->session) continue;
            weft_conn_fail(weft_session_conn(connection->session), WEFT_HTTP_NO_ERROR,
                           "the client is done");
            weft_session_wake(connection->session);
        }
    }
}

size_t weft_client_connection_count(const struct weft_client *client)
{
    return weft_session_hub_count(client->hub);
}
