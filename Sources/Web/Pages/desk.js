// The agent's page: which calls are on the desk, for how long. The wire is in desk-connection.js, the look in desk-cards.js.
import { byId, clean, device, fragment, GatewayClock, instant, objects, session, setText, Translator } from "./common.js";
import { card, headline, matchText, recentItem, tick } from "./desk-cards.js";
import { DeskConnection } from "./desk-connection.js";
import { agents, SignIn } from "./desk-sign-in.js";
import { texts } from "./desk-text.js";

/** How long a finished call stays where it was before it becomes a line of "Recenti". */
const ENDED_STAYS_MILLISECONDS = 5000;
/** After a reconnection the gateway sends the current pop; a call that it has not sent by then is over. */
const CONFIRM_MILLISECONDS = 3000;
const RECENT_MAXIMUM = 10;
/** A telephone that no switch knows may log on later. */
const UNKNOWN_MILLISECONDS = 10_000;
/** How many pops' last revisions are remembered, so that a repeated message does not open a card again. */
const REMEMBERED_POPS = 200;

const text = new Translator(texts);
const clock = new GatewayClock();
const entries = new Map();
const revisions = new Map();
let recent = [];
let connection = null;
let welcome = null;
/** Why and since when the figures are frozen; null while connected. */
let lost = null;
let serial = 0;
/** The end of the agent's after-call work, by switch, as the gateway sends it, also to a page that is loaded again. */
const wrapUps = new Map();
/** Whether no switch knows this desk's telephone. */
let isUnknown = false;

// MARK: messages

function receive(message) {
    clock.hear(message.at);
    switch (message.type) {
        case "pop.preview": case "pop.open": case "pop.update": case "pop.cancelled": case "pop.closed":
            if (typeof message.popId !== "string" || !Number.isInteger(message.revision)) return;
            take(message);
            acknowledge(message);
            break;
        case "pop.recent": recall(objects(message.pops)); break;
        case "wrapUp.running": case "wrapUp.over": {
            const until = message.type === "wrapUp.running" ? instant(message.until) : null;
            if (until === null) wrapUps.delete(message.switch);
            else wrapUps.set(message.switch, until);
            renderWrapUp();
        }
    }
}

/** Acknowledges repeated messages as well: the gateway repeats one when its acknowledgement was lost. */
function acknowledge({ popId, revision }) {
    const answer = { type: "pop.ack", popId, revision };
    // A tab in the background has not shown the pop to anybody.
    if (!document.hidden) answer.shownAt = new Date(clock.now()).toISOString();
    connection?.send(answer);
}

function take(pop) {
    const known = entries.get(pop.popId);
    const last = revisions.get(pop.popId) ?? -Infinity;
    if (known) known.confirmed = true;
    if (pop.revision <= last) return;
    revisions.delete(pop.popId);
    revisions.set(pop.popId, pop.revision);
    if (revisions.size > REMEMBERED_POPS) revisions.delete(revisions.keys().next().value);

    const entry = known ?? {
        id: ++serial, state: "ringing", waitedFrom: null, waitedUntil: null, talkingFrom: null, endedAt: null, reason: "", confirmed: true, article: null,
    };
    entry.pop = pop;
    entries.set(pop.popId, entry);
    advance(entry, pop);
    if (!known) learnName();
    if (!known && entry.state === "ringing") {
        const who = headline(pop, text);
        const found = matchText(pop, text);
        announce(text.t("announce.ringing", { who, match: found === who.toLowerCase() ? "" : `${found}. `, queue: clean(pop.queue, 80) || text.t("why.direct") }));
    }
    renderCard(entry);
    arrange();
}

