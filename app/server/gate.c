// server/gate.c
#include "server/gate.h"

#include <stdlib.h>

enum { WAYS = 4 }; // places that credentials may have

static const uint64_t KNOWN_FOR_US = 600 * UINT64_C(1000000);

/** Credentials that were right. */
struct weft_gate_known {
    uint8_t hash[WEFT_SECRET_SIZE];   // of the password file's place, the name and the password
    const struct weft_password *user; // NULL: empty
    uint64_t since_us;
};

/** A password that is being tried. */
struct weft_gate_check {
    struct weft_helper_job job;
    struct weft_gate *gate;
    struct weft_list link;    // among those under way
    struct weft_list waiting; // for it
    uint8_t hash[WEFT_SECRET_SIZE];
    const struct weft_password *user; // NULL: nobody has that name
    const char *tried;                // hash
    uint64_t asked_us;
    enum weft_password_verdict verdict;
    char password[WEFT_PASSWORD_SIZE_MOST + 1];
};

static struct weft_gate_check *of(struct weft_helper_job *job)
{
    return WEFT_LIST_ENTRY(job, struct weft_gate_check, job);
}

bool weft_gate_open(struct weft_gate *gate, struct weft_helpers *helpers, struct weft_loop *loop)
{
    if (!weft_secret_make(gate->key, sizeof(gate->key))) return false;
    weft_helper_desk_open(&gate->desk, helpers, loop);
    weft_list_init(&gate->checks);
    gate->is_open = true;
    return true;
}

void weft_gate_close(struct weft_gate *gate)
{
    if (!gate->is_open) return;
    weft_helper_desk_close(&gate->desk);
    free(gate->known);
    weft_secret_wipe(gate->key, sizeof(gate->key));
    gate->is_open = false;
}

// The places of a hash, which are as good as random.
static struct weft_gate_known *places_of(const struct weft_gate *gate, const uint8_t *hash)
{
    size_t set;
    memcpy(&set, hash, sizeof(set));
    return gate->known + set % (WEFT_GATE_KNOWN_MOST / WAYS) * WAYS;
}

static const struct weft_password *recall(const struct weft_gate *gate, const uint8_t *hash,
                                          uint64_t now_us)
{
    if (!gate->known) return NULL;
    struct weft_gate_known *places = places_of(gate, hash);
    for (struct weft_gate_known *place = places; place < places + WAYS; place++) {
        if (!place->user || !weft_secret_equal(place->hash, hash, sizeof(place->hash))) continue;
        if (now_us - place->since_us < KNOWN_FOR_US) return place->user;
        place->user = NULL;
    }
    return NULL;
}

// In the place of what has been there longest. Without memory all are tried each time.
static void remember(struct weft_gate *gate, const struct weft_gate_check *check)
{
    if (!gate->known) gate->known = calloc(WEFT_GATE_KNOWN_MOST, sizeof(*gate->known));
    if (!gate->known) return;
    struct weft_gate_known *places = places_of(gate, check->hash);
    struct weft_gate_known *oldest = places;
    for (struct weft_gate_known *place = places; place < places + WAYS; place++) {
        if (!oldest->user) break;
        if (!place->user || place->since_us < oldest->since_us) oldest = place;
    }
    memcpy(oldest->hash, check->hash, sizeof(oldest->hash));
    oldest->user = check->user;
    oldest->since_us = check->asked_us;
}

static void free_check(struct weft_gate_check *check)
{
    weft_list_remove(&check->link);
    weft_secret_wipe(check, sizeof(*check));
    free(check);
}

// In a helper's thread.
static void try_password(struct weft_helper_job *job)
{
    struct weft_gate_check *check = of(job);
    check->verdict = weft_password_try(check->tried, check->password);
    if (!check->user && check->verdict == WEFT_PASSWORD_RIGHT) {
        check->verdict = WEFT_PASSWORD_WRONG; // that of somebody else
    }
    weft_secret_wipe(check->password, sizeof(check->password));
}

static void decide(struct weft_gate *gate, struct weft_gate_check *check,
                   enum weft_gate_verdict verdict)
{
    struct weft_list *link;
    while ((link = weft_list_pop_front(&check->waiting))) {
        struct weft_gate_wait *wait = WEFT_LIST_ENTRY(link, struct weft_gate_wait, link);
        bool is_wrong = verdict == WEFT_GATE_SHUT;
        if (wait->has_paid && !is_wrong) weft_client_logs_in(gate->clients, wait->client);
        gate->decided(wait, verdict, check->user);
    }
}

// In the loop's thread again.
static void is_tried(struct weft_helper_job *job)
{
    struct weft_gate_check *check = of(job);
    struct weft_gate *gate = check->gate;
    enum weft_gate_verdict verdict = WEFT_GATE_BUSY;
    weft_list_remove(&check->link); // who asks from now on asks anew, or is known
    if (check->verdict == WEFT_PASSWORD_RIGHT) {
        gate->counts->right++;
        remember(gate, check);
        verdict = WEFT_GATE_OPEN;
    } else if (check->verdict == WEFT_PASSWORD_WRONG) {
        gate->counts->wrong++;
        verdict = WEFT_GATE_SHUT;
    }
    decide(gate, check, verdict);
    free_check(check);
}

