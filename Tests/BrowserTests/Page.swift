import Foundation

/// One page in the browser.
struct Page: Sendable {
    let port: UInt16
    /// The session's path at chromedriver.
    let session: String

    /// In seconds: longer than the demo takes, at the tests' speed, until the same call recurs.
    static let patience = 200

    struct LogEntry: Decodable, CustomStringConvertible {
        var level: String
        var message: String
        var source: String
        var description: String { "\(level) \(source): \(message)" }
    }
    /// The result of a condition in a page: its value or, after the time, what the page looked like.
    private struct Outcome<Value: Decodable>: Decodable {
        var found: Value?
        var instead: String?
    }

    func open(_ address: String) async throws { try await order("url", ["url": address]) }

    func close() async throws { let _: WebDriver.Nothing = try await WebDriver.ask("DELETE", port: port, session) }

    /// Sets the visible size in CSS pixels: a window's frame would take some of it away.
    func resize(width: Int, height: Int) async throws {
        try await order(
            "goog/cdp/execute",
            [
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false],
            ])
    }

    /// The present value of an expression in the page.
    func value<Value: Decodable>(_ expression: String) async throws -> Value {
        try await WebDriver.ask(
            "POST", port: port, session + "/execute/sync", ["script": "return (\(expression));", "args": [String]()])
    }

    /// Runs statements in the page for their effects.
    func run(_ statements: String) async throws {
        let _: WebDriver.Nothing = try await WebDriver.ask(
            "POST", port: port, session + "/execute/sync", ["script": statements, "args": [String]()])
    }

    /// What statements in the page pass to `done`, later.
    func outcome<Value: Decodable>(_ statements: String, withinSeconds limit: Int = 60) async throws -> Value {
        try await order("timeouts", ["script": limit * 1000])
        return try await WebDriver.ask(
            "POST", port: port, session + "/execute/async",
            ["script": "const done = arguments[arguments.length - 1]; \(statements);", "args": [String]()])
    }

    /// Prefers light or dark, as a user may have set it.
    func prefer(_ scheme: String) async throws {
        try await order(
            "goog/cdp/execute",
            [
                "cmd": "Emulation.setEmulatedMedia",
                "params": ["features": [["name": "prefers-color-scheme", "value": scheme]]],
            ])
    }

    /// Sets the machine's time zone, e.g. `America/New_York`.
    func stand(in zone: String) async throws {
        try await order("goog/cdp/execute", ["cmd": "Emulation.setTimezoneOverride", "params": ["timezoneId": zone]])
    }

    /// The first value of an expression that is neither false nor empty, evaluated whenever the page changes.
    func first<Value: Decodable>(_ expression: String, as type: Value.Type, withinSeconds limit: Int = Page.patience)
        async throws -> Value
    {
        let script = """
            const done = arguments[arguments.length - 1];
            let fault = null;
            const condition = () => { try { fault = null; return (\(expression)); } catch (error) { fault = String(error); return null; } };
            const finish = (outcome) => { observer.disconnect(); clearTimeout(expiry); done(outcome); };
            const check = () => { const found = condition(); if (found) finish({ found }); };
            const observer = new MutationObserver(check);
            const expiry = setTimeout(() => finish({ instead: `${fault ?? ""} body ${JSON.stringify({ ...document.body.dataset })}\\n${document.body.innerText}` }), \(limit * 1000));
            observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            check();
            """
        try await order("timeouts", ["script": (limit + 30) * 1000])
        let outcome: Outcome<Value> = try await WebDriver.ask(
            "POST", port: port, session + "/execute/async", ["script": script, "args": [String]()])
        guard let found = outcome.found else {
            let shot = try? await screenshot("fault")
            throw WebDriver.Failure(
                description:
                    "For \(limit) s the page did not come to this: \(expression)\nInstead: \(outcome.instead ?? "")\nPicture: \(shot?.path ?? "none")"
            )
        }
        return found
    }

    /// Waits until a condition holds in the page.
    func wait(for condition: String, withinSeconds limit: Int = Page.patience) async throws {
        _ = try await first("Boolean(\(condition))", as: Bool.self, withinSeconds: limit)
    }

    func press(_ key: Character) async throws {
        let steps = ["keyDown", "keyUp"].map { ["type": $0, "value": String(key)] }
        try await order("actions", ["actions": [["type": "key", "id": "keyboard", "actions": steps]]])
    }

    /// Types into the element that a selector finds.
    func type(_ text: String, into selector: String) async throws {
        try await order("element/\(try await element(selector))/value", ["text": text])
    }

    func click(_ selector: String) async throws { try await order("element/\(try await element(selector))/click") }

    /// The browser's complaints since the last call: script errors, refused assets, violations of the policy.
    func complaints() async throws -> [LogEntry] {
        let entries: [LogEntry] = try await WebDriver.ask("POST", port: port, session + "/se/log", ["type": "browser"])
        return entries.filter { $0.level == "SEVERE" || $0.level == "WARNING" }
    }

    /// Saves the present view as a PNG in the folder `CENTRALINO_SCREENSHOTS`, or else in a temporary one.
    @discardableResult
    func screenshot(_ name: String) async throws -> URL {
        let folder =
            ProcessInfo.processInfo.environment["CENTRALINO_SCREENSHOTS"] ?? NSTemporaryDirectory()
            + "centralino-screenshots"
        let encoded: String = try await WebDriver.ask("GET", port: port, session + "/screenshot")
        guard let picture = Data(base64Encoded: encoded) else {
            throw WebDriver.Failure(description: "The browser's picture is not Base64.")
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = URL(filePath: folder).appending(path: name + ".png")
        try picture.write(to: file)
        return file
    }

    /// A screenshot of a passing state: repeated until the state still held afterwards.
    func screenshot(_ name: String, while expression: String, tries: Int = 6) async throws {
        for _ in 1...tries {
            try await wait(for: expression)
            try await screenshot(name)
            if try await value("Boolean(\(expression))") { return }
        }
        throw WebDriver.Failure(
            description: "In \(tries) attempts this was always over before the picture was taken: \(expression)")
    }

    private func element(_ selector: String) async throws -> String {
        let found: [String: String] = try await WebDriver.ask(
            "POST", port: port, session + "/element", ["using": "css selector", "value": selector])
        return found.values.first ?? ""
    }

    private func order(_ command: String, _ body: [String: Any] = [:]) async throws {
        let _: WebDriver.Nothing = try await WebDriver.ask("POST", port: port, "\(session)/\(command)", body)
    }
}
