// The first page has only texts.
import { Translator } from "./common.js";

new Translator({
    it: {
        "lead": "Tra i centralini telefonici e le persone che devono sapere che cosa succede al telefono.",
        "pages": "Pagine",
        "language": "Lingua",
        "desk": "Postazione",
        "desk.text": "Per chi risponde: chi chiama, perché e che cosa è successo prima, mentre il telefono squilla.",
        "desk.go": "Apri la postazione",
        "wallboard": "Tabellone",
        "wallboard.text": "Per chi coordina: chiamate in attesa, livello di servizio e agenti disponibili, coda per coda, in diretta.",
        "wallboard.go": "Apri il tabellone",
    },
    en: {
        "lead": "Between the telephone switches and the people who need to know what happens on the telephone.",
        "pages": "Pages",
        "language": "Language",
        "desk": "Desk",
        "desk.text": "For those who answer: who calls, why, and what happened before, while the telephone rings.",
        "desk.go": "Open the desk",
        "wallboard": "Wallboard",
        "wallboard.text": "For those who coordinate: calls waiting, service level and available agents, queue by queue, live.",
        "wallboard.go": "Open the wallboard",
    },
}).apply();
