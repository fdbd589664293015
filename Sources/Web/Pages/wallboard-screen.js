// Full screen for the board: a button, and the key F.
import { byId, setText } from "./common.js";

export class FullScreen {
    #text;

    constructor(text) {
        this.#text = text;
        const button = byId("full-screen");
        // A telephone's browser may lack it; then nothing is offered.
        button.hidden = !document.fullscreenEnabled;
        button.onclick = () => this.toggle();
        document.addEventListener("fullscreenchange", () => this.show());
        document.addEventListener("keydown", (event) => {
            const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]") !== null;
            if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping) return;
            event.preventDefault();
            this.toggle();
        });
        this.show();
    }

    show() {
        const isFull = document.fullscreenElement !== null;
        document.body.dataset.fullScreen = String(isFull);
        const words = this.#text.t(isFull ? "screen.leave" : "screen.enter");
        const button = byId("full-screen");
        button.setAttribute("aria-label", words);
        button.title = words;
        setText(byId("full-screen-word"), this.#text.t("screen"));
    }

    async toggle() {
        if (!document.fullscreenEnabled) return;
        try {
            if (document.fullscreenElement) await document.exitFullscreen();
            else await document.documentElement.requestFullscreen();
        } catch {
            // The browser refused; the page is as it was.
        }
    }
}
