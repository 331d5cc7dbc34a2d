#include "http/date.h"

#include "http/field_rules.h"

enum { DAY_SECONDS = 86400 };

static const char day_names[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct civil {
    int64_t year;
    int64_t hour;
    int64_t minute;
    int64_t second;
    int month; // 1 to 12
    int day;   // 1 to 31
};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

// Days from 1970-01-01 in the Gregorian calendar, for years from 0. Years are taken to begin in March, so
// that the leap day is the last of its year.
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t march_year = month > 2 ? year : year - 1;
    int64_t since_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * since_march + 2) / 5 + day - 1;
    int64_t cycle = (march_year + 400) / 400 - 1; // of 400 years; of -1 too
    int64_t year_of_cycle = march_year - cycle * 400;
    int64_t day_of_cycle =
        year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * 146097 + day_of_cycle - 719468; // days from 0000-03-01 to 1970
}

static struct civil civil_of(int64_t seconds)
{
    int64_t shifted = seconds - WEFT_HTTP_DATE_FIRST; // never below zero
    int rest = (int)(shifted % DAY_SECONDS);
    int64_t day = shifted / DAY_SECONDS; // from 0000-01-01, a leap year's first
    int64_t cycle = day / 146097;
    int64_t day_of_cycle = day % 146097;

    struct civil civil = {.year = cycle * 400, .month = 1};
    int64_t years =
        day_of_cycle / 366; // too few by one at most, as 400 years lack 97 days of 400 * 366
    civil.year += years;
    while (days_of(civil.year + 1, 1, 1) <= day - 719528)
        civil.year++;
    int day_of_year = (int)(day - 719528 - days_of(civil.year, 1, 1));
    while (civil.month < 12 &&
           days_of(civil.year, civil.month + 1, 1) - days_of(civil.year, 1, 1) <= day_of_year)
        civil.month++;
    civil.day = (int)(day - 719528 - days_of(civil.year, civil.month, 1)) + 1;
    civil.hour = rest / 3600;
    civil.minute = rest / 60 % 60;
    civil.second = rest % 60;
    return civil;
}

static uint8_t *put(uint8_t *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    return at + size;
}

// The last two digits of a number.
static uint8_t *put_two(uint8_t *at, int64_t number)
{
    at[0] = (uint8_t)('0' + number / 10 % 10);
    at[1] = (uint8_t)('0' + number % 10);
    return at + 2;
}

void weft_http_date_format(int64_t seconds, uint8_t *room)
{
    if (seconds < WEFT_HTTP_DATE_FIRST) seconds = WEFT_HTTP_DATE_FIRST;
    if (seconds > WEFT_HTTP_DATE_LAST) seconds = WEFT_HTTP_DATE_LAST;
    struct civil civil = civil_of(seconds);
    int64_t day = (seconds - WEFT_HTTP_DATE_FIRST) / DAY_SECONDS;

    uint8_t *at = put(room, day_names[(day + 6) % 7], 3); // 0000-01-01 was a Saturday
    at = put(at, ", ", 2);
    at = put_two(at, civil.day);
    at = put(at, " ", 1);
    at = put(at, month_names[civil.month - 1], 3);
    at = put(at, " ", 1);
    at = put_two(at, civil.year / 100);
    at = put_two(at, civil.year);
    at = put(at, " ", 1);
    at = put_two(at, civil.hour);
    at = put(at, ":", 1);
    at = put_two(at, civil.minute);
    at = put(at, ":", 1);
    at = put_two(at, civil.second);
    (void)put(at, " GMT", 4);
}

// Two or four digits, or with a space for the first of two (asctime). -1 where there are none.
static int digits_at(struct weft_span text, size_t at, size_t count)
{
    struct weft_span digits = weft_span_part(text, at, count);
    int64_t number;
    if (digits.size != count || !weft_http_parse_decimal(digits, &number)) return -1;
    return (int)number;
}

// The month whose name stands there, 1 to 12; 0 where none does.
static int month_at(struct weft_span text, size_t at)
{
    struct weft_span name = weft_span_part(text, at, 3);
    for (int month = 0; month < 12 && name.size == 3; month++) {
        if (memcmp(name.data, month_names[month], 3) == 0) return month + 1;
    }
    return 0;
}

