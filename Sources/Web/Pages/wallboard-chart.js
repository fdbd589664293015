// The last two hours of one queue: a column for each step of five minutes, and the service level as a line. What was not heard is
// hatched, never a zero; every kind has a shape of its own, so that colours are not needed.
import { count, instant, objects } from "./common.js";

const SVG = "http://www.w3.org/2000/svg";
/** Units of the drawing, which is stretched to its place: a step is ten wide, the whole a hundred high. */
const STEP = 10;
const HEIGHT = 100;
const SIDE = 1;
/** The drawing stays between these, so that a point at 100 % or at 0 % is fully visible. */
const TOP = 8;
const GROUND = 95;
/** The most steps of a history; the gateway sends 24. */
const MOST_STEPS = 48;
/** A gap of seconds is still visible. */
const LEAST_GAP = 1.5;
/** A column of one call fills no more than a quarter of the height. */
const LEAST_SCALE = 4;

let serial = 0;

function shape(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
}

const rectangle = (x, y, width, height, name) => shape("rect", { x, y, width, height, class: name });

/** A pattern for each drawing: ids are unique in the document, and a hidden drawing would take it from the others. */
function pattern(id, size, path, name, attributes = {}) {
    return shape(
        "pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", ...attributes },
        rectangle(0, 0, size, size, `${name}-ground`), shape("path", { d: path, class: name }));
}

/** The steps as numbers, in their order; anything that is not a step is left out. */
export function readSteps(queue) {
    return objects(queue?.steps).slice(-MOST_STEPS).map((step) => ({
        from: instant(step.from), offered: count(step.offered), answered: count(step.answered), abandoned: count(step.abandoned),
        numerator: count(step.numerator), denominator: count(step.denominator),
        // A step without the member is not known to be complete.
        lost: Number.isFinite(step.lostSeconds) && step.lostSeconds >= 0 ? step.lostSeconds : Infinity,
    })).filter((step) => step.from !== null);
}

export class Chart {
    element = shape("svg", { class: "chart", role: "img", preserveAspectRatio: "none", "data-field": "chart" });
    #id = ++serial;

    /** `steps` of `readSteps`; nothing was heard before `since`, the counters' begin; `target` from 0 to 1 or null. */
    show(steps, { text, since, target, stepSeconds, at = null }) {
        const width = Math.max(1, steps.length) * STEP;
        this.element.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
        const hatch = `hatch-${this.#id}`;
        const dots = `dots-${this.#id}`;
        const most = Math.max(LEAST_SCALE, ...steps.map((step) => step.offered ?? 0));
        const title = shape("title");
        title.textContent = this.#summary(steps, { text, stepSeconds, at });
        const columns = steps.map((step, index) => this.#column(step, index, { most, hatch, dots, text, since, stepSeconds, at }));
        this.element.setAttribute("aria-label", title.textContent);
        this.element.dataset.steps = String(steps.length);
        this.element.dataset.gaps = String(steps.filter((step) => step.lost > 0).length);
        this.element.replaceChildren(
            shape(
                "defs", {}, pattern(hatch, 6, "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", "chart-hatch"),
                pattern(dots, 3, "M0,0 h1.5 v1.5 h-1.5 z M1.5,1.5 h1.5 v1.5 h-1.5 z", "chart-dots")),
            ...columns, ...this.#level(steps, target), shape("path", { d: `M0,${GROUND} H${width}`, class: "chart-base" }));
    }

    #column(step, index, { most, hatch, dots, text, since, stepSeconds, at }) {
        const left = index * STEP;
        const group = shape("g", { "data-step": index, class: "chart-step" });
        const title = shape("title");
        title.textContent = this.#explain(step, { text, since, stepSeconds, at });
        group.append(title, rectangle(left, 0, STEP, HEIGHT, "chart-touch"));
        if (step.lost > 0) {
            group.dataset.gap = isBefore(step, since, stepSeconds) ? "before" : "gap";
            // As wide as the gap itself: a gap of a minute must not hide five minutes.
            const area = rectangle(left, 0, Math.max(LEAST_GAP, STEP * Math.min(1, step.lost / stepSeconds)), HEIGHT, "chart-gap");
            area.setAttribute("fill", `url(#${hatch})`);
            group.append(area);
        }
        const height = (number) => ((number ?? 0) / most) * (GROUND - TOP);
        const part = (bottom, number, name) => {
            const bar = rectangle(left + SIDE, GROUND - height(bottom + number), STEP - 2 * SIDE, height(number), name);
            group.append(bar);
            return bar;
        };
        // Answered calls at the bottom, abandoned ones above; the frame is all that came: the rest flowed out, waits or is unknown.
        if (step.answered > 0) part(0, step.answered, "chart-answered");
        if (step.abandoned > 0) part(step.answered ?? 0, step.abandoned, "chart-abandoned").setAttribute("fill", `url(#${dots})`);
        if (step.offered > 0) part(0, step.offered, "chart-offered");
        return group;
    }

    /** The line breaks where nobody came or something was not heard. A step alone is a point, one with a gap a hollow point. */
    #level(steps, target) {
        const lines = [];
        if (target !== null) {
            const y = levelAt(target);
            lines.push(shape("path", { d: `M0,${y} H${Math.max(1, steps.length) * STEP}`, class: "chart-target" }));
        }
        let path = "";
        let points = "";
        let hollow = "";
        let goesOn = false;
        steps.forEach((step, index) => {
            const known = step.denominator > 0 && step.numerator !== null ? Math.min(1, step.numerator / step.denominator) : null;
            const ratio = step.lost === 0 ? known : null;
            const place = `${(index + 0.5) * STEP},${levelAt(known ?? 0)}`;
            if (known !== null && ratio === null) hollow += `M${place} h0 `;
            if (ratio !== null) {
                path += `${goesOn ? "L" : "M"}${place} `;
                points += `M${place} h0 `;
            }
            goesOn = ratio !== null;
        });
        if (path) {
            for (const name of ["chart-level-edge", "chart-level"]) lines.push(shape("path", { d: path, class: name }));
            for (const name of ["chart-point-edge", "chart-point"]) lines.push(shape("path", { d: points, class: name }));
        }
        if (hollow) for (const name of ["chart-hollow", "chart-hollow-core"]) lines.push(shape("path", { d: hollow, class: name }));
        return lines;
    }

