// One queue on the wall. The elements are made once and their texts changed: a busy queue changes several times a second, and a
// tile made anew each time would close the explanation that somebody is reading.
import { clean, clockText, count, h, instant, setText } from "./common.js";

/** In the order in which a supervisor asks: who is free, who is busy, who is not there. */
export const STATES = [
    "available", "ringing", "talking", "held", "consulting", "wrapUp", "other", "paused", "partiallyAvailable", "unreachable", "loggedOff", "unknown",
];

/** Below its target by no more than this a service level is "near". */
const NEAR = 0.1;
const LEVEL_SIGNS = { good: "✓", near: "▲", below: "▼", unknown: "" };

let serial = 0;

export class Tile {
    element;
    #parts = {};
    #queue = null;

    constructor() {
        const part = (tag, name, attributes = {}, ...children) => (this.#parts[name] = h(tag, { ...attributes, "data-field": name }, ...children));
        const figure = (name) => h("div", { class: "figure" }, part("dd", name), part("dt", `${name}-label`));
        const explanation = `explanation-${++serial}`;
        this.element = h(
            "article", { class: "tile" },
            h(
                "header", {}, part("h2", "name", { dir: "auto" }), part("span", "switch", { class: "switch-name", dir: "auto" }),
                part("p", "note", { class: "tile-note" })),
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
                        part("span", "level-label", { class: "visually-hidden" }), part("span", "level-word", { class: "level-word" }),
                        part("span", "target", { class: "caption" }), part("span", "formula", { class: "formula" })),
                    part("p", "explanation", { id: explanation, role: "tooltip", class: "explanation" }))),
            h("dl", { class: "figures" }, ["offered", "answered", "abandoned", "flowOut", "lost"].map(figure)),
            part("div", "agents", { class: "agent-bar", "aria-hidden": "true" }), part("p", "legend", { class: "legend" }));
    }

    /** `link`: the state of the queue's switch, `undefined` when it is not known. */
    show(queue, { text, link, severalSwitches }) {
        this.#queue = queue;
        const { element } = this;
        const name = clean(queue.name, 60);
        element.dataset.queue = name;
        element.dataset.switch = clean(queue.switch, 60);
        element.dataset.stale = String(link !== undefined && link !== "connected");
        this.#set("name", name);
        this.#set("switch", severalSwitches ? clean(queue.switch, 40) : "");
        this.#set("note", element.dataset.stale === "false" ? "" : text.t(link === "synchronizing" ? "tile.synchronizing" : "tile.stale"));
        this.#parts.name.title = clean(queue.name);
        this.#set("waiting", count(queue.waiting) ?? text.t("nd"));
        this.#parts.waiting.toggleAttribute("data-long", this.#parts.waiting.textContent.length > 2);
        this.#set("waiting-label", text.t("waiting"));
        if (element.dataset.stale === "true" && this.#parts.longest.textContent === "") this.#set("longest", text.t("nd"));
        this.#set("longest-label", text.t("longest"));
        this.#showLevel(queue.serviceLevel ?? {}, text);
        for (const field of ["offered", "answered", "abandoned"]) this.#set(field, count(queue[field]) ?? text.t("nd"));
        const flowOut = queue.flowOut ?? {};
        const reasons = ["timeout", "key", "empty", "withdrawn", "unknown"];
        const known = reasons.map((reason) => count(flowOut[reason]));
        this.#set("flowOut", known.includes(null) ? text.t("nd") : known.reduce((sum, value) => sum + value, 0));
        this.#parts.flowOut.parentElement.title = text.t("flowOut.detail", Object.fromEntries(reasons.map((reason, index) => [reason, known[index] ?? text.t("nd")])));
        this.#set("lost", count(queue.lost) ?? text.t("nd"));
        this.#parts.lost.parentElement.hidden = queue.lost === 0;
        for (const field of ["offered", "answered", "abandoned", "flowOut", "lost"]) this.#set(`${field}-label`, text.t(field));
        this.#showAgents(queue.agents ?? {}, text);
    }

    #showLevel(level, text) {
        const ratio = Number.isFinite(level.ratio) ? level.ratio : null;
        const target = Number.isFinite(level.target) ? level.target : null;
        const percent = (value, digits) => value.toLocaleString(text.locale, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
        let grade = "unknown";
        if (ratio !== null && target !== null) grade = ratio >= target ? "good" : ratio >= target - NEAR ? "near" : "below";
        this.element.dataset.level = grade;
        this.#set("level", ratio === null ? text.t("nd") : percent(ratio, 1));
        this.#set("level-sign", LEVEL_SIGNS[grade]);
        this.#set("level-label", text.t("level"));
        this.#set("level-word", text.t(`level.${grade}`));
        this.#set("target", target === null ? "" : text.t("level.target", { target: percent(target, 0) }));
        const formula = clean(level.formula, 20) || text.t("nd");
        const seconds = Number.isFinite(level.thresholdSeconds) ? level.thresholdSeconds.toLocaleString(text.locale) : text.t("nd");
        this.#set("formula", text.t("level.formula", { formula, seconds }));
        const [base, ...options] = formula.split("+");
        const said = text.t(`formula.${base}`, {
            T: seconds, s: Number.isFinite(level.shortAbandonSeconds) ? level.shortAbandonSeconds.toLocaleString(text.locale) : text.t("nd"),
            F: options.includes("F") ? text.t("formula.flowOut") : "",
        });
        const now = text.t("formula.now", { numerator: count(level.numerator) ?? text.t("nd"), denominator: count(level.denominator) ?? text.t("nd") });
        this.#set("explanation", `${formula}: ${said.startsWith("formula.") ? text.t("level") : said}. ${now}`);
    }

    #showAgents(counts, text) {
        const present = STATES.map((state) => [state, count(counts[state]) ?? 0]).filter(([state, number]) => number > 0 && state !== "loggedOff");
        this.#parts.agents.replaceChildren(...present.map(([state, number]) => {
            const segment = h("span", { "data-state": state }, String(number));
            segment.style.flexGrow = number;
            return segment;
        }));
        const entries = present.map(([state, number]) => h(
            "span", { "data-state": state, title: text.t(`state.${state}`) }, h("i", { "aria-hidden": "true" }), `${text.t(`short.${state}`)} `,
            h("b", {}, String(number))));
        this.#parts.legend.replaceChildren(...(entries.length > 0 ? entries : [text.t("tile.noAgents")]));
    }

    /** The longest wait runs by the gateway's clock; it stands when `now` is null. */
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
