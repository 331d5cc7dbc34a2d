// server/credentials.c: RFC 7617 §2
#include "server/credentials.h"

#include "net/secret.h"
#include "wire/base64.h"

enum { LETTERS_MOST = (WEFT_USER_SIZE_MOST + 1 + WEFT_PASSWORD_SIZE_MOST + 2) / 3 * 4 };

// What follows "Basic" and spaces; empty where that is not how it begins (RFC 9110 §11.4).
static struct weft_span letters_of(struct weft_span value)
{
    struct weft_span scheme = WEFT_SPAN("basic");
    struct weft_span name = weft_span_part(value, 0, weft_span_find(value, ' '));
    if (!weft_span_equal_ignoring_case(name, scheme)) return (struct weft_span){0};
    struct weft_span rest = weft_span_skip(value, name.size);
    while (rest.size > 0 && rest.data[0] == ' ')
        rest = weft_span_skip(rest, 1);
    return rest;
}

static bool has_control_byte(struct weft_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) return true;
    }
    return false;
}

static bool parse(struct weft_span value, struct weft_credentials *credentials)
{
    size_t size = 0;
    struct weft_span letters = letters_of(value);
    if (letters.size == 0 || letters.size > LETTERS_MOST) return false;
    if (!weft_base64_decode(WEFT_BASE64, letters, credentials->text, &size)) return false;
    if (size >= sizeof(credentials->text)) return false;
    credentials->text[size] = 0;
    struct weft_span text = {credentials->text, size};
    size_t colon = weft_span_find(text, ':'); // the first: a password may hold more of them
    if (colon == size || has_control_byte(text)) return false;
    credentials->user = weft_span_part(text, 0, colon);
    credentials->password = (struct weft_span){text.data + colon + 1, size - colon - 1};
    return colon <= WEFT_USER_SIZE_MOST && credentials->password.size <= WEFT_PASSWORD_SIZE_MOST;
}

bool weft_credentials_parse(struct weft_span value, struct weft_credentials *credentials)
{
    bool is_fine = parse(value, credentials);
    if (!is_fine) weft_credentials_wipe(credentials);
    return is_fine;
}

bool weft_credentials_of(const struct weft_http_head *request, struct weft_credentials *credentials)
{
    const struct weft_http_field *found = NULL;
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != WEFT_HTTP_FIELD_AUTHORIZATION) continue;
        if (found) return false; // not a list, RFC 9110 §5.3
        found = &request->fields[i];
    }
    return found && weft_credentials_parse(found->value, credentials);
}

void weft_credentials_wipe(struct weft_credentials *credentials)
{
    weft_secret_wipe(credentials, sizeof(*credentials));
}
