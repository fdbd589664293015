// What a program can do at most with an AMI stream: the limits beside which the gateway is measured.
//
//   limits discard|parse|state PORT [JOURNAL]
//   limits parse|state - < stream.ami
//
// discard reads and drops. parse finds each message and each header, and counts events by name. state also keeps a
// table of the channels, counts joins, answers, abandons and conversations by queue, and writes 48 bytes an event to a
// journal. Reads from standard input where the port is “-”, so that callgrind can count it. Prints a line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { discard, parse, state };
enum { buffer_bytes = 256 * 1024, table_size = 1024, channel_slots = 16384, journal_bytes = 64 * 1024 };

// A piece of the buffer.
struct text {
    const char *at;
    uint32_t length;
};

static int is(struct text t, const char *word) { return t.length == strlen(word) && !memcmp(t.at, word, t.length); }

static uint32_t hash(struct text t)
{
    uint64_t h = 1469598103934665603ull;
    for (uint32_t i = 0; i < t.length; i++) h = (h ^ (unsigned char)t.at[i]) * 1099511628211ull;
    return (uint32_t)(h ^ h >> 32);
}

// MARK: names, counted

struct entry {
    char name[40];
    uint32_t length;
    long count, joins, abandons, connects, completes;
    int64_t hold_us, talk_us;
};

static struct entry event_names[table_size], queue_names[table_size];

static struct entry *find(struct entry *table, struct text name)
{
    uint32_t i = hash(name) % table_size;
    while (table[i].length && (table[i].length != name.length || memcmp(table[i].name, name.at, name.length)))
        i = (i + 1) % table_size;
    if (!table[i].length) {
        if (name.length > sizeof table[i].name) name.length = sizeof table[i].name;
        memcpy(table[i].name, name.at, name.length);
        table[i].length = name.length;
    }
    return &table[i];
}

// MARK: channels, by Uniqueid

struct channel {
    char id[32], linked[32], name[48], number[24], extension[24];
    uint32_t id_length;
    int device_state;
    int64_t joined_us, answered_us;
};

static struct channel *channels;
static long channels_open, channels_most;

static uint32_t home(const struct channel *c) { return hash((struct text){c->id, c->id_length}) % channel_slots; }

static struct channel *channel(struct text id)
{
    uint32_t i = hash(id) % channel_slots;
    while (channels[i].id_length && (channels[i].id_length != id.length || memcmp(channels[i].id, id.at, id.length)))
        i = (i + 1) % channel_slots;
    if (!channels[i].id_length && id.length <= sizeof channels[i].id) {
        memset(&channels[i], 0, sizeof channels[i]);
        memcpy(channels[i].id, id.at, id.length);
        channels[i].id_length = id.length;
        if (++channels_open > channels_most) channels_most = channels_open;
    }
    return &channels[i];
}

// Those behind it move up, so that a search never ends too early.
static void forget(struct channel *gone)
{
    uint32_t hole = gone - channels;
    channels_open--;
    for (uint32_t i = (hole + 1) % channel_slots; channels[i].id_length; i = (i + 1) % channel_slots) {
        uint32_t from_home = (i - home(&channels[i])) % channel_slots, from_hole = (i - hole) % channel_slots;
        if (from_home >= from_hole) channels[hole] = channels[i], hole = i;
    }
    channels[hole].id_length = 0;
}

static void copy(char *to, size_t room, struct text from)
{
    if (!from.at) return;
    size_t length = from.length < room - 1 ? from.length : room - 1;
    memcpy(to, from.at, length);
    to[length] = 0;
}

static int64_t microseconds(struct text t)
{
    int64_t value = 0;
    for (uint32_t i = 0; i < t.length; i++)
        if (t.at[i] != '.') value = value * 10 + (t.at[i] - '0');
    return value;
}

// MARK: the journal

static int journal = -1;
static char journalled[journal_bytes];
static size_t journal_length;

static void flush_journal(void)
{
    if (journal >= 0 && write(journal, journalled, journal_length) < 0) perror("journal"), exit(1);
    journal_length = 0;
}

// MARK: messages

struct message {
    struct text event, queue, unique, linked, channel, number, extension, channel_state, timestamp;
};

static long events, headers, bytes;
static int is_done;

static void keep(struct message *m, const char *first, const char *colon, const char *end)
{
    const char *value = colon + 1 < end && colon[1] == ' ' ? colon + 2 : colon + 1;
    struct text v = {value, (uint32_t)(end - value)};
    headers++;
    switch (colon - first) {
    case 5:
        if (!memcmp(first, "Event", 5)) m->event = v;
        else if (!memcmp(first, "Queue", 5)) m->queue = v;
        else if (!memcmp(first, "Exten", 5)) m->extension = v;
        break;
    case 7:
        if (!memcmp(first, "Channel", 7)) m->channel = v;
        break;
    case 8:
        if (!memcmp(first, "Uniqueid", 8)) m->unique = v;
        else if (!memcmp(first, "Linkedid", 8)) m->linked = v;
        break;
    case 9:
        if (!memcmp(first, "Timestamp", 9)) m->timestamp = v;
        else if (!memcmp(first, "UserEvent", 9)) is_done = 1;
        break;
    case 11:
        if (!memcmp(first, "CallerIDNum", 11)) m->number = v;
        break;
    case 12:
        if (!memcmp(first, "ChannelState", 12)) m->channel_state = v;
        break;
    }
}