/** Moves an entry to its next state and fixes the ends of its durations, by the gateway's clock. */
function advance(entry, pop) {
    const at = instant(pop.at) ?? clock.now();
    const waited = Number.isFinite(pop.waitSeconds) ? pop.waitSeconds * 1000 : null;
    entry.waitedFrom = instant(pop.queuedAt) ?? (waited === null ? entry.waitedFrom : at - waited);
    const answered = pop.type === "pop.open" || pop.type === "pop.closed" || Number.isFinite(pop.talkSeconds) || entry.state === "talking";
    if (answered && entry.talkingFrom === null) {
        const queuedAt = instant(pop.queuedAt);
        // A pop repeated after a reconnection has a new `at`; the wait still ended with the answer.
        if (Number.isFinite(pop.talkSeconds)) entry.talkingFrom = at - pop.talkSeconds * 1000;
        else entry.talkingFrom = queuedAt !== null && waited !== null ? queuedAt + waited : at;
    }
    if (entry.state !== "ended") entry.state = answered ? "talking" : "ringing";
    if (pop.type === "pop.cancelled" || pop.type === "pop.closed") end(entry, pop.reason ?? "lost", at);
    if (entry.state !== "ringing" && entry.waitedUntil === null && entry.waitedFrom !== null) {
        entry.waitedUntil = waited === null ? at : entry.waitedFrom + waited;
    }
}

function end(entry, reason, at) {
    // One ended call is enough to look back at: where calls end quickly the desk stays calm.
    for (const other of [...entries.values()]) if (other !== entry && other.state === "ended") file(other);
    entry.state = "ended";
    entry.reason = reason;
    entry.endedAt = at;
    setTimeout(() => file(entry), ENDED_STAYS_MILLISECONDS);
}

/** From the desk to "Recenti". */
function file(entry) {
    if (entries.get(entry.pop.popId) !== entry) return;
    entries.delete(entry.pop.popId);
    entry.article?.remove();
    // A queue offers the same caller to the same agent repeatedly: one line is enough, and a conversation stays one.
    const again = (other) => other.pop.contactId === entry.pop.contactId && typeof entry.pop.contactId === "string" && other.talkingFrom === null;
    recent = [entry, ...recent.filter((other) => !again(other))].slice(0, RECENT_MAXIMUM);
    arrange();
    renderRecent();
}

/** The gateway's list of ended calls, for a page that was loaded again or was not connected. */
function recall(pops) {
    const known = new Set(recent.map((entry) => entry.pop.popId));
    for (const pop of pops) {
        if (typeof pop.popId !== "string" || !Number.isInteger(pop.revision) || known.has(pop.popId)) continue;
        // A card that is still here ends as any other: only its end was missed.
        if (entries.has(pop.popId)) take(pop);
        if (entries.has(pop.popId)) continue;
        revisions.set(pop.popId, pop.revision);
        const at = instant(pop.at) ?? clock.now();
        // A conversation stays one, even if its length is not given.
        const talkingFrom = pop.type === "pop.closed" ? at - (Number.isFinite(pop.talkSeconds) ? pop.talkSeconds : 0) * 1000 : null;
        recent.push({ id: ++serial, state: "ended", pop, talkingFrom, endedAt: at, reason: pop.reason ?? "lost" });
    }
    recent = recent.sort((a, b) => b.endedAt - a.endedAt).slice(0, RECENT_MAXIMUM);
    renderRecent();
}

/** The button is shown only while it has an effect: while the gateway counts after-call work. */
function renderWrapUp() {
    const now = clock.now();
    const isTalking = [...entries.values()].some((entry) => entry.state === "talking");
    if (isTalking) wrapUps.clear(); // the next call has ended it
    const isRunning = connection !== null && !lost && [...wrapUps.values()].some((until) => now < until);
    byId("wrap-up-done").hidden = !isRunning;
    document.body.dataset.wrapUp = String(isRunning);
}

// MARK: connection

function connectionChanged(state) {
    switch (state.name) {
        case "connecting":
            document.body.dataset.state = lost ? "lost" : "connecting";
            if (lost) lost.retryAt = null;
            break;
        case "connected":
            welcome = state.welcome;
            text.hearTimeZone(welcome.timeZone);
            isUnknown = true; // until the list shows otherwise
            wrapUps.clear(); // those that are running are sent again
            if (lost) reconcile();
            learnName();
            lost = null;
            document.body.dataset.state = "connected";
            break;
        case "lost":
            if (!lost) {
                lost = { since: clock.now(), everConnected: welcome !== null };
                announce(text.t("announce.lost"));
            }
            lost.retryAt = state.retryAt;
            document.body.dataset.state = "lost";
            break;
        case "refused":
            // The session is over: the sign-in comes back to this page.
            if (account && state.reason === "token") return location.assign("/sign-in?to=/desk");
            leave();
            signIn.open(() => text.word("refused", state.reason));
            return;
    }
    renderLink();
    arrange();
}

