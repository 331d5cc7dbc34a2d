// cmd/hpack.c: weft hpack decode, encode and table
#include "base/nearest.h"
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/hex_line.h"
#include "cmd/hpack_show.h"
#include "cmd/term.h"
#include "net/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_TEXT_MOST = 1 << 20, // letters of a line
    TABLE_SIZE_MOST = 1 << 24,
    COMPLAINT_SIZE = 512,
};

struct options {
    const char *file; // NULL: standard input
    size_t table_size;
    bool is_bare;
};

/** One run of the command over its lines. */
struct run {
    const struct options *options;
    const char *verb;
    struct weft_hpack_decoder *decoder;
    struct weft_hpack_encoder *encoder;
    struct weft_queue block; // that is being encoded
    size_t shown;            // of it
    const char *source;      // of the lines, for complaints
    size_t line;
    size_t block_count;
    size_t encoded_size; // of all blocks
    size_t text_size;
};

static const char *take_file(void *target, const char *value)
{
    ((struct options *)target)->file = value;
    return NULL;
}

static const char *take_table_size(void *target, const char *value)
{
    uint64_t size;
    if (!weft_args_size(value, &size) || size > TABLE_SIZE_MOST) return "a size of at most 16M";
    ((struct options *)target)->table_size = (size_t)size;
    return NULL;
}

static const char *take_bare(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->is_bare = true;
    return NULL;
}

static const struct weft_args_option table[] = {
    {"file", 'f', "FILE",
     "read lines from FILE; without it, and without words, from standard input", take_file},
    {"table-size", 't', "SIZE", "SETTINGS_HEADER_TABLE_SIZE (4096)", take_table_size},
    {"hex", 'x', NULL, "encode: nothing but the blocks, a line each, as decode reads them",
     take_bare},
    {"help", 'h', NULL, "this text", NULL},
    {0},
};

void weft_hpack_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf(
        "Takes the field blocks of HTTP/2 apart, or makes them (HPACK, RFC 7541).\n\n"
        "%sUsage%s\n"
        "  weft hpack decode [HEX...]       what each block says: representation, index and cost "
        "of "
        "each field\n"
        "  weft hpack table [HEX...]        the dynamic table behind them\n"
        "  weft hpack encode [FIELD...]     blocks of 'name: value' lines; an empty line ends a "
        "block\n\n"
        "  A block is a line of hexadecimal digits, with 'STREAM: ' before it where that is known. "
        "Blocks\n"
        "  of one direction of one connection have to come in their order, from the first on.\n"
        "\n%sOptions%s\n"
        "  -f, --file FILE          read lines from FILE; without it, and without words, from "
        "standard input\n"
        "  -t, --table-size SIZE    SETTINGS_HEADER_TABLE_SIZE of the decoder's side; 4096\n"
        "  -x, --hex                encode: nothing but the blocks, a line each\n"
        "\n%sExamples%s\n"
        "  weft hpack decode 828684418cf1e3c2e5f23a6ba0ab90f4ff\n"
        "  weft hpack encode ':method: GET' ':path: /' 'cookie: a=b'\n"
        "  tshark -r page.pcap -Y 'http2.type == 1' -T fields -e http2.headers_raw 2>/dev/null |\n"
        "      weft hpack table\n"
        "      (any tool that prints field blocks as hexadecimal digits will do)\n",
        term->bold, term->plain, term->bold, term->plain, term->bold, term->plain);
}

static bool complain(const struct run *run, const char *what)
{
    char text[COMPLAINT_SIZE];
    snprintf(text, sizeof(text), "%s:%zu: %s", run->source, run->line, what);
    weft_term_error(text);
    return false;
}

// An index beyond the table says that we have not seen all that the encoder wrote: HPACK is stateful.
static bool complain_of_block(const struct run *run, struct weft_span rest)
{
    char text[COMPLAINT_SIZE];
    const char *reason = weft_hpack_decoder_reason(run->decoder);
    size_t size;
    size_t count = weft_hpack_table_of(run->decoder, &size);
    uint32_t index = weft_hpack_index_at(rest);
    if (strstr(reason, "beyond both tables")) {
        snprintf(text, sizeof(text),
                 "block %zu names index %u, but the table ends at %zu: an earlier block that added "
                 "entries is missing. HPACK is stateful: give all blocks of this direction, in "
                 "order, from the first on",
                 run->block_count, index, 61 + count);
    } else {
        snprintf(text, sizeof(text), "block %zu cannot be decoded: %s", run->block_count, reason);
    }
    return complain(run, text);
}

static void show_totals(const char *name, size_t encoded, size_t text)
{
    printf("%s: %zu byte%s for %zu of text", name, encoded, encoded == 1 ? "" : "s", text);
    if (text > 0 && encoded <= text)
        printf(", %.1f %% saved", 100.0 * (double)(text - encoded) / (double)text);
    putchar('\n');
}