// Does the text agree with a pattern? A letter D stands for a digit, A for a letter, _ for a digit or a
// space; all else is itself.
static bool matches(struct weft_span text, const char *pattern)
{
    if (text.size != strlen(pattern)) return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        uint8_t lower = byte | 0x20;
        bool is_digit = byte >= '0' && byte <= '9';
        bool is_letter = lower >= 'a' && lower <= 'z';
        bool is_fit = byte == (uint8_t)pattern[i];
        if (pattern[i] == 'D') is_fit = is_digit;
        if (pattern[i] == 'A') is_fit = is_letter;
        if (pattern[i] == '_') is_fit = is_digit || byte == ' ';
        if (!is_fit) return false;
    }
    return true;
}

static bool read_time(struct weft_span text, size_t at, struct civil *civil)
{
    civil->hour = digits_at(text, at, 2);
    civil->minute = digits_at(text, at + 3, 2);
    civil->second = digits_at(text, at + 6, 2);
    return civil->hour < 24 && civil->minute < 60 && civil->second <= 60; // 60: a leap second
}

static bool to_seconds(const struct civil *civil, int64_t *seconds)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (civil->month < 1 || civil->day < 1) return false;
    int length = lengths[civil->month - 1];
    if (civil->month == 2 && is_leap(civil->year)) length = 29;
    if (civil->day > length) return false;
    *seconds = days_of(civil->year, civil->month, civil->day) * DAY_SECONDS + civil->hour * 3600 +
               civil->minute * 60 + civil->second;
    return true;
}

// Sun, 06 Nov 1994 08:49:37 GMT
static bool parse_fixdate(struct weft_span text, int64_t *seconds)
{
    struct civil civil = {.year = digits_at(text, 12, 4), .month = month_at(text, 8)};
    civil.day = digits_at(text, 5, 2);
    return read_time(text, 17, &civil) && to_seconds(&civil, seconds);
}

// Sun Nov  6 08:49:37 1994
static bool parse_asctime(struct weft_span text, int64_t *seconds)
{
    struct civil civil = {.year = digits_at(text, 20, 4), .month = month_at(text, 4)};
    bool is_padded = text.data[8] == ' ';
    civil.day = is_padded ? digits_at(text, 9, 1) : digits_at(text, 8, 2);
    return read_time(text, 11, &civil) && to_seconds(&civil, seconds);
}

// Sunday, 06-Nov-94 08:49:37 GMT, from behind the comma.
static bool parse_rfc850(struct weft_span text, int64_t now, int64_t *seconds)
{
    if (now < WEFT_HTTP_DATE_FIRST) now = WEFT_HTTP_DATE_FIRST;
    if (now > WEFT_HTTP_DATE_LAST) now = WEFT_HTTP_DATE_LAST;
    int64_t this_year = civil_of(now).year;
    struct civil civil = {.month = month_at(text, 5), .day = digits_at(text, 2, 2)};
    int64_t year = this_year - this_year % 100 + digits_at(text, 9, 2);
    if (year > this_year + 50) year -= 100; // §5.6.7: the most recent year with these digits
    if (year < this_year - 49) year += 100;
    civil.year = year < 0 ? year + 100 : year;
    return read_time(text, 12, &civil) && to_seconds(&civil, seconds);
}

static bool is_long_day_name(struct weft_span name)
{
    static const struct weft_span names[] = {
        WEFT_SPAN_INIT("Sunday"),    WEFT_SPAN_INIT("Monday"),   WEFT_SPAN_INIT("Tuesday"),
        WEFT_SPAN_INIT("Wednesday"), WEFT_SPAN_INIT("Thursday"), WEFT_SPAN_INIT("Friday"),
        WEFT_SPAN_INIT("Saturday"),
    };
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        if (weft_span_equal(name, names[i])) return true;
    }
    return false;
}

static bool is_short_day_name(struct weft_span text)
{
    for (int day = 0; day < 7; day++) {
        if (memcmp(text.data, day_names[day], 3) == 0) return true;
    }
    return false;
}

bool weft_http_date_parse(struct weft_span text, int64_t now, int64_t *seconds)
{
    if (matches(text, "AAA, DD AAA DDDD DD:DD:DD GMT")) {
        return is_short_day_name(text) && parse_fixdate(text, seconds);
    }
    if (matches(text, "AAA AAA _D DD:DD:DD DDDD")) {
        return is_short_day_name(text) && parse_asctime(text, seconds);
    }
    size_t comma = weft_span_find(text, ',');
    struct weft_span rest = weft_span_skip(text, comma);
    if (!matches(rest, ", DD-AAA-DD DD:DD:DD GMT")) return false;
    return is_long_day_name(weft_span_part(text, 0, comma)) && parse_rfc850(rest, now, seconds);
}
