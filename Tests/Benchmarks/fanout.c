// One message to many: a server that does nothing else, and the subscribers that measure it and the gateway alike.
//
//   fanout serve BYTES MILLISECONDS
//   fanout subscribe COUNT SECONDS lines:PORT|sse:PORT|ws:PORT|desk:PORT … [metrics=NAME,NAME…]
//
// serve listens on a port of its own (“PORT <n>”), sends a line of so many bytes to each who is connected, so often,
// with one system call each, and says when its standard input ends what that cost.
//
// subscribe opens COUNT connections, by turns of the kinds named, reads for so many seconds what comes, and prints a
// line of JSON: deliveries, bytes, and how long after the first subscriber the last one had the same message. Messages
// are told apart by their "seq". With metrics= the readers want these figures of each queue and no agents: short
// messages. A desk says hello as an agent of its own, with the token "bench", and waits for pops. Every 50 connections
// come from another address of the loopback, as those of a house do.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { most = 20000, sequences = 1 << 16, per_address = 50, header_bytes = 32 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static double cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + 1e-6 * (r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void watch(int epoll, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

// MARK: the server

static int serve(int bytes, int milliseconds)
{
    static int readers[most];
    int count = 0, epoll = epoll_create1(0), one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener, (void *)&address, size) || listen(listener, 1024)) return perror("bind"), 1;
    getsockname(listener, (void *)&address, &size);
    printf("PORT %d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct timespec interval = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    timerfd_settime(timer, 0, &(struct itimerspec){interval, interval}, NULL);
    watch(epoll, listener);
    watch(epoll, timer);
    watch(epoll, STDIN_FILENO);
    char *message = malloc(bytes + header_bytes);
    long sequence = 0, deliveries = 0;
    double began = cpu();
    for (int is_over = 0; !is_over;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int from = events[i].data.fd;
            uint64_t ticks;
            char dropped[4096];
            if (from == listener) {
                int reader = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (reader < 0 || count == most) continue;
                setsockopt(reader, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                readers[count++] = reader;
                watch(epoll, reader);
            } else if (from == timer && read(timer, &ticks, sizeof ticks) > 0) {
                int head = snprintf(message, header_bytes, "{\"seq\":%ld,\"text\":\"", ++sequence);
                memset(message + head, 'x', bytes - head - 3);
                memcpy(message + bytes - 3, "\"}\n", 3);
                for (int r = 0; r < count; r++)
                    if (send(readers[r], message, bytes, MSG_NOSIGNAL) == bytes) deliveries++;
            } else if (from == STDIN_FILENO) {
                is_over = 1;
            } else if (from != timer && read(from, dropped, sizeof dropped) <= 0 && errno != EAGAIN) {
                for (int r = 0; r < count; r++)
                    if (readers[r] == from) readers[r] = readers[--count];
                close(from);
            }
        }
    }
    double spent = cpu() - began;
    printf("{\"deliveries\": %ld, \"cpuSeconds\": %.6f, \"microsecondsADelivery\": %.3f}\n", deliveries, spent,
        spent / deliveries * 1e6);
    return 0;
}

// MARK: the subscribers

struct subscriber {
    // What may be the beginning of a message's number.
    char tail[header_bytes];
    int tail_length;
};

// "NAME,NAME": the figures that are wanted; NULL: everything.
static const char *metrics;

// What a reader of this kind asks for once it is connected.
static void ask(char *request, size_t size, int number, const char *kind)
{
    char query[256] = "";
    size_t length = 0;
    if (metrics) length = snprintf(query, sizeof query, "?agents=0&metric=");
    for (const char *c = metrics; c && *c && length + 10 < sizeof query; c++)
        length += snprintf(query + length, sizeof query - length, *c == ',' ? "&metric=" : "%c", *c);
    *request = 0;
    if (!strcmp(kind, "sse"))
        snprintf(request, size,
            "GET /v1/wallboard%s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", query);
    if (!strcmp(kind, "ws"))
        snprintf(request, size,
            "GET /v1/wallboard%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            query);
    if (!strcmp(kind, "desk"))
        snprintf(request, size, "{\"type\":\"hello\",\"token\":\"bench\",\"agent\":\"PJSIP/%d\",\"version\":1}\n",
            1000 + number);
    if (!strcmp(kind, "lines") && metrics) {
        length = snprintf(request, size, "{\"subscribe\":{\"agents\":false,\"metrics\":[\"");
        for (const char *c = metrics; *c && length + 8 < size; c++)
            length += snprintf(request + length, size - length, *c == ',' ? "\",\"" : "%c", *c);
        snprintf(request + length, size - length, "\"]}}\n");
    }
}

static int subscribe_one(int number, const char *kind, int port)
{
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000101 + number / per_address)};
    struct sockaddr_in to = loopback(port);
    setsockopt(s, SOL_SOCKET, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(s, (void *)&from, sizeof from) || connect(s, (void *)&to, sizeof to)) return perror("connect"), -1;
    char request[512];
    ask(request, sizeof request, number, kind);
    if (*request && write(s, request, strlen(request)) < 0) return perror("write"), -1;
    fcntl(s, F_SETFL, O_NONBLOCK);
    return s;
}