static void show_table_line(const struct run *run)
{
    size_t size;
    size_t count = weft_hpack_table_of(run->decoder, &size);
    printf("  table: %zu entr%s, %zu bytes\n", count, count == 1 ? "y" : "ies", size);
}

// Where the block's fields begin: behind the size updates (§4.2).
static size_t skip_updates(struct weft_span block)
{
    size_t at = 0;
    while (at < block.size && (block.data[at] & 0xe0) == 0x20) {
        bool is_long = (block.data[at++] & 0x1f) == 0x1f;
        while (is_long && at < block.size && (block.data[at++] & 0x80))
            continue;
    }
    return at;
}

static bool decode(struct run *run, struct weft_span block, const struct weft_hex_line *line)
{
    bool is_shown = strcmp(run->verb, "decode") == 0;
    struct weft_hpack_field field;
    enum weft_hpack_status status;
    size_t at = skip_updates(block);
    size_t text_size = 0;
    run->block_count++;
    if (is_shown) {
        printf("block %zu", run->block_count);
        if (line->has_stream) printf(", stream %llu", (unsigned long long)line->stream_id);
        putchar('\n');
        weft_hpack_show_heading();
        if (at > 0) printf("  %5zu         size update\n", at);
    }
    weft_hpack_decode_start(run->decoder, block);
    while ((status = weft_hpack_decode_next(run->decoder, NULL, &field)) == WEFT_HPACK_FIELD) {
        if (is_shown)
            weft_hpack_show_field(weft_span_part(block, at, field.encoded_size), &field.field);
        at += field.encoded_size;
        text_size += weft_hpack_text_size(&field.field);
    }
    fflush(stdout);
    if (status != WEFT_HPACK_END)
        return complain_of_block(run, weft_span_part(block, at, block.size - at));
    run->encoded_size += block.size;
    run->text_size += text_size;
    if (!is_shown) return true;
    show_totals("  sum", block.size, text_size);
    show_table_line(run);
    return true;
}

static bool take_block(struct run *run, struct weft_span text)
{
    struct weft_hex_line line;
    size_t column = 0;
    uint8_t *room = malloc(text.size / 2 + 1);
    if (!room) return complain(run, "no memory");
    const char *expected = weft_hex_line_read(text, room, &line, &column);
    bool is_fine = true;
    if (expected) {
        char complaint[COMPLAINT_SIZE];
        snprintf(complaint, sizeof(complaint), "column %zu: %s", column, expected);
        is_fine = complain(run, complaint);
    } else if (line.size > 0) {
        is_fine = decode(run, (struct weft_span){room, line.size}, &line);
    }
    free(room);
    return is_fine;
}

static void put_hex(struct weft_span bytes)
{
    if (!bytes.data) return;
    for (size_t i = 0; i < bytes.size; i++) {
        printf("%02x", bytes.data[i]);
    }
}

// Ends the block that is being made, if there is one.
static void end_encoding(struct run *run)
{
    struct weft_span block = weft_queue_bytes(&run->block);
    if (block.size == 0) return;
    if (!run->options->is_bare) printf("  ");
    put_hex(block);
    putchar('\n');
    run->encoded_size += block.size;
    run->shown = 0;
    weft_queue_drop(&run->block, block.size);
}

static bool encode(struct run *run, struct weft_span name, struct weft_span value)
{
    if (weft_queue_size(&run->block) == 0) {
        run->block_count++;
        run->shown = 0;
        if (weft_hpack_encode_start(run->encoder, &run->block) != WEFT_OK)
            return complain(run, "no memory");
        if (!run->options->is_bare) {
            printf("block %zu\n", run->block_count);
            weft_hpack_show_heading();
            run->shown = weft_queue_size(&run->block);
            if (run->shown > 0) printf("  %5zu         size update\n", run->shown);
        }
    }
    struct weft_http_field field = {
        .name = name, .value = value, .id = (uint8_t)weft_http_field_lookup(name)};
    if (weft_hpack_encode_field(run->encoder, &run->block, &field) != WEFT_OK)
        return complain(run, "no memory");
    struct weft_span block = weft_queue_bytes(&run->block);
    if (!run->options->is_bare) {
        weft_hpack_show_field(weft_span_part(block, run->shown, block.size - run->shown), &field);
        printf("%15s", "");
        put_hex(weft_span_part(block, run->shown, block.size - run->shown));
        putchar('\n');
    }
    run->shown = block.size;
    run->text_size += weft_hpack_text_size(&field);
    return true;
}

// "name: value"; a pseudo-field's name begins with a colon. Names are in lower case (RFC 9113 §8.2.1).
static bool take_field(struct run *run, struct weft_span text)
{
    struct weft_span line = weft_span_trim(text);
    if (line.size > 0 && line.data[line.size - 1] == '\r') line.size--;
    if (line.size == 0) return end_encoding(run), true;
    size_t colon = 1 + weft_span_find(weft_span_part(line, 1, line.size - 1), ':');
    if (colon >= line.size) return complain(run, "expected 'name: value'");
    uint8_t *name = malloc(colon);
    if (!name) return complain(run, "no memory");
    for (size_t i = 0; i < colon; i++) {
        uint8_t byte = line.data[i];
        name[i] = byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
    }
    bool is_fine = encode(run, weft_span_trim((struct weft_span){name, colon}),
                          weft_span_trim(weft_span_part(line, colon + 1, line.size - colon - 1)));
    free(name);
    return is_fine;
}