static void drop(struct weft_helper_job *job)
{
    free_check(of(job));
}

static struct weft_gate_check *find_check(struct weft_gate *gate, const uint8_t *hash)
{
    WEFT_LIST_EACH(link, &gate->checks)
    {
        struct weft_gate_check *check = WEFT_LIST_ENTRY(link, struct weft_gate_check, link);
        if (weft_secret_equal(check->hash, hash, sizeof(check->hash))) return check;
    }
    return NULL;
}

// Hands a password to the helpers; NULL where they have too much to do.
static struct weft_gate_check *start_check(struct weft_gate *gate,
                                           const struct weft_gate_question *question,
                                           const struct weft_credentials *credentials,
                                           const uint8_t *hash)
{
    const struct weft_password *decoy;
    struct weft_gate_check *check = malloc(sizeof(*check));
    if (!check) return NULL;
    check->job = (struct weft_helper_job){.run = try_password, .done = is_tried, .drop = drop};
    check->gate = gate;
    check->user = weft_passwords_find(question->passwords, credentials->user, &decoy);
    check->tried = check->user ? check->user->hash : decoy->hash;
    check->asked_us = question->now_us;
    memcpy(check->hash, hash, sizeof(check->hash));
    memcpy(check->password, credentials->password.data, credentials->password.size + 1);
    weft_list_init(&check->waiting);
    weft_list_push_back(&gate->checks, &check->link);
    if (weft_helper_hand_in(&gate->desk, &check->job)) return check;
    free_check(check);
    WEFT_HTTP_COUNT(gate->counters, login_queue);
    return NULL;
}

// Has the request wait for a check: one that is under way, or its own, which its client has to be allowed.
static struct weft_gate_answer wait_for(struct weft_gate *gate,
                                        const struct weft_gate_question *question,
                                        const struct weft_credentials *credentials,
                                        const uint8_t *hash)
{
    struct weft_gate_answer answer = {.verdict = WEFT_GATE_BUSY,
                                      .retry_after_s = WEFT_GATE_BUSY_RETRY_S};
    struct weft_gate_check *check = find_check(gate, hash);
    bool pays = !check;
    if (pays && !weft_client_may_log_in(gate->clients, question->client, question->now_us,
                                        &answer.retry_after_s)) {
        answer.verdict = WEFT_GATE_TOO_OFTEN;
        return answer;
    }
    struct weft_gate_wait *wait = malloc(sizeof(*wait));
    if (wait && !check) check = start_check(gate, question, credentials, hash);
    if (!wait || !check) {
        if (pays) weft_client_logs_in(gate->clients, question->client);
        free(wait);
        return answer;
    }
    *wait = (struct weft_gate_wait){.client = question->client, .has_paid = pays};
    weft_list_push_back(&check->waiting, &wait->link);
    answer.verdict = WEFT_GATE_WAITS;
    answer.wait = wait;
    return answer;
}

// A site's credentials are no other's: its passwords are part of what is hashed.
static bool hash_credentials(const struct weft_gate *gate, const struct weft_passwords *passwords,
                             const struct weft_credentials *credentials, uint8_t *hash)
{
    uint8_t text[sizeof(passwords) + sizeof(credentials->text)];
    size_t size = credentials->user.size + 1 + credentials->password.size;
    memcpy(text, &passwords, sizeof(passwords));
    memcpy(text + sizeof(passwords), credentials->text, size);
    struct weft_span bytes = {text, sizeof(passwords) + size};
    bool is_done = weft_secret_hash(gate->key, bytes, hash);
    weft_secret_wipe(text, sizeof(text));
    return is_done;
}

static struct weft_gate_answer judge(struct weft_gate *gate,
                                     const struct weft_gate_question *question,
                                     const struct weft_credentials *credentials)
{
    uint8_t hash[WEFT_SECRET_SIZE];
    struct weft_gate_answer answer = {.verdict = WEFT_GATE_BUSY,
                                      .retry_after_s = WEFT_GATE_BUSY_RETRY_S};
    if (!hash_credentials(gate, question->passwords, credentials, hash)) return answer;
    answer.user = recall(gate, hash, question->now_us);
    if (!answer.user) return wait_for(gate, question, credentials, hash);
    gate->counts->known++;
    answer.verdict = WEFT_GATE_OPEN;
    return answer;
}

struct weft_gate_answer weft_gate_ask(struct weft_gate *gate,
                                      const struct weft_gate_question *question)
{
    struct weft_credentials credentials;
    struct weft_gate_answer answer = {.verdict = WEFT_GATE_SHUT};
    if (!weft_credentials_of(question->request, &credentials)) return answer;
    answer = judge(gate, question, &credentials);
    weft_credentials_wipe(&credentials);
    return answer;
}

void weft_gate_forget(struct weft_gate_wait *wait)
{
    weft_list_remove(&wait->link);
    free(wait);
}
