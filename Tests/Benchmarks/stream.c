// Writes a deterministic AMI stream of complete queue calls, and what must come of it.
//
//   stream -n 100000 -s 1 -q 50 -a 500 -c 300 -t 1767225600 -o stream.ami -l queues.ami -j stream.json
//
// -n events, -s seed, -q queues, -a agents, -c calls at once, -t the first event's date (seconds since 1970),
// -o the events, -l the members of the queues (for the answer to QueueStatus), -j the counts.
//
// The shape of an event is that of Asterisk 20. Each has a Timestamp, one millisecond after the other on average. The
// last one is “UserEvent: benchdone”.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// MARK: chance

static uint64_t chance_state;

// SplitMix64.
static uint64_t chance(void)
{
    uint64_t z = chance_state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

static unsigned below(unsigned n) { return (unsigned)(chance() >> 33) % n; }
static int in_100(unsigned n) { return below(100) < n; }

// MARK: who is there

struct channel {
    char name[40], number[16], holder[32], connected[16], connected_name[32], context[16], extension[16], id[24],
        linked[24];
    int state, priority;
};

struct agent {
    char number[12], interface[20], name[32];
    int queues[2], queue_count, busy, paused, taken;
};

struct queue {
    char name[16];
    long waiting, joins, abandons, connects, completes, hold_us, talk_us;
};

struct call {
    int step, queue, agent, reports, holds, position;
    struct channel caller, member;
    char bridge[40];
    long joined_us, rang_us, answered_us;
};

static struct agent *agents;
static struct queue *queues;
static struct call *calls;
static int agent_count = 500, queue_count = 50, call_count = 300;
static unsigned next_channel = 1, next_id = 1;

// MARK: events

static FILE *out;
static long events, bytes, now_us;
static struct {
    const char *name;
    long count;
} counts[64];

static void put(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    bytes += vfprintf(out, format, values);
    va_end(values);
}

static void begin(const char *name, const char *class)
{
    int i = 0;
    while (counts[i].name && strcmp(counts[i].name, name)) i++;
    counts[i].name = name;
    counts[i].count++;
    events++;
    now_us += 1 + below(1999);
    put("Event: %s\r\nPrivilege: %s,all\r\nTimestamp: %ld.%06ld\r\n", name, class, now_us / 1000000, now_us % 1000000);
}

static void end(void) { put("\r\n"); }

static const char *state_text(int state)
{
    return state == 0 ? "Down" : state == 4 ? "Ring" : state == 5 ? "Ringing" : "Up";
}

// The fourteen headers by which Asterisk describes a channel.
static void describe(const char *prefix, const struct channel *c)
{
    put("%sChannel: %s\r\n%sChannelState: %d\r\n%sChannelStateDesc: %s\r\n", prefix, c->name, prefix, c->state, prefix,
        state_text(c->state));
    put("%sCallerIDNum: %s\r\n%sCallerIDName: %s\r\n", prefix, c->number, prefix, c->holder);
    put("%sConnectedLineNum: %s\r\n%sConnectedLineName: %s\r\n", prefix, c->connected, prefix, c->connected_name);
    put("%sLanguage: it\r\n%sAccountCode: \r\n%sContext: %s\r\n", prefix, prefix, prefix, c->context);
    put("%sExten: %s\r\n%sPriority: %d\r\n%sUniqueid: %s\r\n%sLinkedid: %s\r\n", prefix, c->extension, prefix,
        c->priority, prefix, c->id, prefix, c->linked);
}

// An event of one channel without headers of its own.
static void simple(const char *name, const char *class, const struct channel *c)
{
    begin(name, class);
    describe("", c);
    end();
}

static void with(const char *name, const char *class, const struct channel *c, const char *format, ...)
{
    char text[256];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    begin(name, class);
    describe("", c);
    put("%s\r\n", text);
    end();
}

static void executes(struct channel *c, const char *application, const char *data)
{
    with("Newexten", "dialplan", c, "Extension: %s\r\nApplication: %s\r\nAppData: %s", c->extension, application, data);
    c->priority++;
}

static void sets(const struct channel *c, const char *variable, const char *value)
{
    with("VarSet", "dialplan", c, "Variable: %s\r\nValue: %s", variable, value);
}

static void bridge_headers(const struct call *c, int channels)
{
    put("BridgeUniqueid: %s\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\nBridgeCreator: <unknown>\r\n"
        "BridgeName: <unknown>\r\nBridgeNumChannels: %d\r\nBridgeVideoSourceMode: none\r\n",
        c->bridge, channels);
}

static void bridge(const char *name, const struct call *c, const struct channel *who, int channels)
{
    begin(name, "call");
    bridge_headers(c, channels);
    if (who) describe("", who);
    end();
}

// A queue's or a dial's event, with both channels.
static void both(const char *name, const char *class, const struct call *c, const char *more)
{
    begin(name, class);
    describe("", &c->caller);
    describe("Dest", &c->member);
    put("%s", more);
    end();
}

static const char *of_member(const struct call *c, const char *format, ...)
{
    static char text[256];
    int length = snprintf(text, sizeof text, "Queue: %s\r\nInterface: %s\r\nMemberName: %s\r\n", queues[c->queue].name,
        agents[c->agent].interface, agents[c->agent].name);
    va_list values;
    va_start(values, format);
    vsnprintf(text + length, sizeof text - length, format, values);
    va_end(values);
    return text;
}

// Device 1: idle, 2: in use, 6: rings.
static void member_status(const char *event, const struct agent *a, int queue, int device)
{
    begin(event, "agent");
    put("Queue: %s\r\nMemberName: %s\r\nInterface: %s\r\nStateInterface: %s\r\nMembership: dynamic\r\nPenalty: 0\r\n",
        queues[queue].name, a->name, a->interface, a->interface);
    put("CallsTaken: %d\r\nLastCall: 0\r\nLastPause: 0\r\nLoginTime: 0\r\nInCall: %d\r\nStatus: %d\r\nPaused: %d\r\n",
        a->taken, device == 2, device, a->paused);
    put("PausedReason: %s\r\nRinginuse: 0\r\nWrapuptime: 0\r\n", a->paused ? "Pausa" : "");
    end();
}

static void device(const struct agent *a, const char *state, int number)
{
    begin("DeviceStateChange", "call");
    put("Device: %s\r\nState: %s\r\n", a->interface, state);
    end();
    begin("ExtensionStatus", "call");
    put("Exten: %s\r\nContext: interni\r\nHint: %s\r\nStatus: %d\r\nStatusText: %s\r\n", a->number, a->interface,
        number == 2   ? 1
        : number == 6 ? 8
                      : 0,
        number == 2   ? "InUse"
        : number == 6 ? "Ringing"
                      : "Idle");
    end();
    for (int i = 0; i < a->queue_count; i++) member_status("QueueMemberStatus", a, a->queues[i], number);
}

static void hang_up(const struct channel *c) { with("Hangup", "call", c, "Cause: 16\r\nCause-txt: Normal Clearing"); }

static void music(const char *event, const struct channel *c) { with(event, "call", c, "Class: default"); }

// Arguments of a call are evaluated in any order: chance is asked for one after the other, so that every compiler makes
// the same stream.
static void rtcp(const struct channel *c)
{
    unsigned sender = below(1u << 31), source = below(1u << 31), lost = below(9), jitter = below(60);
    unsigned last = below(1u << 31), host = below(255), port = 10000 + below(9000);
    with("RTCPReceived", "reporting", c,
        "SSRC: 0x%08x\r\nPT: 201(RR)\r\nReportCount: 1\r\nReport0SourceSSRC: 0x%08x\r\nReport0FractionLost: 0\r\n"
        "Report0CumulativeLost: %u\r\nReport0IAJitter: %u\r\nReport0LSR: %u\r\nFrom: 198.51.100.%u:%u",
        sender, source, lost, jitter, last, host, port);
}

// MARK: a call

static void start(struct call *c)
{
    memset(c, 0, sizeof *c);
    c->step = 1;
    c->agent = -1;
    // Some queues are busier than others.
    int one = below(queue_count), other = below(queue_count);
    c->queue = one * (other + 1) / queue_count;
    struct channel *s = &c->caller;
    snprintf(s->name, sizeof s->name, "PJSIP/trunk-%08x", next_channel++);
    snprintf(s->number, sizeof s->number, "+3933%08u", below(100000000));
    snprintf(s->holder, sizeof s->holder, "Chiamante %u", below(100000));
    snprintf(s->extension, sizeof s->extension, "0690%04d", c->queue);
    snprintf(s->id, sizeof s->id, "%ld.%u", now_us / 1000000, next_id++);
    strcpy(s->linked, s->id);
    strcpy(s->context, "from-trunk");
    strcpy(s->connected, "<unknown>");
    strcpy(s->connected_name, "<unknown>");
    s->priority = 1;
}

// A free member of the call's queue, or -1.
static int free_member(const struct call *c)
{
    for (int tries = 0; tries < 60; tries++) {
        int i = below(agent_count);
        struct agent *a = &agents[i];
        for (int k = 0; k < a->queue_count; k++)
            if (!a->busy && !a->paused && a->queues[k] == c->queue) return i;
    }
    return -1;
}

static void call_member(struct call *c)
{
    struct agent *a = &agents[c->agent];
    struct channel *m = &c->member;
    memset(m, 0, sizeof *m);
    snprintf(m->name, sizeof m->name, "%s-%08x", a->interface, next_channel++);
    strcpy(m->number, a->number);
    strcpy(m->holder, a->name);
    strcpy(m->connected, c->caller.number);
    strcpy(m->connected_name, c->caller.holder);
    strcpy(m->context, "interni");
    strcpy(m->extension, c->caller.extension);
    snprintf(m->id, sizeof m->id, "%ld.%u", now_us / 1000000, next_id++);
    strcpy(m->linked, c->caller.linked);
    m->priority = 1;
}

static void leave_queue(struct call *c)
{
    struct queue *q = &queues[c->queue];
    q->waiting--;
    with("QueueCallerLeave", "agent", &c->caller, "Queue: %s\r\nCount: %ld\r\nPosition: 1", q->name, q->waiting);
}

static void give_up(struct call *c)
{
    struct queue *q = &queues[c->queue];
    q->abandons++;
    with("QueueCallerAbandon", "agent", &c->caller, "Queue: %s\r\nPosition: 1\r\nOriginalPosition: %d\r\nHoldTime: %ld",
        q->name, c->position, (now_us - c->joined_us) / 1000000);
    leave_queue(c);
    music("MusicOnHoldStop", &c->caller);
    with("HangupRequest", "call", &c->caller, "Cause: 16");
    hang_up(&c->caller);
    c->step = 0;
}

// One step: a few events that a switch sends back to back. A call whose step is 0 has ended.
static void go_on(struct call *c)
{
    struct queue *q = &queues[c->queue];
    struct channel *s = &c->caller, *m = &c->member;
    struct agent *a = c->agent >= 0 ? &agents[c->agent] : NULL;
    char text[64];
    switch (c->step) {
    case 1:
        simple("Newchannel", "call", s);
        s->state = 4;
        simple("Newstate", "call", s);
        sets(s, "SIPDOMAIN", "pbx.example.net");
        break;
    case 2:
        executes(s, "NoOp", "in entrata");
        sets(s, "__DID", s->extension);
        executes(s, "Set", "CHANNEL(language)=it");
        executes(s, "Gosub", "registra,s,1");
        sets(s, "LOCAL(ARGC)", "1");
        executes(s, "MixMonitor", "/var/spool/asterisk/monitor/chiamata.wav,b");
        executes(s, "Return", "");
        break;
    case 3:
        executes(s, "Answer", "");
        s->state = 6;
        simple("Newstate", "call", s);
        snprintf(text, sizeof text, "TCK-%06u", below(1000000));
        sets(s, "crm_ticket", text);
        break;
    case 4:
        snprintf(text, sizeof text, "%s,t,,,300", q->name);
        executes(s, "Queue", text);
        c->position = ++q->waiting;
        q->joins++;
        with(
            "QueueCallerJoin", "agent", s, "Queue: %s\r\nPosition: %d\r\nCount: %ld", q->name, c->position, q->waiting);
        c->joined_us = now_us;
        music("MusicOnHoldStart", s);
        break;
    case 5:
        if (in_100(2)) return give_up(c);
        c->agent = free_member(c);
        if (c->agent < 0) {
            snprintf(text, sizeof text, "%d", c->position);
            sets(s, "QUEUEPOSITION", text);
            return;
        }
        agents[c->agent].busy = 1;
        call_member(c);
        simple("Newchannel", "call", m);
        sets(m, "DIALEDPEERNUMBER", m->number);
        break;
    case 6:
        simple("NewConnectedLine", "call", m);
        both("AgentCalled", "agent", c, of_member(c, ""));
        snprintf(text, sizeof text, "DialString: %s\r\n", a->number);
        both("DialBegin", "call", c, text);
        c->rang_us = now_us;
        m->state = 5;
        simple("Newstate", "call", m);
        both("DialState", "call", c, "DialStatus: RINGING\r\n");
        device(a, "RINGING", 6);
        break;
    case 7:
        if (in_100(12)) {
            both("DialEnd", "call", c, "DialStatus: NOANSWER\r\n");
            both("AgentRingNoAnswer", "agent", c, of_member(c, "RingTime: 15000\r\n"));
            hang_up(m);
            a->busy = 0;
            device(a, "NOT_INUSE", 1);
            c->agent = -1;
            c->step = 5;
            return;
        }
        m->state = 6;
        simple("Newstate", "call", m);
        both("DialEnd", "call", c, "DialStatus: ANSWER\r\n");
        music("MusicOnHoldStop", s);
        break;
    case 8:
        strcpy(s->connected, a->number);
        strcpy(s->connected_name, a->name);
        leave_queue(c);
        q->connects++;
        both("AgentConnect", "agent", c,
            of_member(c, "RingTime: %ld\r\nHoldTime: %ld\r\n", (now_us - c->rang_us) / 1000000,
                (now_us - c->joined_us) / 1000000));
        c->answered_us = now_us;
        q->hold_us += c->answered_us - c->joined_us;
        device(a, "INUSE", 2);
        break;
    case 9:
        // In the shape of a UUID.
        snprintf(c->bridge, sizeof c->bridge, "%016llx", (unsigned long long)chance());
        memmove(c->bridge + 9, c->bridge + 8, 9);
        c->bridge[8] = '-';
        strcat(c->bridge, "-4a1b-9c2d-000000000000");
        bridge("BridgeCreate", c, NULL, 0);
        bridge("BridgeEnter", c, m, 1);
        bridge("BridgeEnter", c, s, 2);
        sets(s, "BRIDGEPEER", m->name);
        sets(m, "BRIDGEPEER", s->name);
        sets(s, "MEMBERINTERFACE", a->interface);
        break;
    case 10:
        if (c->reports++ < 3) {
            rtcp(s);
            rtcp(m);
            return;
        }
        if (c->holds < 2 && in_100(15)) {
            c->holds++;
            with("Hold", "call", m, "MusicClass: default");
            music("MusicOnHoldStart", s);
            simple("Unhold", "call", m);
            music("MusicOnHoldStop", s);
            return;
        }
        break;
    case 11: {
        struct channel *first = in_100(60) ? s : m;
        with(first == s ? "HangupRequest" : "SoftHangupRequest", "call", first, "Cause: 16");
        bridge("BridgeLeave", c, first, 1);
        bridge("BridgeLeave", c, first == s ? m : s, 0);
        bridge("BridgeDestroy", c, NULL, 0);
        q->completes++;
        both("AgentComplete", "agent", c,
            of_member(c, "HoldTime: %ld\r\nTalkTime: %ld\r\nReason: %s\r\n", (c->answered_us - c->joined_us) / 1000000,
                (now_us - c->answered_us) / 1000000, first == s ? "caller" : "agent"));
        q->talk_us += now_us - c->answered_us;
        break;
    }
    case 12:
        hang_up(m);
        a->taken++;
        a->busy = 0;
        device(a, "NOT_INUSE", 1);
        break;
    case 13:
        executes(s, "Hangup", "");
        hang_up(s);
        c->step = 0;
        return;
    }
    c->step++;
}

// What a switch says beside its calls.
static void contact(void)
{
    const char *number = agents[below(agent_count)].number;
    unsigned host = below(255), trip = below(90000);
    begin("ContactStatus", "system");
    put("URI: sip:%s@10.9.0.%u:5060\r\nContactStatus: Reachable\r\nAOR: %s\r\nEndpointName: %s\r\nRoundtripUsec: "
        "%u\r\n",
        number, host, number, number, trip);
    end();
}

static void besides(void)
{
    struct agent *a = &agents[below(agent_count)];
    if (in_100(40) && !a->busy) {
        a->paused = !a->paused;
        member_status("QueueMemberPause", a, a->queues[0], 1);
    } else if (in_100(50)) {
        contact();
    } else {
        begin("PeerStatus", "system");
        put("ChannelType: PJSIP\r\nPeer: %s\r\nPeerStatus: Reachable\r\n", a->interface);
        end();
    }
}

// MARK: the files

static FILE *open_for_writing(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) perror(path), exit(1);
    return file;
}

