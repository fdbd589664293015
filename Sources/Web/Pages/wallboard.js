// The live board: shows the stream's state, kept by key; and shows clearly when the stream is silent.
import { byId, clean, clockText, fragment, GatewayClock, h, instant, objects, session, setText, spanText, Translator } from "./common.js";
import { AlarmSpeaker, bell, raised } from "./wallboard-alarms.js";
import { readSteps } from "./wallboard-chart.js";
import { WallboardHistory } from "./wallboard-history.js";
import { FullScreen } from "./wallboard-screen.js";
import { WallboardStream } from "./wallboard-stream.js";
import { texts } from "./wallboard-text.js";
import { STATES, Tile } from "./wallboard-tile.js";

/** A gap in the numbering is nearly always closed at once: no warning before this time. */
const GAP_PATIENCE_MILLISECONDS = 3000;

/** With more names than this the wallboard would be too high. */
const MANY_AGENTS = 18;

const text = new Translator(texts);
const clock = new GatewayClock();
const queues = new Map();
const agents = new Map();
const switches = new Map();
const tiles = new Map();
const speaker = new AlarmSpeaker();
let history = null;
let since = null;
let stream = null;
let drawing = false;
/** The last message's time; null before the first snapshot. */
let lastHeard = null;
/** {why, since, retryAt} while the figures are frozen. */
let stale = null;
let gapTimer = 0;
/** The key of the text that says what is wrong with the access code; null: no code was refused. */
let refusal = null;

const collator = new Intl.Collator("it", { numeric: true });

// MARK: the stream

function receive(message) {
    clock.hear(message.at);
    lastHeard = clock.now();
    if (message.type === "snapshot") {
        queues.clear();
        agents.clear();
        switches.clear();
        since = message.since ?? null;
        text.hearTimeZone(message.timeZone);
    }
    becomeLive();
    for (const queue of objects(message.queues)) queues.set(key(queue.switch, queue.name), queue);
    for (const agent of objects(message.agents)) agents.set(key(agent.switch, agent.interface), agent);
    for (const item of objects(message.switches)) hearSwitch(item);
    document.body.dataset.seq = String(message.seq);
    if (message.type !== "heartbeat") draw();
}

function hearSwitch(item) {
    const before = switches.get(key(item.name));
    switches.set(key(item.name), item);
    // A gap began or ended: the charts show it at once, not a minute later.
    if (before && (before.state !== item.state || before.coverage?.gaps !== item.coverage?.gaps)) history.ask();
}

const key = (...parts) => JSON.stringify(parts);

/** A message in order: the stream begins, or resumes where it was lost. */
function becomeLive() {
    if (document.body.dataset.state === "live" && !stale && !gapTimer) return;
    clearTimeout(gapTimer);
    gapTimer = 0;
    if (stale && lastHeard !== null) setText(byId("announcement"), text.t("announce.live"));
    const wasLost = stale !== null;
    stale = null;
    document.body.dataset.state = "live";
    // There was a gap meanwhile, or nothing is known yet.
    if (wasLost || history.latest === null) history.ask();
    byId("refused").hidden = true;
    renderStale();
}

function lose(why, retryAt) {
    document.body.dataset.gaps = String(stream?.gaps ?? 0);
    if (why === "refused") {
        document.body.dataset.state = "refused";
        byId("refused").hidden = false;
        refuse(token ? "refused.wrong" : null);
        stale = null;
        return renderStale();
    }
    if (why === "gap" && !stale && !gapTimer) {
        gapTimer = setTimeout(() => goStale("gap", retryAt), GAP_PATIENCE_MILLISECONDS);
    } else if (why !== "gap" || stale) {
        goStale(why, retryAt);
    }
}

/** Asks for the code; `fault`: the key of the text that says what was wrong with the previous one. */
function refuse(fault) {
    refusal = fault;
    // A live region that is emptied and filled in one turn with the same words is not announced.
    setText(byId("refused-fault"), "");
    setTimeout(renderRefusal, 50);
    byId("token").focus();
}

function renderRefusal() {
    byId("refused-fault").hidden = refusal === null;
    setText(byId("refused-fault"), refusal === null ? "" : text.t(refusal));
}

function goStale(why, retryAt) {
    clearTimeout(gapTimer);
    gapTimer = 0;
    stale = { why: stale && why === "gap" ? stale.why : why, since: lastHeard, retryAt };
    document.body.dataset.state = "stale";
    renderStale();
}

/** The code from the address, or typed; a reload finds it in the tab's own storage. */
let token = null;

