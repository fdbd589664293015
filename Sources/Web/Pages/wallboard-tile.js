// One queue on the wallboard. The elements are made once and their texts changed: a busy queue changes several times a second,
// and a tile that is made again each time would close the explanation that somebody is reading.
import { clean, clockText, count, h, instant, objects, setText, spanText } from "./common.js";
import { alarmLines, raised } from "./wallboard-alarms.js";
import { Chart } from "./wallboard-chart.js";

/** In the order of a supervisor's questions: who is free, who is busy, who is absent. */
export const STATES = [
    "available", "ringing", "talking", "held", "consulting", "wrapUp", "other", "paused", "partiallyAvailable", "unreachable", "loggedOff", "unknown",
];

/** A service level that misses its target by no more than this is "near". */
const NEAR = 0.1;
const LEVEL_SIGNS = { good: "✓", holes: "◐", near: "▲", below: "▼", unknown: "" };

let serial = 0;

export class Tile {
    element;
    #parts = {};
    #queue = null;
    #chart = new Chart();

    constructor() {
        const part = (tag, name, attributes = {}, ...children) => (this.#parts[name] = h(tag, { ...attributes, "data-field": name }, ...children));
        const figure = (name) => h("dl", { class: "figure" }, part("dt", `${name}-label`), part("dd", name));
        const explanation = `explanation-${++serial}`;
        this.element = h(
            "article", { class: "tile" },
            h(
                "header", {}, part("h2", "name", { dir: "auto" }), part("span", "switch", { class: "switch-name", dir: "auto" }),
                part("p", "holes", { class: "tile-holes" }), part("p", "note", { class: "tile-note" })),
            part("ul", "alarms", { class: "alarms", hidden: true }),
            h(
                "div", { class: "main" },
                h("p", { class: "waiting" }, part("b", "waiting"), part("span", "waiting-label", { class: "caption" })),
                h(
                    "p", { class: "longest" }, part("b", "longest", { role: "timer" }), part("span", "longest-label", { class: "caption" }),
                    part("span", "longest-over", { class: "over" })),
                h(
                    "div", { class: "level" },
                    h(
                        "button", { type: "button", class: "level-figure", "aria-describedby": explanation },
                        h("span", { class: "level-value" }, part("span", "level-sign", { class: "level-sign", "aria-hidden": "true" }), part("b", "level")),
                        part("span", "level-label", { class: "visually-hidden" }),
                        h("span", { class: "level-line" }, part("span", "level-word", { class: "level-word" }), part("span", "provisional", { class: "provisional", hidden: true }, "≈ ", part("span", "provisional-word"))),
                        h("span", { class: "level-line" }, part("span", "target", { class: "caption" }), part("span", "formula", { class: "formula" }))),
                    part("p", "explanation", { id: explanation, role: "tooltip", class: "explanation" }))),
            h("div", { class: "figures" }, ["offered", "answered", "abandoned", "flowOut", "lost"].map(figure)),
            part("p", "aside", { class: "aside" }), this.#chart.element,
            part("div", "agents", { class: "agent-bar", "aria-hidden": "true" }), part("p", "legend", { class: "legend" }));
    }

    /** `link`: the state of the queue's switch, `undefined` if unknown; `lostSeconds`: how long today it was not heard. */
    show(queue, { text, link, lostSeconds, severalSwitches }) {
        this.#queue = queue;
        const { element } = this;
        const name = clean(queue.name);
        element.dataset.queue = name;
        element.dataset.switch = clean(queue.switch, 60);
        element.dataset.stale = String(link !== undefined && link !== "connected");
        this.#set("name", name);
        this.#set("switch", severalSwitches ? clean(queue.switch, 40) : "");
        this.#set("note", element.dataset.stale === "false" ? "" : text.t(link === "synchronizing" ? "tile.synchronizing" : "tile.stale"));
        this.#parts.name.title = name;
        this.#parts.name.toggleAttribute("data-long", name.length > 24);
        this.#parts.switch.title = clean(queue.switch);
        this.#set("waiting", count(queue.waiting) ?? text.t("nd"));
        this.#parts.waiting.toggleAttribute("data-long", this.#parts.waiting.textContent.length > 2);
        this.#set("waiting-label", text.t("waiting"));
        if (element.dataset.stale === "true" && this.#parts.longest.textContent === "") this.#set("longest", text.t("nd"));
        this.#set("longest-label", text.t("longest"));
        this.#showAlarms(raised(queue), text);
        this.#showLevel(queue, lostSeconds, text);
        this.#set("holes", lostSeconds > 0 ? text.t("coverage.tile", { time: spanText(lostSeconds) }) : "");
        for (const field of ["offered", "answered", "abandoned"]) this.#set(field, count(queue[field]) ?? text.t("nd"));
        const flowOut = queue.flowOut ?? {};
        const reasons = ["timeout", "key", "empty", "withdrawn", "unknown"];
        const known = reasons.map((reason) => count(flowOut[reason]));
        this.#set("flowOut", known.includes(null) ? text.t("nd") : known.reduce((sum, value) => sum + value, 0));
        this.#parts.flowOut.parentElement.title = text.t("flowOut.detail", Object.fromEntries(reasons.map((reason, index) => [reason, known[index] ?? text.t("nd")])));
        this.#set("lost", count(queue.lost) ?? text.t("nd"));
        this.#parts.lost.parentElement.hidden = queue.lost === 0;
        for (const field of ["offered", "answered", "abandoned", "flowOut", "lost"]) this.#set(`${field}-label`, text.t(field));
        this.#showAgents(queue.agents, text);
    }

    #showAlarms(alarms, text) {
        // Frame and lines with a bell show alarms; side bar and figure show the service level. Each may be bad alone.
        this.element.dataset.alarm = alarms[0]?.severity ?? "none";
        const lines = alarmLines(alarms, text);
        const list = this.#parts.alarms;
        list.hidden = lines.length === 0;
        // Not touched while it says the same, so that a screen reader does not repeat it.
        if (list.textContent !== lines.map((line) => line.textContent).join("")) list.replaceChildren(...lines);
    }

    #showLevel(queue, lostSeconds, text) {
        const level = queue.serviceLevel ?? {};
        const ratio = Number.isFinite(level.ratio) ? level.ratio : null;
        const target = Number.isFinite(level.target) ? level.target : null;
        let grade = "unknown";
        const least = Number.isFinite(level.least) ? level.least : ratio;
        const most = Number.isFinite(level.most) ? level.most : ratio;
        // A caller who has waited too long is a miss already, though counted only when answered or gone.
        const best = ratio === null ? null : Math.min(ratio, most);
        if (best !== null && target !== null) grade = best >= target ? "good" : best >= target - NEAR ? "near" : "below";
        const isMissAhead = grade !== "good" && ratio !== null && ratio >= target;
        // What was not heard may have been bad: nothing is green over a gap.
        if (grade === "good" && lostSeconds > 0) grade = "holes";
        this.element.dataset.level = grade;
        this.#set("level", ratio === null ? text.t("nd") : percent(ratio, text, 1));
        this.#parts.level.toggleAttribute("data-long", this.#parts.level.textContent.length > 5);
        this.#set("level-sign", LEVEL_SIGNS[grade]);
        this.#set("level-label", text.t("level"));
        this.#set("level-word", text.t(isMissAhead ? `level.${grade}.waiting` : `level.${grade}`));
        const isBounded = ratio !== null && (least < ratio || most < ratio || least < most);
        this.#parts.provisional.hidden = !isBounded;
        this.#parts.provisional.title = text.t("level.provisional");
        this.#set("provisional-word", text.t("level.provisional"));
        this.#set("target", target === null ? "" : text.t("level.target", { target: percent(target, text, 0) }));
        const formula = clean(level.formula, 20) || text.t("nd");
        const seconds = Number.isFinite(level.thresholdSeconds) ? level.thresholdSeconds.toLocaleString(text.locale) : text.t("nd");
        this.#set("formula", text.t("level.formula", { formula, seconds }));
        const [base, ...options] = formula.split("+");
        const said = text.t(`formula.${base}`, {
            T: seconds, s: Number.isFinite(level.shortAbandonSeconds) ? level.shortAbandonSeconds.toLocaleString(text.locale) : text.t("nd"),
            F: options.includes("F") ? text.t("formula.flowOut") : "",
        });
        const sentences = [
            `${formula}: ${said.startsWith("formula.") ? text.t("level") : said}.`, `${text.t("formula.now", parts(level, text))}.`,
            isBounded ? text.t("level.bounds", { least: percent(least, text, 1), most: percent(most, text, 1) }) : "",
            lostSeconds > 0 ? text.t("coverage.explained", { time: spanText(lostSeconds) }) : "",
        ];
        const half = windowOf(queue, "30m");
        if (Number.isFinite(half?.ratio)) sentences.splice(2, 0, text.t("level.window", { ratio: percent(half.ratio, text, 1), ...parts(half, text) }));
        this.#set("explanation", sentences.filter(Boolean).join(" "));
        this.#showAside(queue, half, text);
    }