// When a message came first and last, and to how many.
static struct {
    double first, last;
    int count;
} seen[sequences];
static long deliveries, bytes;

static void note(struct subscriber *s, char *from, size_t length, double at)
{
    // The tail of the read before stands in front of this one.
    char *begin = from - s->tail_length, *end = from + length;
    memcpy(begin, s->tail, s->tail_length);
    for (char *p = begin; (p = memmem(p, end - p, "\"seq\":", 6));) {
        char *digits = p += 6;
        while (p < end && *p >= '0' && *p <= '9') p++;
        // The number may go on in the next read.
        if (p == end) {
            s->tail_length = end - digits + 6 < header_bytes ? end - digits + 6 : 0;
            memcpy(s->tail, digits - 6, s->tail_length);
            return;
        }
        unsigned long sequence = strtoul(digits, NULL, 10) % sequences;
        if (!seen[sequence].count++) seen[sequence].first = at;
        seen[sequence].last = at;
        deliveries++;
    }
    s->tail_length = end - begin < 6 ? end - begin : 6;
    memcpy(s->tail, end - s->tail_length, s->tail_length);
}

static int ascending(const void *left, const void *right)
{
    double difference = *(double *)left - *(double *)right;
    return difference < 0 ? -1 : difference > 0;
}

static int subscribe(int count, double seconds, char **kinds, int kind_count)
{
    struct subscriber *all = calloc(count + 1024, sizeof *all);
    static char buffer[header_bytes + 256 * 1024];
    int epoll = epoll_create1(0), open = 0, closed = 0, highest = count + 1000;
    struct rlimit limit = {count + 1000, count + 1000};
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < count; i++) {
        char kind[16];
        int port;
        if (sscanf(kinds[i % kind_count], "%15[a-z]:%d", kind, &port) != 2) return fprintf(stderr, "kind:port\n"), 2;
        int s = subscribe_one(i, kind, port);
        if (s < 0 || s > highest) return 1;
        watch(epoll, s);
        open++;
    }
    // The snapshots with which a subscription begins are not counted.
    printf("READY %d\n", open);
    fflush(stdout);
    double settled = now() + 2, end = settled + seconds;
    int is_counting = 0;
    while (now() < end) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, 50);
        double at = now();
        if (!is_counting && at > settled) {
            is_counting = 1;
            deliveries = bytes = 0;
            memset(seen, 0, sizeof seen);
        }
        for (int i = 0; i < ready; i++) {
            int s = events[i].data.fd;
            ssize_t n = read(s, buffer + header_bytes, sizeof buffer - header_bytes);
            if (n <= 0 && errno != EAGAIN) closed++, close(s);
            if (n <= 0) continue;
            bytes += n;
            note(&all[s], buffer + header_bytes, n, at);
        }
    }
    static double spread[sequences];
    int whole = 0;
    for (int i = 0; i < sequences; i++)
        if (seen[i].count >= open - closed) spread[whole++] = (seen[i].last - seen[i].first) * 1e3;
    qsort(spread, whole, sizeof *spread, ascending);
    printf("{\"subscribers\": %d, \"closed\": %d, \"deliveries\": %ld, \"bytes\": %ld, \"messages\": %d, "
           "\"bytesADelivery\": %.0f, "
           "\"spreadP50Milliseconds\": %.3f, \"spreadP99Milliseconds\": %.3f}\n",
        open, closed, deliveries, bytes, whole, deliveries ? (double)bytes / deliveries : 0,
        whole ? spread[whole / 2] : 0, whole ? spread[whole * 99 / 100] : 0);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "serve")) return serve(atoi(argv[2]), atoi(argv[3]));
    if (argc > 4 && !strncmp(argv[argc - 1], "metrics=", 8)) metrics = argv[--argc] + 8;
    if (argc > 4 && !strcmp(argv[1], "subscribe")) return subscribe(atoi(argv[2]), atof(argv[3]), argv + 4, argc - 4);
    fprintf(stderr, "usage: fanout serve BYTES MILLISECONDS | subscribe COUNT SECONDS KIND:PORT … [metrics=…]\n");
    return 2;
}