/** The secret must not stay in the address bar, nor in a picture of the wallboard. */
function takeToken() {
    const given = fragment().get("token");
    if (given) remember(given);
    if (location.hash) window.history.replaceState(null, "", location.pathname + location.search);
    token ??= session.get("wallboardToken");
}

function remember(given) {
    token = given;
    session.set("wallboardToken", given);
}

function start() {
    stream?.close();
    history?.close();
    speaker.forget();
    document.body.dataset.state = "connecting";
    history = new WallboardHistory({ token, onNews: renderCharts });
    stream = new WallboardStream({ token, onMessage: receive, onLost: lose });
}

// MARK: what is seen

/** Many changes may arrive in one frame of the screen; they are drawn once. */
function draw() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
        drawing = false;
        render();
    });
}

function render() {
    renderSwitches();
    renderQueues();
    renderAlarms();
    renderAgents();
    everyTick();
}

/** How much of today was not heard: nothing looks complete over a gap. */
function coverageMark(coverage) {
    if (!coverage || !Number.isFinite(coverage.lostSeconds)) return null;
    const count = Number.isInteger(coverage.gaps) ? coverage.gaps : 0;
    const gaps = count === 1 ? text.t("coverage.gap") : text.t("coverage.gaps", { count });
    const time = spanText(coverage.lostSeconds);
    const lost = coverage.lostSeconds > 0 || count > 0 ? `⚠ ${text.t(count > 0 ? "coverage" : "coverage.before", { time, gaps })}` : "";
    const unknown = coverage.unknownSeconds > 0 ? text.t("coverage.unknown") : "";
    const words = [lost, unknown].filter(Boolean).join("; ");
    return words ? h("span", { class: "detail coverage", title: words }, words) : null;
}

function renderSwitches() {
    const sorted = [...switches.values()].sort((a, b) => collator.compare(a.name, b.name));
    byId("switches").replaceChildren(...sorted.map((item) => {
        const up = item.state === "connected";
        const detail = up ? "" : [text.t("link.since", { time: timeOfDay(instant(item.since)) }), clean(item.detail, 200)].filter(Boolean).join(" · ");
        return h(
            "li", { "data-switch": clean(item.name, 60), "data-state": clean(item.state, 20), title: [clean(item.name), detail].filter(Boolean).join(" · ") },
            h("span", { class: "sign", "aria-hidden": "true" }, up ? "●" : "▲"), h("b", { dir: "auto", class: "switch-title", title: clean(item.name) }, clean(item.name, 40)), " ",
            text.word("link", item.state), detail ? h("span", { class: "detail", title: detail }, detail) : null, coverageMark(item.coverage));
    }));
    const from = instant(since);
    const today = from !== null && text.day(from) === text.day(clock.now());
    const day = from === null ? "" : text.date(from, { day: "numeric", month: "short" });
    setText(byId("since"), from === null ? "" : text.t(today ? "since" : "since.day", { time: timeOfDay(from), day }));
}

function renderQueues() {
    const sorted = [...queues].sort(([, a], [, b]) => collator.compare(a.name, b.name) || collator.compare(a.switch, b.switch));
    const severalSwitches = switches.size > 1;
    let isNew = false;
    for (const [id, tile] of tiles) {
        if (queues.has(id)) continue;
        tile.element.remove();
        tiles.delete(id);
    }
    const section = byId("queues");
    sorted.forEach(([id, queue], index) => {
        if (!tiles.has(id)) {
            tiles.set(id, new Tile());
            isNew = true;
        }
        const tile = tiles.get(id);
        const link = switches.get(key(queue.switch));
        const lost = link?.coverage?.lostSeconds;
        tile.show(queue, { text, link: link?.state, lostSeconds: Number.isFinite(lost) ? lost : 0, severalSwitches });
        if (section.children[index] !== tile.element) section.insertBefore(tile.element, section.children[index] ?? null);
    });
    const empty = byId("empty");
    empty.hidden = sorted.length > 0;
    setText(empty, text.t(lastHeard === null ? "waitingForData" : "queues.none"));
    if (isNew) renderCharts();
}

function renderCharts() {
    const known = new Map((history.latest?.queues ?? []).map((queue) => [key(queue.switch, queue.name), queue]));
    const context = { text, since: instant(since), stepSeconds: history.latest?.stepSeconds ?? 300, at: history.latest?.at ?? null };
    let from = null;
    for (const [id, tile] of tiles) {
        const steps = readSteps(known.get(id));
        from ??= steps[0]?.from ?? null;
        tile.showHistory(steps, context);
    }
    byId("key").hidden = tiles.size === 0;
    // What the charts really show: the last step ends now, not after its five minutes.
    setText(byId("key-title"), from === null
        ? text.t("chart.title") : text.t("chart.range", { from: timeOfDay(from), to: timeOfDay(context.at), minutes: context.stepSeconds / 60 }));
}

