// fuzz/passwords.c: who stands in a file of passwords is found in it; credentials that are read are well-formed.
#include "server/passwords.h"
#include "server/credentials.h"

#include <assert.h>

static void check_file(struct weft_span text)
{
    char error[WEFT_PASSWORDS_TEXT_SIZE] = "";
    struct weft_passwords *passwords = weft_passwords_parse(text, "file", error, sizeof(error));
    assert(!passwords == (error[0] != 0));
    for (size_t i = 0; passwords && i < passwords->count; i++) {
        const struct weft_password *decoy;
        const struct weft_password *row = &passwords->rows[i];
        assert(row->user.size > 0 && row->user.size <= WEFT_USER_SIZE_MOST);
        assert(row->hash[0] == '$');
        assert(weft_passwords_find(passwords, row->user, &decoy) == row);
        assert(decoy >= passwords->rows && decoy < passwords->rows + passwords->count);
    }
    weft_passwords_free(passwords);
}

static void check_credentials(struct weft_span value)
{
    struct weft_credentials credentials;
    if (!weft_credentials_parse(value, &credentials)) return;
    assert(weft_span_find(credentials.user, ':') == credentials.user.size);
    assert(credentials.user.size <= WEFT_USER_SIZE_MOST);
    assert(strlen((const char *)credentials.password.data) == credentials.password.size);
    assert(credentials.password.size <= WEFT_PASSWORD_SIZE_MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_span text = {data, size};
    check_file(text);
    check_credentials(text);
    return 0;
}
