// server/config.h: all that a server is told before it starts.
#ifndef WEFT_SERVER_CONFIG_H
#define WEFT_SERVER_CONFIG_H

#include "base/arena.h"
#include "http/field.h"
#include "http/limits.h"
#include "net/tls.h"
#include "server/compression.h"
#include "server/header_rules.h"
#include "server/listen_url.h"
#include "server/manifest.h"
#include "server/passwords.h"
#include "server/redirects.h"

enum {
    WEFT_SITES_MOST = 4096,
    WEFT_LISTENS_MOST = 16,
    WEFT_CERTIFICATES_MOST = 32,
    WEFT_INDEX_NAMES_MOST = 8,
    WEFT_EXTRA_FIELDS_MOST = 16,
    WEFT_EXTRA_NAME_SIZE = 64,
    WEFT_ERROR_PAGES_MOST = 32,
    WEFT_THREADS_MOST = 64,
    WEFT_LEARN_QUORUM = 5, // networks that have to show what a page needs
};

enum weft_log_format {
    WEFT_LOG_COMMON,   // host ident user [time] "request" status bytes
    WEFT_LOG_COMBINED, // the same with "referer" "user agent"
    WEFT_LOG_JSON,     // an object a line, with all that is known
};

/** Which walls the worker stands behind (docs/sandbox.md). */
enum weft_sandbox {
    WEFT_SANDBOX_ON,      // as far as this kernel can; what it cannot is said
    WEFT_SANDBOX_OFF,     // only the change of user
    WEFT_SANDBOX_REQUIRE, // wholly, or not at all
};

enum weft_error_level {
    WEFT_ERROR_ERROR, // something does not work: files that cannot be read, logs that take no lines
    WEFT_ERROR_WARNING, // a client reached a limit
    WEFT_ERROR_NOTICE,  // a client broke the protocol, or came to nothing in the TLS handshake
};

enum weft_error_format {
    WEFT_ERROR_TEXT,
    WEFT_ERROR_JSON, // an object a line
};

enum weft_early_hints {
    WEFT_EARLY_HINTS_AUTO, // where they win time
    WEFT_EARLY_HINTS_ALWAYS,
    WEFT_EARLY_HINTS_NEVER,
};

/** HTTP Strict Transport Security (RFC 6797). */
struct weft_hsts {
    uint64_t max_age_ms; // 0: none
    bool includes_subdomains;
    bool preloads;
};

/** Who may come in (RFC 7617). */
struct weft_auth {
    const char *realm;                      // what people are asked for the password to
    const char *file;                       // of names and hashes; NULL: everybody may
    const struct weft_passwords *passwords; // that it holds; NULL where everybody may
    const char *challenge;                  // what a 401 asks for
};

/** What is shown for a status. */
struct weft_error_page_file {
    uint16_t status;
    const char *path; // beneath the root, decoded
};

/** What is served under some names. Texts and spans are borrowed for the server's life, or the arena's of the whole
 *  configuration; it points into itself, so it must not move. */
struct weft_site_config {
    const char **names; // example.org, *.example.org; in lower case
    size_t name_count;  // 0: the default, for all names that are no other site's
    const char *root;   // the directory that is served
    bool lists_directories;
    const char *index_names[WEFT_INDEX_NAMES_MOST]; // tried in order
    size_t index_count;
    struct weft_http_field extra_fields[WEFT_EXTRA_FIELDS_MOST];    // in every answer
    char extra_names[WEFT_EXTRA_FIELDS_MOST][WEFT_EXTRA_NAME_SIZE]; // theirs, in lower case
    size_t extra_count;
    const char *manifest_file;            // where `manifest` comes from; NULL for none
    const struct weft_manifest *manifest; // NULL for none
    enum weft_early_hints early_hints;
    bool learns;                         // what pages need, from how they are loaded
    unsigned learn_quorum;               // networks that have to show it
    const char *learned_file;            // where that is kept; NULL: in memory alone
    const struct weft_manifest *learned; // what it said at the start; NULL for nothing
    struct weft_header_rules headers;
    struct weft_redirects redirects;
    bool https_only; // who comes over http is sent to https
    struct weft_hsts hsts;
    struct weft_error_page_file error_pages[WEFT_ERROR_PAGES_MOST];
    size_t error_page_count;
    bool has_rules; // there are redirects or fields by path, or https_only
    struct weft_compression compression;
    struct weft_auth auth;
};

