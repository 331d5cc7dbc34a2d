// server/packer.c
#include "server/packer.h"

#include "server/encoder.h"

#include <stdlib.h>

struct job {
    struct weft_helper_job job;
    struct weft_packer *packer;
    const struct weft_file_place *place;
    struct weft_file *plain; // held
    enum weft_http_coding coding;
    uint8_t *bytes; // made; NULL where it did not pay
    size_t size;
    size_t path_size;
    uint8_t path[];
};

static struct job *of(struct weft_helper_job *job)
{
    return (struct job *)(void *)((char *)job - offsetof(struct job, job));
}

// The bytes of a file in memory never change while it is held.
static void pack(struct weft_helper_job *helper_job)
{
    struct job *job = of(helper_job);
    struct weft_span content = {job->plain->bytes, (size_t)job->plain->size};
    unsigned level = job->place->compression->level;
    (void)weft_encoder_whole(job->coding, level, content, &job->bytes, &job->size);
}

static void drop(struct weft_helper_job *helper_job)
{
    struct job *job = of(helper_job);
    weft_file_release(job->plain);
    free(job->bytes);
    free(job);
}

static void take_in(struct weft_helper_job *helper_job)
{
    struct job *job = of(helper_job);
    struct weft_file *plain = job->plain;
    const struct weft_file_place *place = job->place;
    struct weft_file_traits traits = weft_compression_traits(place->compression, job->coding);
    traits.path = (struct weft_span){job->path, job->path_size};
    plain->coding &= (uint8_t)~job->coding;
    if (job->bytes) {
        struct weft_file *coded =
            weft_file_of_coded(plain, job->bytes, job->size, place->heads, &traits);
        job->bytes = NULL;
        if (coded) {
            (void)weft_file_cache_add(job->packer->cache, place, traits.path, plain, job->coding,
                                      coded);
        }
    } else {
        plain->codable &= (uint8_t)~job->coding;
    }
    drop(helper_job);
}

void weft_packer_open(struct weft_packer *packer, struct weft_helpers *helpers,
                      struct weft_loop *loop, struct weft_file_cache *cache)
{
    packer->cache = cache;
    packer->is_open = true;
    weft_helper_desk_open(&packer->desk, helpers, loop);
}

void weft_packer_close(struct weft_packer *packer)
{
    if (packer->is_open) weft_helper_desk_close(&packer->desk);
    packer->is_open = false;
}

void weft_packer_ask(struct weft_packer *packer, const struct weft_file_place *place,
                     struct weft_span path, struct weft_file *plain, enum weft_http_coding coding)
{
    if (!packer->is_open || !plain->bytes || plain->coding & coding) return;
    struct job *job = malloc(sizeof(*job) + path.size);
    if (!job) return;
    *job = (struct job){.job = {.run = pack, .done = take_in, .drop = drop},
                        .packer = packer,
                        .place = place,
                        .plain = weft_file_hold(plain),
                        .coding = coding,
                        .path_size = path.size};
    memcpy(job->path, path.data, path.size);
    plain->coding |= (uint8_t)coding;
    if (weft_helper_hand_in(&packer->desk, &job->job)) return;
    plain->coding &= (uint8_t)~coding;
    drop(&job->job);
}
