// An AMI server for one client: the login, empty lists and the members of the queues, then a stream as fast as it is
// read.
//
//   switch -f stream.ami -l queues.ami [-p PORT] [-r RATE] [-w]
//
// -r: so many events a second, every 10 ms what is due. -w: the stream begins when the client sends an action that
// holds “benchready”; else when it has logged in and asked nothing for 400 ms, which a busy machine may take for
// readiness.
//
// Prints “PORT <n>” when it listens. It is over when the client sends an action that holds “benchdone”, or closes; then
// a line of JSON says how long that took. Answers go between two events, so that none is cut apart.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { quiet_ms = 400, login_ms = 120000, tick_ms = 10, chunk = 256 * 1024 };

static int client, is_gone, is_logged_in, is_ready, is_done;
static char asked[65536];
static size_t asked_length;
static double asked_at;
static char *members, *answers;
static size_t members_length, answers_length, answers_room;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static char *contents(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file) perror(path), exit(1);
    fseek(file, 0, SEEK_END);
    *length = ftell(file);
    rewind(file);
    char *text = malloc(*length + 1);
    if (fread(text, 1, *length, file) != *length) exit(1);
    text[*length] = 0;
    fclose(file);
    return text;
}

// MARK: answers

static void add(const char *bytes, size_t length)
{
    if (answers_length + length > answers_room)
        answers = realloc(answers, answers_room = 2 * (answers_length + length));
    memcpy(answers + answers_length, bytes, length);
    answers_length += length;
}

static void say(const char *format, ...)
{
    char text[1024];
    va_list values;
    va_start(values, format);
    add(text, vsnprintf(text, sizeof text, format, values));
    va_end(values);
}

static void header(const char *action, const char *name, char *value, size_t room)
{
    char key[64];
    snprintf(key, sizeof key, "%s: ", name);
    const char *found = strcasestr(action, key);
    size_t length = 0;
    if (found) {
        found += strlen(key);
        length = strcspn(found, "\r\n");
        if (length >= room) length = room - 1;
        memcpy(value, found, length);
    }
    value[length] = 0;
}

static void list(const char *id, const char *end, const char *items, size_t length)
{
    int count = 0;
    say("Response: Success\r\nActionID: %s\r\nEventList: start\r\n\r\n", id);
    for (const char *item = items; item < items + length; count++) {
        const char *next = (char *)memmem(item, items + length - item, "\r\n\r\n", 4) + 4;
        add(item, next - item - 2);
        say("ActionID: %s\r\n\r\n", id);
        item = next;
    }
    say("Event: %s\r\nActionID: %s\r\nEventList: Complete\r\nListItems: %d\r\n\r\n", end, id, count);
}

static void answer(const char *action)
{
    char name[64], id[256];
    header(action, "Action", name, sizeof name);
    header(action, "ActionID", id, sizeof id);
    asked_at = now();
    if (strstr(action, "benchready")) is_ready = 1;
    if (strstr(action, "benchdone")) is_done = 1;
    if (!strcasecmp(name, "Login")) {
        say("Response: Success\r\nActionID: %s\r\nMessage: Authentication accepted\r\n\r\n", id);
        say("Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n");
        is_logged_in = 1;
    } else if (!strcasecmp(name, "Challenge")) {
        say("Response: Success\r\nActionID: %s\r\nChallenge: 123456789\r\n\r\n", id);
    } else if (!strcasecmp(name, "Ping")) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        say("Response: Success\r\nActionID: %s\r\nPing: Pong\r\nTimestamp: %ld.%06ld\r\n\r\n", id, (long)t.tv_sec,
            t.tv_nsec / 1000);
    } else if (!strcasecmp(name, "QueueStatus")) {
        list(id, "QueueStatusComplete", members, members_length);
    } else if (!strcasecmp(name, "CoreShowChannels")) {
        list(id, "CoreShowChannelsComplete", "", 0);
    } else if (!strcasecmp(name, "BridgeList")) {
        list(id, "BridgeListComplete", "", 0);
    } else {
        say("Response: Success\r\nActionID: %s\r\nMessage: OK\r\n\r\n", id);
    }
}

