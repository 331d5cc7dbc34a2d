// session/pace.c
#include "session/pace.h"

#include "net/socket.h"

enum {
    AHEAD_US = 8000,
    AHEAD_LEAST = 4096,      // the kernel asks for more at the half: a packet or two must be left
    QUEUE_LEAST_US = 6000,   // a shorter queue is noise
    WINDOW_LEAST_US = 40000, // the rate over less time is noise
    WINDOW_MOST_US = 500000, // there was a pause
    RIVALRY_US = 20000000,
    NEAR_US = 5000,  // a round trip within a house
    STEP_LEAST = 10, // in 1024ths
    STEP_MOST = 64,  // of a window of WINDOW_LEAST_US; a longer one's are longer
    STEP_EVER = 256,
    TRIMS_MOST = 12, // windows
    LOW_LEAST = 3,   // windows

    SECOND_US = 1000000,
};

void weft_pace_init(struct weft_pace *pace)
{
    *pace = (struct weft_pace){
        .ahead = WEFT_SOCKET_NOTSENT_LOWAT, .most_rate = WEFT_PACE_FREE, .step = STEP_LEAST};
}

static void enter(struct weft_pace *pace, enum weft_pace_phase phase, uint64_t now_us)
{
    pace->phase = (uint8_t)phase;
    pace->phase_us = now_us;
    pace->step = STEP_LEAST;
    pace->trim_count = 0;
    if (phase == WEFT_PACE_UNHELD || phase == WEFT_PACE_RIVALRY) pace->most_rate = WEFT_PACE_FREE;
    if (phase == WEFT_PACE_HELD) pace->most_rate = pace->rate;
}

static void set_ahead(struct weft_pace *pace, const struct weft_tcp_info *info)
{
    if (info->rate == 0) return;
    uint64_t ahead = info->rate * AHEAD_US / SECOND_US;
    if (info->rate_is_lower_bound && ahead < pace->ahead) return;
    pace->is_fast = ahead >= WEFT_SOCKET_NOTSENT_LOWAT;
    if (ahead > WEFT_SOCKET_NOTSENT_LOWAT) ahead = WEFT_SOCKET_NOTSENT_LOWAT;
    if (ahead < AHEAD_LEAST) ahead = AHEAD_LEAST;
    pace->ahead = (size_t)ahead;
}

// How long a packet may wait on the way: what three take, or a fifth of the way itself, is no queue yet.
static uint64_t queue_most_us(const struct weft_pace *pace, const struct weft_tcp_info *info)
{
    uint64_t most_us = QUEUE_LEAST_US;
    uint64_t packets_us = pace->rate > 0 ? 3ULL * info->segment_size * SECOND_US / pace->rate : 0;
    if (packets_us > most_us) most_us = packets_us;
    if (info->least_round_trip_us / 5 > most_us) most_us = info->least_round_trip_us / 5;
    return most_us;
}

static void drain(struct weft_pace *pace, uint64_t queue_us, uint64_t most_us)
{
    pace->most_rate = queue_us > 3 * most_us ? pace->rate / 4 * 3 : pace->rate / 8 * 7;
}

static void start_draining(struct weft_pace *pace, uint64_t queue_us, uint64_t most_us,
                           uint64_t now_us)
{
    enter(pace, WEFT_PACE_DRAINING, now_us);
    pace->drained_us = queue_us;
    pace->drain_count = pace->stale_count = 0;
    drain(pace, queue_us, most_us);
}

// On a long way there are few windows in a second, so each has to try more.
static void let_go_faster(struct weft_pace *pace, uint64_t passed_us)
{
    uint64_t step = pace->step * passed_us / WINDOW_LEAST_US;
    pace->most_rate += pace->most_rate * (step < STEP_EVER ? step : STEP_EVER) / 1024;
    if (pace->step < STEP_MOST) pace->step *= 2;
}

// A little slower than the link for a window, or a little faster: the queue stays short, and never runs dry.
static void hold(struct weft_pace *pace, uint64_t queue_us, uint64_t most_us, uint64_t now_us)
{
    if (queue_us < pace->base_us) pace->base_us = queue_us;
    if (queue_us > pace->base_us + most_us) {
        pace->step = STEP_LEAST;
        pace->trim_count++;
        pace->most_rate = pace->rate / 16 * 15;
        bool is_of_no_use = pace->trim_count > TRIMS_MOST;
        if (is_of_no_use || queue_us > pace->base_us + 4 * most_us) {
            start_draining(pace, queue_us, most_us, now_us);
        }
        return;
    }
    pace->trim_count = 0;
    if (pace->most_rate < pace->rate) pace->most_rate = pace->rate;
    if (queue_us > pace->base_us + most_us / 2) {
        pace->step = STEP_LEAST;
        return;
    }
    if (pace->most_rate < pace->peak_rate) { // back to what the link has carried
        pace->most_rate += (pace->peak_rate - pace->most_rate) / 2 + 1;
        return;
    }
    uint64_t fastest = pace->rate > pace->last_rate ? pace->rate : pace->last_rate;
    if (fastest < pace->most_rate / 32 * 31) return; // it is not what holds us back
    let_go_faster(pace, now_us - pace->window_us);
}

