import Foundation
import Testing

// Expressions that several tests evaluate in a page.

/// Whether something is wider than the page.
let sidewaysScrolling =
    "document.documentElement.scrollWidth > document.documentElement.clientWidth || document.body.scrollWidth > innerWidth"

/// A text as a JavaScript literal.
func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
}

/// Presses Tab until the focus reaches the goal; every stop on the way must be visible.
func tab(_ page: Page, until goal: String, atMost limit: Int = 30) async throws {
    for _ in 1...limit {
        try await page.press("\u{E004}")
        let place: String = try await page.value("document.activeElement.outerHTML.slice(0, 120)")
        let visible: Bool = try await page.value(focusIsVisible)
        #expect(visible, "the focus cannot be seen at \(place)")
        if try await page.value("Boolean(\(goal))") { return }
    }
    Issue.record("\(limit) times Tab did not reach: \(goal)")
}

private let focusIsVisible = """
    (() => {
        const element = document.activeElement;
        if (element === document.body) return true;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    })()
    """
