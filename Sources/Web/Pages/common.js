// What the pages share: language, time, text from the network, small DOM helpers.
// Plain modules without a build step: what the browser runs is what is in the repository.

// MARK: text from the network

const WHITE_SPACE = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
// Controls, and characters that reverse or hide text: a caller chooses the name that the network delivers.
const DECEIVING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;

/** Anything from outside as a string to show; "" for a value that is not a string. */
export function clean(value, limit = 160) {
    if (typeof value !== "string") return "";
    const text = value
        .slice(0, limit * 4)
        .replace(WHITE_SPACE, " ")
        .replace(DECEIVING, "\ufffd")
        .replace(STACKED_MARKS, "$1")
        .trim();
    const characters = [...text];
    return characters.length > limit ? characters.slice(0, limit - 1).join("") + "…" : text;
}

/** A whole number from outside, or null: a wallboard never shows `NaN`. */
export function count(value) {
    return Number.isFinite(value) && value >= 0 ? Math.floor(value) : null;
}

/** The objects of a list from outside; an empty list for anything else. */
export function objects(value) {
    return Array.isArray(value) ? value.filter((item) => item !== null && typeof item === "object") : [];
}

// MARK: elements

/** Makes an element. Children are nodes or text; text never becomes markup. */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
}

/** Writes only what differs, so that a tick that changes nothing disturbs neither a screen reader nor the layout. */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

export const byId = (id) => document.getElementById(id);

// MARK: language

const LANGUAGES = ["it", "en"];

function remembered(storage, key) {
    try {
        return storage.getItem(key);
    } catch {
        return null; // the browser refuses storage: the page works, but forgets
    }
}

function remember(storage, key, value) {
    try {
        if (value === null) storage.removeItem(key);
        else storage.setItem(key, value);
    } catch {
        // as above
    }
}

export const session = {
    get: (key) => remembered(sessionStorage, `centralino.${key}`),
    set: (key, value) => remember(sessionStorage, `centralino.${key}`, value),
};

/** What this browser remembers for all its tabs. No secret: the session's cookie is where no script can read it. */
export const device = {
    get: (key) => remembered(localStorage, `centralino.${key}`),
    set: (key, value) => remember(localStorage, `centralino.${key}`, value),
};

/** The texts of one page in both languages. `texts.it` and `texts.en` have the same keys. */
export class Translator {
    #texts;
    #listeners = [];
    language;

    constructor(texts) {
        this.#texts = texts;
        const asked = new URLSearchParams(location.search).get("lang") ?? remembered(localStorage, "centralino.language");
        this.language = LANGUAGES.includes(asked) ? asked : "it";
    }

    /** The text of a key, `{name}` replaced by `values.name`. A missing text is shown as its key: visible, not fatal. */
    t(key, values = {}) {
        const text = this.#texts[this.language][key] ?? this.#texts.it[key] ?? key;
        return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
    }

    /** The text of a word of the protocol (`reason.busy`), or the word itself when a newer gateway sends an unknown one. */
    word(group, value) {
        const key = `${group}.${value}`;
        return Object.hasOwn(this.#texts.it, key) ? this.t(key) : clean(value, 40);
    }

    /** The gateway's time zone, for days and clocks. Until the gateway has sent it, or if it is unknown, the browser's own. */
    #timeZone;

    hearTimeZone(name) {
        try {
            this.#timeZone = typeof name === "string" ? new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone : undefined;
        } catch {
            this.#timeZone = undefined; // a zone that this browser does not know
        }
    }

    /** `14:05`, or `14:05:09` with seconds. */
    timeOfDay(moment, seconds = false) {
        const options = { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, timeZone: this.#timeZone };
        return new Date(moment).toLocaleTimeString(this.locale, options);
    }

    date(moment, options) {
        return new Date(moment).toLocaleDateString(this.locale, { ...options, timeZone: this.#timeZone });
    }

    /** The day of a moment, or some days before it, as `2026-03-02`: for comparison, not for display. */
    day(moment, daysBefore = 0) {
        const day = new Date(moment).toLocaleDateString("sv-SE", { timeZone: this.#timeZone });
        return daysBefore === 0 ? day : new Date(Date.parse(`${day}T00:00:00Z`) - daysBefore * 86_400_000).toISOString().slice(0, 10);
    }

    get locale() {
        return this.language === "it" ? "it-IT" : "en-GB";
    }

    onChange(listener) {
        this.#listeners.push(listener);
    }

    choose(language) {
        if (!LANGUAGES.includes(language)) return;
        this.language = language;
        remember(localStorage, "centralino.language", language);
        const url = new URL(location.href);
        if (url.searchParams.has("lang")) {
            url.searchParams.set("lang", language);
            history.replaceState(null, "", url);
        }
        this.apply();
        for (const listener of this.#listeners) listener();
    }

    /** Fills `data-t` (text), `data-t-label` (aria-label) and the language switch. */
    apply() {
        document.documentElement.lang = this.language;
        for (const element of document.querySelectorAll("[data-t]")) setText(element, this.t(element.dataset.t));
        for (const element of document.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", this.t(element.dataset.tLabel));
        for (const button of document.querySelectorAll("button[data-language]")) {
            button.setAttribute("aria-pressed", String(button.dataset.language === this.language));
            button.onclick = () => this.choose(button.dataset.language);
        }
    }
}

// MARK: time

/** `0:42`, `12:05`, `1:02:03`. */
export function clockText(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const two = (value) => String(value).padStart(2, "0");
    const minutes = Math.floor(seconds / 60);
    return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A duration, written differently from a time of day: `42 s`, `12 min 5 s`, `1 h 2 min`. Begun seconds count. */
export function spanText(seconds) {
    const whole = Math.max(0, Math.ceil(seconds));
    if (whole < 60) return `${whole} s`;
    const minutes = Math.floor(whole / 60);
    return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** RFC 3339 → milliseconds since 1970, or null. */
export function instant(text) {
    const value = typeof text === "string" ? Date.parse(text) : NaN;
    return Number.isNaN(value) ? null : value;
}

/**
 * The gateway's clock, estimated here. A desk's own clock may be minutes off, and would give a wrong wait.
 * A message can only arrive late, so the sample with the greatest difference is the best one; the browser's
 * monotonic clock carries it on.
 */
export class GatewayClock {
    #samples = [];

    hear(at) {
        const time = instant(at);
        if (time === null) return;
        this.#samples.push(time - performance.now());
        if (this.#samples.length > 8) this.#samples.shift();
    }

    now() {
        return this.#samples.length > 0 ? Math.max(...this.#samples) + performance.now() : Date.now();
    }
}

/** 0.5, 1, 2, 4, 8, 10, 10 … seconds, each varied a little so that forty desks do not reconnect in the same instant. */
export class Backoff {
    #attempt = 0;

    next() {
        const delay = Math.min(10_000, 500 * 2 ** this.#attempt);
        this.#attempt += 1;
        return Math.min(10_000, delay * (0.8 + 0.4 * Math.random()));
    }

    reset() {
        this.#attempt = 0;
    }
}

/** `#token=…&agent=…` as a Map: a fragment never reaches a log of a server or proxy. A `+` stays: tokens are often base64. */
export function fragment() {
    const parts = location.hash.replace(/^#/, "").split("&").filter((part) => part.includes("="));
    return new Map(parts.map((part) => [part.slice(0, part.indexOf("=")), percentDecoded(part.slice(part.indexOf("=") + 1))]));
}

function percentDecoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text; // a single % in a token that was not encoded
    }
}