    /** What is worth knowing beside the large figures, in small letters; unknown values are left out. */
    #showAside(queue, half, text) {
        const seconds = (value) => (Number.isFinite(value) && value >= 0 ? clockText(value * 1000) : null);
        const asa = seconds(queue.waits?.averageSpeedOfAnswerSeconds);
        const p90 = seconds(queue.waits?.p90Seconds);
        const announced = count(queue.announcedMinutes);
        const unmeasured = count(queue.unmeasured);
        const items = [
            Number.isFinite(half?.ratio) ? ["half", { ratio: percent(half.ratio, text, 1), ...parts(half, text) }] : null,
            asa === null ? null : ["asa", { time: asa }], p90 === null ? null : ["p90", { time: p90 }],
            announced === null ? null : ["announced", { minutes: announced }], unmeasured > 0 ? ["unmeasured", { count: unmeasured }] : null,
        ].filter(Boolean);
        const words = items.map(([name, values]) => text.t(`aside.${name}`, values));
        if (this.#parts.aside.textContent === words.join("")) return;
        this.#parts.aside.replaceChildren(
            ...items.map(([name, values], index) => h("span", { "data-aside": name, title: text.t(`aside.${name}.detail`, values) }, words[index])));
    }

    showHistory(steps, context) {
        const target = this.#queue?.serviceLevel?.target;
        this.#chart.show(steps, { ...context, target: Number.isFinite(target) && target >= 0 && target <= 1 ? target : null });
    }

    /** `told`: how many are in which state; absent where the switch does not list its members, which is not the same as none. */
    #showAgents(told, text) {
        const isTold = told !== null && typeof told === "object";
        const counts = isTold ? told : {};
        this.#parts.agents.dataset.told = String(isTold);
        const present = STATES.map((state) => [state, count(counts[state]) ?? 0]).filter(([state, number]) => number > 0 && state !== "loggedOff");
        this.#parts.agents.replaceChildren(...present.map(([state, number]) => {
            const segment = h("span", { "data-state": state }, String(number));
            segment.style.flexGrow = number;
            return segment;
        }));
        const entries = present.map(([state, number]) => h(
            "span", { "data-state": state, title: text.t(`state.${state}`) }, h("i", { "aria-hidden": "true" }), `${text.t(`short.${state}`)} `,
            h("b", {}, String(number))));
        this.#parts.legend.replaceChildren(...(entries.length > 0 ? entries : [text.t(isTold ? "tile.noAgents" : "tile.agentsUnknown")]));
    }

    /** The longest wait runs by the gateway's clock; it is frozen when `now` is null. */
    tick(now, text) {
        if (now === null || !this.#queue || this.element.dataset.stale === "true") return;
        const since = instant(this.#queue.longestWaitSince);
        const wait = since === null ? null : Math.max(0, now - since);
        const threshold = (this.#queue.serviceLevel?.thresholdSeconds ?? Infinity) * 1000;
        this.element.dataset.wait = wait === null ? "none" : wait > 3 * threshold ? "late" : wait > threshold ? "long" : "fresh";
        const unknown = wait === null && this.#queue.waiting > 0;
        this.#set("longest", wait === null ? (unknown ? text.t("nd") : "–") : clockText(wait));
        this.#parts.longest.toggleAttribute("data-long", this.#parts.longest.textContent.length > 5);
        this.#set("longest-label", text.t(wait === null && !unknown ? "longest.none" : "longest"));
        const over = wait !== null && wait > threshold;
        this.#set("longest-over", over ? text.t("longest.over", { seconds: (threshold / 1000).toLocaleString(text.locale) }) : "");
    }

    #set(name, value) {
        setText(this.#parts[name], String(value));
    }
}

const percent = (value, text, digits) => value.toLocaleString(text.locale, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
const parts = (level, text) => ({ numerator: count(level.numerator) ?? text.t("nd"), denominator: count(level.denominator) ?? text.t("nd") });
const windowOf = (queue, name) => objects(queue.windows).find((window) => window.name === name);