static bool take_line(struct run *run, struct weft_span text)
{
    run->line++;
    if (run->encoder) return take_field(run, text);
    return take_block(run, text);
}

static bool take_file_lines(struct run *run, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    bool is_fine = true;
    while (is_fine && (size = getline(&line, &room, file)) >= 0) {
        if (size > 0 && line[size - 1] == '\n') size--;
        if (size > BLOCK_TEXT_MOST) {
            run->line++;
            is_fine = complain(run, "a line of more than 1 MiB");
            break;
        }
        is_fine = take_line(run, (struct weft_span){(const uint8_t *)line, (size_t)size});
    }
    if (is_fine && ferror(file)) is_fine = complain(run, strerror(errno));
    free(line);
    return is_fine;
}

static bool take_lines(struct run *run, int count, char **words)
{
    const char *name = run->options->file;
    if (count > 0) {
        run->source = "argument";
        for (int i = 0; i < count; i++) {
            if (!take_line(run, weft_span_of(words[i]))) return false;
        }
        return true;
    }
    run->source = name && strcmp(name, "-") != 0 ? name : "standard input";
    FILE *file = run->source == name ? fopen(name, "r") : stdin;
    if (!file) {
        char text[COMPLAINT_SIZE];
        snprintf(text, sizeof(text), "cannot read %s: %s", name, strerror(errno));
        weft_term_error(text);
        return false;
    }
    bool is_fine = take_file_lines(run, file);
    if (file != stdin) fclose(file);
    return is_fine;
}

// What is said of all blocks together.
static void conclude(const struct run *run)
{
    if (run->options->is_bare) return;
    if (strcmp(run->verb, "table") == 0) {
        weft_hpack_show_table(run->decoder);
        show_table_line(run);
    }
    char name[64];
    snprintf(name, sizeof(name), "%zu block%s", run->block_count, run->block_count == 1 ? "" : "s");
    show_totals(name, run->encoded_size, run->text_size);
}

static int work(const char *verb, const struct options *options, int count, char **words)
{
    struct run run = {.options = options, .verb = verb};
    const struct weft_alloc *alloc = weft_heap_alloc();
    weft_queue_init(&run.block, alloc);
    if (strcmp(verb, "encode") == 0) {
        run.encoder = weft_hpack_encoder_new(alloc, options->table_size);
        if (run.encoder) weft_hpack_encoder_set_limit(run.encoder, options->table_size);
    } else {
        run.decoder = weft_hpack_decoder_new(alloc, options->table_size);
    }
    bool is_fine = run.encoder || run.decoder;
    if (!is_fine) weft_term_error("no memory");
    is_fine = is_fine && take_lines(&run, count, words);
    if (is_fine && run.encoder) end_encoding(&run);
    if (is_fine) conclude(&run);
    weft_hpack_encoder_free(run.encoder);
    weft_hpack_decoder_free(run.decoder);
    weft_queue_deinit(&run.block);
    return is_fine && fflush(stdout) == 0 ? WEFT_EXIT_DONE : WEFT_EXIT_FAILED;
}

static int wrong_usage(const char *text)
{
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

int weft_hpack(int argc, char **argv)
{
    static const char *const verbs[] = {"decode", "encode", "table", NULL};
    struct options options = {.table_size = WEFT_HPACK_DEFAULT_TABLE_SIZE};
    struct weft_args_outcome outcome;
    char text[COMPLAINT_SIZE];
    int first = 0;
    if (!weft_args_read(argc, argv, table, &options, &first, &outcome)) {
        if (!outcome.wants_help) return wrong_usage(outcome.complaint);
        weft_hpack_help();
        return WEFT_EXIT_DONE;
    }
    if (first == argc) return wrong_usage("expected decode, encode or table: 'weft hpack --help'");
    const char *verb = argv[first];
    for (size_t i = 0; verbs[i]; i++) {
        if (strcmp(verb, verbs[i]) != 0) continue;
        if (options.is_bare && i != 1) return wrong_usage("--hex is for 'weft hpack encode' alone");
        if (options.file && first + 1 < argc)
            return wrong_usage("expected words or --file, not both");
        return work(verb, &options, argc - first - 1, argv + first + 1);
    }
    const char *nearest = weft_nearest(verb, verbs);
    snprintf(text, sizeof(text), "unknown word '%s': %s%s%s", verb,
             nearest ? "did you mean '" : "'weft hpack --help' lists them", nearest ? nearest : "",
             nearest ? "'?" : "");
    return wrong_usage(text);
}