/** Start from weft_server_config_init(). It must not move. */
struct weft_server_config {
    struct weft_arena arena; // holds what was added
    struct weft_site_config **sites;
    size_t site_count;
    struct weft_listen_url listens[WEFT_LISTENS_MOST];
    size_t listen_count;
    struct weft_tls_certificate certificates[WEFT_CERTIFICATES_MOST]; // the first is the default
    size_t certificate_count;
    unsigned thread_count;
    bool has_metrics;               // there is a listener for those who run the server
    bool metrics_are_public;        // it may be one that others reach
    struct weft_listen_url metrics; // where
    const char *access_log;         // a file, "-" for standard output, NULL for none
    enum weft_log_format log_format;
    const char *error_log;             // a file, "-" for standard error, NULL for none
    enum weft_error_level error_level; // what is less important is not written
    enum weft_error_format error_format;
    const char *qlog;       // what connections do; a file, "-" for standard output, NULL for none
    size_t cache_size;      // bytes of small files kept in memory, all threads together
    const char *congestion; // of TCP, by the kernel's name; NULL: the system's
    const char *user;       // NAME[:GROUP] who serves; NULL: root becomes the usual user
    uint16_t https_port;    // where https_only sends to; 0: the first https listener's
    enum weft_sandbox sandbox;
    uint32_t drain_timeout_ms;  // how long answers in flight may take once the end is asked for
    uint32_t learn_interval_ms; // from one lesson to the next
    struct weft_http_limits limits;
};

/** The defaults, without a site, a listener or a certificate; a thread for each processor that this process may run on. */
void weft_server_config_init(struct weft_server_config *config);

/** Gives its memory back, but for manifests, which are the caller's. */
void weft_server_config_deinit(struct weft_server_config *config);

/** A site's defaults, without names and root. */
void weft_site_config_init(struct weft_site_config *site);

/** Adds a site with the defaults, without names and root; NULL without memory, or where there are too many. */
struct weft_site_config *weft_server_config_add_site(struct weft_server_config *config);

/**
 * Adds a name of a site.
 *
 * name     example.org, or *.example.org for all that has one label more; upper case is made lower
 * returns  NULL, or what is wrong with it: static text
 */
const char *weft_site_config_add_name(struct weft_server_config *config,
                                      struct weft_site_config *site, struct weft_span name);

/**
 * Adds the name of an index file.
 *
 * returns  NULL, or what is wrong with it: static text
 */
const char *weft_site_config_add_index(struct weft_site_config *site, const char *name);

/**
 * Adds a field of every answer.
 *
 * line     "Name: value"; borrowed as the texts are
 * returns  NULL, or what is wrong with it: static text; nothing was added then
 */
const char *weft_site_config_add_field(struct weft_site_config *site, const char *line);

/**
 * Names the page of a status.
 *
 * path     beneath the root; borrowed
 * returns  NULL, or what is wrong with it: static text
 */
const char *weft_site_config_add_error_page(struct weft_site_config *site, struct weft_span status,
                                            const char *path);

/** To be called once headers, redirects, https_only and hsts are set. Returns NULL, or what does not go together: static
 *  text */
const char *weft_site_config_finish(struct weft_server_config *config,
                                    struct weft_site_config *site);

/** Names who may come in: REALM:FILE. Returns NULL, or what is wrong with it: static text. */
const char *weft_site_config_set_auth(struct weft_server_config *config,
                                      struct weft_site_config *site, const char *text);

/**
 * Closes a site to all but those whom its file names, once that was read. What it answers is then kept by no cache that
 * others share (RFC 9111 §3.5).
 *
 * passwords  borrowed for the server's life
 * returns    NULL, or what is wrong: static text
 */
const char *weft_site_config_protect(struct weft_server_config *config,
                                     struct weft_site_config *site,
                                     const struct weft_passwords *passwords);

/**
 * Sets where metrics are shown.
 *
 * url      http://HOST:PORT
 * returns  NULL, or what is wrong with it: static text
 */
const char *weft_server_config_set_metrics(struct weft_server_config *config, const char *url);

/** Is there a site that lets in only whom its file names? */
bool weft_server_config_asks_passwords(const struct weft_server_config *config);

/** Makes the metrics' listener, where one was set, the last of all listeners; once the others are known. */
void weft_server_config_join_metrics(struct weft_server_config *config);

/** May clients keep files and use them without asking again, by the site's Cache-Control? Hints are of use
 *  only then. */
bool weft_site_config_lets_keep(const struct weft_site_config *site);

/**
 * Sets a limit of lib/http/limits.h.
 *
 * returns  false where no limit has that name
 */
bool weft_server_config_set_limit(struct weft_server_config *config, struct weft_span name,
                                  uint32_t value);

/** One row of lib/http/limits.h. */
struct weft_limit_row {
    const char *name;
    uint32_t standard;
    const char *unit;
    const char *help;
};

/** The limits in their order; NULL past the last. */
const struct weft_limit_row *weft_limit_row_at(size_t index);

/** The limit whose counter counts when this one is reached: itself, or the burst of a bucket's rate. */
const struct weft_limit_row *weft_limit_row_of_counter(const struct weft_limit_row *row);

/**
 * Does what is set go together?
 *
 * error    filled with one line where it does not
 */
bool weft_server_config_is_valid(const struct weft_server_config *config, char *error,
                                 size_t error_size);

#endif