    #explain(step, { text, since, stepSeconds, at }) {
        const time = (moment) => text.timeOfDay(moment);
        const isRunning = at !== null && at < step.from + stepSeconds * 1000;
        const whole = `${time(step.from)}–${time(isRunning ? at : step.from + stepSeconds * 1000)}`;
        const span = isRunning ? text.t("chart.running", { span: whole }) : whole;
        if (isBefore(step, since, stepSeconds)) return text.t("chart.before", { span });
        const number = (value) => (value === null ? text.t("nd") : value.toLocaleString(text.locale));
        const figures = text.t("chart.figures", { offered: number(step.offered), answered: number(step.answered), abandoned: number(step.abandoned) });
        const level = step.denominator > 0 && step.numerator !== null
            ? text.t("chart.level", {
                percent: percent(step.numerator / step.denominator, text), numerator: number(step.numerator), denominator: number(step.denominator),
            })
            : text.t("chart.noLevel");
        if (step.lost > 0) {
            const seconds = Number.isFinite(step.lost) ? Math.ceil(step.lost).toLocaleString(text.locale) : text.t("nd");
            return text.t("chart.gap", { span, seconds, figures, level });
        }
        return `${span}: ${figures}; ${level}`;
    }

    #summary(steps, { text, stepSeconds, at }) {
        if (steps.length === 0) return text.t("chart.none");
        const time = (moment) => text.timeOfDay(moment);
        const range = at === null ? text.t("chart.title") : text.t("chart.range", { from: time(steps[0].from), to: time(at), minutes: stepSeconds / 60 });
        const sum = (name) => steps.reduce((total, step) => total + (step[name] ?? 0), 0).toLocaleString(text.locale);
        const gaps = steps.filter((step) => step.lost > 0).length;
        const figures = text.t("chart.figures", { offered: sum("offered"), answered: sum("answered"), abandoned: sum("abandoned") });
        return `${range}: ${figures}${gaps > 0 ? `; ${text.t("chart.gaps", { gaps, steps: steps.length })}` : ""}`;
    }
}

const isBefore = (step, since, stepSeconds) => since !== null && step.from + stepSeconds * 1000 <= since;

const levelAt = (ratio) => GROUND - ratio * (GROUND - TOP);

const percent = (ratio, text) => ratio.toLocaleString(text.locale, { style: "percent", maximumFractionDigits: 0 });
