// server/answered.c
#include "server/answered.h"

#include "base/hash.h"

static struct weft_answered *slot_of(const struct weft_site_shared *shared, uint64_t connection,
                                     uint64_t known_as)
{
    uint64_t hash = weft_hash_mix(weft_hash_mix(0, connection), known_as);
    return &shared->answered[hash % WEFT_ANSWERED_SLOTS];
}

void weft_answered_note(struct weft_site *site, uint64_t connection,
                        const struct weft_http_head *request, const struct weft_answer *answer)
{
    if (request->known_as == 0 || answer->repeats_until_us == 0) return;
    if (site->config->auth.passwords || site->delivers) return;
    *slot_of(site->shared, connection, request->known_as) =
        (struct weft_answered){.connection = connection,
                               .known_as = request->known_as,
                               .site = site,
                               .file = answer->body.file,
                               .changes = site->shared->cache.changes,
                               .until_us = answer->repeats_until_us};
}

const struct weft_answered *weft_answered_find(const struct weft_site_shared *shared,
                                               uint64_t connection,
                                               const struct weft_http_head *request)
{
    if (request->known_as == 0) return NULL;
    const struct weft_answered *found = slot_of(shared, connection, request->known_as);
    bool is_it = found->known_as == request->known_as && found->connection == connection;
    bool holds = found->changes == shared->cache.changes && shared->now_us < found->until_us;
    return is_it && holds ? found : NULL;
}
