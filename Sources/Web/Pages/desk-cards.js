// How one pop looks. Pure: takes a pop and the page's state, returns elements; running figures are marked `data-tick`.
import { clean, clockText, h, instant, objects, setText } from "./common.js";

/** The waits, in milliseconds, from which a card warns, and from which the agent should apologise. */
const WAIT_LONG = 20_000;
const WAIT_TOO_LONG = 60_000;

/** The name for the greeting: a party's only when exactly one matches; never a guess. */
export function headline(pop, text) {
    const { result, parties } = match(pop);
    const caller = pop.caller ?? {};
    if ((result === "one" || result === "shared") && parties[0]?.name) return clean(parties[0].name, 120);
    if (result === "withheld" || caller.presentation === "withheld") return text.t("who.withheld");
    return number(pop) || (caller.presentation === "unavailable" ? text.t("who.unavailable") : clean(caller.name, 80) || text.t("match.none"));
}

export function number(pop) {
    return clean(pop.caller?.display, 40) || clean(pop.caller?.number, 40);
}

export function match(pop) {
    const parties = objects(pop.match?.parties);
    return { result: clean(pop.match?.result, 20) || "pending", parties };
}

export function matchText(pop, text) {
    const { result, parties } = match(pop);
    const name = text.word("match", result);
    return result === "several" && parties.length > 1 ? `${name} (${parties.length})` : name;
}

/** The card of a live call, or of one that has just ended. */
export function card(entry, text, now) {
    const { pop, state } = entry;
    const { result } = match(pop);
    const title = `who-${entry.id}`;
    const article = h(
        "article", { class: "card", "aria-labelledby": title },
        h("p", { class: "state" }, h("span", { class: "state-sign", "aria-hidden": "true" }), stateLine(entry, text)),
        h(
            "div", { class: "who" },
            h("div", { class: "badges" }, h("span", { class: "badge", "data-match": result }, matchText(pop, text)), todayChip(pop, text, now)),
            h("h1", { id: title, class: "name", dir: "auto", title: headline(pop, text) }, headline(pop, text)),
            numberLine(pop, text), partyLine(pop, text), networkName(pop, text), candidates(pop, text),
            result === "pending" ? null : h("p", { class: "advice" }, hint(pop, text))),
        why(entry, text), history(pop, text, now));
    article.dataset.popId = clean(pop.popId, 128);
    article.dataset.state = state;
    article.dataset.revision = String(pop.revision);
    article.dataset.match = result;
    return article;
}

function stateLine(entry, text) {
    const line = h("span", { class: "state-text" }, h("b", {}, text.t(`state.${entry.state}`)));
    if (entry.state === "talking") line.append(" ", h("span", { "data-tick": "talk", role: "timer" }));
    if (entry.state === "ended") line.append(` – ${endText(entry, text)}`);
    return line;
}

/** "ha risposto un collega", "conversazione conclusa, durata 4:12, di cui 0:30 in attesa". */
export function endText(entry, text) {
    const { pop } = entry;
    const parts = [text.word("reason", entry.reason)];
    if (pop.talkSeconds > 0) parts.push(text.t("ended.talk", { time: clockText((pop.talkSeconds + (pop.holdSeconds > 0 ? pop.holdSeconds : 0)) * 1000) }));
    if (pop.talkSeconds > 0 && pop.holdSeconds >= 1) parts.push(text.t("ended.hold", { time: clockText(pop.holdSeconds * 1000) }));
    return parts.join(", ");
}

function numberLine(pop, text) {
    const shown = number(pop);
    const kind = clean(pop.caller?.kind, 30);
    if (!shown && !kind) return null;
    const repeated = shown === headline(pop, text);
    return h(
        "p", { class: "number" }, repeated ? null : h("span", { class: "digits" }, shown), kind ? h("span", { class: "kind" }, text.word("kind", kind)) : null);
}

function partyLine(pop, text) {
    const { result, parties } = match(pop);
    const party = parties[0];
    if (!party || (result !== "one" && result !== "shared")) return null;
    const facts = [text.word("party", party.kind), clean(party.town, 60), language(party, text), clean(party.key, 40)].filter(Boolean);
    const note = clean(party.note, 300);
    return h(
        "div", { class: "party" }, h("p", { class: "facts" }, facts.map((fact) => h("span", { dir: "auto" }, fact))),
        note ? h("p", { class: "note", dir: "auto" }, note) : null);
}

function language(party, text) {
    const code = clean(party.language, 20);
    if (!code || code.toLowerCase().startsWith("it")) return "";
    let name = code;
    try {
        name = new Intl.DisplayNames([text.locale], { type: "language" }).of(code) ?? code;
    } catch {
        // not a language tag: shown as it is
    }
    return text.t("party.language", { language: name });
}

/** The network's name for the caller is a claim: it is never the headline when a number or a party is known. */
function networkName(pop, text) {
    const name = clean(pop.caller?.name, 80);
    const { result, parties } = match(pop);
    if (!name || isNumber(name, pop) || (result === "one" && clean(parties[0]?.name, 80).toLowerCase() === name.toLowerCase())) return null;
    if (result === "withheld" || pop.caller?.presentation === "withheld") return null;
    return h("p", { class: "network-name" }, text.t("who.networkName"), " ", h("bdi", {}, name));
}