// MARK: the connection

// Takes what the client has sent so far, without waiting.
static void hear(void)
{
    for (;;) {
        ssize_t n = recv(client, asked + asked_length, sizeof asked - 1 - asked_length, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) is_gone = 1;
        if (n <= 0) return;
        asked[asked_length += n] = 0;
        for (char *end; (end = strstr(asked, "\r\n\r\n"));) {
            *end = 0;
            answer(asked);
            asked_length -= end + 4 - asked;
            memmove(asked, end + 4, asked_length + 1);
        }
        if (asked_length == sizeof asked - 1) asked_length = 0;
    }
}

static void send_all(const char *bytes, size_t length)
{
    while (length > 0 && !is_gone) {
        ssize_t n = send(client, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) is_gone = 1;
        else bytes += n, length -= n;
    }
}

static void send_answers(void)
{
    send_all(answers, answers_length);
    answers_length = 0;
}

static void wait_for_client(int ms)
{
    struct pollfd one = {client, POLLIN, 0};
    if (poll(&one, 1, ms) > 0) hear();
    send_answers();
}

int main(int argc, char **argv)
{
    const char *stream_path = NULL, *members_path = NULL;
    int port = 0, option;
    double rate = 0;
    int waits = 0;
    while ((option = getopt(argc, argv, "f:l:p:r:w")) > 0) switch (option) {
        case 'r': rate = atof(optarg); break;
        case 'w': waits = 1; break;
        case 'f': stream_path = optarg; break;
        case 'l': members_path = optarg; break;
        case 'p': port = atoi(optarg); break;
        default: return 2;
        }
    if (!stream_path || !members_path) return fprintf(stderr, "usage: switch -f STREAM -l MEMBERS [-p PORT]\n"), 2;
    size_t length;
    char *stream = contents(stream_path, &length);
    members = contents(members_path, &members_length);

    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (void *)&address, size) || listen(listener, 1)) return perror("bind"), 1;
    getsockname(listener, (void *)&address, &size);
    printf("PORT %d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct pollfd waiting = {listener, POLLIN, 0};
    if (poll(&waiting, 1, login_ms) <= 0) return fprintf(stderr, "no client came\n"), 1;
    client = accept(listener, NULL, NULL);

    say("Asterisk Call Manager/9.0.0\r\n");
    send_answers();
    for (double came = now(); !is_gone && !(waits ? is_ready : is_logged_in && now() - asked_at > quiet_ms / 1e3);) {
        wait_for_client(5);
        if (now() - came > login_ms / 1e3) return fprintf(stderr, "the client did not log in\n"), 1;
    }
    double began = now();
    double events_sent = 0;
    for (size_t sent = 0; sent < length && !is_gone && !is_done;) {
        if (rate > 0) {
            wait_for_client(tick_ms);
            for (; events_sent < (now() - began) * rate && sent < length && !is_gone; events_sent++) {
                char *next = (char *)memmem(stream + sent, length - sent, "\r\n\r\n", 4) + 4;
                add(stream + sent, next - stream - sent);
                sent = next - stream;
            }
            send_answers();
            continue;
        }
        // A chunk ends where an event does.
        size_t end = sent + chunk < length ? sent + chunk : length;
        if (end < length) end = (char *)memmem(stream + end, length - end, "\r\n\r\n", 4) + 4 - stream;
        send_all(stream + sent, end - sent);
        sent = end;
        hear();
        send_answers();
    }
    double all_sent = now();
    // Whoever only measures how fast it comes just closes.
    int is_all_sent = !is_gone || is_done;
    while (!is_gone && !is_done) wait_for_client(50);
    printf("{\"seconds\": %.6f, \"send_seconds\": %.6f, \"bytes\": %zu, \"done\": %s}\n", now() - began,
        all_sent - began, length, is_done ? "true" : "false");
    fflush(stdout);
    // The client may still be writing its own last words.
    for (double ended = now(); !is_gone && now() - ended < 20;) wait_for_client(50);
    return is_done || is_all_sent ? 0 : 1;
}