/** A desk whose telephone no switch knows would wait for ever, and look as if nobody called. */
function renderUnknown(address) {
    byId("unknown").hidden = !isUnknown;
    setText(byId("unknown"), isUnknown ? text.t("unknown", { agent: clean(address, 80) }) : "");
}

/** The gateway's welcome repeats the sign-in; the switch knows the person's name, though perhaps only later. */
async function learnName() {
    const said = connection;
    if (!welcome || (welcome.interface && welcome.interface !== welcome.agent && !isUnknown)) return;
    const address = welcome.interface ?? welcome.agent;
    const listed = await agents(session.get("token") ?? "");
    if (connection !== said) return;
    const found = listed.agents?.find((agent) => agent.interface === address || agent.name === address || agent.otherNames.includes(address));
    // An answer without agents counts; a missing answer does not.
    if (listed.agents || listed.fault === "signIn.listEmpty") isUnknown = !found;
    renderUnknown(address);
    if (connection !== said || !welcome || !found || found.name === address) return;
    welcome = { ...welcome, agent: found.name, interface: address };
    renderLink();
}

/** What was on the desk before the connection was lost is valid only once the gateway has sent it again. */
function reconcile() {
    announce(text.t("announce.back"));
    for (const [popId, entry] of entries) {
        entry.confirmed = entry.state === "ended";
        if (entry.state !== "ended") revisions.delete(popId); // the same revision is sent again, and counts
    }
    setTimeout(() => {
        if (lost) return;
        for (const entry of [...entries.values()].filter((entry) => !entry.confirmed)) {
            entry.state = "ended";
            entry.reason = "unseen";
            entry.endedAt = clock.now();
            file(entry);
        }
    }, CONFIRM_MILLISECONDS);
}

function enter(token, agent) {
    session.set("token", token);
    session.set("agent", agent);
    connection?.close();
    connection = new DeskConnection({ token, agent, onState: connectionChanged, onMessage: receive });
    const isHere = byId("sign-in").contains(document.activeElement);
    signIn.close();
    byId("desk").hidden = false;
    // After sign-in the focus goes where calls will appear, not to the top of a page whose form is gone.
    if (isHere) byId("calls").focus();
    renderLink();
    arrange();
    renderRecent();
}

/** What GET /v1/session says of an agent who is signed in; null: the desk has a code, or nothing. */
let account = null;

async function learnAccount() {
    const response = await fetch("/v1/session", { cache: "no-store" }).catch(() => null);
    const body = response?.ok ? await response.json().catch(() => null) : null;
    return typeof body?.agent === "string" && typeof body?.csrfToken === "string" ? body : null;
}

function leave() {
    connection?.close();
    connection = null;
    welcome = null;
    lost = null;
    session.set("agent", null);
    entries.clear();
    revisions.clear();
    recent = [];
    wrapUps.clear();
    byId("cards").replaceChildren();
    byId("desk").hidden = true;
    document.body.dataset.state = "signed-out";
    renderLink();
}

// MARK: what is seen

function renderCard(entry) {
    const article = card(entry, text, clock.now());
    tick(article, entry, text, clock.now());
    if (entry.article) {
        article.classList.add("known"); // no second entrance animation
        entry.article.replaceWith(article);
    }
    entry.article = article;
}

/** The live conversation, then ringing calls (the newest first), then calls that have just ended. */
function arrange() {
    const rank = { talking: 0, ringing: 1, ended: 2 };
    const sorted = [...entries.values()].sort((a, b) => rank[a.state] - rank[b.state] || b.id - a.id);
    const cards = byId("cards");
    sorted.forEach((entry, index) => {
        // Moving an element restarts its animation: only elements in the wrong place are moved.
        if (cards.children[index] !== entry.article) cards.insertBefore(entry.article, cards.children[index] ?? null);
    });
    byId("idle").hidden = sorted.length > 0;
    renderWrapUp();
    document.body.dataset.calls = String(sorted.filter((entry) => entry.state !== "ended").length);
    renderTitle();
}