function renderAlarms() {
    const number = [...queues.values()].reduce((sum, queue) => sum + raised(queue).length, 0);
    const alarms = byId("alarm-count");
    alarms.hidden = number === 0;
    const words = number === 1 ? text.t("alarm.one") : text.t("alarm.many", { count: number });
    if (alarms.textContent !== words) alarms.replaceChildren(bell(), words);
    const news = speaker.news(queues.values(), text);
    if (news) setText(byId("alarm-announcement"), news);
}

function renderAgents() {
    byId("agents-section").hidden = lastHeard === null;
    byId("agents-none").hidden = agents.size > 0;
    byId("agents-section").dataset.many = String(agents.size > MANY_AGENTS);
    const known = new Set(STATES);
    const groups = new Map(STATES.map((state) => [state, []]));
    for (const agent of agents.values()) groups.get(known.has(agent.state) ? agent.state : "unknown").push(agent);
    byId("agents").replaceChildren(...[...groups].filter(([, members]) => members.length > 0).map(([state, members]) => {
        members.sort((a, b) => collator.compare(a.name, b.name) || collator.compare(a.interface, b.interface));
        const title = `state-${state}`;
        return h(
            "section", { class: "group", "data-state": state, "aria-labelledby": title },
            h("h3", { id: title }, text.t(`state.${state}`), " ", h("b", {}, String(members.length))),
            h("ul", {}, members.map(agentItem)));
    }));
}

function agentItem(agent) {
    const reason = agent.state === "paused" ? clean(agent.reason, 40) : "";
    return h(
        "li", { "data-agent": clean(agent.interface, 80), "data-state": clean(agent.state, 20), title: [clean(agent.name), queueNames(agent)].filter(Boolean).join(" · ") },
        h("bdi", { class: "agent-name" }, clean(agent.name) || clean(agent.interface)), reason ? h("span", { class: "reason" }, ` (${reason})`) : null);
}

function queueNames(agent) {
    if (!Array.isArray(agent.queues)) return "";
    const names = agent.queues.map((name) => clean(name, 40)).join(", ");
    return agent.moreQueues > 0 ? `${names}, + ${Number(agent.moreQueues)}` : names;
}

function renderStale() {
    byId("stale").hidden = !stale;
    document.title = text.t(stale ? "title.stale" : "title");
    if (!stale) return;
    setText(byId("stale-why"), text.t(`stale.${stale.why}`));
    const age = stale.since === null ? "" : clockText(clock.now() - stale.since);
    setText(byId("stale-since"), stale.since === null ? text.t("stale.never") : text.t("stale.since", { time: timeOfDay(stale.since, true), age }));
    const left = stale.retryAt === null ? 0 : Math.ceil((stale.retryAt - performance.now()) / 1000);
    setText(byId("stale-retry"), left > 0 ? text.t("stale.retry", { seconds: left }) : text.t("stale.retrying"));
}

function timeOfDay(time, seconds = false) {
    return time === null ? text.t("nd") : text.timeOfDay(time, seconds);
}

function everyTick() {
    const now = clock.now();
    setText(byId("clock"), timeOfDay(now, true));
    // A wait that keeps running beside a dead stream would look live.
    for (const tile of tiles.values()) tile.tick(stale ? null : now, text);
    const isOld = history.isOld(now);
    document.body.dataset.charts = isOld ? "old" : "fresh";
    byId("key-old").hidden = !isOld;
    if (isOld) setText(byId("key-old"), text.t("chart.old", { time: timeOfDay(history.latest.at) }));
    if (stale) renderStale();
}

// MARK: start

text.apply();
const screen = new FullScreen(text);
text.onChange(() => {
    render();
    renderCharts();
    screen.show();
    renderStale();
    renderRefusal();
});
byId("refused").onsubmit = (event) => {
    event.preventDefault();
    const given = byId("token").value.trim();
    if (!given) return refuse("refused.missing");
    remember(given);
    byId("token").value = "";
    refusal = null;
    renderRefusal();
    start();
};
setInterval(everyTick, 250);
window.addEventListener("hashchange", () => {
    takeToken();
    start();
});
takeToken();
start();
