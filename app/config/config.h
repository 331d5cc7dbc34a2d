// config/config.h: the configuration file: YAML, read by a table with one row a setting (docs/configuration.md).
//
// The same table gives the reader, what `weft check --show` prints, the JSON Schema and the settings of weft.conf(5). A
// new setting is a field of the server's configuration and a row of settings.c or site_settings.c, nothing else.
#ifndef WEFT_CONFIG_CONFIG_H
#define WEFT_CONFIG_CONFIG_H

#include "server/server.h"

#include <stdio.h>

/** What is wrong, and where. */
struct weft_config_complaint {
    const char *file; // NULL: nowhere in particular
    unsigned line;    // from 1; 0 where it is of the file as a whole
    unsigned column;
    bool is_warning;  // it works today
    const char *text; // one line
};

/** Who hears of what is wrong. */
struct weft_config_listener {
    void (*complain)(void *context, const struct weft_config_complaint *complaint);
    void *context;
};

/**
 * Reads a file and those that it includes, and looks at what they name: roots, certificates, keys, pages.
 *
 * config   initialised; what the file does not set stays as it is. Texts are of its arena
 * returns  false where anything is wrong. All of it was told, not only the first (but no more than 20 faults);
 *          warnings alone do not make it false
 */
WEFT_MUST_USE bool weft_config_read(struct weft_server_config *config, const char *file,
                                    const struct weft_config_listener *listener);

/** The same from memory, as if it stood in the folder `/`. It touches no file: nothing can be included, and
 *  what is named is not looked at. */
WEFT_MUST_USE bool weft_config_read_bytes(struct weft_server_config *config, struct weft_span bytes,
                                          const struct weft_config_listener *listener);

/**
 * Sets a setting that is one of some words, as a file would.
 *
 * site      whose it is, where it is one of a site
 * expected  filled with "expected on, off or require" where it is none of them
 * returns   whether it is
 */
bool weft_config_set_word(struct weft_server_config *config, struct weft_site_config *site,
                          const char *name, const char *word, char *expected, size_t expected_size);

/** Writes a configuration as a file that would give the same, every default included. */
void weft_config_show(const struct weft_server_config *config, FILE *out);

/** Writes the JSON Schema (draft 2020-12) of the file, for editors. */
void weft_config_write_schema(FILE *out);

/** Writes the settings as part of a manual page, in scdoc's form. */
void weft_config_write_manual(FILE *out);

/** Writes the settings as tables in Markdown. */
void weft_config_write_tables(FILE *out);

/** Warns of names of sites that no certificate covers, where there are certificates: browsers would refuse them. */
void weft_config_warn_of_names(const struct weft_server_config *config, const char *file,
                               const struct weft_config_listener *listener);

enum { WEFT_CONFIG_EXPIRY_SOON_DAYS = 14 };

/**
 * Loads a certificate and its key, as a server would.
 *
 * now      seconds from 1970
 * text     filled with one line where something is wrong, or is going to be
 * returns  false where it cannot be used; true with a text: it has expired, or will soon
 */
bool weft_config_certificate_is_fine(const struct weft_tls_certificate *certificate, int64_t now,
                                     char *text, size_t text_size);

#endif
