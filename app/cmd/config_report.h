// cmd/config_report.h: what is wrong in a configuration, for whoever sits before the terminal.
#ifndef WEFT_CMD_CONFIG_REPORT_H
#define WEFT_CMD_CONFIG_REPORT_H

#include "config/config.h"

/** "weft: FILE:LINE:COLUMN: what is wrong" on standard error, one line each. */
extern const struct weft_config_listener weft_config_term_listener;

/** The same without warnings: for who reads a configuration that another process will serve by, and warn of. */
extern const struct weft_config_listener weft_config_fault_listener;

/** Tells of certificates that have expired or will soon; those that cannot be used are told when they are loaded. */
void weft_tell_expiry(const struct weft_server_config *config);

/** Tells of sites whose passwords would cross a network in the clear: they have a listener without TLS that others than
 *  this machine reach. */
void weft_tell_clear_passwords(const struct weft_server_config *config);

#endif