static void follow(const struct message *m, struct entry *event, struct entry *queue)
{
    int64_t at = microseconds(m->timestamp);
    struct channel *c = NULL;
    if (m->unique.length) {
        c = channel(m->unique);
        copy(c->linked, sizeof c->linked, m->linked);
        copy(c->name, sizeof c->name, m->channel);
        copy(c->number, sizeof c->number, m->number);
        copy(c->extension, sizeof c->extension, m->extension);
        if (m->channel_state.length) c->device_state = m->channel_state.at[0] - '0';
    }
    if (queue && c) {
        if (is(m->event, "QueueCallerJoin")) queue->joins++, c->joined_us = at;
        else if (is(m->event, "QueueCallerAbandon")) queue->abandons++;
        else if (is(m->event, "AgentConnect"))
            queue->connects++, queue->hold_us += at - c->joined_us, c->answered_us = at;
        else if (is(m->event, "AgentComplete")) queue->completes++, queue->talk_us += at - c->answered_us;
    }
    if (c && is(m->event, "Hangup")) forget(c);

    struct {
        int64_t number, at;
        uint32_t event, queue;
        char id[24];
    } line = {events, at, event - event_names, queue ? (uint32_t)(queue - queue_names) : UINT32_MAX, {0}};
    memcpy(line.id, m->unique.at ? m->unique.at : "",
        m->unique.length < sizeof line.id ? m->unique.length : sizeof line.id);
    if (journal_length + sizeof line > journal_bytes) flush_journal();
    memcpy(journalled + journal_length, &line, sizeof line);
    journal_length += sizeof line;
}

// Whole messages; gives where the first unfinished one begins.
static const char *take(const char *from, const char *end, enum mode mode)
{
    for (;;) {
        struct message m = {0};
        const char *line = from, *line_end;
        for (;; line = line_end + 1) {
            line_end = memchr(line, '\n', end - line);
            if (!line_end) return from;
            const char *last = line_end > line && line_end[-1] == '\r' ? line_end - 1 : line_end;
            if (last == line) break;
            const char *colon = memchr(line, ':', last - line);
            if (colon) keep(&m, line, colon, last);
        }
        from = line_end + 1;
        // A response, or the login's last word, which is not of the stream.
        if (!m.event.length || is(m.event, "FullyBooted")) continue;
        events++;
        struct entry *event = find(event_names, m.event), *queue = m.queue.length ? find(queue_names, m.queue) : NULL;
        event->count++;
        if (queue) queue->count++;
        if (mode == state) follow(&m, event, queue);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) return fprintf(stderr, "usage: limits discard|parse|state PORT|- [JOURNAL]\n"), 2;
    enum mode mode = !strcmp(argv[1], "discard") ? discard : !strcmp(argv[1], "parse") ? parse : state;
    int is_file = !strcmp(argv[2], "-"), from = 0;
    if (mode == state) {
        channels = calloc(channel_slots, sizeof *channels);
        journal = open(argc > 3 ? argv[3] : "/dev/null", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    }
    if (!is_file) {
        struct sockaddr_in a = {
            .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        from = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(from, (void *)&a, sizeof a)) return perror("connect"), 1;
        static const char login[] = "Action: Login\r\nActionID: 1\r\nUsername: admin\r\nSecret: x\r\n\r\n";
        if (write(from, login, sizeof login - 1) < 0) return 1;
    }
    char *buffer = malloc(buffer_bytes), tail[2 * 64];
    size_t held = 0, tail_length = 0;
    struct timespec t0 = {0}, t1;
    struct rusage r0 = {0}, r1;
    while (!is_done) {
        ssize_t n = read(from, buffer + held, buffer_bytes - held);
        if (n <= 0) break;
        // The login's answers are short; the stream is not.
        if (!t0.tv_sec && (n > 1024 || is_file)) clock_gettime(CLOCK_MONOTONIC, &t0), getrusage(RUSAGE_SELF, &r0);
        bytes += n;
        if (mode == discard) {
            size_t more = n < 64 ? n : 64;
            memcpy(tail + tail_length, buffer + n - more, more);
            tail_length += more;
            is_done = memmem(tail, tail_length, "benchdone\r\n\r\n", 13) != NULL;
            if (tail_length > 64) memmove(tail, tail + tail_length - 64, 64), tail_length = 64;
            continue;
        }
        const char *rest = take(buffer, buffer + held + n, mode);
        held = buffer + held + n - rest;
        memmove(buffer, rest, held);
    }
    flush_journal();
    clock_gettime(CLOCK_MONOTONIC, &t1);
    getrusage(RUSAGE_SELF, &r1);
    long joins = 0, abandons = 0, connects = 0, completes = 0;
    for (int i = 0; i < table_size; i++) {
        joins += queue_names[i].joins;
        abandons += queue_names[i].abandons;
        connects += queue_names[i].connects;
        completes += queue_names[i].completes;
    }
    double cpu = (r1.ru_utime.tv_sec - r0.ru_utime.tv_sec) + (r1.ru_stime.tv_sec - r0.ru_stime.tv_sec) +
                 1e-6 * ((r1.ru_utime.tv_usec - r0.ru_utime.tv_usec) + (r1.ru_stime.tv_usec - r0.ru_stime.tv_usec));
    printf("{\"events\": %ld, \"bytes\": %ld, \"headers\": %ld, \"channels\": %ld, \"joins\": %ld, \"abandons\": %ld, "
           "\"connects\": %ld, \"completes\": %ld, \"wallSeconds\": %.6f, \"cpuSeconds\": %.6f, \"peakMegabytes\": "
           "%.1f}\n",
        events, bytes, headers, channels_most, joins, abandons, connects, completes,
        (t1.tv_sec - t0.tv_sec) + (t1.tv_nsec - t0.tv_nsec) * 1e-9, cpu, r1.ru_maxrss / 1e3);
    return is_done ? 0 : 1;
}
