// h2/settings.c
#include "h2/settings.h"

struct weft_h2_settings weft_h2_settings_initial(void)
{
    return (struct weft_h2_settings){
#define X(name, field, id, standard, least, most, code) .field = (standard),
        WEFT_H2_SETTINGS_LIST(X)
#undef X
    };
}

struct setting_rule {
    uint16_t offset; // in struct weft_h2_settings
    uint16_t code;   // of a value outside of the bounds
    uint32_t least;
    uint32_t most;
    const char *reason;
};

static const struct setting_rule setting_rules[] = {
#define X(name, field, id, standard, least, most, code)                                  \
    [id] = {offsetof(struct weft_h2_settings, field), WEFT_HTTP_##code, (least), (most), \
            "SETTINGS_" #name " out of its bounds"},
    WEFT_H2_SETTINGS_LIST(X)
#undef X
};

// What depends on who says it, and when.
static struct weft_http_error check_by_role(const struct weft_h2_settings *settings,
                                            enum weft_http_role role, bool is_first, uint16_t id,
                                            uint32_t value)
{
    if (id == WEFT_H2_SETTING_ENABLE_PUSH && role == WEFT_HTTP_CLIENT && value != 0) { // §6.5.2
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "SETTINGS_ENABLE_PUSH of 1 from a server");
    }
    if (id == WEFT_H2_SETTING_NO_RFC7540_PRIORITIES && !is_first &&
        value != settings->no_rfc7540_priorities) { // RFC 9218 §2.1
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "SETTINGS_NO_RFC7540_PRIORITIES changed");
    }
    if (id == WEFT_H2_SETTING_ENABLE_CONNECT_PROTOCOL && value == 0 &&
        settings->enable_connect_protocol == 1) { // RFC 8441 §3
        return weft_h2_connection_error(WEFT_HTTP_PROTOCOL_ERROR,
                                        "SETTINGS_ENABLE_CONNECT_PROTOCOL taken back");
    }
    return WEFT_H2_OK;
}

struct weft_http_error weft_h2_settings_apply(struct weft_h2_settings *settings,
                                              enum weft_http_role role, bool is_first, uint16_t id,
                                              uint32_t value)
{
    if (id >= WEFT_COUNT(setting_rules)) return WEFT_H2_OK;
    const struct setting_rule *rule = &setting_rules[id];
    if (!rule->reason) return WEFT_H2_OK; // unknown settings are ignored, §6.5.2

    if (value < rule->least || value > rule->most) {
        return weft_h2_connection_error((enum weft_http_error_code)rule->code, rule->reason);
    }
    struct weft_http_error error = check_by_role(settings, role, is_first, id, value);
    if (error.scope != WEFT_HTTP_FINE) return error;

    memcpy((uint8_t *)settings + rule->offset, &value, sizeof(value));
    return WEFT_H2_OK;
}
