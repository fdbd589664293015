// What needs attention, by the configuration's thresholds: in words, with a sign and a colour; announced once.
import { clean, clockText, h, instant, objects } from "./common.js";

const SEVERITIES = ["critical", "warning"];
const SVG = "http://www.w3.org/2000/svg";
const BELL = "M8 1a1.2 1.2 0 0 0-1.2 1.2v.5a4.6 4.6 0 0 0-3.4 4.4V10L2 12v.8h12V12l-1.4-2V7.1a4.6 4.6 0 0 0-3.4-4.4v-.5A1.2 1.2 0 0 0 8 1zM6.4 13.6a1.6 1.6 0 0 0 3.2 0z";
const RATIOS = new Set(["serviceLevel", "abandonmentRate"]);
/** The configuration allows twenty alarms for a queue. */
const MOST_READ = 40;

/** The raised alarms of a queue, the worst first. An unknown severity of a newer gateway is a warning. */
export function raised(queue) {
    return objects(queue.alarms).slice(0, MOST_READ)
        .filter((alarm) => alarm.type === "alarm.raised")
        .map((alarm) => ({ ...alarm, severity: SEVERITIES.includes(alarm.severity) ? alarm.severity : "warning" }))
        .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

/** `Livello 30 min: 62,5 %, soglia 70 %, allo scatto 68 %`: the current value and the one at which it was raised. */
export function alarmText(alarm, text) {
    const parts = clean(alarm.rule, 80).split(".");
    const metric = parts[0] ?? "";
    const window = parts.length > 2 ? text.word("window", parts[1]) : "";
    const value = (number) => {
        if (!Number.isFinite(number)) return text.t("nd");
        if (RATIOS.has(metric)) return number.toLocaleString(text.locale, { style: "percent", maximumFractionDigits: 1 });
        return metric === "longestWait" ? clockText(number * 1000) : number.toLocaleString(text.locale);
    };
    const name = window ? `${text.word("metric", metric)} ${window}` : text.word("metric", metric);
    const values = { name, now: value(alarm.valueNow), threshold: value(alarm.raise) };
    // A wait goes on between messages: the tile's own clock shows it, and a number beside it would contradict it.
    const words = text.t(metric === "longestWait" ? "alarm.over" : "alarm.at", values);
    return Number.isFinite(alarm.value) ? `${words}, ${text.t("alarm.then", { value: value(alarm.value) })}` : words;
}

/** The sign of alarms only: ⚠ stands for gaps, ▲ and ▼ for the service level. */
export function bell() {
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", class: "bell", "aria-hidden": "true" })) svg.setAttribute(name, value);
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", BELL);
    svg.append(path);
    return svg;
}

/** The lines of a tile. Where only the first has room, it says how many more there are. */
export function alarmLines(alarms, text) {
    return alarms.map((alarm, index) => {
        const since = instant(alarm.since);
        const words = alarmText(alarm, text);
        const begun = since === null ? "" : ` ${text.t("alarm.since", { time: text.timeOfDay(since) })}`;
        const rest = alarms.length - index - 1;
        return h(
            "li", { "data-severity": alarm.severity, title: words + begun }, bell(),
            h("b", { class: "alarm-word" }, text.t(`severity.${alarm.severity}`)), h("span", { class: "alarm-text" }, words),
            rest > 0 ? h("b", { class: "alarm-more" }, `+${rest}`) : null);
    });
}

/** Announces what was raised and cleared since the last look, not what was raised before the page was opened. */
export class AlarmSpeaker {
    #known = null;

    /** `queues`: all of them. Returns the words to announce, or "". */
    news(queues, text) {
        const now = new Map();
        for (const queue of queues) {
            for (const alarm of raised(queue)) now.set(JSON.stringify([queue.switch, queue.name, clean(alarm.rule, 80)]), { queue: clean(queue.name, 60), alarm });
        }
        const known = this.#known;
        this.#known = now;
        if (known === null) return "";
        const say = (key, { queue, alarm }) => text.t(key, { queue, severity: text.t(`severity.${alarm.severity}`), alarm: alarmText(alarm, text) });
        const begun = [...now].filter(([id]) => !known.has(id)).map(([, item]) => say("alarm.raised", item));
        const ended = [...known].filter(([id]) => !now.has(id)).map(([, item]) => say("alarm.cleared", item));
        return [...begun, ...ended].slice(0, 5).join(" ");
    }

    forget() {
        this.#known = null;
    }
}