static void write_members(const char *path)
{
    FILE *file = open_for_writing(path);
    for (int q = 0; q < queue_count; q++) {
        fprintf(file,
            "Event: QueueParams\r\nQueue: %s\r\nMax: 0\r\nStrategy: rrmemory\r\nCalls: 0\r\nHoldtime: 0\r\nTalkTime: "
            "0\r\n"
            "Completed: 0\r\nAbandoned: 0\r\nServiceLevel: 20\r\nServicelevelPerf: 0.0\r\nWeight: 0\r\n\r\n",
            queues[q].name);
        for (int i = 0; i < agent_count; i++)
            for (int k = 0; k < agents[i].queue_count; k++)
                if (agents[i].queues[k] == q)
                    fprintf(file,
                        "Event: QueueMember\r\nQueue: %s\r\nName: %s\r\nLocation: %s\r\nStateInterface: %s\r\n"
                        "Membership: dynamic\r\nPenalty: 0\r\nCallsTaken: 0\r\nLastCall: 0\r\nLastPause: "
                        "0\r\nLoginTime: 0\r\n"
                        "InCall: 0\r\nStatus: 1\r\nPaused: 0\r\nPausedReason: \r\nWrapuptime: 0\r\n\r\n",
                        queues[q].name, agents[i].name, agents[i].interface, agents[i].interface);
    }
    fclose(file);
}