// Until the queue gets no shorter: what is left is what acknowledgements take their time for, or somebody else's.
static void go_on_draining(struct weft_pace *pace, uint64_t queue_us, uint64_t most_us,
                           uint64_t now_us)
{
    pace->drain_count++;
    // What was sent before still arrives in the first round trip.
    bool is_shorter = queue_us + queue_us / 8 < pace->drained_us || pace->drain_count <= 2;
    if (is_shorter) {
        pace->drained_us = queue_us;
        pace->stale_count = 0;
    } else {
        pace->stale_count++;
    }
    if (queue_us > most_us / 2 && pace->stale_count < 2) {
        drain(pace, queue_us, most_us);
    } else if (queue_us > 3 * most_us) {
        enter(pace, WEFT_PACE_RIVALRY, now_us);
    } else {
        pace->base_us = queue_us;
        enter(pace, WEFT_PACE_HELD, now_us);
    }
}

// A queue comes of more than the link takes: for the first time it is seen what that is. While a connection still
// grows, the windows before it have much less; what the kernel saw since may be a bunch of acknowledgements.
static void note_first_queue(struct weft_pace *pace, const struct weft_tcp_info *info)
{
    uint64_t rate = info->rate < 2 * pace->last_rate ? info->rate : 2 * pace->last_rate;
    if (rate > pace->rate) pace->rate = rate;
}

static void follow_queue(struct weft_pace *pace, const struct weft_tcp_info *info,
                         uint64_t queue_us, uint64_t most_us, uint64_t now_us)
{
    switch (pace->phase) {
    case WEFT_PACE_UNHELD:
        if (queue_us <= most_us || pace->is_growing) break;
        note_first_queue(pace, info);
        start_draining(pace, queue_us, most_us, now_us);
        break;
    case WEFT_PACE_HELD: hold(pace, queue_us, most_us, now_us); break;
    case WEFT_PACE_DRAINING: go_on_draining(pace, queue_us, most_us, now_us); break;
    case WEFT_PACE_RIVALRY:
        if (now_us - pace->phase_us > RIVALRY_US) enter(pace, WEFT_PACE_UNHELD, now_us);
        break;
    }
}

static void begin_window(struct weft_pace *pace, const struct weft_tcp_info *info, uint64_t now_us)
{
    pace->window_us = now_us;
    pace->window_begin = info->delivered;
}

// The rate of the link, by what arrived in a window and in the one before.
static void note_rate(struct weft_pace *pace, uint64_t rate, bool has_queue)
{
    // Acknowledgements that come late to one window are too many in the next.
    uint64_t lower = rate < pace->last_rate || pace->last_rate == 0 ? rate : pace->last_rate;
    uint64_t higher = rate > pace->last_rate ? rate : pace->last_rate;
    pace->last_rate = rate;
    bool is_held = pace->most_rate != WEFT_PACE_FREE;
    if (has_queue && is_held && higher < pace->most_rate - pace->most_rate / 8) {
        // It is not we who hold it down. Once may be chance; and a rival would take all that we give up.
        if (++pace->low_count == LOW_LEAST) {
            pace->rate = pace->peak_rate = higher;
            pace->drain_count = pace->stale_count = 0;
        }
        return;
    }
    pace->low_count = 0;
    pace->peak_rate = lower > pace->peak_rate ? lower : pace->peak_rate - pace->peak_rate / 64;
    // While it is held down on purpose, what arrives says nothing of the link.
    uint64_t remembered = pace->most_rate < pace->rate ? pace->rate : pace->rate / 16 * 15;
    pace->rate = lower > remembered ? lower : remembered;
}

static void end_window(struct weft_pace *pace, const struct weft_tcp_info *info, uint64_t now_us)
{
    uint64_t rate = (info->delivered - pace->window_begin) * SECOND_US / (now_us - pace->window_us);
    uint64_t queue_us = 0;
    if (info->round_trip_us > info->least_round_trip_us) {
        queue_us = info->round_trip_us - info->least_round_trip_us;
    }
    uint64_t most_us = queue_most_us(pace, info);
    pace->is_growing = rate > pace->last_rate + pace->last_rate / 4;
    note_rate(pace, rate, queue_us > pace->base_us + most_us);
    follow_queue(pace, info, queue_us, most_us, now_us);
    uint64_t least_rate = 4ULL * info->segment_size * SECOND_US / (info->round_trip_us | 1);
    if (pace->most_rate < least_rate) pace->most_rate = least_rate;
}

void weft_pace_update(struct weft_pace *pace, const struct weft_tcp_info *info, uint64_t now_us)
{
    set_ahead(pace, info);
    // A queue in a house is too short to see, and there the processor is the bottleneck.
    bool is_near = pace->is_fast && info->least_round_trip_us < NEAR_US;
    if (is_near && pace->phase != WEFT_PACE_UNHELD) enter(pace, WEFT_PACE_UNHELD, now_us);
    uint64_t passed_us = now_us - pace->window_us;
    bool is_over = passed_us >= WINDOW_LEAST_US && passed_us >= info->round_trip_us;
    if (!is_near && is_over && passed_us <= WINDOW_MOST_US && pace->window_us > 0) {
        end_window(pace, info, now_us);
    }
    if (is_over) begin_window(pace, info, now_us);
}
