// cmd/abuse_show.c
#include "cmd/abuse_show.h"

#include "cmd/json_out.h"
#include "cmd/term.h"

#include <stdio.h>

enum { ID_WIDTH = 27, SAID_WIDTH = 72 };

void weft_abuse_show_case(const struct weft_abuse_case *which)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("%-*s %s%s%s%s\n", ID_WIDTH, which->id, which->name, which->cve[0] ? " (" : "",
           which->cve, which->cve[0] ? ")" : "");
    printf("%*s %s%s%s\n", ID_WIDTH, "", term->dim, which->sent, term->plain);
}

static void show_url(const struct weft_url *url)
{
    char text[512];
    bool is_first = true;
    putchar('{');
    weft_json_pair(stdout, "url", weft_url_text(url, text, sizeof(text)), &is_first);
}

void weft_abuse_show_start(bool is_json, const struct weft_url *url, size_t process_count)
{
    const struct weft_term *term = weft_term_of(stdout);
    if (is_json) {
        show_url(url);
        printf(",\"processes\":%zu,\"cases\":[", process_count);
        return;
    }
    if (process_count == 0) {
        printf("The server's processes cannot be read: neither memory nor CPU is judged "
               "(--pid PID)\n\n");
    }
    printf("%s%-*s %-9s %9s %8s %8s  %s%s\n", term->bold, ID_WIDTH, "attack", "outcome", "memory",
           "CPU", "fresh", "what the server said", term->plain);
}

static void show_json(const struct weft_abuse_result *result, bool is_first_case)
{
    bool is_first = true;
    if (!is_first_case) putchar(',');
    printf("\n{");
    weft_json_pair(stdout, "id", result->which->id, &is_first);
    weft_json_pair(stdout, "class", result->which->name, &is_first);
    weft_json_pair(stdout, "cve", result->which->cve, &is_first);
    weft_json_pair(stdout, "sent", result->which->sent, &is_first);
    weft_json_pair(stdout, "outcome", result->outcome, &is_first);
    printf(",\"bounded\":%s", result->is_skipped ? "null" : result->is_bounded ? "true" : "false");
    weft_json_pair(stdout, "why", result->why, &is_first);
    weft_json_pair(stdout, "said", result->said, &is_first);
    if (result->has_process) {
        printf(",\"memory_bytes\":%lld,\"cpu_us\":%llu", (long long)result->grown,
               (unsigned long long)result->cpu_us);
    }
    printf(",\"attacker_cpu_us\":%llu,\"fresh_us\":%llu,\"sent_bytes\":%llu,\"connections\":%llu,"
           "\"elapsed_us\":%llu}",
           (unsigned long long)result->own_cpu_us, (unsigned long long)result->fresh_us,
           (unsigned long long)result->sent_size, (unsigned long long)result->connections,
           (unsigned long long)result->elapsed_us);
}

static void show_row(const struct weft_abuse_result *result)
{
    const struct weft_term *term = weft_term_of(stdout);
    bool is_bad = !result->is_bounded && !result->is_skipped;
    printf("%-*s %s%-9s%s ", ID_WIDTH, result->which->id, is_bad ? term->red : "", result->outcome,
           is_bad ? term->plain : "");
    if (result->is_skipped) {
        printf("%9s %8s %8s  %s\n", "", "", "", result->why);
        return;
    }
    if (result->has_process) {
        printf("%5.1f MiB %5.0f ms", (double)result->grown / 1048576, (double)result->cpu_us / 1e3);
    } else {
        printf("%9s %8s", "?", "?");
    }
    printf(" %5.0f ms  ", (double)result->fresh_us / 1e3);
    size_t size = strnlen(result->said, SAID_WIDTH);
    weft_term_put(stdout, result->said, size);
    putchar('\n');
    if (is_bad)
        printf("%*s %snot bounded: %s%s\n", ID_WIDTH, "", term->red, result->why, term->plain);
}

void weft_abuse_show(bool is_json, const struct weft_abuse_result *result,
                     struct weft_abuse_tally *tally)
{
    bool is_first = tally->bounded + tally->unbounded + tally->skipped == 0;
    tally->elapsed_us += result->elapsed_us;
    if (result->is_skipped) {
        tally->skipped++;
    } else if (result->is_bounded) {
        tally->bounded++;
    } else {
        tally->unbounded++;
    }
    if (is_json) {
        show_json(result, is_first);
    } else {
        show_row(result);
    }
}

void weft_abuse_show_end(bool is_json, const struct weft_abuse_tally *tally)
{
    if (is_json) {
        printf("\n],\"bounded\":%u,\"not_bounded\":%u,\"skipped\":%u}\n", tally->bounded,
               tally->unbounded, tally->skipped);
        return;
    }
    printf("\n%u bounded, %u not bounded", tally->bounded, tally->unbounded);
    if (tally->skipped > 0) printf(", %u skipped", tally->skipped);
    printf(" (%.1f s)\n", (double)tally->elapsed_us / 1e6);
}