static void write_counts(const char *path, long started)
{
    FILE *file = open_for_writing(path);
    fprintf(file, "{\"events\": %ld, \"bytes\": %ld, \"calls\": %ld,\n \"by_name\": {", events, bytes, started);
    for (int i = 0; counts[i].name; i++) fprintf(file, "%s\"%s\": %ld", i ? ", " : "", counts[i].name, counts[i].count);
    fprintf(file, "},\n \"queues\": {");
    for (int i = 0; i < queue_count; i++)
        fprintf(file,
            "%s\n  \"%s\": {\"joins\": %ld, \"abandons\": %ld, \"connects\": %ld, \"completes\": %ld, \"hold_us\": "
            "%ld, "
            "\"talk_us\": %ld}",
            i ? "," : "", queues[i].name, queues[i].joins, queues[i].abandons, queues[i].connects, queues[i].completes,
            queues[i].hold_us, queues[i].talk_us);
    fprintf(file, "}}\n");
    fclose(file);
}

int main(int argc, char **argv)
{
    long wanted = 100000, started = 0;
    const char *members = NULL, *counted = NULL, *stream = NULL;
    uint64_t first_second = 1767225600;
    int option;
    while ((option = getopt(argc, argv, "n:s:q:a:c:t:o:l:j:")) > 0) switch (option) {
        case 'n': wanted = atol(optarg); break;
        case 's': chance_state = strtoull(optarg, NULL, 10); break;
        case 'q': queue_count = atoi(optarg); break;
        case 'a': agent_count = atoi(optarg); break;
        case 'c': call_count = atoi(optarg); break;
        case 't': first_second = strtoull(optarg, NULL, 10); break;
        case 'o': stream = optarg; break;
        case 'l': members = optarg; break;
        case 'j': counted = optarg; break;
        default: return 2;
        }
    if (queue_count < 2 || agent_count < 1 || call_count < 1)
        return fprintf(stderr, "two queues, an agent, a call at least\n"), 2;
    now_us = (long)first_second * 1000000;
    agents = calloc(agent_count, sizeof *agents);
    queues = calloc(queue_count, sizeof *queues);
    calls = calloc(call_count, sizeof *calls);
    for (int i = 0; i < queue_count; i++) snprintf(queues[i].name, sizeof queues[i].name, "coda-%03d", i);
    for (int i = 0; i < agent_count; i++) {
        struct agent *a = &agents[i];
        snprintf(a->number, sizeof a->number, "%d", 2000 + i);
        snprintf(a->interface, sizeof a->interface, "PJSIP/%d", 2000 + i);
        snprintf(a->name, sizeof a->name, "Agente %d", 2000 + i);
        a->queue_count = 1 + below(2);
        a->queues[0] = i % queue_count;
        a->queues[1] = (i + 1 + below(queue_count - 1)) % queue_count;
    }
    if (members) write_members(members);

    out = stream ? open_for_writing(stream) : stdout;
    setvbuf(out, NULL, _IOFBF, 1 << 20);
    int open = 0;
    // Towards the end no call begins, and those that are open come to their end: some 60 events for a whole one.
    for (int draining = 0; !draining || open;) {
        draining = draining || events + 45L * open + 100 > wanted;
        struct call *c = &calls[below(call_count)];
        if (c->step == 0) {
            if (draining || !in_100(40)) continue;
            start(c);
            open++;
            started++;
        }
        if (in_100(3)) besides();
        go_on(c);
        if (c->step == 0) open--;
    }
    while (events < wanted - 1) contact();
    begin("UserEvent", "user");
    put("UserEvent: benchdone\r\n");
    end();
    if (stream) fclose(out);
    if (counted) write_counts(counted, started);
    return 0;
}
