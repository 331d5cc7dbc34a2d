// process/confine.c
#include "process/confine.h"

#include "process/landlock.h"
#include "process/privileges.h"
#include "process/system_calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LINE_SIZE = 1024 };

// Somebody asked for this user: it has to be able to serve.
static bool take_named(const struct weft_confine *confine, struct weft_identity *identity,
                       char *error, size_t error_size)
{
    int why = 0;
    if (!weft_identity_find(confine->user, identity, error, error_size)) return false;
    if (geteuid() != 0) return true; // dropping tells what is wrong with that
    const struct weft_reach *missed = weft_identity_misses(identity, confine->reaches, false, &why);
    if (!missed) return true;
    snprintf(error, error_size,
             "%s cannot read %s '%s': %s; 'namei -l' with that path shows what is closed to it",
             identity->name, missed->what, missed->path, strerror(-why));
    return false;
}

// Nobody named a user: root serves as the usual one, unless that would have nothing to serve.
static void take_usual(const struct weft_confine *confine, struct weft_identity *identity)
{
    char line[LINE_SIZE];
    int why = 0;
    *identity = weft_identity_own();
    if (geteuid() != 0) return;
    struct weft_identity usual;
    if (!weft_identity_usual(&usual)) {
        confine->tell("stays root, without its capabilities: this system has neither www-data nor "
                      "nobody; --user names another");
        return;
    }
    const struct weft_reach *missed = weft_identity_misses(&usual, confine->reaches, false, &why);
    if (!missed && why == 0) {
        *identity = usual;
        return;
    }
    if (missed) {
        snprintf(
            line, sizeof(line),
            "stays root, without its capabilities: %s cannot read %s '%s'; --user names another",
            usual.name, missed->what, missed->path);
    } else {
        snprintf(line, sizeof(line), "stays root, without its capabilities: cannot become %s: %s",
                 usual.name, strerror(-why));
    }
    confine->tell(line);
}

// A log that is open stays so; after a rotation it could not be opened anew.
static void check_logs(const struct weft_confine *confine, const struct weft_identity *identity)
{
    char line[LINE_SIZE];
    int why = 0;
    if (identity->user == geteuid()) return; // who has just opened it
    const struct weft_reach *missed = weft_identity_misses(identity, confine->reaches, true, &why);
    if (!missed) return;
    snprintf(line, sizeof(line),
             "%s cannot make %s '%s' anew once it is rotated: %s; the log goes on in the old file, "
             "until its folder is writable",
             identity->name, missed->what, missed->path, strerror(-why));
    confine->tell(line);
}

static bool has_failed(int result, const struct weft_confine *confine, const char *what,
                       const char *then, char *error, size_t error_size)
{
    char line[LINE_SIZE];
    if (result != -ENOSYS) return result < 0; // told already
    if (confine->sandbox == WEFT_SANDBOX_REQUIRE) {
        snprintf(error, error_size,
                 "--sandbox require: this kernel has no %s, or does not let us use it", what);
        return true;
    }
    snprintf(line, sizeof(line), "this kernel has no %s, or does not let us use it: %s", what,
             then);
    confine->tell(line);
    return false;
}

bool weft_confine(const struct weft_confine *confine, char *error, size_t error_size)
{
    struct weft_identity identity;
    if (!confine->user) take_usual(confine, &identity);
    if (confine->user && !take_named(confine, &identity, error, error_size)) return false;
    check_logs(confine, &identity);

    bool is_on = confine->sandbox != WEFT_SANDBOX_OFF;
    // The places are looked up as who we still are; from then on also root sees only them.
    if (is_on && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        int result = weft_landlock_restrict(confine->reaches, error, error_size);
        if (has_failed(result, confine, "Landlock", "the worker can open what its user can", error,
                       error_size)) {
            return false;
        }
    }
    if (!weft_privileges_drop(&identity, error, error_size)) return false;
    if (!is_on) return true;
    int result = weft_system_calls_restrict(error, error_size);
    return !has_failed(result, confine, "seccomp filters", "the worker can make every system call",
                       error, error_size);
}