function renderRecent() {
    byId("recent").replaceChildren(...recent.map((entry) => recentItem(entry, text, clock.now())));
    byId("recent-empty").hidden = recent.length > 0;
    setText(byId("recent-empty"), text.t("recent.empty", { max: RECENT_MAXIMUM }));
}

function renderLink() {
    const on = connection !== null;
    byId("link").hidden = !on;
    byId("sign-out").hidden = !on;
    renderWrapUp();
    byId("agent").hidden = !on;
    const name = clean(welcome?.agent, 80) || clean(session.get("agent"), 80);
    const address = clean(welcome?.interface, 80);
    setText(byId("agent-name"), name);
    setText(byId("agent-interface"), address === name ? "" : address);
    const state = lost ? "lost" : document.body.dataset.state;
    setText(byId("link-text"), text.t(`link.${state === "connected" || state === "lost" ? state : "connecting"}`));
    byId("lost").hidden = !lost;
    if (lost) {
        setText(byId("lost-text"), text.t(entries.size > 0 ? "lost.text" : "lost.textEmpty", { time: text.timeOfDay(lost.since, true) }));
    }
    renderTitle();
}

/** The tab's title alternates between a call for attention and the plain one; with reduced motion it does not. */
function renderTitle() {
    const live = [...entries.values()];
    const ringing = live.filter((entry) => entry.state === "ringing").sort((a, b) => b.id - a.id)[0];
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let title = text.t("title");
    if (lost) title = `⚠ ${text.t("title.lost")}`;
    else if (ringing && (still || Math.floor(Date.now() / 1000) % 2 === 0)) title = `☎ ${text.t("title.ringing", { who: headline(ringing.pop, text) })}`;
    else if (live.some((entry) => entry.state === "talking")) title = text.t("title.talking");
    if (document.title !== title) document.title = title;
}

function everyTick() {
    if (lost) {
        const left = lost.retryAt === null ? null : Math.ceil((lost.retryAt - performance.now()) / 1000);
        setText(byId("lost-retry"), left === null || left <= 0 ? text.t("lost.retrying") : text.t("lost.retry", { seconds: left }));
    } else {
        // While the connection is lost nothing runs: a figure that moves would look alive.
        for (const entry of entries.values()) tick(entry.article, entry, text, clock.now());
        renderWrapUp();
    }
    renderTitle();
}

function announce(words) {
    setText(byId("announcement"), "");
    // A live region that is emptied and filled in one turn with the same words is not announced.
    setTimeout(() => setText(byId("announcement"), words), 50);
}

// MARK: start

const signIn = new SignIn(text, enter);

text.onChange(() => {
    if (welcome) renderUnknown(welcome.interface ?? welcome.agent);
    for (const entry of entries.values()) renderCard(entry);
    renderRecent();
    renderLink();
    arrange();
    signIn.render();
});
byId("wrap-up-done").onclick = () => {
    connection?.send({ type: "wrapUp.done" });
    wrapUps.clear();
    renderWrapUp();
};
byId("sign-out").onclick = async () => {
    if (account) {
        const headers = { "X-CSRF-Token": account.csrfToken };
        await fetch("/v1/session", { method: "DELETE", headers, cache: "no-store" }).catch(() => null);
        return location.assign("/sign-in?to=/desk");
    }
    session.set("token", null);
    leave();
    signIn.open();
};
byId("retry-now").onclick = () => connection?.open();
setInterval(everyTick, 250);
setInterval(() => isUnknown && learnName(), UNKNOWN_MILLISECONDS);

async function start() {
    const given = fragment();
    const token = given.get("token") ?? session.get("token");
    const agent = given.get("agent") ?? (given.has("token") ? null : session.get("agent"));
    // The secret must not stay in the address bar, nor in a picture of the screen.
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    if (token && agent) return enter(token, agent);
    account = token || !device.get("signedIn") ? null : await learnAccount();
    if (account) enter("", account.agent);
    else {
        document.body.dataset.state = "signed-out";
        signIn.open(null, token ?? "");
    }
}

text.apply();
window.addEventListener("hashchange", start);
start();