/** A network without a name repeats the number in some notation: that adds nothing. */
function isNumber(name, pop) {
    const digits = (value) => value.replace(/\D/g, "");
    return name === number(pop) || (!/\p{L}/u.test(name) && [number(pop), clean(pop.caller?.number, 40)].some((known) => digits(known) === digits(name)));
}

function candidates(pop, text) {
    const { result, parties } = match(pop);
    const others = result === "several" ? parties : result === "shared" ? parties.slice(1) : [];
    if (others.length === 0) return null;
    return h(
        "ul", { class: "candidates", "aria-label": text.t("who.candidates") },
        others.slice(0, 10).map((party) => {
            const facts = [clean(party.town, 60), text.word("party", party.kind)].filter(Boolean).join(" · ");
            return h("li", {}, h("b", { dir: "auto" }, clean(party.name, 120)), " ", h("span", { dir: "auto" }, facts));
        }));
}

function hint(pop, text) {
    const { result, parties } = match(pop);
    const key = `hint.${result}`;
    const said = text.t(key, { count: parties.length });
    return said === key ? "" : said;
}

function why(entry, text) {
    const { pop } = entry;
    const queue = clean(pop.queue);
    const called = clean(pop.called, 40);
    return h(
        "section", { class: "why", "aria-label": text.t("why") },
        h("p", { class: "label", "aria-hidden": "true" }, text.t("why")),
        h("p", { class: "queue", dir: "auto", title: queue }, queue || text.t("why.direct")),
        called ? h("p", { class: "called" }, text.t("why.called"), " ", h("b", { dir: "auto" }, called)) : null,
        entry.waitedFrom === null ? null : h("p", { class: "wait", "data-tick": "wait", role: "timer" }));
}

function history(pop, text, now) {
    const past = objects(pop.history).slice(0, HISTORY);
    const label = past.length > 1 ? text.t("history.count", { count: past.length }) : "";
    return h(
        "section", { class: "history", "aria-label": text.t("history") },
        h("p", { class: "label" }, text.t("history"), " ", h("span", {}, label)),
        past.length === 0
            ? h("p", { class: "muted" }, text.t("history.none"))
            : h("ol", {}, past.map((contact) => pastContact(contact, text, now))));
}

function pastContact(contact, text, now) {
    const outcome = clean(contact.outcome, 20);
    const where = [clean(contact.queue), clean(contact.agent)].filter(Boolean).join(" · ");
    return h(
        "li", { "data-outcome": outcome }, h("span", { class: "when", title: text.t("history.when") }, dayTime(instant(contact.at), text, now)),
        h("span", { class: "outcome" }, text.word("outcome", outcome)), h("span", { class: "where", dir: "auto" }, where));
}

/** The most entries of a history. */
const HISTORY = 5;

/** "3ª chiamata oggi". When the whole history is of today, there may be more that it does not have. */
export function todayChip(pop, text, now) {
    const today = objects(pop.history).slice(0, HISTORY).filter((contact) => sameDay(instant(contact.at), text, now));
    if (today.length === 0) return null;
    const abandoned = today.filter((contact) => contact.outcome === "abandoned").length;
    const counted = today.length < HISTORY ? "history.today" : "history.todayAtLeast";
    const key = counted + (["", "AbandonedOne"][abandoned] ?? "Abandoned");
    return h("span", { class: "chip" }, text.t(key, { count: today.length + 1, abandoned }));
}

const sameDay = (time, text, now, daysBefore = 0) => time !== null && text.day(time) === text.day(now, daysBefore);

export function dayTime(time, text, now) {
    if (time === null) return "–";
    const clock = text.timeOfDay(time);
    if (sameDay(time, text, now)) return `${text.t("day.today")} ${clock}`;
    if (sameDay(time, text, now, 1)) return `${text.t("day.yesterday")} ${clock}`;
    const otherYear = text.day(time).slice(0, 4) !== text.day(now).slice(0, 4);
    return text.date(time, { day: "numeric", month: "short", year: otherYear ? "numeric" : undefined });
}

/** Moves the running figures of a card to `now`. */
export function tick(article, entry, text, now) {
    for (const element of article.querySelectorAll("[data-tick]")) {
        if (element.dataset.tick === "talk") {
            setText(element, clockText(now - entry.talkingFrom));
        } else {
            const wait = Math.max(0, (entry.waitedUntil ?? now) - entry.waitedFrom);
            setText(element, text.t(entry.waitedUntil === null ? "why.waiting" : "why.waited", { time: clockText(wait) }));
            element.dataset.age = wait >= WAIT_TOO_LONG ? "late" : wait >= WAIT_LONG ? "long" : "fresh";
        }
    }
}

/** One line of "Recenti". */
export function recentItem(entry, text, now) {
    const { pop } = entry;
    const shown = number(pop);
    const name = headline(pop, text);
    const item = h(
        "li", {},
        h("p", { class: "recent-name", dir: "auto" }, name),
        shown && shown !== name ? h("p", { class: "recent-number" }, shown) : null,
        h("p", { class: "recent-why" }, `${text.t("recent.ended", { time: dayTime(entry.endedAt, text, now) })} · ${clean(pop.queue) || text.t("why.direct")}`),
        h("p", { class: "recent-end" }, endText(entry, text)));
    item.dataset.popId = clean(pop.popId, 128);
    item.dataset.reason = clean(entry.reason, 30);
    // Its length may be unknown, or withheld from this reader.
    item.dataset.answered = String(pop.type === "pop.closed" && entry.reason !== "lost");
    return item;
}
